# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sets the right on a host. What is inferred or not known is unknown or stale, never local."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.controller import (
    ControllerKind,
    controller_on,
    stated,
    who_controls,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import (
    Computer,
    ControlTraces,
    Extension,
    Gpo,
    Holder,
    HostFacts,
    Mdm,
    Resolution,
    Rsop,
    Setting,
    Som,
    Template,
    TextSid,
)

FOUR = ("S-1-5-6", "S-1-5-19", "S-1-5-20", "S-1-5-32-544")
USERS = "S-1-5-32-545"
NOW = "2026-06-15T12:00:00.0000000Z"
FRESH, OLD = Extension("2026-06-15T11:00:00.0000000Z", 0, 1), Extension("2026-06-14T17:59:59.0000000Z", 0, 1)
GUID, OTHER = "{6AC1786C-016F-11D2-945F-00C04fB984F9}", "{31B2F340-016D-11D2-945F-00C04FB984F9}"
DN, OTHER_DN = (f"CN={guid},CN=Policies,CN=System,DC=corp,DC=example" for guid in (GUID, OTHER))
OU = "OU=Servers,DC=corp,DC=example"
LINE = "*S-1-5-19,*S-1-5-20,*S-1-5-32-544,*S-1-5-6"
GPOS = (Gpo(DN, GUID, "Servers baseline"), Gpo(OTHER_DN, OTHER, "Old baseline"))
SOMS = (Som(OU, 4), Som("LocalGPO", 1))
TEMPLATE, OTHERS = Template("gpt00000.dom", GUID, LINE), Template("gpt00001.inf", OTHER, "*S-1-5-32-544")
UNNAMED = f"the GPO {GUID} whose name is not known"


def setting(gpo=DN, precedence=1, status=1, error=0, accounts=FOUR, som=OU):
    return Setting(
        gpo, som, precedence, status, error, None if accounts is None else tuple(accounts), "2026-06-15T10:59:00.0000000Z"
    )


def facts(*settings, held=FOUR, role=3, extension=FRESH, error=None, **traces):
    # As the host asks: after a query that failed no other is made, and GPOs are asked for only when something names them.
    named = settings or traces.get("templates")
    rsop = Rsop(error, extension, tuple(settings), GPOS if named and not error else (), SOMS if settings and not error else ())
    holders = tuple(Holder(sid, None, 4, Resolution.LSA) for sid in held)
    return HostFacts(holders, Computer("WEB01", role), control=ControlTraces(NOW, rsop, **traces))


