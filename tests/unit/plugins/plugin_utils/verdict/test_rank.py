# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How grave a finding is, and what to do about it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.parsing import parse_account
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.account_kinds import AccountKind
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.claims import GpoSetting
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.controller import Controller, stated
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.evidence import ControllerKind
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import AppPool, Group, Member, Service
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.features import FeatureName
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.build import host_result
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.advice import Place, advice_on
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Tailoring, Waive
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.findings import FindingKind
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.judgement import judged
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.rank import (
    RULE,
    WORDS,
    Rank,
    Tier,
    Who,
    gravest,
    order,
    rank_of,
    tier_of,
)

DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"
SOMEBODY, DOMAIN_USERS = f"{DOMAIN}-1201", f"{DOMAIN}-513"
EVERYONE, AUTHENTICATED, USERS, GUESTS = "S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-32-546"
POOL, SERVICE_SID, ALL_SERVICES = "S-1-5-82-1-2-3-4-5", "S-1-5-80-1-2-3-4-5", "S-1-5-80-0"
DEFAULTS = ("S-1-5-6", "S-1-5-19", "S-1-5-20", "S-1-5-32-544")
DC, MEMBER, ALONE, CLIENT = "domain_controller", "member_server", "standalone_server", "client"
UNEXPECTED, MISSING, ORPHAN, LEGACY = FindingKind.UNEXPECTED, FindingKind.MISSING, FindingKind.ORPHAN, FindingKind.LEGACY
EXPIRED, WIDE = FindingKind.EXCEPTION_EXPIRED, FindingKind.EXCEPTION_TOO_WIDE
IIS_IUSRS = "S-1-5-32-568"
POOL_OF_ITS_OWN = AppPool("shop", "SpecificUser", "CORP\\shop", SOMEBODY, manual=True)
GUIDE = Path(__file__).parents[5] / "docs/docsite/rst/guide_report.rst"


@pytest.mark.parametrize(
    ("finding", "sid", "kind", "role", "more", "rank"),
    [
        pytest.param(UNEXPECTED, EVERYONE, "well-known", CLIENT, {}, "critical", id="Everyone on a client"),
        pytest.param(UNEXPECTED, AUTHENTICATED, "well-known", MEMBER, {}, "critical", id="Authenticated Users on a server"),
        pytest.param(UNEXPECTED, DOMAIN_USERS, "domain", MEMBER, {}, "critical", id="Domain Users, whatever the domain"),
        pytest.param(UNEXPECTED, USERS, "builtin", ALONE, {}, "critical", id="Users"),
        pytest.param(UNEXPECTED, GUESTS, "builtin", DC, {}, "critical", id="Guests on a domain controller"),
        pytest.param(WIDE, DOMAIN_USERS, "domain", CLIENT, {}, "critical", id="an exception for nearly everybody"),
        pytest.param(
            UNEXPECTED, SOMEBODY, "domain", MEMBER, {"crowded": True}, "critical", id="a group with nearly everybody in it"
        ),
        pytest.param(UNEXPECTED, SOMEBODY, "domain", DC, {}, "critical", id="an account on a domain controller"),
        pytest.param(UNEXPECTED, SOMEBODY, "unknown", DC, {}, "critical", id="an account of which nothing is known, on one"),
        pytest.param(UNEXPECTED, SOMEBODY, "domain", MEMBER, {"adfs": True}, "critical", id="an account where AD FS runs"),
        pytest.param(EXPIRED, SOMEBODY, "domain", DC, {}, "critical", id="an expired exception on a domain controller"),
        pytest.param(UNEXPECTED, SOMEBODY, "domain", MEMBER, {"running": True}, "high", id="a service runs under it"),
        pytest.param(UNEXPECTED, POOL, "app pool", DC, {}, "high", id="an application pool on a domain controller"),
        pytest.param(UNEXPECTED, SOMEBODY, "domain", MEMBER, {}, "medium", id="an account on a member server"),
        pytest.param(UNEXPECTED, SOMEBODY, "local", ALONE, {}, "medium", id="a local account on a stand-alone server"),
        pytest.param(UNEXPECTED, SOMEBODY, "domain", None, {}, "medium", id="a host without a role counts as a server"),
        pytest.param(UNEXPECTED, SOMEBODY, "entra", CLIENT, {"running": True}, "medium", id="a service of a client runs under it"),
        pytest.param(LEGACY, SOMEBODY, "local", MEMBER, {}, "medium", id="ASPNET can still be logged on with"),
        pytest.param(ORPHAN, SOMEBODY, "orphan", DC, {}, "medium", id="a deleted account on a domain controller"),
        pytest.param(EXPIRED, SOMEBODY, "orphan", DC, {}, "medium", id="an expired exception for a deleted account"),
        pytest.param(MISSING, "S-1-5-6", "unknown", DC, {}, "medium", id="SERVICE is missing on a domain controller"),
        pytest.param(UNEXPECTED, SOMEBODY, "domain", CLIENT, {}, "low", id="an account on a client"),
        pytest.param(UNEXPECTED, POOL, "app pool", MEMBER, {"running": True}, "low", id="an application pool, also where it runs"),
        pytest.param(UNEXPECTED, SERVICE_SID, "service", MEMBER, {}, "low", id="a service has it through SERVICE anyway"),
        pytest.param(UNEXPECTED, ALL_SERVICES, "service", MEMBER, {}, "low", id="all services have it through SERVICE anyway"),
        pytest.param(ORPHAN, SOMEBODY, "orphan", MEMBER, {"running": True}, "low", id="a deleted account"),
        pytest.param(MISSING, "S-1-5-6", "unknown", MEMBER, {}, "low", id="what is missing gives nothing away"),
        pytest.param(MISSING, USERS, "unknown", MEMBER, {}, "low", id="Users that should hold it and do not"),
    ],
)
def test_the_rank_of_a_finding(finding, sid, kind, role, more, rank):
    tier = tier_of(role, more.pop("adfs", None))

    assert rank_of(finding, sid, AccountKind(kind), tier, **more).value == rank


