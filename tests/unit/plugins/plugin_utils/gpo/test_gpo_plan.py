# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is planned for a GPO, what is refused, and what the plan means for audited hosts."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import FLOOR
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.gpo_hosts import audited
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.facts import IniFile
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.impact import Audited, impact_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.journal import Stage, Unclear, read_journal, stage_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.parts import digest, parts_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.plan import plan_gpo, plan_restore
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.refusal import GpoRefused
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.template import read_template
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of
from fleet.windows.domain import DEFAULT_DOMAIN

FOUR = sorted(FLOOR)
STARRED = tuple(f"*{sid}" for sid in FOUR)
IIS, USERS = "S-1-5-32-568", "S-1-5-32-545"
TWO_LINES = b"[Privilege Rights]\nSeImpersonatePrivilege=\nSeImpersonatePrivilege=*S-1-5-19\n"


def host(name="web01", **more):
    known = {
        "wins": True, "holders": frozenset({*FOUR, IIS}), "required": frozenset({*FOUR, IIS}), "allowed": frozenset(), "features": ("IIS",),
        "own_accounts": (),
    }  # fmt: skip
    return Audited(name, **{**known, **more})


@pytest.fixture
def plan(domain, read):
    def plan(sids, *, guid=None, sections=None, accounts=STARRED, change=None, controller=None, zero=False, **more):
        guid = domain.add_gpo("Servers", guid, sections, accounts=None if sections else accounts, version=0 if zero else 5)
        facts = read(guid)
        if controller:
            facts = dataclasses.replace(facts, controller=dataclasses.replace(facts.controller, **controller))
        gpo = dataclasses.replace(facts.gpo(guid), **change) if change else facts.gpo(guid)
        return plan_gpo(facts, gpo, sids, **more)

    return plan


@pytest.mark.parametrize(
    ("sids", "options", "reason"),
    [
        pytest.param([*FOUR], {"controller": {"machine_role": 3}}, "not_a_domain_controller", id="a member server"),
        pytest.param([*FOUR], {"controller": {"machine_role": None}}, "not_a_domain_controller", id="a role that is not known"),
        pytest.param([*FOUR], {"controller": {"read_only": True}}, "read_only_domain_controller", id="a read-only domain controller"),
        pytest.param([*FOUR], {"controller": {"is_pdc_emulator": False}}, "not_the_pdc_emulator", id="another domain controller"),
        pytest.param(FOUR[:3], {}, "floor", id="a list without a floor account"),
        pytest.param([*FOUR, IIS], {"guid": DEFAULT_DOMAIN}, "default_domain_policy", id="the Default Domain Policy"),
        pytest.param([*FOUR], {"guid": DEFAULT_DOMAIN, "change": {"extensions": None}}, "default_domain_policy",
                     id="a definition in the Default Domain Policy that no client reads"),
        pytest.param([*FOUR], {"sections": TWO_LINES}, "duplicates", id="two lines"),
        pytest.param([*FOUR, IIS], {"change": {"version": None}}, "unreadable", id="no version"),
        pytest.param([*FOUR, IIS], {"change": {"gpt_ini": IniFile("absent", None, None)}}, "unreadable", id="no gpt.ini"),
        pytest.param([*FOUR], {"sections": b"[Privilege Rights]\nSeImpersonatePrivilege\n"}, "not_understood", id="a template of another form"),
        pytest.param([*FOUR, IIS], {"change": {"extensions": "x"}}, "not_understood", id="extensions of another form"),
        pytest.param([*FOUR, IIS], {"change": {"journal": "?"}}, "unfinished_change", id="a journal of another form"),
    ],
)  # fmt: skip
def test_what_is_refused(plan, sids, options, reason):
    with pytest.raises(GpoRefused) as caught:
        plan(sids, **options)

    assert caught.value.reason.value == reason
    assert str(caught.value).startswith("nothing was changed: ")
    if reason in ("default_domain_policy", "duplicates", "unfinished_change"):
        assert not plan(sids, **options, allow=[reason]).empty