@pytest.mark.parametrize(
    ("host", "kind", "evidence", "words"),
    [
        # 5.1: precedence 1 is the winner, the others lost; Status; GPOID is the DN; no instance counts only when the extension ran
        pytest.param(facts(), ControllerKind.LOCAL, "rsop", "no GPO sets the right; the security extension of Group Policy last ran at 2026-06-15T11:00:00Z",
                     id="no instance, fresh"),
        pytest.param(facts(setting()), ControllerKind.GPO, "rsop", f"the GPO Servers baseline {GUID} linked at {OU} sets the right", id="one GPO"),
        pytest.param(facts(setting(OTHER_DN, 2), setting()), ControllerKind.GPO, "rsop", f"sets the right, over the GPO Old baseline {OTHER}",
                     id="winner and loser"),
        pytest.param(facts(setting(status=3, error=1332)), ControllerKind.GPO, "rsop", "defines the right, and its application failed with error 1332",
                     id="status 3"),
        pytest.param(facts(setting(status=4)), ControllerKind.GPO, "rsop", "its application failed for a child", id="status 4"),
        pytest.param(facts(setting(), setting("LocalGPO", 2, som="LocalGPO")), ControllerKind.GPO, "rsop", "sets the right, over the GPO Local Group Policy",
                     id="the local GPO loses to one of the domain"),
        pytest.param(facts(setting(), setting(OTHER_DN, 1)), ControllerKind.UNKNOWN, "rsop", "RSoP names several that won, and these define it: the GPO",
                     id="two winners"),
        pytest.param(facts(setting(status=0)), ControllerKind.GPO, "rsop", "its application was not attempted", id="status 0"),
        pytest.param(facts(setting(status=9)), ControllerKind.GPO, "rsop", "its application is unknown", id="a status that nobody knows"),
        pytest.param(facts(setting(precedence=2)), ControllerKind.UNKNOWN, "rsop", "RSoP names none that won, and these define it: the GPO Servers baseline",
                     id="a loser alone"),
        pytest.param(facts(setting(som="LocalGPO", gpo="LocalGPO")), ControllerKind.GPO, "rsop", "the GPO Local Group Policy sets the right", id="local GPO"),
        pytest.param(facts(setting(gpo=f"cn={GUID},unlisted", som="")), ControllerKind.GPO, "rsop", f"{UNNAMED} sets the right",
                     id="a GPO that RSOP_GPO does not list"),
        pytest.param(facts(Setting(None, None, None, None, None, None, None)), ControllerKind.GPO, "rsop",
                     "defines the right, and its application is unknown",
                     id="an instance that says nothing"),
        pytest.param(facts(Setting(DN, None, 1, None, None, None, None)), ControllerKind.GPO, "rsop", "its application is unknown",
                     id="an instance without status, link and accounts"),
        # 5.2: RSoP is silent
        pytest.param(facts(logging=0), ControllerKind.STALE, "rsop",
                     "RSoP logging is switched off, and what RSoP holds is from 2026-06-15T11:00:00Z; by it no GPO set the right",
                     id="logging off, no instance"),
        pytest.param(facts(setting(), logging=0), ControllerKind.STALE, "rsop", "by it the GPO Servers baseline", id="logging off, old instance"),
        pytest.param(facts(logging=1), ControllerKind.LOCAL, "rsop", "no GPO sets the right", id="logging on by policy"),
        pytest.param(facts(extension=OLD), ControllerKind.STALE, "rsop", "what RSoP holds is from 2026-06-14T17:59:59Z; by it no GPO",
                     id="older than 18 hours"),
        pytest.param(facts(setting(), extension=OLD), ControllerKind.STALE, "rsop", "by it the GPO Servers baseline",
                     id="an instance that is older than 18 hours"),
        pytest.param(facts(extension=dataclasses.replace(OLD, ended="2026-06-14T18:00:00.0000000Z")), ControllerKind.LOCAL, "rsop", "no GPO",
                     id="18 hours are fresh"),
        pytest.param(facts(extension=None), ControllerKind.UNKNOWN, "none", "RSoP has nothing about the security extension", id="no instance, no status"),
        pytest.param(facts(extension=Extension(None, 0, 1)), ControllerKind.UNKNOWN, "none", "RSoP has nothing about", id="a status without a time"),
        pytest.param(facts(extension=dataclasses.replace(FRESH, error=5)), ControllerKind.UNKNOWN, "rsop", "last ended with error 5",
                     id="the extension failed"),
        pytest.param(facts(setting(), extension=None), ControllerKind.STALE, "rsop", "from a time that it does not say", id="an instance without a status"),
        pytest.param(facts(role=2, extension=None), ControllerKind.UNKNOWN, "none",
                     "the host is in no domain, and RSoP does not tell whether a policy of its own sets",
                     id="stand-alone server"),
        pytest.param(facts(role=0, extension=None, error="0x8004100e"), ControllerKind.UNKNOWN, "none",
                     "a policy of its own sets the right: the host has no RSoP data",
                     id="workgroup client without RSoP"),
        pytest.param(facts(role=2), ControllerKind.LOCAL, "rsop", "no GPO sets the right", id="stand-alone, and the extension has run"),
        pytest.param(facts(role=2, extension=None, mdm=Mdm("{ABC}", 1)), ControllerKind.MDM, "mdm", "enrolment {ABC}", id="in no domain, and managed"),
        pytest.param(facts(role=None, extension=None), ControllerKind.UNKNOWN, "none", "not known", id="host role unknown"),
        pytest.param(facts(role=2, extension=OLD), ControllerKind.STALE, "rsop", "what RSoP holds is from", id="left a domain"),
        pytest.param(facts(extension=None, error="0x80041003"), ControllerKind.UNKNOWN, "none", "access to RSoP was denied", id="denied"),
        pytest.param(facts(extension=None, error="0x8004100e"), ControllerKind.UNKNOWN, "none", "the host has no RSoP data", id="no namespace"),
        pytest.param(facts(extension=None, error="failed"), ControllerKind.UNKNOWN, "none", "RSoP could not be asked (failed)", id="WMI broken"),
        pytest.param(facts(setting(), error="0x80041069"), ControllerKind.GPO, "rsop", f"{UNNAMED} linked at {OU} sets the right", id="a later query failed"),
        pytest.param(facts(setting(OTHER_DN, 2), setting(DN, None)), ControllerKind.UNKNOWN, "rsop", "these define it", id="two, and none that won"),
        pytest.param(facts(extension=dataclasses.replace(FRESH, logging=2)), ControllerKind.STALE, "rsop", "what RSoP holds is from",
                     id="its data is not complete"),
        pytest.param(facts(extension=dataclasses.replace(FRESH, error=None)), ControllerKind.UNKNOWN, "rsop", "last ended with error None",
                     id="how it ended is not told"),
        pytest.param(facts(extension=dataclasses.replace(FRESH, ended="2030-01-01T00:00:00.0000000Z")), ControllerKind.STALE, "rsop",
                     "what RSoP holds is from",
                     id="a time to come"),
        pytest.param(facts(extension=dataclasses.replace(FRESH, ended="2026-06-15T12:09:00.0000000Z")), ControllerKind.LOCAL, "rsop", "no GPO",
                     id="a clock that was set back a little"),
        pytest.param(facts(extension=dataclasses.replace(FRESH, ended="2026-06-15T12:11:00.0000000Z")), ControllerKind.STALE, "rsop",
                     "what RSoP holds is from",
                     id="a clock that was set back more"),
        pytest.param(facts(logging="0"), ControllerKind.STALE, "rsop", "RSoP logging is switched off", id="logging off as a text"),
        pytest.param(facts(role=2, extension=None, error="0x80041003", templates=(TEMPLATE,)), ControllerKind.GPO, "templates", f"{UNNAMED} sets the right",
                     id="in no domain, and a template all the same"),
        pytest.param(facts(extension=None, templates=(Template("a", "", LINE), Template("b", "", LINE))), ControllerKind.GPO, "templates", "one of these",
                     id="two templates without a GUID"),
        pytest.param(facts(setting(precedence=2), mdm=Mdm("{ABC}", 1)), ControllerKind.MDM, "mdm", "enrolment {ABC}", id="a loser and MDM"),
        pytest.param(facts(mdm=Mdm(None, "1")), ControllerKind.MDM, "mdm", "a management service", id="a provider set as a text"),
        pytest.param(facts(mdm=Mdm(None, "0")), ControllerKind.LOCAL, "rsop", "no GPO", id="no provider set, as a text"),
        # 5.3: cached templates
        pytest.param(facts(extension=None, error="failed", templates=(TEMPLATE,)), ControllerKind.GPO, "templates",
                     f"{UNNAMED} sets the right, by the cached template of its last run",
                     id="one template, and RSoP that fails"),
        pytest.param(facts(extension=None, templates=(dataclasses.replace(OTHERS, gpo=OTHER.lower()),)), ControllerKind.GPO, "templates",
                     f"the GPO Old baseline {OTHER.lower()} sets the right, by the cached",
                     id="one template, and RSoP that names its GPO"),
        pytest.param(facts(logging=0, templates=(OTHERS,)), ControllerKind.STALE, "templates",
                     "RSoP logging is switched off, and what RSoP holds is from 2026-06-15T11:00:00Z; by it no GPO set the right; "
                     "by a cached template, which does not say of which run it is, the GPO Old baseline", id="logging off, one template"),
        pytest.param(facts(extension=dataclasses.replace(OLD, ended="2020-01-01T00:00:00.0000000Z"), templates=(TEMPLATE,)), ControllerKind.STALE,
                     "templates", "from 2020-01-01T00:00:00Z; by it no GPO set the right; by a cached template",
                     id="RSoP of years ago, one template"),
        pytest.param(facts(extension=OLD, templates=(TEMPLATE, OTHERS)), ControllerKind.STALE, "templates",
                     "one of these set the right: the GPO Servers baseline",
                     id="old RSoP, two templates"),
        pytest.param(facts(setting(), extension=OLD, templates=(OTHERS,)), ControllerKind.STALE, "rsop", "by it the GPO Servers baseline",
                     id="an old instance, and a template of another GPO"),
        pytest.param(facts(extension=None, templates=(Template("gpt00000.dom", GUID, ""), Template("gpt00001.inf", OTHER, ""))), ControllerKind.GPO,
                     "templates", "one of these sets the right",
                     id="two templates: which wins is not known"),
        pytest.param(facts(extension=None, templates=()), ControllerKind.UNKNOWN, "none", "not known", id="no template proves nothing"),
        pytest.param(facts(extension=None, templates=None), ControllerKind.UNKNOWN, "none", "not known", id="templates that cannot be read"),
        pytest.param(facts(templates=(Template("gpt00001.inf", GUID, ""),)), ControllerKind.LOCAL, "rsop", "no GPO",
                     id="RSoP that is fresh counts more than a template"),
        # 5.7: a management service
        pytest.param(facts(mdm=Mdm("{ABC}", 1, "*S-1-5-32-544")), ControllerKind.MDM, "mdm", "a management service (enrolment {ABC}) sets the right", id="MDM"),
        pytest.param(facts(mdm=Mdm(None, 1)), ControllerKind.MDM, "mdm", "a management service sets the right", id="MDM without a name"),
        pytest.param(facts(extension=None, mdm=Mdm("{ABC}", None)), ControllerKind.MDM, "mdm", "enrolment {ABC}", id="MDM, RSoP silent"),
        pytest.param(facts(setting(), mdm=Mdm("{ABC}", 1)), ControllerKind.GPO, "rsop", "the GPO Servers baseline", id="both"),
        pytest.param(facts(mdm=Mdm(None, 0, "x")), ControllerKind.UNKNOWN, "rsop", "has left a value for the right", id="a value, and nobody knows who set it"),
        pytest.param(facts(setting(), extension=OLD, mdm=Mdm("{ABC}", 1)), ControllerKind.STALE, "rsop", "by it the GPO Servers baseline",
                     id="MDM, and a GPO of old"),
        pytest.param(facts(mdm=None), ControllerKind.UNKNOWN, "rsop", "whether a management service sets the right could not be read; no GPO",
                     id="MDM traces that cannot be read"),
    ],
)  # fmt: skip
def test_who_sets_the_right(host, kind, evidence, words):
    controller = who_controls(host)

    assert (controller.kind, controller.evidence) == (kind, evidence)
    assert words in controller.why