def test_no_row_of_the_rule_ranks_a_tier_lower_than_the_next():
    assert [sorted(ranks, key=lambda rank: order(rank.value)) for ranks in map(list, map(dict.values, RULE.values()))] == [
        list(row.values()) for row in RULE.values()
    ]


def test_the_guide_prints_the_rule():
    printed = re.search(r"\* - who\n(.*?)\n\n", GUIDE.read_text(), re.S)[1]
    rows = [re.findall(r"- (.*)", row) for row in re.split(r"\n   \* ", printed)]

    assert rows == [[tier.value for tier in Tier], *([who.value, *(rank.value for rank in RULE[who].values())] for who in Who)]


@pytest.mark.parametrize(
    ("ranks", "worst"),
    [
        pytest.param(["low", "critical", "high"], "critical", id="the gravest"),
        pytest.param([None, "low"], "low", id="one of an earlier release has none"),
        pytest.param([], None, id="no finding"),
    ],
)
def test_the_gravest_of_several(ranks, worst):
    assert gravest(ranks) == worst
    assert sorted([*WORDS, None], key=order) == [*(rank.value for rank in Rank), None]


BY_GPO = Controller(ControllerKind.GPO, "", winner=GpoSetting("Baseline", "{6}", "OU=Web"), extra=(SOMEBODY,), lacking=("S-1-5-6",))
BLIND = Controller(ControllerKind.GPO, "", winner=GpoSetting(None, "{6}"))
SEVERAL = Controller(ControllerKind.GPO, "", losers=(GpoSetting("A", "{1}"), GpoSetting("B", "{2}")))
BY_MDM, LOCAL = stated("mdm", "Intune", None), stated("local", None, None)
UNKNOWN, STALE = Controller(ControllerKind.UNKNOWN, ""), Controller(ControllerKind.STALE, "", winner=GpoSetting("Old", "{3}"))


