# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts have not taken the last change of their GPO yet."""

from __future__ import annotations

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import FLOOR
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.gpo_pending import with_pending
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of

GUID, IIS, USERS = "{11111111-2222-3333-4444-5555555555AB}", "S-1-5-32-568", "S-1-5-32-545"


def host(also=(), extra=(), lacking=(), **more):
    controller = {
        "kind": "gpo", "name": "Web", "guid": GUID.lower(), "link": None, "precedence": 1, "status": "applied", "error": None,
        "provider": None, "evidence": "rsop", "as_of": "2026-01-31T08:00:00.1234567Z", "why": "", "losers": [], "pending": None,
        "extra": None if extra is None else list(extra), "lacking": list(lacking), **more,
    }  # fmt: skip
    holders = [{"sid": sid, "name": None} for sid in sorted({*FLOOR, *also})]
    return {**record_of("web01", None), "controller": controller, "holders": holders, "reason": "x"}


def gpos(*sids, state="defined", read_at="2026-01-31T08:15:00Z"):
    return {"read_at": read_at, "gpos": [{"guid": GUID, "name": "Web", "state": state, "holders": [{"sid": sid} for sid in sids]}]}


@pytest.mark.parametrize(
    ("record", "section", "pending"),
    [
        pytest.param(host(), gpos(*FLOOR), False, id="the same list"),
        pytest.param(host(), gpos(*FLOOR, IIS), True, id="an account was added to the GPO"),
        pytest.param(host([IIS]), gpos(*FLOOR), True, id="an account was taken from the GPO"),
        pytest.param(host([USERS], extra=[USERS]), gpos(*FLOOR), False, id="a holder beside the list is no change of the GPO"),
        pytest.param(host(lacking=[IIS]), gpos(*FLOOR, IIS), False, id="a holder that is lacking is no change of the GPO"),
        pytest.param(host(), gpos(), False, id="the floor says nothing"),
        pytest.param(host([IIS]), gpos(state="nobody"), True, id="nobody"),
        pytest.param(host(), gpos(state="not_defined"), True, id="no longer defined"),
        pytest.param(host(), gpos(state=None), None, id="a template that is not known"),
        pytest.param(host(), gpos(*FLOOR, None), None, id="a name without a SID"),
        pytest.param(host(extra=None), gpos(*FLOOR, IIS), None, id="a list that could not be compared"),
        pytest.param(host(as_of="2026-01-31T09:00:00Z"), gpos(*FLOOR, IIS), None, id="the host refreshed after the GPOs were read"),
        pytest.param(host(as_of=None), gpos(*FLOOR, IIS), None, id="no time"),
        pytest.param(host(kind="stale"), gpos(*FLOOR, IIS), None, id="RSoP that is too old"),
        pytest.param(host(guid="{0}"), gpos(*FLOOR, IIS), None, id="another GPO"),
        pytest.param(host(), None, None, id="GPOs that were not read"),
    ],
)
def test_whether_a_host_waits_for_group_policy(record, section, pending):
    (marked,) = with_pending([record], section)

    assert marked["controller"]["pending"] is pending
    assert any("has not applied yet" in note for note in marked["notes"]) is (pending is True)
    assert marked["reason"].startswith("pending: ") is (pending is True)
    assert marked["status"] == record["status"]


def test_hosts_without_a_controller_stay_as_they_are():
    record = record_of("web01", None)

    assert with_pending([record], gpos(*FLOOR)) == [record]