def test_the_refusal_can_name_gpo_guid_and_link():
    winner = who_controls(facts(setting(OTHER_DN, 2), setting())).winner

    assert (winner.name, winner.guid, winner.link, winner.precedence, winner.status) == ("Servers baseline", GUID, OU, 1, "applied")


@pytest.mark.parametrize(
    ("host", "outside", "unsure"),
    [
        pytest.param(facts(), False, False, id="local"),
        pytest.param(facts(setting()), True, False, id="GPO"),
        pytest.param(facts(setting(status=3)), True, False, id="a GPO that failed will be tried again"),
        pytest.param(facts(mdm=Mdm("{A}", 1)), True, False, id="MDM"),
        pytest.param(facts(setting(), extension=OLD), True, False, id="stale, by a GPO"),
        pytest.param(facts(setting(precedence=2)), True, False, id="by one of them, nobody knows which"),
        pytest.param(facts(setting(), error="failed"), True, False, id="a later query failed"),
        pytest.param(facts(extension=OLD), False, True, id="stale, by nobody"),
        pytest.param(facts(extension=None), False, True, id="unknown"),
    ],
)
def test_what_a_change_has_to_heed(host, outside, unsure):
    controller = who_controls(host)

    assert (controller.from_outside, bool(controller.doubt)) == (outside, unsure)


