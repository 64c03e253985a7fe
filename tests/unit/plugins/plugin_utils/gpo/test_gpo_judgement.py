# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a GPO: state, standings, findings, and which of its links have an effect."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import FLOOR
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.facts import ApplyAce, IniFile, TemplateFile
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.judgement import judge_gpo
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.links import links_of
from fleet.windows.domain import DEFAULT_CONTROLLERS, DEFAULT_DOMAIN

FOUR = tuple(f"*{sid}" for sid in sorted(FLOOR))
IIS, USERS, GONE = "*S-1-5-32-568", "*S-1-5-32-545", "*S-1-5-21-9-9-9-1234"
RECOVERY = "[{B1BE8D72-6EAC-11D2-A4EA-00C04F79F83A}{53D6AB1B-2488-11D1-A28C-00C04FB94F17}]"
OTHER_TOOL = "[{827D319E-6EAC-11D2-A4EA-00C04F79F83A}{53D6AB1B-2488-11D1-A28C-00C04FB94F17}]"
PAIR = "[{827D319E-6EAC-11D2-A4EA-00C04F79F83A}{803E14A0-B4FB-11D0-A0D0-00A0C90F574B}]"


@pytest.fixture
def judged(domain, read, microsoft):
    """The judgement of one GPO that is linked to an OU; ``more`` of add_gpo, ``change`` of its facts."""

    def judge(accounts=FOUR, *, change=None, web_hosts=(), guid=None, sections=None, linked=True, **more):
        guid = domain.add_gpo("Servers", guid, sections, accounts=None if sections else accounts, **more)
        if linked:
            domain.link(guid, domain.ou("Servers"))
        facts = read(guid)
        gpo = facts.gpo(guid)
        return judge_gpo(facts, dataclasses.replace(gpo, **change) if change else gpo, microsoft, web_hosts)

    return judge


def kinds(judged):
    return [finding.kind.value for finding in judged.findings]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, [], id="the four of the floor"),
        pytest.param({"accounts": (*FOUR, IIS)}, [], id="with IIS_IUSRS"),
        pytest.param({"accounts": ()}, ["floor_missing"], id="nobody"),
        pytest.param({"accounts": None, "linked": False}, [], id="not defined"),
        pytest.param({"accounts": FOUR[:3]}, ["floor_missing"], id="a floor account is left out"),
        pytest.param({"accounts": (*FOUR, USERS)}, ["unexpected"], id="an account of no row"),
        pytest.param({"accounts": (*FOUR, GONE)}, ["unknown_sid"], id="the SID of no account"),
        pytest.param({"accounts": (*FOUR, "Nobody at all")}, ["name", "unexpected"], id="a name that no account has"),
        pytest.param({"web_hosts": ("web01",)}, ["without_iis_iusrs"], id="hosts with IIS"),
        pytest.param({"web_hosts": ("web01",), "accounts": (*FOUR, IIS)}, [], id="hosts with IIS, and IIS_IUSRS"),
        pytest.param({"web_hosts": ("web01",), "accounts": ()}, ["floor_missing", "without_iis_iusrs"], id="hosts with IIS, and nobody"),
        pytest.param({"change": {"version": 9}}, ["versions_differ"], id="versions differ"),
        pytest.param({"version": 0}, ["versions_zero", "link_without_effect"], id="both versions 0"),
        pytest.param({"extensions": None}, ["extension_missing", "link_without_effect"], id="no extension"),
        pytest.param({"extensions": RECOVERY + PAIR}, ["extensions_out_of_order", "link_without_effect"], id="out of order before the pair"),
        pytest.param({"extensions": "x"}, ["not_understood", "link_without_effect"], id="extensions of another form"),
        pytest.param({"linked": False}, ["not_linked"], id="linked nowhere"),
        pytest.param({"change": {"flags": 2}}, ["link_without_effect"], id="its computer half disabled"),
        pytest.param({"change": {"flags": 1}}, [], id="its user half disabled"),
        pytest.param({"change": {"security": ()}}, ["link_without_effect"], id="nobody may apply it"),
        pytest.param({"change": {"security": (ApplyAce("S-1-5-11", True, False), ApplyAce("S-1-1-0", False, False))}}, ["link_without_effect"],
                     id="everybody is denied"),
        pytest.param({"change": {"journal": "{}"}}, ["unfinished_change"], id="an unfinished change"),
        pytest.param({"change": {"template": TemplateFile("unreadable", None, "denied", None)}}, ["unreadable"], id="a template that could not be read"),
        pytest.param({"change": {"template": TemplateFile("too_large", None, "9 bytes", None)}}, ["unreadable"], id="a template that is too large"),
        pytest.param({"change": {"gpt_ini": IniFile("read", "AAAA", None)}}, ["not_understood"], id="a gpt.ini of another form"),
        pytest.param({"change": {"gpt_ini": IniFile("unreadable", None, "denied")}}, ["unreadable"], id="a gpt.ini that could not be read"),
        pytest.param({"change": {"gpt_ini": IniFile("too_large", None, "9 bytes")}}, ["unreadable"], id="a gpt.ini that is too large"),
        pytest.param({"change": {"gpt_ini": IniFile("absent", None, None)}}, ["versions_differ"], id="no gpt.ini"),
        pytest.param({"change": {"gpt_ini": IniFile("read", "W0dlbmVyYWxdDQo=", None)}}, ["versions_differ"], id="a gpt.ini without a version"),
        pytest.param({"extensions": OTHER_TOOL}, ["extension_missing"], id="the extension with the tool of another editor"),
        pytest.param({"sections": b"[Privilege Rights]\nSeImpersonatePrivilege\n"}, ["not_understood"], id="a template of another form"),
        pytest.param({"sections": b"[Privilege Rights]\nSeImpersonatePrivilege=\nSeImpersonatePrivilege=\n"}, ["duplicate", "floor_missing"], id="two lines"),
        pytest.param({"guid": DEFAULT_DOMAIN}, ["defined_against_policy"], id="the Default Domain Policy"),
        pytest.param({"guid": DEFAULT_CONTROLLERS}, [], id="the Default Domain Controllers Policy"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_gpo(judged, options, expected):
    result = judged(**options)

    assert kinds(result) == expected
    assert result.good is not bool({*expected} - {"link_without_effect", "not_linked"})


def test_an_unreadable_template_is_no_state_and_has_no_holders(judged):
    result = judged(change={"template": TemplateFile("unreadable", None, "denied", None)})

    assert (result.state, result.holders, result.template) == (None, (), None)


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        pytest.param("*S-1-5-6", "floor", id="the floor"),
        pytest.param(IIS, "required", id="what a feature requires"),
        pytest.param("*S-1-5-99-216390572-1995538116-3857911515-2404958512-2623887229", "default", id="a default of newer builds"),
        pytest.param("*S-1-5-18", "permitted", id="permitted on every host"),
        pytest.param(USERS, "unexpected", id="no row names it"),
        pytest.param(GONE, "orphan", id="no account has it"),
    ],
)
def test_where_an_account_stands_and_why(judged, text, standing):
    holder = next(holder for holder in judged((*FOUR, text)).holders if holder.text == text)

    assert holder.standing.value == standing
    assert holder.why