@pytest.mark.parametrize(
    ("options", "sids", "version"),
    [
        pytest.param({}, [*FOUR], None, id="as it is"),
        pytest.param({}, [*FOUR, IIS], 6, id="another list"),
        pytest.param({"change": {"version": 9}}, [*FOUR], 10, id="versions that differ"),
        pytest.param({"change": {"version": 65535}}, [*FOUR, IIS], 1, id="65535"),
        pytest.param({"change": {"extensions": None}}, [*FOUR], 6, id="the extension is missing"),
        pytest.param({"zero": True}, [*FOUR], 1, id="both versions 0, so that clients take it for empty"),
        pytest.param({"accounts": None}, None, None, id="not defined already"),
        pytest.param({"accounts": None, "change": {"version": 9}}, None, None, id="not defined, and its versions are not ours"),
    ],
)
def test_a_plan_has_a_version_that_clients_have_not_seen(plan, options, sids, version):
    made = plan(sids, **options)

    assert made.empty is (version is None)
    assert version is None or made.will.version == version
    assert made.empty or made.will.gpt_ini == f"[General]\r\nVersion={version}\r\n".encode()
    assert made.empty or made.change["undo"]["version"] == version + 1
    if sids is not None:
        assert {entry.sid for entry in read_template(made.will.template).entries} == set(sids)


def test_what_a_change_means_for_hosts():
    hosts = [
        host("a"),
        host("b", wins=False),
        host("c", holders=frozenset({*FOUR, USERS}), required=frozenset(FOUR), allowed=frozenset({IIS})),
        host("d", required=None, allowed=None),
        host("e", wins=False, holders=frozenset({*FOUR, USERS})),
        host("f", wins=False, required=None, allowed=None),
        host("g", wins=None),
    ]

    impacts = {one.audited.host: (one.gains, one.loses, one.drifts) for one in impact_of(hosts, FOUR)}

    assert impacts == {
        "a": ((), (IIS,), True),
        "b": ((), (), False),
        "c": ((), (USERS,), False),
        "d": ((), (IIS,), None),
        "e": ((), (), True),
        "f": ((), (), None),
        "g": ((), (IIS,), True),
    }


def test_what_hosts_do_without_the_definition_is_not_known():
    (impact,) = impact_of([host()], None)

    assert (impact.gains, impact.loses, impact.drifts) == (None, None, None)


def test_nobody_leaves_the_floor_on_hosts():
    (impact,) = impact_of([host()], [])

    assert (impact.gains, impact.loses) == ((), (IIS,))


def test_hosts_of_a_report_name_the_gpo_that_won_and_those_that_lost():
    guid = "{11111111-2222-3333-4444-555555555555}"
    controller = {
        "kind": "gpo", "name": "x", "guid": guid.upper(), "link": None, "precedence": 1, "status": "applied", "error": None, "provider": None,
        "evidence": "rsop", "as_of": None, "why": "", "losers": [], "extra": None, "lacking": None,
    }  # fmt: skip
    loser = {key: controller[key] for key in ("name", "guid", "link", "precedence", "status", "error")}
    feature = {"present": True, "source": "detected", "because": None, "found": []}
    base = record_of("x", None)
    records = [
        {**base, "host": "won", "controller": controller, "features": {"iis": feature, "adfs": {**feature, "present": None}}},
        {**base, "host": "lost", "controller": {**controller, "guid": "{0}", "losers": [loser]}},
        {**base, "host": "either", "controller": {**controller, "guid": None, "losers": [loser]}},
        {**base, "host": "other", "controller": {**controller, "guid": "{0}"}},
        {**base, "host": "unread"},
    ]

    found = {one.host: one for one in audited(records, guid, "sim.example")}

    assert {name: one.wins for name, one in found.items()} == {"won": True, "lost": False, "either": None}
    assert found["won"].features == ("IIS",)


OLD = {"template_sha256": "a", "version": 5, "extensions": None, "gpt_ini_sha256": "b"}
NEW = {"template_sha256": "c", "version": 6, "extensions": "[]", "gpt_ini_sha256": "d"}