SVC = "S-1-5-21-1004336348-1177238915-682003330-1201"


@pytest.mark.parametrize(
    ("held", "accounts", "traces", "extra", "lacking"),
    [
        pytest.param(FOUR, FOUR, {}, (), (), id="the same"),
        pytest.param(FOUR, [f"*{sid}" for sid in FOUR], {}, (), (), id="with stars"),
        pytest.param((*FOUR, USERS), FOUR, {}, (USERS,), (), id="the host has one besides"),
        pytest.param(FOUR, (*FOUR, USERS), {}, (), (USERS,), id="the host lacks one"),
        pytest.param(FOUR, [], {}, (), (), id="an empty list leaves the floor"),
        pytest.param((*FOUR, USERS), [], {}, (USERS,), (), id="an empty list asks for nobody besides"),
        pytest.param((*FOUR, USERS), None, {}, None, None, id="a list that is not told cannot be compared"),
        pytest.param(FOUR, ["S-1-5-19"], {}, (), (), id="the security engine adds the floor"),
        pytest.param((*FOUR, SVC), [*FOUR, "CORP\\svc"], {"sids": (TextSid("corp\\SVC", SVC),)}, (), (), id="a name that the host knows"),
        pytest.param((*FOUR, SVC), [*FOUR, "CORP\\svc"], {"sids": (TextSid("CORP\\svc", None),)}, None, None, id="a name that is nobody's cannot be compared"),
        pytest.param(FOUR, ["S-1-5-32-"], {}, None, None, id="a malformed SID cannot be compared"),
        pytest.param(FOUR, ["VORDEFINIERT\\Administratoren"], {"templates": (Template("gpt00000.dom", GUID.lower(), LINE),)}, (), (),
                     id="the cached template has SIDs"),
    ],
)  # fmt: skip
def test_whether_the_holders_are_what_the_gpo_asks_for(held, accounts, traces, extra, lacking):
    controller = who_controls(facts(setting(accounts=accounts), held=held, **traces))

    assert (controller.extra, controller.lacking) == (extra, lacking)
    assert any("does not have what the GPO Servers baseline" in note for note in controller.notes) is bool(extra or lacking)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        pytest.param(facts(setting(), mdm=Mdm("{A}", 1)), "which of the two wins is not known", id="a GPO and a management service"),
        pytest.param(facts(setting(), extension=OLD, mdm=Mdm("{A}", 1)), "(enrolment {A}) sets the right as well", id="a GPO of old and a management service"),
        pytest.param(facts(setting(), mdm=None), "whether a management service sets the right could not be read", id="a GPO, and MDM that cannot be read"),
        pytest.param(facts(extension=OLD, mdm=None), "whether a management service", id="stale, and MDM that cannot be read"),
        pytest.param(facts(setting(), extension=OLD, templates=(OTHERS,)),
                     f"the cached templates are of another GPO than RSoP has: the GPO Old baseline {OTHER}",
                     id="an old instance, and a template of another GPO"),
        pytest.param(facts(setting(), error="failed"), "RSoP could not be asked (failed) after that", id="a later query failed"),
        pytest.param(facts(extension=None, error="0x80041003", templates=(TEMPLATE,)), "access to RSoP was denied", id="why a template had to do"),
    ],
)  # fmt: skip
def test_what_else_is_said(host, words):
    assert [note for note in who_controls(host).notes if words in note]


