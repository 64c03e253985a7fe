# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks of Group Policy from an audit of the hosts to the audit after they refreshed, as an administrator runs them."""

from __future__ import annotations

import json

import pytest
from playbooks.gpo_state import STATES, state_of

from fleet import demo, gpo_demo
from fleet.windows import names
from fleet.windows.domain import TEMPLATE
from fleet.windows.machine import FLOOR, RIGHT
from fleet.windows.policyclient import refreshed

pytestmark = pytest.mark.parametrize("back_end", ["emulator"], indirect=True)  # an engine needs a directory: tests/directory
AUDIT, GPO_AUDIT, ENFORCE, RESTORE = (
    f"winrights.seimpersonate.{name}" for name in ("audit", "gpo_audit", "gpo_enforce", "gpo_restore")
)
WEB = ("web01", "web02")
MEMBERS = "all:!dc*"
WISH = {"impersonate_gpo": gpo_demo.WEB, "impersonate_gpo_state": "defined", "impersonate_gpo_accounts": list(STATES["defined"])}
OLD, NEW = sorted(gpo_demo.starred(FLOOR)), sorted(gpo_demo.starred((*FLOOR, names.IIS_IUSRS)))


@pytest.fixture
def domain(fleet):
    """The demo's domain, all of it in the fleet."""
    made = gpo_demo.make()
    for machine, _dn in made.members.values():
        fleet.add(machine)
    return made


@pytest.fixture
def web(domain):
    """GUID of the GPO of the web servers."""
    return next(one.guid for one in domain.replica.directory.gpos.values() if one.name == gpo_demo.WEB)


@pytest.fixture
def earlier(fleet, playbook, tmp_path, domain):
    """The report of an audit of the member servers."""
    playbook(fleet, AUDIT, limit=MEMBERS, extravars={"impersonate_report_name": "earlier"})
    return tmp_path / "reports" / "earlier.json"


def test_an_audit_of_the_gpos_fails_for_what_is_wrong_and_says_it(fleet, playbook, domain, tmp_path):
    kept = tmp_path / "gpos.json"

    done = playbook(fleet, GPO_AUDIT, limit="dc01", extravars={"impersonate_gpo_file": str(kept)})

    assert (done.rc, done.outcome.failed, len(fleet.commands("dc01"))) == (2, {"dc01"}, 1)
    for name, kinds in gpo_demo.FINDINGS.items():
        if set(kinds) - {"without_iis_iusrs"}:
            assert name in done.said
    told = {row["name"]: row for row in json.loads(kept.read_text())["gpos"]}
    assert {name for name, row in told.items() if not row["compliant"]} == {"Kiosks by name", "Old lab", "Never linked"}


@pytest.mark.parametrize("host", ["dc01", "rodc01"])
def test_the_domain_controllers_of_the_demo_fleet_tell_their_gpos(fleet, playbook, tmp_path, host):
    demo.fill(fleet)
    kept = tmp_path / "gpos.json"

    done = playbook(fleet, GPO_AUDIT, limit="all", extravars={"impersonate_hosts": host, "impersonate_gpo_file": str(kept)})

    assert (done.rc, done.outcome.failed, len(fleet.commands(host))) == (2, {host}, 1)
    told = json.loads(kept.read_text())
    assert (told["controller"], told["domain"], told["complete"]) == (f"{host}.sim.example", "sim.example", True)
    assert {row["name"]: sorted({one["kind"] for one in row["findings"]}) for row in told["gpos"]} == demo.GPO_FINDINGS


