# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of a GPO does to the hosts of a report, counted by account, and when it is refused for that."""

from __future__ import annotations

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import FLOOR
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.gpo_look import reach_of, refusal
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of

GUID = "{11111111-2222-3333-4444-555555555555}"
FOUR = sorted(FLOOR)
IIS, USERS = "S-1-5-32-568", "S-1-5-32-545"
CONTROLLER = {
    "kind": "gpo", "name": "x", "guid": GUID, "link": None, "precedence": 1, "status": "applied", "error": None, "provider": None,
    "evidence": "rsop", "as_of": None, "why": "", "losers": [], "extra": None, "lacking": None,
}  # fmt: skip


def holder(sid, name=None, kind="well_known"):
    return {"sid": sid, "name": name, "resolved": "lsa", "kind": kind, "standing": None, "why": ""}


def record(host, *, more=(), iis=False, permitted=(), **keys):
    feature = {"present": iis, "source": "detected", "because": None, "found": []}
    return {
        **record_of(host, None), "status": "compliant", "controller": CONTROLLER, "features": {"iis": feature}, "required": FOUR,
        "permitted": [*permitted], "holders": [*map(holder, FOUR), *more], **keys,
    }  # fmt: skip


def local(number):
    """The same local account of several hosts."""
    return holder(f"S-1-5-21-1-2-{number}-1001", f"WEB0{number}\\deploy", "local")


def reach(*records, sids=FOUR):
    return reach_of(records, GUID, "sim.example", sids)


def three(**keys):
    return [record(str(number), **keys) for number in range(3)]


def unsure(**more):
    """A controller of a host that names the GPO as one of several, and none as the winner."""
    return {**CONTROLLER, "guid": None, "losers": [{"name": "x", "guid": GUID.lower(), "status": "applied"}], **more}


def computer(role, domain=None):
    return {"dns_domain": domain, "machine_role": role}


UNREAD = record_of("dead", None)
UNKNOWN = {**CONTROLLER, "kind": "unknown", "guid": None}


def test_accounts_are_counted_as_the_plans_of_hosts_are():
    """The same local account has another SID on each host, and is one account."""
    counted = reach(*(record(f"web0{number}", more=[local(number)]) for number in range(3)), sids=[*FOUR, USERS])

    assert [(one.op, one.name, len(one.hosts)) for one in counted.planned] == [("add", None, 3), ("remove", ".\\deploy", 3)]


