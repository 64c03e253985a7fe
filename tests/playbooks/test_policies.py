# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies, features and exceptions as a user sets them, from the inventory to the report."""

from __future__ import annotations

import datetime

import ansible
import pytest

from fleet.plays.play import play
from fleet.windows import names
from fleet.windows.machine import Iis, Machine, Pool

FOUR = ["administrators", "local_service", "network_service", "service"]
OURS = {
    "title": "Ours",
    "extends": "microsoft",
    "host_roles": {"member_server": {"required": [*FOUR, "users"], "source": "handbook 1"}},
}
USERS = "S-1-5-32-545"
NO_HOST = pytest.mark.parametrize("back_end", ["emulator"], indirect=True)  # which is asked nothing: either would do


def holder(run, host, sid):
    return next(one for one in run.records[host]["holders"] if one["sid"] == sid)


@pytest.mark.parametrize(
    ("policy", "status", "benchmark_id", "document"),
    [
        ("microsoft", "compliant", None, None),
        ("cis", "compliant", "2.2.32 (MS only)", "CIS Microsoft Windows Server 2022 Benchmark"),
        ("stig", "drift", "V-254503", "Microsoft Windows Server 2022 STIG"),
    ],
)
def test_the_document_that_judged_stands_in_the_report(fleet, audit, policy, status, benchmark_id, document):
    fleet.add(Machine.member_server("web01", iis=True))

    run = audit(fleet, extravars={"impersonate_policy": policy})

    record = run.records["web01"]
    assert (run.rc, record["status"], record["citation"]["benchmark_id"]) == (
        0 if status == "compliant" else 2,
        status,
        benchmark_id,
    )
    if document:
        assert record["citation"]["document"]["title"] == document
        assert f"  by {document}, " in run.outcome.stdout
        assert document in {its["title"] for its in run.report["policy"]["documents"].values()}


def test_a_policy_of_ones_own_extends_a_shipped_one(fleet, audit):
    fleet.add(Machine.member_server("app01", also=[USERS]))
    fleet.add(Machine.member_server("app02"))
    fleet.add(Machine.client("pc01"))

    run = audit(fleet, extravars={"impersonate_policy": "ours", "impersonate_policies": {"ours": OURS}})

    assert run.statuses == {"app01": "compliant", "app02": "drift", "pc01": "compliant"}
    assert run.report["policy"]["name"] == "ours"
    assert holder(run, "app01", USERS)["why"] == "required on a member server (handbook 1)"
    assert all(len(fleet.commands(name)) == 1 for name in ("app01", "app02", "pc01"))


@NO_HOST
@pytest.mark.parametrize(
    ("extravars", "words"),
    [
        pytest.param({"impersonate_policy": "ours", "impersonate_policies": {"ours": {**OURS, "extends": "nobody"}}},
                     "policy ours (extends nobody): extends: 'nobody' is not a policy; there are cis, microsoft, ours, stig", id="unknown extends"),
        pytest.param({"impersonate_policies": "ours"}, "policies: 'ours' is not a mapping", id="text for policies"),
        pytest.param({"impersonate_features": {"dns": True}}, "features: 'dns' is not a feature that a host is asked for", id="unknown feature"),
        pytest.param({"impersonate_exceptions": [{"account": "users", "reason": "r"}]}, "exceptions[0].owner: the key is missing", id="no owner"),
    ],
)  # fmt: skip
def test_bad_input_ends_the_run_before_any_host_is_touched(fleet, audit, extravars, words):
    fleet.add(Machine.member_server("web01"))

    run = audit(fleet, extravars=extravars)

    assert run.rc == 2
    assert words in run.said.replace("\\\\", "\\")
    assert fleet.journal.records() == []


@NO_HOST
@pytest.mark.parametrize(
    ("variables", "line"),
    [
        pytest.param("impersonate_policy: ours\nimpersonate_policies:\n  theirs: {extends: stig}\n  ours:\n    extends: nobody\n", 5, id="policy"),
        pytest.param("impersonate_policy: stig\nimpersonate_exceptions:\n  - {account: everyone, reason: r, owner: o}\n", 3, id="exception"),
    ],
)  # fmt: skip
def test_bad_input_is_told_by_file_where_core_knows_it(fleet, audit, tmp_path, variables, line):
    fleet.add(Machine.member_server("web01"))
    path = tmp_path / "ours.yml"
    path.write_text(variables)

    run = audit(fleet, options=f"-e @{path}")

    assert run.rc == 2
    if tuple(map(int, ansible.__version__.split(".")[:2])) >= (2, 19):  # older cores forget where a variable was written
        assert f"Origin: {path}:{line}:" in run.said


