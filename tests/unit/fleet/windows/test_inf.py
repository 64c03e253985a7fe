# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates are written and read with their sections in any order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fleet.backends.emulator.control import _templates
from fleet.windows import inf
from fleet.windows.grouppolicy import Setting, template
from fleet.windows.machine import Machine

GUID = "{3E9A5D10-7C44-4B53-9F27-2B1D6C0A8E11}"
OWN = ("Privilege Rights", "Profile Description")


@given(st.sets(st.sampled_from(sorted(inf.OTHERS))).flatmap(lambda others: st.permutations([*OWN, *sorted(others)])))
def test_the_order_of_sections_means_nothing(sections):
    setting = Setting("a GPO", GUID, accounts=("S-1-5-32-544", "SIM\\svc"), sections=tuple(sections))

    text = template(setting)

    assert text.startswith('[Unicode]\r\nUnicode=yes\r\n[Version]\r\nsignature="$CHICAGO$"\r\nRevision=1\r\n')
    assert [line[1:-1] for line in text.split("\r\n") if line.startswith("[")][2:] == sections
    rows = _templates(Machine.member_server("HOST01", gpos=(setting,)))
    assert rows == [{"file": "gpt00000.dom", "gpo": GUID, "value": "*S-1-5-32-544,SIM\\svc"}]


def test_what_stands_in_another_section_or_is_no_setting():
    text = inf.written(
        {"Registry Values": ("SeImpersonatePrivilege = 1",), "Privilege Rights": ("; SeImpersonatePrivilege = 2", "x")}
    )

    assert [one for one in inf.settings(text) if "privilege" in one[1]] == [
        ("registry values", "seimpersonateprivilege", "1"),
        ("privilege rights", "; seimpersonateprivilege", "2"),
    ]