def test_the_hosts_of_the_demo_fleet_have_what_the_gpos_of_their_domain_say(fleet, playbook, tmp_path):
    demo.fill(fleet, alive=True)
    kept = {"impersonate_gpo_file": str(tmp_path / "gpos.json")}
    playbook(fleet, GPO_AUDIT, limit="dc01", extravars=kept)

    playbook(fleet, AUDIT, limit="dc01,rodc01,file01,vdi01", extravars={**kept, "impersonate_report_name": "hosts"})

    report = json.loads((tmp_path / "reports" / "hosts.json").read_text())
    gpos = {row["name"]: row for row in report["gpos"]["gpos"]}
    said = {record["host"]: record["controller"] for record in report["hosts"]}
    assert {host: (one["name"], one["pending"]) for host, one in said.items()} == {
        "dc01": ("DC baseline", False), "rodc01": ("RODC baseline", False), "file01": ("File servers", False), "vdi01": ("VDI baseline", None),
    }  # fmt: skip
    for host, one in said.items():
        row = gpos[one["name"]]
        assert (one["guid"], one["version"]) == (row["guid"], row["version"]), host
        assert [link["som"] for link in row["links"]] == [one["link"]], host


def test_an_audit_of_one_good_gpo_is_green(fleet, playbook, domain):
    done = playbook(fleet, GPO_AUDIT, limit="dc01", extravars={"impersonate_gpos": [gpo_demo.BASELINE]})

    assert (done.rc, done.outcome.changed) == (0, set())


def test_by_an_earlier_report_the_gpo_of_web_servers_lacks_iis_iusrs(fleet, playbook, earlier, tmp_path):
    kept = tmp_path / "gpos.json"
    variables = {"impersonate_gpo_file": str(kept), "impersonate_report_previous": str(earlier)}

    playbook(fleet, GPO_AUDIT, limit="dc01", extravars=variables)

    told = {row["name"]: sorted({one["kind"] for one in row["findings"]}) for row in json.loads(kept.read_text())["gpos"]}
    assert told == gpo_demo.FINDINGS


def test_the_four_beats_with_the_impact_on_audited_hosts(fleet, playbook, domain, web, earlier):
    before = state_of(domain, web)
    variables = {**WISH, "impersonate_report_previous": str(earlier)}

    planned = playbook(fleet, ENFORCE, limit="dc01", check=True, diff=True, extravars=variables)
    assert (planned.rc, planned.outcome.changed, state_of(domain, web), planned.snapshots.exists()) == (0, {"dc01"}, before, False)
    result = planned.outcome.results("gpo_right")["dc01"]
    assert {row["host"]: (row["wins"], row["gains"], row["loses"], row["drifts"]) for row in result["impact"]} == dict.fromkeys(
        WEB, (True, [names.IIS_IUSRS], [], False)
    )
    assert "it sets the right on 2 audited hosts" in planned.said
    assert "2 would gain BUILTIN\\IIS_IUSRS" in planned.said
    assert "2 run IIS: web01, web02" in planned.said

    applied = playbook(fleet, ENFORCE, limit="dc01", extravars=variables)
    assert (applied.rc, applied.outcome.changed) == (0, {"dc01"})
    assert (state_of(domain, web).accounts, state_of(domain, web).versions) == (NEW, (0x10005, 0x10005))

    second = playbook(fleet, ENFORCE, limit="dc01", extravars=variables)
    assert (second.rc, second.outcome.changed, state_of(domain, web).versions) == (0, set(), (0x10005, 0x10005))


def test_the_report_of_the_hosts_has_what_a_planned_change_means_for_them(fleet, playbook, domain, web, earlier, tmp_path):
    kept = {"impersonate_gpo_file": str(tmp_path / "gpos.json")}
    playbook(fleet, GPO_AUDIT, limit="dc01", extravars=kept)
    playbook(fleet, ENFORCE, limit="dc01", check=True, extravars={**WISH, **kept, "impersonate_report_previous": str(earlier)})

    playbook(fleet, AUDIT, limit=MEMBERS, extravars={**kept, "impersonate_report_name": "after"})

    reports = tmp_path / "reports"
    (change,) = json.loads((reports / "after.json").read_text())["gpos"]["changes"]
    assert (change["guid"], change["outcome"], change["impact_unseen"]) == (web, "planned", 0)
    assert {row["host"]: row["gains"] for row in change["impact"]} == {host: [names.IIS_IUSRS] for host in WEB}
    page = (reports / "after.html").read_text()
    assert all(f'<a href="#q={host}"><bdi>{host}</bdi></a>' in page for host in WEB)
    assert "2 would gain BUILTIN\\IIS_IUSRS" in (reports / "after.md").read_text().replace("\\\\", "\\")