def test_one_host_with_wrong_options_stops_a_change_before_it_begins(fleet, enforce):
    good, bad = (Machine.member_server(name, also=[USERS]) for name in ("a01", "b01"))
    fleet.add(good)
    fleet.add(bad, variables={"impersonate_exceptions": [entry(account="everyone")]})
    before = good.holders()

    run = enforce(fleet)

    assert run.rc == 2
    assert "Nothing was changed on any host. b01:" in run.said
    assert "b01: impersonate_exceptions[0].account: everyone (S-1-1-0) is too wide for an exception" in run.said
    assert good.holders() == bad.holders() == before


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param({"impersonate_exceptions": [{"account": "users", "reason": "r"}]}, "impersonate_exceptions[0].owner: the key is missing", id="a key"),
        pytest.param({"impersonate_permitted": ["Benutzer"]}, "impersonate_permitted[0]: 'Benutzer' is a bare name", id="an account"),
        pytest.param({"impersonate_host_role": "server"}, "value of impersonate_host_role must be one of", id="a word of ansible-core's own check"),
    ],
)  # fmt: skip
def test_wrong_variables_of_one_host_are_named_in_its_record(fleet, audit, variables, words):
    fleet.add(Machine.member_server("a01"))
    fleet.add(Machine.member_server("b01"), variables=variables)

    run = audit(fleet)

    assert run.statuses == {"a01": "compliant", "b01": "error"}
    assert run.records["b01"]["error"]["category"] == "bad_input"
    assert words in run.records["b01"]["error"]["message"]
    assert fleet.commands("b01") == []


def entry(**more):
    return {"account": "SIM\\svc", "reason": "backup", "owner": "Ops", **more}


def with_svc(name):
    machine = Machine.member_server(name)
    machine.grant(machine.add_account("svc", domain="SIM", rid=1105))
    return machine


def test_an_exception_counts_for_the_hosts_and_groups_that_it_names(fleet, audit):
    for name, groups in (("db01", ["databases"]), ("web01", ["web"]), ("app01", [])):
        fleet.add(with_svc(name), groups=groups)

    run = audit(fleet, extravars={"impersonate_exceptions": [entry(groups=["databases"], ticket="T-1"), entry(hosts=["web*"])]})

    assert run.statuses == {"db01": "waived", "web01": "waived", "app01": "drift"}
    assert "waived by exceptions[0]: backup (owner Ops, ticket T-1, without an end)" in run.records["db01"]["reason"]
    assert [one["used_by"] for one in run.report["summary"]["exceptions"]] == [["db01"], ["web01"]]
    assert "NOT COMPLIANT - 1 of 3 hosts drift, 0 not assessed, 2 waived" in run.said


@pytest.mark.parametrize(
    ("waive", "statuses", "state"),
    [
        pytest.param("any", {"srv01": "waived", "pc01": "waived"}, "used", id="any"),
        pytest.param("documented", {"srv01": "waived", "pc01": "drift"}, "not_foreseen", id="only what the rule foresees"),
    ],
)
def test_a_strict_assessor_takes_only_exceptions_that_the_rule_foresees(fleet, audit, waive, statuses, state):
    fleet.add(with_svc("srv01"))
    machine = Machine.client("pc01")
    machine.grant(machine.add_account("svc", domain="SIM", rid=1105))
    fleet.add(machine)

    run = audit(fleet, extravars={"impersonate_policy": "stig", "impersonate_exceptions": [entry()], "impersonate_waive": waive})

    assert run.statuses == statuses
    assert [one["state"] for one in run.report["summary"]["exceptions"]] == [state]
    assert "this is not a finding" in run.records["srv01"]["reason"]
    assert "the rule has no words about exceptions" in run.records["pc01"]["reason"]