@pytest.mark.parametrize(
    ("records", "sids", "most", "reason", "words"),
    [
        pytest.param(three(more=[holder(USERS)]), FOUR, 2, "many_hosts", "would remove BUILTIN\\Users (S-1-5-32-545) on 3 hosts", id="taken from many"),
        pytest.param(three(more=[holder(USERS)]), FOUR, 3, None, "", id="taken from as many as may be"),
        pytest.param(three(more=[holder(USERS)]), FOUR, 0, None, "", id="no limit"),
        pytest.param([record(f"web0{number}", more=[local(number)]) for number in range(3)], FOUR, 2, "many_hosts", "on 3 hosts",
                     id="the same local account"),
        pytest.param(three(), [*FOUR, USERS], 2, "many_hosts", "would add BUILTIN\\Users (S-1-5-32-545) on 3 hosts", id="given against the policy"),
        pytest.param(three(required=None, permitted=()), [*FOUR, USERS], 2, "many_hosts", "would add", id="given where nobody has judged"),
        pytest.param(three(permitted=[IIS]), [*FOUR, IIS], 2, None, "", id="given by the policy"),
        pytest.param([*three(more=[holder(USERS)]), UNREAD], FOUR, 3, "many_hosts", "1 host of the report that may be more", id="a host that was not read"),
        pytest.param([*three(), UNREAD], FOUR, 1, None, "", id="nothing is taken, and a host was not read"),
        pytest.param([*three(more=[holder(USERS)]), record("other", computer={"dns_domain": "else.example"}, controller=None)], FOUR, 3, None, "",
                     id="a host of another domain"),
        pytest.param([*three(more=[holder(USERS)]), record("local", controller={**CONTROLLER, "kind": "local", "guid": None})], FOUR, 3, None, "",
                     id="a host that sets the right itself"),
        pytest.param(three(more=[holder(USERS)], controller=unsure()), FOUR, 2, "many_hosts", "on 3 hosts it may have lost",
                     id="several cached templates, and nobody knows which won"),
        pytest.param(three(more=[holder(USERS)], controller=unsure(kind="unknown")), FOUR, 2, "many_hosts", "would remove BUILTIN\\Users",
                     id="RSoP names several winners"),
        pytest.param(three(more=[holder(USERS)], controller=unsure(kind="unknown")), FOUR, 3, None, "", id="a host that may have it counts once"),
        pytest.param(three(more=[holder(USERS)], controller=unsure(kind="stale")), FOUR, 2, "many_hosts", "on 3 hosts", id="stale, of several"),
        pytest.param(three(more=[holder(USERS)], controller=unsure(kind="mdm")), FOUR, 2, None, "", id="a management service won"),
        pytest.param(three(more=[holder(USERS)], controller=unsure(guid="{0}")), FOUR, 2, None, "", id="another GPO won"),
        pytest.param([*three(more=[holder(USERS)]), record("x", controller={**UNKNOWN, "kind": "stale"})], FOUR, 3, "many_hosts", "1 host of the report",
                     id="a host of which all is too old"),
        pytest.param([*three(more=[holder(USERS)]), record("x", controller=UNKNOWN)], FOUR, 3, "many_hosts", "1 host of the report",
                     id="a host that could not say"),
        pytest.param([*three(more=[holder(USERS)]), record("x", controller=UNKNOWN, computer=computer(2))], FOUR, 3, None, "", id="a server of a workgroup"),
        pytest.param([*three(more=[holder(USERS)]), record("x", controller=UNKNOWN, computer=computer(3))], FOUR, 3, "many_hosts", "1 host of the report",
                     id="a member of a domain that is not known"),
        pytest.param(three(), None, 2, "many_hosts", "no longer defines the right for 3 hosts", id="no longer defined for many"),
        pytest.param(three(), None, 3, None, "", id="no longer defined for as many as may be"),
        pytest.param([*three(), UNREAD], None, 3, "many_hosts", "1 host of the report", id="no longer defined, and a host was not read"),
        pytest.param(three(controller=unsure(guid="{0}")), None, 2, None, "", id="no longer defined where another GPO won"),
        pytest.param(three(exceptions=[{"sid": USERS, "state": "unused"}]), [*FOUR, USERS], 2, None, "", id="given by an exception"),
        pytest.param(three(exceptions=[{"sid": USERS, "state": "expired"}]), [*FOUR, USERS], 2, "many_hosts", "would add", id="given by an expired exception"),
        pytest.param([record("web01", iis=True, controller=unsure())], FOUR, 0, "without_iis_iusrs", "web01", id="hosts with IIS, of several GPOs"),
        pytest.param([record("web01", iis=True)], FOUR, 0, "without_iis_iusrs", "web01", id="hosts with IIS"),
        pytest.param([record("web01", iis=True)], [], 0, "without_iis_iusrs", "web01", id="hosts with IIS, and nobody"),
        pytest.param([record("web01", iis=True)], [*FOUR, IIS], 0, None, "", id="hosts with IIS, and IIS_IUSRS"),
        pytest.param([record("web01", iis=True)], None, 0, None, "", id="hosts with IIS, and no longer defined"),
    ],
)  # fmt: skip
def test_what_is_refused_for_hosts(records, sids, most, reason, words):
    found = reach(*records, sids=sids)

    refused = refusal(sids, (), found, most)

    assert (refused and refused.reason.value) == reason
    assert words in str(refused or "")
    if reason:
        assert f"allow {reason} if it is meant" in str(refused)
        assert refusal(sids, [reason], found, most) is None


def test_without_a_report_nothing_is_refused_for_hosts():
    assert refusal([], (), None, 1) is None