def test_without_a_report_the_impact_is_said_to_be_unknown(fleet, playbook, domain):
    done = playbook(fleet, ENFORCE, limit="dc01", check=True, extravars=WISH)

    assert done.outcome.results("gpo_right")["dc01"]["impact"] is None
    assert "impact: not known" in done.said


def test_a_list_without_iis_iusrs_is_refused_for_web_servers_unless_it_is_meant(fleet, playbook, domain, web, earlier):
    playbook(fleet, ENFORCE, limit="dc01", extravars=WISH)
    without = [one for one in STATES["defined"] if one != "iis_iusrs"]
    variables = {**WISH, "impersonate_gpo_accounts": without, "impersonate_report_previous": str(earlier)}

    refused = playbook(fleet, ENFORCE, limit="dc01", extravars=variables)
    assert (refused.rc, refused.outcome.results("gpo_right")["dc01"]["refused"]) == (2, "without_iis_iusrs")
    assert state_of(domain, web).accounts == NEW

    meant = playbook(fleet, ENFORCE, limit="dc01", extravars={**variables, "impersonate_gpo_allow": ["without_iis_iusrs"]})
    assert (meant.rc, state_of(domain, web).accounts) == (0, OLD)


def test_an_account_is_taken_from_no_more_hosts_than_may_be(fleet, playbook, domain, web, tmp_path):
    for name in WEB:
        domain.members[name][0].grant(names.USERS)
    playbook(fleet, AUDIT, limit=MEMBERS, extravars={"impersonate_report_name": "earlier"})
    report = str(tmp_path / "reports" / "earlier.json")
    variables = {**WISH, "impersonate_report_previous": report, "impersonate_max_hosts_per_account": 1}
    before = state_of(domain, web)

    refused = playbook(fleet, ENFORCE, limit="dc01", extravars=variables)
    assert (refused.rc, refused.outcome.results("gpo_right")["dc01"]["refused"], state_of(domain, web)) == (2, "many_hosts", before)

    done = playbook(fleet, ENFORCE, limit="dc01", extravars={**variables, "impersonate_max_hosts_per_account": 2})
    assert (done.rc, state_of(domain, web).accounts) == (0, NEW)


def test_the_loop_is_closed_when_the_hosts_have_refreshed(fleet, playbook, domain, web, earlier, tmp_path):
    kept = {"impersonate_gpo_file": str(tmp_path / "gpos.json")}
    playbook(fleet, ENFORCE, limit="dc01", extravars=WISH)
    playbook(fleet, GPO_AUDIT, limit="dc01", extravars=kept)

    waiting = playbook(fleet, AUDIT, limit=MEMBERS, extravars=kept)
    assert {host for host, status in waiting.statuses.items() if status != "compliant"} == set(WEB)
    assert {host for host, record in waiting.records.items() if record["controller"]["pending"]} == set(WEB)
    assert all("pending" in waiting.records[host]["reason"] for host in WEB)
    assert all(
        "(version 5 for computers), which this host has not applied yet (it has 4)" in waiting.records[host]["reason"]
        for host in WEB
    )
    assert {waiting.records[host]["controller"]["version"] for host in WEB} == {0x10004}

    assert sorted(refreshed(domain, "web01", "web02", "app01", "file01")) == sorted(WEB)
    after = playbook(fleet, AUDIT, limit=MEMBERS, extravars=kept)
    assert (after.rc, set(after.statuses.values())) == (0, {"compliant"})
    assert {(after.records[host]["controller"]["guid"], after.records[host]["controller"]["version"]) for host in WEB} == {
        (web, 0x10005)
    }
    assert not any(record["controller"]["pending"] for record in after.records.values())