@pytest.mark.parametrize(
    "templates",
    [
        pytest.param((), id="no template"),
        pytest.param((TEMPLATE,), id="its template"),
        pytest.param((dataclasses.replace(TEMPLATE, gpo=GUID.lower()),), id="its template in another case"),
    ],
)
def test_an_old_instance_is_not_contradicted(templates):
    assert who_controls(facts(setting(), extension=OLD, templates=templates)).notes == ()


def test_the_guid_is_that_of_the_gpo_where_its_name_in_the_directory_has_none():
    local = dataclasses.replace(facts(setting("LocalGPO", som="LocalGPO")))
    rsop = dataclasses.replace(local.control.rsop, gpos=(Gpo("LocalGPO", GUID, "Local Group Policy"),))

    winner = who_controls(dataclasses.replace(local, control=dataclasses.replace(local.control, rsop=rsop))).winner

    assert (winner.guid, winner.link) == (GUID, None)


@pytest.mark.parametrize(
    "traced",
    [
        pytest.param(facts(setting()), id="by RSoP"),
        pytest.param(facts(extension=None, templates=(TEMPLATE,)), id="by its template"),
    ],
)
@pytest.mark.parametrize(
    ("logged", "version"),
    [
        pytest.param(0x10005, 0x10005, id="a version"),
        pytest.param(0xFFFFFFFF, 0xFFFFFFFF, id="the largest"),
        pytest.param(0, None, id="0, which is what the class has where none was logged"),
        pytest.param(None, None, id="none"),
    ],
)
def test_the_version_of_the_winner_that_the_host_has_seen(traced, logged, version):
    rsop = dataclasses.replace(
        traced.control.rsop, gpos=(Gpo(OTHER_DN, OTHER, "Old baseline", 7), Gpo(DN, GUID, "Servers baseline", logged))
    )

    winner = who_controls(dataclasses.replace(traced, control=dataclasses.replace(traced.control, rsop=rsop))).winner

    assert (winner.guid, winner.version) == (GUID, version)


def test_a_winner_that_rsop_gpo_does_not_list_has_no_version():
    assert who_controls(facts(setting(gpo=f"cn={GUID},unlisted", som=""))).winner.version is None


@pytest.mark.parametrize(
    ("host", "words"),
    [
        pytest.param(facts(setting()), "Group Policy takes a local change back, at its first refresh after 16 hours", id="applied"),
        pytest.param(facts(setting(status=3)), "Group Policy may take a local change back", id="failed"),
        pytest.param(facts(setting(), extension=OLD), "Group Policy may take a local change back", id="stale"),
        pytest.param(facts(extension=None, templates=(TEMPLATE,)), "Group Policy may take a local change back", id="a template"),
        pytest.param(facts(mdm=Mdm("{A}", 1)), "it may take a local change back", id="MDM"),
    ],
)
def test_what_becomes_of_a_local_change(host, words):
    assert who_controls(host).comes_back.startswith(words)


def test_differences_are_told_of_what_counts_today():
    """Not of a list that may have been another since."""
    assert who_controls(facts(setting(accounts=(*FOUR, USERS)), extension=OLD)).lacking is None


def test_a_list_that_was_cut_is_not_compared():
    many = [f"S-1-5-21-1-2-3-{number}" for number in range(200)]

    assert who_controls(facts(setting(accounts=many))).lacking is None
    assert len(who_controls(facts(setting(accounts=many[:-1]))).lacking) == 199


def test_what_a_task_states():
    assert [stated(kind, "N", "{G}").from_outside for kind in ("local", "gpo", "mdm")] == [False, True, True]


@pytest.mark.parametrize(
    ("said", "host", "shows"),
    [
        pytest.param(stated("local", None, None), facts(setting()), "sets the right", id="local, and a GPO sets it"),
        pytest.param(stated("gpo", "Other", OTHER), facts(setting()), GUID, id="another GPO"),
        pytest.param(stated("gpo", "Servers baseline", None), facts(setting()), GUID, id="a GPO without its GUID"),
        pytest.param(stated("mdm", "Intune", None), facts(setting()), GUID, id="a management service, and a GPO"),
        pytest.param(stated("gpo", "Servers baseline", GUID), facts(), "", id="a GPO, and the host shows none"),
        pytest.param(stated("local", None, None), facts(error="denied"), "", id="local, and nobody knows"),
        pytest.param(stated("gpo", "Servers baseline", GUID), facts(setting()), None, id="the same GPO"),
        pytest.param(stated("local", None, None), facts(), None, id="local, as the host shows"),
    ],
)
def test_what_the_host_shows_is_said_beside_what_a_task_states(said, host, shows):
    controller, alone = controller_on(host, said), who_controls(host)

    assert (controller.kind, controller.why, controller.winner) == (said.kind, said.why, said.winner)
    assert set(alone.notes) <= set(controller.notes)
    assert (f"the host shows: {alone.why}" in controller.notes) is (shows is not None)
    assert (shows or "") in alone.why or shows is None
    assert controller_on(host, None) == alone