@pytest.mark.parametrize(
    ("kind", "sid", "controller", "more", "place", "words"),
    [
        pytest.param(UNEXPECTED, USERS, BY_GPO, {}, Place.GPO, "in GPO Baseline, linked at OU=Web (User Rights Assignment", id="the GPO gives it"),
        pytest.param(UNEXPECTED, SOMEBODY, BY_GPO, {}, Place.GPO, "gpupdate /force on the host: the list there is not", id="the GPO does not"),
        pytest.param(UNEXPECTED, USERS, BLIND, {}, Place.GPO, "in GPO {6} (User Rights", id="a GPO without a name or a link"),
        pytest.param(MISSING, "S-1-5-6", BY_GPO, {}, Place.GPO, "gpupdate /force on the host: the list there is not", id="the GPO names it"),
        pytest.param(MISSING, "S-1-5-19", BY_GPO, {}, Place.GPO, "add the account; then gpupdate", id="the GPO leaves it out"),
        pytest.param(UNEXPECTED, USERS, SEVERAL, {}, Place.UNKNOWN, "gpresult /scope computer", id="which GPO won is not known"),
        pytest.param(UNEXPECTED, USERS, BY_MDM, {}, Place.MDM, "in the management service Intune (Policy CSP", id="a management service"),
        pytest.param(UNEXPECTED, SOMEBODY, LOCAL, {}, Place.HOST, "enforce --limit HOST --check --diff", id="the host alone"),
        pytest.param(MISSING, "S-1-5-6", LOCAL, {}, Place.HOST, "then without --check", id="missing on the host alone"),
        pytest.param(ORPHAN, SOMEBODY, LOCAL, {}, Place.HOST, "enforce -e impersonate_orphans=remove --limit", id="orphans stay without an option"),
        pytest.param(UNEXPECTED, USERS, UNKNOWN, {}, Place.UNKNOWN, "find out who sets the right", id="not known who sets it"),
        pytest.param(UNEXPECTED, USERS, STALE, {}, Place.UNKNOWN, "find out who sets the right", id="known, and too old"),
        pytest.param(EXPIRED, SOMEBODY, LOCAL, {"exception": "exceptions[3]"}, Place.EXCEPTIONS, "exceptions[3]: ask its owner", id="expired"),
        pytest.param(WIDE, USERS, LOCAL, {"exception": "exceptions[0]"}, Place.EXCEPTIONS, "instead of the group", id="too wide"),
        pytest.param(UNEXPECTED, "S-1-5-6", LOCAL, {}, Place.POLICY, "Windows needs its right", id="the floor, which enforcement leaves"),
        pytest.param(
            UNEXPECTED, SOMEBODY, LOCAL, {"policy": "stig"}, Place.HOST, "enforce -e impersonate_policy=stig --limit HOST",
            id="enforced by the policy that the host was judged by",
        ),
        pytest.param(
            ORPHAN, SOMEBODY, LOCAL, {"policy": "cis"}, Place.HOST, "enforce -e impersonate_policy=cis -e impersonate_orphans=remove --limit",
            id="the same with another option",
        ),
        pytest.param(UNEXPECTED, SOMEBODY, LOCAL, {"policy": "ours"}, Place.HOST, "enforce --limit", id="a policy of the user's variables"),
        pytest.param(
            UNEXPECTED, "S-1-5-32-568", LOCAL, {"needed": True}, Place.EXCEPTIONS,
            "it is needed there: an entry with reason and owner in impersonate_exceptions. Where it is not: "
            "name the account in impersonate_forbidden, then ansible-playbook",
            id="what is known to be needed is no command first",
        ),
        pytest.param(
            UNEXPECTED, "S-1-5-32-568", BY_GPO, {"needed": True, "waivable": False}, Place.GPO, "first end what needs it there",
            id="needed, and no exception counts",
        ),
        pytest.param(UNEXPECTED, SOMEBODY, LOCAL, {"restored": "R1"}, Place.HOST,
                     "winrights.seimpersonate.restore -e impersonate_restore=R1 --limit HOST --check --diff, then without --check",
                     id="a restore, not by a policy"),
        pytest.param(MISSING, SOMEBODY, LOCAL, {"restored": "R1"}, Place.HOST, "restore -e impersonate_restore=R1 --limit HOST", id="missing after a restore"),
        pytest.param(ORPHAN, SOMEBODY, LOCAL, {"restored": "R1"}, Place.HOST, "impersonate_restore=R1 -e impersonate_orphans=remove --limit",
                     id="a restore that keeps orphans"),
        pytest.param(UNEXPECTED, "S-1-5-6", LOCAL, {"restored": "R1"}, Place.HOST, "nothing: Windows needs", id="the floor, which a restore leaves"),
        pytest.param(UNEXPECTED, USERS, BY_GPO, {"restored": "R1"}, Place.GPO, "in GPO Baseline", id="a restore where a GPO sets the right"),
        pytest.param(UNEXPECTED, SOMEBODY, LOCAL, {"restored": "R1", "needed": True, "namesake": True}, Place.HOST, "restore -e impersonate_restore=R1",
                     id="a restore asks for no exception"),
        pytest.param(UNEXPECTED, SOMEBODY, LOCAL, {"namesake": True}, Place.POLICY, "name the SID", id="a namesake, which it refuses"),
    ],
)  # fmt: skip
def test_what_to_do_and_where(kind, sid, controller, more, place, words):
    advice = advice_on(kind, sid, controller, **more)

    assert advice.place is place
    assert words in advice.text
    assert not (more.get("restored") and ("enforce" in advice.text or "exceptions" in advice.text))