def test_another_list_under_the_version_that_a_host_has_seen_is_not_pending(fleet, playbook, domain, web, tmp_path):
    """As after a template that was edited by hand: no client looks at it again by itself."""
    kept = {"impersonate_gpo_file": str(tmp_path / "gpos.json")}
    edited = domain.replica.template(web).decode("utf-16").replace(f"{RIGHT} = ", f"{RIGHT} = *{names.IIS_IUSRS},").encode("utf-16")
    domain.replica.sysvol.write(f"{domain.replica.folder(web)}\\{TEMPLATE}", edited)
    playbook(fleet, GPO_AUDIT, limit="dc01", extravars=kept)
    assert (state_of(domain, web).accounts, refreshed(domain)) == (NEW, [])

    audit = playbook(fleet, AUDIT, limit=MEMBERS, extravars=kept)
    told = {host: audit.records[host] for host in WEB}
    assert {host: record["status"] for host, record in told.items()} == dict.fromkeys(WEB, "drift")
    assert {(record["controller"]["version"], record["controller"]["pending"]) for record in told.values()} == {(0x10004, False)}
    assert all("changed without a new version" in " ".join(record["notes"]) for record in told.values())
    assert not any("pending" in record["reason"] for record in told.values())

    refreshed(domain, *WEB, force=True)
    after = playbook(fleet, AUDIT, limit=MEMBERS, extravars=kept)
    assert (after.rc, set(after.statuses.values())) == (0, {"compliant"})
    assert not any("new version" in " ".join(record["notes"]) for record in after.records.values())


def test_restore_takes_a_run_back_for_good(fleet, playbook, domain, web):
    template = domain.replica.template(web)
    playbook(fleet, ENFORCE, limit="dc01", extravars=WISH)
    variables = {"impersonate_gpo": gpo_demo.WEB, "impersonate_restore": "latest"}

    planned = playbook(fleet, RESTORE, limit="dc01", check=True, diff=True, extravars=variables)
    assert (planned.rc, planned.outcome.changed, state_of(domain, web).accounts) == (0, {"dc01"}, NEW)

    done = playbook(fleet, RESTORE, limit="dc01", extravars=variables)
    assert (done.rc, done.outcome.changed, domain.replica.template(web)) == (0, {"dc01"}, template)
    assert state_of(domain, web).versions == (0x10006, 0x10006)

    again = playbook(fleet, RESTORE, limit="dc01", extravars=variables)
    assert (again.rc, again.outcome.changed, state_of(domain, web).versions) == (0, set(), (0x10006, 0x10006))


@pytest.mark.parametrize("name", ["dc02", "web01"])
def test_a_host_that_takes_no_changes_is_told_so(fleet, playbook, domain, web, name):
    before = state_of(domain, web)

    done = playbook(fleet, ENFORCE, limit=name, extravars=WISH)

    assert (done.rc, done.outcome.failed, done.outcome.changed, state_of(domain, web)) == (2, {name}, set(), before)
    assert ("dc01.sim.example" in done.said) if name == "dc02" else ("no domain controller" in done.said)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param({"impersonate_gpo": ""}, "impersonate_gpo", id="no-gpo"),
        pytest.param({"impersonate_gpo_state": ""}, "impersonate_gpo_state", id="no-state"),
        pytest.param({"impersonate_gpo_accounts": []}, "impersonate_gpo_accounts", id="an-empty-list"),
        pytest.param({"impersonate_gpo_accounts": ["SIM\\svc-web"]}, "impersonate_gpo_accounts[0]", id="a-name"),
        pytest.param({"impersonate_gpo_allow": ["floor"]}, "impersonate_gpo_allow", id="what-nobody-may-allow"),
        pytest.param({"impersonate_gpo_state": "gone"}, "impersonate_gpo_state", id="no-such-state"),
    ],
)
def test_bad_input_names_the_variable_and_reaches_no_host(fleet, playbook, recorder, domain, variables, words):
    done = playbook(fleet, ENFORCE, limit="dc01", extravars={**WISH, **variables})

    assert (done.rc, recorder.received) == (2, {})
    assert words in done.said
    assert "Traceback" not in done.outcome.stdout