# All that a host can show, piece by piece, and the words by which a reader must find each: in the sentence, a note, winner, losers or provider.
SETTINGS = {
    "none": ((), ()),
    "one": ((setting(),), (GUID,)),
    "winner and loser": ((setting(), setting(OTHER_DN, 2)), (GUID, OTHER)),
    "two winners": ((setting(), setting(OTHER_DN, 1)), (GUID, OTHER)),
    "no winner": ((setting(precedence=2), setting(OTHER_DN, 3)), (GUID, OTHER)),
}  # fmt: skip
OFF, DENIES = "RSoP logging is switched off", "access to RSoP was denied"
STATES = {
    "fresh": ({}, ()),
    "fresh, in no domain": ({"role": 2}, ()),
    "old": ({"extension": OLD}, ("from 2026-06-14T17:59:59Z",)),
    "failed": ({"extension": dataclasses.replace(FRESH, error=5)}, ("with error 5",)),
    "old and failed": ({"extension": dataclasses.replace(OLD, error=5)}, ("from 2026-06-14T17:59:59Z", "with error 5")),
    "incomplete": ({"extension": dataclasses.replace(FRESH, logging=2)}, ("is not complete",)),
    "to come": ({"extension": dataclasses.replace(FRESH, ended="2030-01-01T00:00:00.0000000Z")}, ("from 2030-01-01T00:00:00Z", "is to come")),
    "denied": ({"error": "0x80041003"}, (DENIES,)),
    "denied, old, failed and off": ({"error": "0x80041003", "extension": dataclasses.replace(OLD, error=5), "logging": 0},
                                    (DENIES, "from 2026-06-14T17:59:59Z", "with error 5", OFF)),
    "off": ({"logging": 0}, (OFF,)),
    "no status": ({"extension": None}, ()),
    "no status, and off": ({"extension": None, "logging": 0}, (OFF,)),
    "no status, denied and off, in no domain": ({"extension": None, "error": "0x80041003", "logging": 0, "role": 2}, (DENIES, OFF)),
    "a status without a time, in no domain": ({"extension": Extension(None, 7, 1), "role": 2}, ("with error 7",)),
}  # fmt: skip
TEMPLATES = {
    "none": ((), ()),
    "one": ((TEMPLATE,), (GUID,)),
    "of another GPO": ((OTHERS,), (OTHER,)),
    "several": ((TEMPLATE, OTHERS), (GUID, OTHER)),
    "of no GPO": ((Template("gpt00002.inf", "", LINE),), ("a GPO whose name and GUID are not known",)),
    "unreadable": (None, ("the cached security templates could not be read",)),
}  # fmt: skip
SERVICES = {
    "none": (Mdm(), ()),
    "set": (Mdm("{ABC}", 1, LINE.replace(",", "\uf000")), ("{ABC}", "a management service (enrolment {ABC}) sets the right")),
    "set by nobody named": (Mdm(None, 1, ""), ("a management service sets the right",)),
    "set, its list not told": (Mdm("{ABC}", 1), ("{ABC}", "its list is not told")),
    "set for a name": (Mdm("{ABC}", 1, "CORP\\gone"), ("{ABC}", "no SID for CORP\\gone")),
    "a left value": (Mdm(None, None, "*S-1-5-32-544"), ("has left a value for the right",)),
    "a left empty value": (Mdm(None, 0, ""), ("has left a value for the right",)),
    "unreadable": (None, ("whether a management service sets the right could not be read",)),
}  # fmt: skip


def told(controller):
    """All that a reader of the result finds."""
    claims = [controller.winner, *controller.losers] if controller.winner else [*controller.losers]
    return "\n".join([controller.why, *controller.notes, *(claim.words for claim in claims), controller.provider or ""])


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("state", STATES)
def test_no_piece_of_evidence_is_left_out(state, settings):
    """Beside any templates and any traces of a management service."""
    for templates, mdm in itertools.product(TEMPLATES, SERVICES):
        instances, traces = SETTINGS[settings][0], STATES[state][0]
        words = [*SETTINGS[settings][1], *STATES[state][1], *TEMPLATES[templates][1], *SERVICES[mdm][1]]

        found = told(who_controls(facts(*instances, **traces, templates=TEMPLATES[templates][0], mdm=SERVICES[mdm][0])))

        assert not [word for word in words if word not in found], (templates, mdm, found)


