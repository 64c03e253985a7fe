# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a domain has more than is told: the answer says so. The payload runs with small bounds, each in place of its own."""

from __future__ import annotations

import json

import pytest

from directory.conftest import USER, template
from fleet.backends.engine.spoilt import spoil
from fleet.built import built

pytestmark = pytest.mark.directory
READ = "plugins/module_utils/_GpoReport.psm1"
COUNTS = "$mostGpos, $mostSoms, $mostLinks, $mostAces, $mostNames = 5000, 5000, 20000, 500, 500"
SIZES = "$mostSeconds, $mostBytes, $mostSmall, $mostTold = 300, 1MB, 64KB, 1MB"


@pytest.fixture
def read(directory, powershell):
    """Read GPOs with other bounds than the payload has."""

    def ask(text, *gpos):
        assert text.partition(" = ")[0] == (COUNTS if text.startswith("$mostGpos") else SIZES).partition(" = ")[0]
        spoilt = spoil(powershell, (READ, COUNTS if text.startswith("$mostGpos") else SIZES, text))
        output = spoilt.run(directory.machine(), built("gpo_right_info", USER, gpos=list(gpos)))
        assert output.stderr == b""
        return json.loads(output.stdout)

    return ask


def test_more_gpos_than_are_read(make_gpo, read):
    made = [make_gpo() for _unused in range(3)]

    answer = read(COUNTS.replace("= 5000,", "= 2,"))

    assert answer["truncated"] is True
    assert len(answer["gpos"]) + len(answer["others"]) + len(answer["unread"]) == 2
    assert len(made) == 3


@pytest.mark.parametrize(
    ("bounds", "read_before"),
    [
        pytest.param(SIZES.replace("64KB, 1MB", "64KB, 10"), 1, id="no room"),
        pytest.param(SIZES.replace("= 300", "= -1"), 0, id="no time"),
    ],
)
def test_what_there_is_no_room_or_time_for_is_unread(bounds, read_before, make_gpo, read):
    made = [make_gpo().guid for _unused in range(3)]

    answer = read(bounds, *made)

    assert (answer["truncated"], len(answer["gpos"])) == (True, read_before)
    told = sorted(made)[read_before:]
    assert answer["unread"] == [{"guid": guid, "error": "not read for want of time or room."} for guid in told]


def test_a_template_that_is_too_large_is_not_read(make_gpo, read):
    gpo = make_gpo()

    (row,) = read(SIZES.replace("1MB", "100"), gpo.guid)["gpos"]

    assert (row["template"]["status"], row["template"]["bytes"]) == ("too_large", None)
    assert row["template"]["error"] == f"{len(template())} bytes"


def test_more_entries_of_a_dacl_links_and_names_than_are_told(directory, make_gpo, read):
    gpo = make_gpo(template("a,b,c"))
    ou = f"OU=Bounds {gpo.guid[1:9]},{directory.dn}"
    directory.ask("add", ou, {"objectClass": "organizationalUnit", "gPLink": f"[LDAP://{gpo.dn};0]"})
    try:
        answer = read("$mostGpos, $mostSoms, $mostLinks, $mostAces, $mostNames = 5000, 5000, 1, 1, 2", gpo.guid)
    finally:
        directory.ask("remove", ou)

    assert answer["gpos"][0]["security"] is None
    assert (answer["links"], answer["links_truncated"]) == ([], True)
    assert len(answer["accounts"]) == 2