def test_dates_of_the_inventory_and_what_is_forbidden_elsewhere(fleet, audit):
    """An inventory has dates of YAML; a group may forbid what another one has an exception for."""
    exceptions = [entry(hosts=["db01"], expires=datetime.date(2099, 12, 31))]
    fleet.add(with_svc("db01"), variables={"impersonate_exceptions": exceptions})
    other = Machine.member_server("dc01")
    other.add_account("svc", domain="SIM")  # a forbidden name that the host does not know would be an error
    fleet.add(other, variables={"impersonate_exceptions": exceptions, "impersonate_forbidden": ["SIM\\svc"]})

    run = audit(fleet)

    assert run.statuses == {"db01": "waived", "dc01": "compliant"}
    assert "COMPLIANT WITH EXCEPTIONS - 0 of 2 hosts drift" in run.said


def test_waived_hosts_pass_the_gate(fleet, audit):
    fleet.add(with_svc("db01"))

    run = audit(fleet, extravars={"impersonate_exceptions": [entry(expires="2099-01-01")]})

    assert (run.rc, run.statuses) == (0, {"db01": "waived"})


@pytest.fixture
def three(fleet):
    """One host that needs exceptions, one that does not, and one that cannot be read."""
    wide = with_svc("db01")
    wide.grant(wide.add_account("everyone in it", domain="SIM", use=names.Use.GROUP, rid=513))
    fleet.add(wide)
    plain = Machine.member_server("plain")
    plain.add_account("everyone in it", domain="SIM", use=names.Use.GROUP, rid=513)
    plain.add_account("svc", domain="SIM", rid=1105)
    fleet.add(plain)
    fleet.add(Machine.member_server("down"), scenario="host down")
    return fleet


ELSEWHERE = {
    "gone": ({}, "unused"),  # in no inventory
    "plain": ({}, "unused"),  # no account needs it there
    "down": ({}, "unknown"),
    "moved": ({"expires": "2026-01-31"}, "expired"),  # for no host
}


def test_exceptions_for_hosts_that_do_not_need_them(three, audit):
    exceptions = [entry(hosts=[host], **more) for host, (more, _state) in ELSEWHERE.items()]

    run = audit(three, extravars={"impersonate_exceptions": exceptions})

    found = {tuple(one["hosts"]): (one["state"], one["used_by"], one["meant_for"]) for one in run.report["summary"]["exceptions"]}
    assert found == {(host,): (state, [], int(host == "plain")) for host, (_more, state) in ELSEWHERE.items()}
    assert run.outcome.stdout.count("unused, meant for no host of this report") == 1  # of gone


@pytest.mark.parametrize(
    ("exception", "options", "state"),
    [
        pytest.param(entry(hosts=["db01"]), {"limit": "plain"}, "unknown", id="its host was left out"),
        pytest.param(
            entry(host_roles=["client"]), {"limit": "plain,db01"}, "unknown", id="hosts were left out that it may be meant for"
        ),
        pytest.param(entry(expires="2026-01-31"), {}, "expired", id="expired"),
        pytest.param(entry(account="SIM\\everyone in it"), {}, "too_wide", id="a name that turns out to be everybody"),
    ],
)
def test_exceptions_that_do_not_hold_are_findings_of_the_fleet(three, audit, exception, options, state):
    extravars = {"impersonate_exceptions": [exception], **options.pop("extravars", {})}
    run = audit(three, extravars=extravars, **options)

    (one,) = run.report["summary"]["exceptions"]
    assert (one["state"], one["used_by"]) == (state, [])
    if state == "too_wide":
        assert one["wanted_by"] == ["db01"]
        assert "exception too wide: SIM\\everyone in it" in run.records["db01"]["reason"]
    if state == "expired":
        assert one["wanted_by"] == ["db01"]
        assert {finding["kind"] for finding in run.records["db01"]["findings"]} == {"unexpected", "exception_expired"}


def test_enforcement_leaves_waived_holders_and_removes_expired_ones(fleet, enforce):
    valid, expired = with_svc("db01"), with_svc("db02")
    fleet.add(valid)
    fleet.add(expired)
    before = valid.holders()

    run = enforce(fleet, extravars={"impersonate_exceptions": [entry(hosts=["db01"]), entry(hosts=["db02"], expires="2026-01-31")]})

    assert (run.rc, run.statuses) == (0, {"db01": "waived", "db02": "compliant"})
    assert valid.holders() == before
    assert f"{names.domain_sid('SIM')}-1105" not in expired.holders()


