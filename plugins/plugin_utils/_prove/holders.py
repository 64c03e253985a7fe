# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds the right, how those are called, and whose token asked: payload beside secedit, Translate and whoami."""

from __future__ import annotations

from functools import partial

from .._facts.controller import Controller
from .._facts.evidence import ControllerKind
from .._facts.facts import HostFacts, Resolution
from .._facts.roles import is_domain_controller
from . import programs
from .answers import Sources, Told, Unasked, file_of, program, rows_of
from .asked import names
from .rows import Pair, Row, Verdict, one_value, pairs, said, sets, told_or_none

_HIGH = 0x3000  # SECURITY_MANDATORY_HIGH_RID ([MS-DTYP] 2.4.2.4)
DOMAIN_CONTROLLER = "on a domain controller it need not say what the LSA says"
OUTSIDE = "the right is set from outside, of which this export need not know"


def rows(facts: HostFacts, controller: Controller, sources: Sources) -> list[Row]:
    """The rows of this file."""
    told, own = facts.sids, facts.computer.sid
    local, merged = _unjudged(facts, controller)
    return [
        sets("holders", "secedit /export", told, lambda: exported(sources, "secedit", own), local),
        sets("holders", "secedit /mergedpolicy", told, lambda: exported(sources, "secedit_merged", own), merged),
        _names(facts, sources),
        _back(facts, sources),
        _sids_of_names(facts, sources),
        one_value(
            "user of the session", "whoami /user", facts.session.user, lambda: programs.whoami_sids(_who(sources, "user"))[0]
        ),
        one_value("its token", "whoami /groups", _token(facts), lambda: token_by_groups(_who(sources, "groups"))),
        _privilege(sources),
    ]


def _unjudged(facts: HostFacts, controller: Controller) -> tuple[str, str]:
    """Why the plain export and the merged one are not judged; empty where they are.

    secedit, Microsoft: the plain export is of the local policy, /mergedpolicy of domain and local policy together.
    """
    if is_domain_controller(facts):
        return DOMAIN_CONTROLLER, DOMAIN_CONTROLLER
    if controller.kind is ControllerKind.MDM:
        return OUTSIDE, OUTSIDE
    return (OUTSIDE if controller.kind is not ControllerKind.LOCAL and facts.control.rsop.settings else ""), ""


def exported(sources: Sources, source: str, own: str | None) -> frozenset[str]:
    """SIDs of an export, and names in it that no source has a SID for; ``own``: the SID of the machine. Raises Unasked."""
    found = programs.secedit_holders(file_of(sources, source))
    if found is None:
        return frozenset()
    known = _sids_by_name(sources, own)
    return frozenset(programs.sid_or_none(one) or known.get(one.casefold(), one) for one in found)


def _sids_by_name(sources: Sources, own: str | None) -> dict[str, str]:
    """Names of the translated SIDs. Bare ones are those of the machine's own accounts and of application pools: secedit writes others by
    their SIDs (public exports). Of two with one bare name it means the machine's own."""
    try:
        rows_ = rows_of(sources, "translate")
    except Unasked:
        return {}
    named = [(told_or_none(row.get("name")), told_or_none(row.get("sid"))) for row in rows_ if "asked" not in row]
    told = [(name.casefold(), sid) for name, sid in named if name and sid]
    bare = [(name.rpartition("\\")[2], sid) for name, sid in told]
    pools = {name: sid for name, sid in bare if sid.startswith("S-1-5-82-")}
    return dict(told) | pools | {name: sid for name, sid in bare if own and sid.startswith(f"{own}-")}


def _translated(sources: Sources, key: str, value: str) -> Told:
    for row in rows_of(sources, "translate"):
        if row.get(key) == value and (key == "asked" or "asked" not in row):
            return row
    raise Unasked("was not asked for it")


def _result(row: Told, key: str) -> str | None:
    """What Translate returned; None for an account that does not exist. Raises Unasked for a look-up that failed."""
    if row.get("error") not in (None, "IdentityNotMappedException"):
        raise Unasked(f"{row.get('error')}")
    return told_or_none(row.get(key))


def _names(facts: HostFacts, sources: Sources) -> Row:
    known = [one for one in facts.holders if one.resolved is not Resolution.FAILED]
    asked: list[Pair] = [(one.sid, one.name, partial(_asked, sources, "sid", one.sid, "name")) for one in known]
    return pairs("names of the holders", "Translate", asked, "no holder")


def _back(facts: HostFacts, sources: Sources) -> Row:
    """The name of a holder leads back to its SID; not so for the old SID of a moved account, which Windows answers with the new one."""
    asked: list[Pair] = [
        (one.name, one.sid, partial(_asked, sources, "sid", one.sid, "back")) for one in facts.holders if one.name is not None
    ]
    return pairs("SIDs of these names", "Translate", asked, "no holder has a name")


def _sids_of_names(facts: HostFacts, sources: Sources) -> Row:
    looked_up = {one.asked: one.sid for one in facts.control.sids}
    looked_up |= {one.account: one.sid for one in facts.services or () if one.account}
    looked_up |= {one.account: one.sid for one in facts.pools or () if one.account}
    asked: list[Pair] = [(name, looked_up.get(name), partial(_asked, sources, "asked", name, "sid")) for name in names(facts)]
    return pairs("SIDs of accounts in use", "Translate", asked, "no service, pool or GPO names one")


def _asked(sources: Sources, key: str, value: str, wanted: str) -> str | None:
    return _result(_translated(sources, key, value), wanted)


def _who(sources: Sources, what: str) -> str:
    return program(sources, f"whoami_{what}")


def _token(facts: HostFacts) -> dict[str, bool | None] | None:
    its = facts.session
    if its.administrator is None:
        return None
    return {"administrator": its.administrator, "filtered": its.filtered, "elevated": its.elevated}


def token_by_groups(text: str) -> dict[str, bool | None]:
    """A token with Administrators and an integrity level of at least high is an administrator's, below that a filtered one.

    That UAC leaves a filtered token at medium: Microsoft, "Mandatory Integrity Control". Attributes are localised, SIDs are not.
    """
    sids = programs.whoami_sids(text)
    levels = [int(sid.rpartition("-")[2]) for sid in sids if sid.startswith("S-1-16-")]
    if not levels:
        raise Unasked("printed no integrity level")
    high, member = max(levels) >= _HIGH, "S-1-5-32-544" in sids
    return {"administrator": member and high, "filtered": member and not high, "elevated": high}


def _privilege(sources: Sources) -> Row:
    fact, source = "the right in this token", "whoami /priv"
    try:
        found = any(programs.RIGHT in row for row in programs.table_of(_who(sources, "priv")))
    except Unasked as reason:
        return Row(fact, source, Verdict.NOT_ASKED, why=str(reason))
    return Row(fact, source, Verdict.SHOWN, "", said(found), "the payload does not read it")