@pytest.mark.parametrize(
    ("kind", "sid", "words"),
    [
        pytest.param(UNEXPECTED, SOMEBODY, "in impersonate_exceptions", id="an account"),
        pytest.param(UNEXPECTED, USERS, "under an account of its own", id="an exception for nearly everybody is refused"),
        pytest.param(MISSING, SOMEBODY, "then without --check", id="missing"),
        pytest.param(ORPHAN, SOMEBODY, "then without --check", id="a deleted account needs nothing"),
    ],
)
def test_how_an_account_can_keep_the_right(kind, sid, words):
    assert advice_on(kind, sid, LOCAL).text.endswith(words)


@pytest.mark.parametrize(
    ("policy", "tailoring", "words"),
    [
        pytest.param("microsoft", {}, "in impersonate_exceptions", id="an exception would count"),
        pytest.param("microsoft", {"forbidden": (parse_account(SOMEBODY),)}, "No exception counts for it here", id="forbidden"),
        pytest.param("stig", {"waive": Waive.DOCUMENTED}, "in impersonate_exceptions", id="a rule that foresees exceptions"),
        pytest.param("microsoft", {"waive": Waive.DOCUMENTED}, "No exception counts for it here", id="a rule that foresees none"),
    ],
)
def test_no_exception_is_advised_that_would_not_count(host, shipped, policy, tailoring, words):
    findings = host_result(judged(host((*DEFAULTS, SOMEBODY)), shipped[policy], Tailoring(**tailoring)))["findings"]

    assert [finding["advice"].rpartition(". ")[2].endswith(words) for finding in findings if finding["sid"] == SOMEBODY] == [True]


@pytest.mark.parametrize(
    ("sid", "iis", "pools", "needed"),
    [
        pytest.param(IIS_IUSRS, True, (), True, id="IIS_IUSRS where IIS is"),
        pytest.param(IIS_IUSRS, False, (), False, id="IIS_IUSRS without IIS"),
        pytest.param(SOMEBODY, True, (POOL_OF_ITS_OWN,), True, id="the account of a pool without IIS_IUSRS in its token"),
        pytest.param(
            SOMEBODY, True, (dataclasses.replace(POOL_OF_ITS_OWN, manual=False),), False, id="the account of a pool that has it"
        ),
    ],
)
def test_what_something_on_the_host_needs_is_not_first_taken_away(host, shipped, sid, iis, pools, needed):
    """STIG names four accounts. The command would stop a web server, and the rule foresees an exception for what an application needs."""
    facts = host((*DEFAULTS, sid), iis=iis)
    its = dataclasses.replace(facts, pools=pools, pools_status="read" if pools else facts.pools_status)
    findings = host_result(judged(its, shipped["stig"], Tailoring()))["findings"]

    assert [one["place"] for one in findings if one["sid"] == sid] == ["exceptions" if needed else "unknown"]


def test_a_name_of_a_host_is_no_command_in_an_advice():
    odd = Controller(ControllerKind.GPO, "", winner=GpoSetting("a\u202eb\x1b[31m", "{6}", "OU=\n"))

    assert advice_on(UNEXPECTED, USERS, odd).text.isprintable()


@pytest.mark.parametrize(
    ("facts", "tailoring", "ranks"),
    [
        pytest.param({}, {}, [("critical", USERS), ("medium", SOMEBODY)], id="a member server, the gravest first"),
        pytest.param({"machine_role": 5}, {}, [("critical", SOMEBODY), ("critical", USERS)], id="a domain controller"),
        pytest.param(
            {}, {"features": {FeatureName.ADFS: True}}, [("critical", SOMEBODY), ("critical", USERS)], id="AD FS, as declared"
        ),
        pytest.param(
            {"groups": (Group(SOMEBODY, "CORP\\All", "read", (Member(DOMAIN_USERS, "CORP\\Domain Users", 2),)),)},
            {},
            [("critical", SOMEBODY), ("critical", USERS)],
            id="nearly everybody is a member",
        ),
        pytest.param(
            {"services": (Service(name="Backup", account="CORP\\somebody", sid=SOMEBODY),)},
            {},
            [("critical", USERS), ("high", SOMEBODY)],
            id="a service runs under it",
        ),
    ],
)
def test_the_findings_of_a_host_are_ranked(host, microsoft, facts, tailoring, ranks):
    built = {key: facts.pop(key) for key in ("groups", "services") if key in facts}
    its = dataclasses.replace(host((*DEFAULTS, SOMEBODY, USERS), **facts), **built)
    findings = host_result(judged(its, microsoft, Tailoring(**tailoring)))["findings"]

    assert [(one["rank"], one["sid"]) for one in findings] == ranks
    assert {one["since"] for one in findings} == {None}
    assert all(one["advice"] and one["place"] for one in findings)