@pytest.mark.parametrize(
    ("now", "stage"),
    [
        pytest.param(OLD, Stage.NOTHING, id="nothing was written"),
        pytest.param({**OLD, "template_sha256": "c"}, Stage.BEGUN, id="the template"),
        pytest.param({**NEW, "gpt_ini_sha256": "b"}, Stage.BEGUN, id="all but gpt.ini"),
        pytest.param(NEW, Stage.DONE, id="all of it"),
        pytest.param({**NEW, "version": 7}, None, id="somebody else has changed the version"),
        pytest.param({**OLD, "template_sha256": None}, None, id="somebody else has taken the template away"),
    ],
)
def test_how_far_a_change_got(now, stage):
    journal = read_journal(json.dumps({"guid": "x", "before": OLD, "after": NEW}))

    if stage is None:
        with pytest.raises(Unclear, match="somebody else"):
            stage_of(journal, now)
    else:
        assert stage_of(journal, now) is stage


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"before": {}}', json.dumps({"before": OLD, "after": {**NEW, "version": "6"}}), "[" * 10_000]
)
def test_a_journal_of_another_form_is_kept_as_unclear(text):
    with pytest.raises(Unclear, match="cannot be understood"):
        stage_of(read_journal(text), OLD)


def test_parts_are_as_the_domain_controller_told_them(domain, read):
    guid = domain.add_gpo("Servers", accounts=STARRED, version=5)

    parts = parts_of(read(guid).gpo(guid))

    assert parts.template == domain.replica.template(guid)
    assert parts.gpt_ini == domain.replica.gpt_ini(guid)


SEEN_BY_CLIENTS = json.dumps({"guid": "x", "before": {**OLD, "version": 65535}, "after": {**NEW, "version": 2}})


def test_a_change_that_begins_anew_has_an_undoing_that_no_client_has_seen(plan):
    """The container has 65535, and an earlier run had 2: 1 is free, and its undoing must not be 2."""
    made = plan([*FOUR, IIS], change={"version": 65535, "journal": SEEN_BY_CLIENTS}, allow=["unfinished_change"])

    assert (made.will.version, made.undo[0]) == (1, 3)


def test_a_restore_has_an_undoing_that_no_client_has_seen(domain, read):
    guid = domain.add_gpo("Servers", accounts=STARRED, version=5)
    facts = read(guid)
    gpo = dataclasses.replace(facts.gpo(guid), version=65535, journal=SEEN_BY_CLIENTS)
    now = parts_of(gpo)

    made = plan_restore(
        facts, gpo, dataclasses.replace(now, template=None), {"template_sha256": digest(now.template), "extensions": now.extensions}
    )

    assert (made.will.version, made.undo[0]) == (1, 3)


@pytest.mark.parametrize(
    ("was", "version", "undo"),
    [pytest.param(5, 6, 7, id="the next"), pytest.param(1, 65535, 2, id="the next is one that clients have seen")],
)
def test_a_definition_that_was_being_taken_away_is_taken_away_to_its_end(plan, was, version, undo):
    """Ended after the template was replaced: the extension goes as well, under the version that was planned."""
    template, pair = (
        b"[Unicode]\r\nUnicode=yes\r\n",
        "[{827D319E-6EAC-11D2-A4EA-00C04F79F83A}{803E14A0-B4FB-11D0-A0D0-00A0C90F574B}]",
    )
    ini = "[General]\r\nVersion={}\r\n"
    before = {"template_sha256": "0" * 64, "version": was, "extensions": pair, "gpt_ini_sha256": digest(ini.format(5).encode())}
    after = {
        "template_sha256": digest(template),
        "version": version,
        "extensions": None,
        "gpt_ini_sha256": digest(ini.format(version).encode()),
    }
    journal = json.dumps({"guid": "{3E9A5D10-7C44-4B53-9F27-2B1D6C0A8E11}", "before": before, "after": after})

    made = plan(
        None,
        sections=template,
        guid="{3E9A5D10-7C44-4B53-9F27-2B1D6C0A8E11}",
        change={"journal": journal, "extensions": pair, "version": was},
    )

    assert (made.finishes, made.will.version, made.will.extensions, made.undo[0]) == (True, version, None, undo)