@pytest.mark.parametrize(
    ("value", "held", "extra", "lacking", "words"),
    [
        # Policy CSP UserRights: U+F000 between entries, *SID or a name, an empty list for nobody, CDATA around a list of one's own
        pytest.param("*S-1-5-32-544\uf000*S-1-5-6\uf000*S-1-5-19\uf000*S-1-5-20", FOUR, (), (), None, id="the same"),
        pytest.param("*S-1-5-32-544\uf000*S-1-5-6\uf000*S-1-5-19\uf000*S-1-5-20", (*FOUR, USERS), (USERS,), (),
                     f"does not have what the management service asks for: BUILTIN\\Users ({USERS}) besides",
                     id="one besides"),
        pytest.param(f"*S-1-5-32-544\uf000*{USERS}", FOUR, (), (USERS,), f"({USERS}) missing", id="one missing"),
        pytest.param("<![CDATA[*S-1-5-32-544&#xF000;*S-1-5-32-545]]>", (*FOUR, USERS), (), (), None, id="CDATA, with the separator encoded"),
        pytest.param("<![CDATA[*S-1-5-32-544&#61440;*S-1-5-32-545]]>", (*FOUR, USERS), (), (), None, id="the same in decimal"),
        pytest.param("<![CDATA[*S-1-5-32-544\uf000*S-1-5-32-545]]>", (*FOUR, USERS), (), (), None, id="CDATA, with the separator itself"),
        pytest.param(" <![CDATA[]]> ", FOUR, (), (), None, id="CDATA around nothing"),
        pytest.param("", FOUR, (), (), None, id="an empty list: nobody, but whom Windows keeps"),
        pytest.param("", (*FOUR, USERS), (USERS,), (), "besides", id="an empty list, and a holder"),
        pytest.param("\uf000*S-1-5-32-544\uf000", FOUR, (), (), None, id="separators around it"),
        pytest.param("S-1-5-32-544", FOUR, (), (), None, id="a SID without a star"),
        pytest.param(("*S-1-5-32-544", "*S-1-5-32-545"), (*FOUR, USERS), (), (), None, id="a value of several strings"),
        pytest.param("Administrators\uf000corp\\SVC", (*FOUR, SVC), (), (), None, id="names that the host knows"),
        pytest.param("*S-1-5-32-544\uf000CORP\\gone", FOUR, None, None,
                     "cannot be compared with the holders: the host knows no SID for CORP\\gone in its list",
                     id="a name that nobody has"),
        pytest.param("*S-1-5-32-544\uf000*S-1-5-32-", FOUR, None, None, "no SID for *S-1-5-32-", id="a malformed SID"),
        pytest.param("*S-1-5-32-544,*S-1-5-32-545", FOUR, None, None, "no SID for *S-1-5-32-544,*S-1-5-32-545", id="a comma is no separator"),
        pytest.param(None, FOUR, None, None, "its list is not told", id="no value"),
        pytest.param(1, FOUR, None, None, "its list is the number 1", id="a number"),
    ],
)  # fmt: skip
def test_whether_the_holders_are_what_a_management_service_asks_for(value, held, extra, lacking, words):
    sids = (TextSid("Administrators", "S-1-5-32-544"), TextSid("CORP\\svc", SVC), TextSid("CORP\\gone", None))

    controller = who_controls(facts(held=held, mdm=Mdm("{ABC}", 1, value), sids=sids))

    assert (controller.kind, controller.extra, controller.lacking) == (ControllerKind.MDM, extra, lacking)
    assert any("does not have what" in note for note in controller.notes) is bool(extra or lacking)
    assert any("cannot be compared" in note for note in controller.notes) is (extra is None)
    assert words is None or any(words in note for note in controller.notes)


@given(st.lists(st.sampled_from([*FOUR, USERS, SVC]), unique=True), st.lists(st.sampled_from([*FOUR, USERS, SVC]), unique=True))
def test_lists_of_both_kinds_are_compared_by_their_sids(asked, held):
    gpo = who_controls(facts(setting(accounts=[f"*{sid}" for sid in asked]), held=held))
    mdm = who_controls(facts(held=held, mdm=Mdm("{A}", 1, "\uf000".join(f"*{sid}" for sid in asked))))

    assert set(gpo.extra) == set(mdm.extra) == set(held) - set(asked) - set(FOUR)
    assert (set(gpo.lacking), set(mdm.lacking)) == ({*asked, *FOUR} - set(held), set(asked) - set(held))


KEPT, ADDED = (
    "the right cannot be removed from LOCAL SERVICE and NETWORK SERVICE",
    "because the security engine adds Administrators and SERVICE",
)
UNSURE = "because it is not known whether Windows adds Administrators and SERVICE to such a list"