@pytest.mark.parametrize(
    ("guid", "accounts", "words"),
    [
        pytest.param(DEFAULT_DOMAIN, None, "documented: not defined; observed: not defined", id="Default Domain Policy"),
        pytest.param(
            DEFAULT_DOMAIN, FOUR, "documented: not defined; observed: defined", id="Default Domain Policy that defines it"
        ),
        pytest.param(
            DEFAULT_CONTROLLERS,
            None,
            "documented: administrators (S-1-5-32-544), local_service (S-1-5-19), network_service (S-1-5-20); observed: not defined",
            id="Default Domain Controllers Policy",
        ),
    ],
)
def test_the_rows_of_the_page_have_a_verdict(judged, guid, accounts, words):
    assert judged(accounts, guid=guid).documented == words


# -- links ---------------------------------------------------------------------------------------------------------


def effects(facts, guid):
    return {link.som: (link.effective, "; ".join(link.why)) for link in links_of(facts, facts.gpo(guid))}


def test_links_and_what_keeps_them_from_having_an_effect(domain, read):
    guid = domain.add_gpo("Servers", accounts=FOUR)
    domain.link(guid, domain.ou("On"))
    domain.link(guid, domain.ou("Off"), disabled=True)

    assert effects(read(guid), guid) == {domain.ou("On"): (True, ""), domain.ou("Off"): (False, "the link is disabled")}


@pytest.mark.parametrize(
    ("enforced", "words"),
    [pytest.param(False, "it ends where inheritance is blocked", id="not enforced"), pytest.param(True, "", id="enforced")],
)
def test_blocked_inheritance_limits_what_is_not_enforced(domain, read, enforced, words):
    guid = domain.add_gpo("Servers", accounts=FOUR)
    above = domain.ou("Above")
    domain.link(guid, above, enforced=enforced)
    facts = read(guid)
    below = dataclasses.replace(facts.links[0], som=f"OU=Below,{above}", block=True, links=())
    facts = dataclasses.replace(facts, links=(*facts.links, below))

    effective, why = effects(facts, guid)[above]

    assert effective is True
    assert why.startswith(words)
    assert ("OU=Below" in why) is not enforced


def test_a_site_above_a_domain_that_blocks_is_not_known(domain, read):
    guid = domain.add_gpo("Servers", accounts=FOUR)
    domain.link(guid, domain.ou("Servers"))
    facts = read(guid)
    site = dataclasses.replace(facts.links[0], som="CN=Site,CN=Sites,CN=Configuration,DC=sim,DC=example", kind="site")
    blocking = dataclasses.replace(facts.links[0], som="DC=sim,DC=example", kind="domain", block=True, links=())

    assert effects(dataclasses.replace(facts, links=(site, blocking)), guid)[site.som][0] is None


def test_links_that_could_not_be_read_are_not_no_links(domain, read, microsoft):
    guid = domain.add_gpo("Servers", accounts=FOUR)
    facts = dataclasses.replace(read(guid), links=None)

    result = judge_gpo(facts, facts.gpo(guid), microsoft)

    assert (result.links, kinds(result)) == (None, [])


def test_a_gpo_without_a_known_state_is_no_complete_answer(read, domain):
    guid = domain.add_gpo("Servers", accounts=FOUR)
    facts = read(guid)
    gone = dataclasses.replace(facts.gpo(guid), template=TemplateFile("unreadable", None, "denied", None))

    assert facts.complete
    assert not dataclasses.replace(facts, gpos=(gone,)).complete


def test_what_is_missing_of_the_extension_is_said_as_it_is(judged):
    (other,) = judged(extensions=OTHER_TOOL).findings
    missing = judged(extensions=None).findings[0]

    assert "do not read" not in other.text
    assert "do not read" in missing.text


def test_links_from_other_domains_are_not_known(judged):
    (finding,) = judged(linked=False).findings

    assert finding.text == "it is linked nowhere in this domain, and to no site"