def test_features_stand_in_the_report_detected_or_declared(fleet, audit):
    machine = Machine.member_server(
        "sql01", iis=Iis(pools=("DefaultAppPool", Pool("shop", "SpecificUser", "SIM\\svc", manual=True)))
    )
    machine.services, machine.session_host, machine.spooler = ("MsDtsServer150", "adfssrv"), True, 4
    machine.add_account("svc", domain="SIM", rid=1105)
    machine.add_account("ASPNET")
    fleet.add(machine)

    run = audit(fleet, extravars={"impersonate_features": {"adfs": False}})

    record = run.records["sql01"]
    assert {name: (its["present"], its["source"]) for name, its in record["features"].items()} == {
        "iis": (True, "detected"), "iis_manual_pools": (True, "detected"), "ssis": (True, "detected"), "adfs": (False, "declared"),
        "print_spooler": (False, "detected"), "session_host": (True, "detected"), "legacy_accounts": (True, "detected"),
    }  # fmt: skip
    assert record["features"]["legacy_accounts"]["found"] == ["SQL01\\ASPNET"]
    assert [(pool["name"], pool["manual"]) for pool in record["iis"]["pools"]] == [("DefaultAppPool", False), ("shop", True)]
    assert len(fleet.commands("sql01")) == 1


POOLS = {
    "locked-and-nobody-in-doubt": (Iis(locked=True), False, ["compliant", "compliant"]),
    "locked-and-the-holder-may-be-a-pools-account": (Iis(locked=True), True, ["error", "drift"]),
    "shared-configuration": (Iis(elsewhere=True), True, ["error", "drift"]),
}  # fmt: skip


def test_pools_that_cannot_be_read_matter_only_where_they_may_decide(fleet, audit):
    for name, (iis, held, _statuses) in POOLS.items():
        machine = Machine.member_server(name, iis=iis)
        if held:
            machine.grant(machine.add_account("svc", domain="SIM", rid=1105))
        fleet.add(machine)

    run = audit(fleet)
    declared = audit(fleet, extravars={"impersonate_features": {"iis_manual_pools": False}})

    assert {name: [run.statuses[name], declared.statuses[name]] for name in POOLS} == {
        name: statuses for name, (_iis, _held, statuses) in POOLS.items()
    }
    for name, status in run.statuses.items():
        asks = "declare features: {iis_manual_pools: false} (in the role impersonate_features)" in run.records[name]["reason"]
        assert asks is (status == "error"), name


@NO_HOST
def test_the_tables_of_all_policies_are_printed_and_written(fleet, tmp_path):
    outcome = play(
        fleet,
        "winrights.seimpersonate.policies",
        tmp_path=tmp_path,
        extravars={"impersonate_report_dir": str(tmp_path), "impersonate_policies": {"ours": OURS}},
    )

    assert outcome.rc == 0
    text = (tmp_path / "impersonate-policies.rst").read_text()
    for words in (
        "V-254503",
        "2.2.33 (MS only)",
        "as printed and corrected",
        "ours: Ours",
        "handbook 1",
        "Where the policies differ",
    ):
        assert words in text, words
        assert words in outcome.stdout, words


@NO_HOST
@pytest.mark.parametrize(
    ("policies", "words"),
    [
        pytest.param({"cis": OURS}, "policies.cis: this is the name of a shipped policy", id="the name of a shipped one"),
        pytest.param("hello", "policies: 'hello' is not a mapping", id="text"),
    ],
)
def test_nobody_passes_for_a_shipped_policy_on_the_page(fleet, tmp_path, policies, words):
    outcome = play(
        fleet,
        "winrights.seimpersonate.policies",
        tmp_path=tmp_path,
        extravars={"impersonate_report_dir": str(tmp_path / "reports"), "impersonate_policies": policies},
    )

    assert outcome.rc == 2
    assert words in " ".join(outcome.stdout.split())
    assert not (tmp_path / "reports").exists()