@pytest.mark.parametrize(
    ("asked", "held", "by_gpo", "by_mdm"),
    [
        pytest.param(FOUR, FOUR, [], [], id="all four are named"),
        pytest.param(("S-1-5-6", "S-1-5-32-544"), FOUR, [("S-1-5-19", "S-1-5-20", KEPT)], [("S-1-5-19", "S-1-5-20", KEPT)],
                     id="without LOCAL SERVICE and NETWORK SERVICE"),
        pytest.param(FOUR[:2] + FOUR[3:], FOUR, [("S-1-5-20", KEPT)], [("S-1-5-20", KEPT)], id="without one of them"),
        pytest.param(("S-1-5-19", "S-1-5-20"), FOUR, [("S-1-5-6", "S-1-5-32-544", ADDED)], [("S-1-5-6", "S-1-5-32-544", UNSURE)],
                     id="without Administrators and SERVICE"),
        pytest.param((), FOUR, [("S-1-5-19", KEPT), ("S-1-5-6", ADDED)], [("S-1-5-19", KEPT), ("S-1-5-6", UNSURE)], id="without any"),
        pytest.param((), FOUR[1:], [("S-1-5-19", KEPT), ("S-1-5-32-544", ADDED)], [("S-1-5-19", KEPT), ("S-1-5-32-544", UNSURE)],
                     id="what the host lacks is explained by nothing"),
    ],
)  # fmt: skip
def test_why_what_a_list_omits_is_no_difference(asked, held, by_gpo, by_mdm):
    texts = [f"*{sid}" for sid in asked]
    gpo = who_controls(facts(setting(accounts=texts), held=held))
    mdm = who_controls(facts(held=held, mdm=Mdm("{A}", 1, "\uf000".join(texts))))

    for controller, expected in ((gpo, by_gpo), (mdm, by_mdm)):
        notes = [note for note in controller.notes if "does not name" in note]
        assert len(notes) == len(expected)
        for note, words in zip(notes, expected, strict=True):
            assert all(word in note for word in words)


@pytest.mark.parametrize(
    ("lines", "lacking", "said"),
    [
        pytest.param((LINE, LINE.replace("*S-1-5-6", "*s-1-5-6")), (), False, id="the same list twice"),
        pytest.param((LINE, f"{LINE},*{USERS}"), None, True, id="two lists: which counts is not known"),
    ],
)
@pytest.mark.parametrize("rsop", [pytest.param((setting(),), id="RSoP names the GPO"), pytest.param((), id="RSoP is silent")])
def test_several_templates_of_one_gpo(rsop, lines, lacking, said):
    templates = tuple(Template(f"gpt0000{number}.inf", GUID, line) for number, line in enumerate(lines))

    controller = who_controls(facts(*rsop, extension=FRESH if rsop else None, templates=templates))

    assert (controller.kind, controller.winner.guid, controller.lacking) == (ControllerKind.GPO, GUID, lacking)
    assert any("its cached templates do not have the same list" in note for note in controller.notes) is said


@pytest.mark.parametrize(
    ("accounts", "words"),
    [
        pytest.param(None, "its list is not told", id="no list"),
        pytest.param([f"S-1-5-21-1-2-3-{number}" for number in range(200)], "longer than what is read", id="a list that was cut"),
        pytest.param(["CORP\\gone"], "the host knows no SID for CORP\\gone", id="a name that nobody has"),
    ],
)
def test_why_a_list_of_a_gpo_cannot_be_compared(accounts, words):
    controller = who_controls(facts(setting(accounts=accounts)))

    assert [note for note in controller.notes if "cannot be compared with the holders" in note and words in note]


extensions = st.one_of(st.none(), st.sampled_from([FRESH, OLD, Extension(None, None, None), dataclasses.replace(FRESH, error=5)]))
settings_ = st.lists(
    st.builds(setting, gpo=st.sampled_from([DN, OTHER_DN, "x"]), precedence=st.integers(1, 3), status=st.integers(0, 4)), max_size=3
)
templates_ = st.one_of(
    st.none(),
    st.lists(
        st.builds(Template, st.just("a"), st.sampled_from(["", GUID, OTHER]), st.sampled_from(["", LINE, "x"])), max_size=2
    ).map(tuple),
)
mdms = st.one_of(st.none(), st.builds(Mdm, st.sampled_from([None, "{A}"]), st.sampled_from([None, 0, 1])))


@given(
    settings_,
    extensions,
    st.sampled_from([None, 0, 1]),
    st.sampled_from([None, "failed", "0x80041003"]),
    templates_,
    mdms,
    st.sampled_from([None, 0, 2, 3, 5]),
)
def test_local_is_only_ever_said_with_proof(settings, extension, logging, error, templates, mdm, role):
    controller = who_controls(
        facts(*settings, extension=extension, logging=logging, error=error, templates=templates, mdm=mdm, role=role)
    )

    if controller.kind is ControllerKind.LOCAL:
        # By the documents: the extension ended well and lately, its data is whole, and no instance names the right.
        assert extension in (FRESH,)
        assert logging in (None, 1)
        assert error is None
        assert not settings
        assert mdm is not None
        assert not mdm.provider
        assert not mdm.set
    defines = bool(settings) or bool(mdm and (mdm.provider or mdm.set))
    assert controller.from_outside or not defines
    if controller.from_outside and controller.kind is not ControllerKind.MDM:
        assert controller.winner or controller.losers
