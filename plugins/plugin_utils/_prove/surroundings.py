# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services, members of groups, GPOs, MDM and events: payload beside sc, WinNT, net, gpresult, reg and wevtutil."""

from __future__ import annotations

import datetime
import re
import typing as t

from .._facts.facts import Group, HostFacts, Rsop, Service
from . import documents, programs, registry, service_control
from .answers import Sources, Unasked, code_pages, file_of, program, rows_of
from .asked import EVENTS, HOURS, MDM, local_groups, services
from .rows import Pair, Row, Verdict, one_value, pairs, sets

_GUID = re.compile(r"\{[0-9A-Fa-f-]{36}\}")
_SLACK = datetime.timedelta(minutes=5)


def rows(facts: HostFacts, sources: Sources) -> list[Row]:
    """The rows of this file."""
    by_name = {one.name: one for one in facts.services or ()}
    chosen = [by_name[name] for name in services(facts)]
    none = "the payload could not list them" if facts.services is None else "no service runs"
    return [
        _processes(facts, sources),
        pairs("accounts of services", "sc qc", [_account(one, sources) for one in chosen], none),
        pairs("their privileges", "sc qprivs", [_keeps(one, sources) for one in chosen if _list_known(one)], none),
        pairs("their SID types", "sc qsidtype", [_sid_type(one, sources) for one in chosen if one.sid_type is not None], none),
        *_members(facts, sources),
        *_gpo(facts.control.rsop, sources),
        _mdm(facts, sources),
        _events(facts, sources),
        _audited(sources),
    ]


def _processes(facts: HostFacts, sources: Sources) -> Row:
    """The process of each service that both list. Services start and stop between two questions: one in a single list proves nothing."""
    fact, source = "processes of services", "sc queryex"
    told = {one.name: one.pid for one in facts.services or () if one.pid is not None}
    try:
        found = service_control.running(program(sources, "sc_queryex"))
    except Unasked as reason:
        return Row(fact, source, Verdict.NOT_ASKED, f"{len(told)}", why=str(reason))
    both = told.keys() & found.keys()
    if not both:
        return Row(fact, source, Verdict.NOT_ASKED, f"{len(told)}", f"{len(found)}", "no service is in both lists")
    differ = [f"{name}: {told[name]}, by the source {found[name]}" for name in sorted(both) if told[name] != found[name]]
    alone = len(told.keys() ^ found.keys())
    why = "; ".join([*differ, *([f"{alone} in one list only, since services start and stop"] if alone else [])])
    return Row(fact, source, Verdict.DIFFERS if differ else Verdict.AGREES, f"{len(told)}", f"{len(found)}", why)


def _account(one: Service, sources: Sources) -> Pair:
    def ask() -> object:
        return service_control.start_name(program(sources, f"sc_qc {one.name}")).lower()

    return one.name, (one.account or "").lower(), ask


def _list_known(one: Service) -> bool:
    return one.sid_type is not None or one.impersonate is not None  # its key could be read


def _keeps(one: Service, sources: Sources) -> Pair:
    def ask() -> object:
        found = service_control.privileges(program(sources, f"sc_qprivs {one.name}"))
        return programs.RIGHT in found if found else None

    return one.name, one.impersonate, ask


def _sid_type(one: Service, sources: Sources) -> Pair:
    def ask() -> object:
        return service_control.sid_type(program(sources, f"sc_qsidtype {one.name}"))

    return one.name, one.sid_type, ask


def _members(facts: HostFacts, sources: Sources) -> list[Row]:
    by_sid = {one.sid: one for one in facts.groups or ()}
    chosen = [(by_sid[sid], name) for sid, name in local_groups(facts)]
    none = "the payload listed no local group"
    return [
        pairs("members of local groups", "WinNT", [_adsi(group, sources) for group, _name in chosen], none),
        pairs("names of these members", "net localgroup", [_net(group, name, sources) for group, name in chosen], none),
    ]


def _adsi(group: Group, sources: Sources) -> Pair:
    def ask() -> object:
        return frozenset(programs.hex_sid(row.get("sid")) for row in rows_of(sources, f"adsi {group.sid}"))

    return group.name or group.sid, frozenset(one.sid for one in group.members), ask


def _net(group: Group, name: str, sources: Sources) -> Pair:
    """Names without their domain: net shows none for accounts of the host itself. Members without a name are not compared."""

    def ask() -> object:
        found = frozenset(one.rpartition("\\")[2].casefold() for one in programs.net_members(program(sources, f"net {name}")))
        return frozenset(one for one in found if not one.startswith("s-1-"))

    named = frozenset((one.name or "").rpartition("\\")[2].casefold() for one in group.members if one.name)
    return group.name or group.sid, named, ask


def _gpo(rsop: Rsop, sources: Sources) -> list[Row]:
    names = {(one.guid or "").upper(): one.name for one in rsop.gpos}
    winner = next((one for one in sorted(rsop.settings, key=lambda one: one.precedence or 0) if one.precedence == 1), None)
    told = None if winner is None else _guid_of(winner.gpo or "")
    fact, source = "GPO that sets the right", "gpresult"
    if rsop.error is not None:
        return [Row(fact, source, Verdict.NOT_ASKED, why=f"the payload could not tell: {rsop.error}")]

    def ask() -> documents.Resultant:
        return documents.resultant(file_of(sources, "gpresult"))

    def won() -> str | None:
        return next((guid for precedence, guid in ask().settings if precedence == 1), None)

    try:
        answer = won()
    except Unasked as reason:
        return [Row(fact, source, Verdict.NOT_ASKED, told or "none", why=str(reason))]
    row = Row(fact, source, Verdict.AGREES if told == answer else Verdict.DIFFERS, told or "none", answer or "none")
    if told is None or answer is None:
        return [row]
    return [row, one_value("its name", source, names.get(told), lambda: ask().names.get(told))]


def _guid_of(gpo: str) -> str:
    found = _GUID.search(gpo)
    return found[0].upper() if found else gpo.upper()


def _mdm(facts: HostFacts, sources: Sources) -> Row:
    """SIDs in the value: what separates them, U+F000, does not survive every code page."""
    fact, source = "holders set by MDM", "reg"
    its = facts.control.mdm
    if its is None:
        return Row(fact, source, Verdict.NOT_ASKED, why="the payload could not tell")

    def ask() -> frozenset[str]:
        printed = registry.text_or_none(sources, MDM, "ImpersonateClient")
        return frozenset() if printed is None else _sids(programs.registry_value(printed, "ImpersonateClient")[1])

    return sets(fact, source, _sids(its.value), ask)


def _sids(value: t.Any) -> frozenset[str]:
    return frozenset(re.findall(r"S-1-[0-9-]*[0-9]", value if isinstance(value, str) else ""))


def _events(facts: HostFacts, sources: Sources) -> Row:
    """Events of both, but for those that came meanwhile and those at the far edge of the window."""
    fact, source = "events of the right", "wevtutil"
    log = facts.events
    if log is None or log.error is not None:
        return Row(fact, source, Verdict.NOT_ASKED, why=f"the payload could not tell: {log.error if log else 'not asked'}")
    told = frozenset(f"{one.id} {one.time[:19]} {one.subject} {one.target}" for one in log.events if _inside(one.time, facts))

    def ask() -> frozenset[str]:
        found = documents.events(program(sources, "wevtutil"))
        if found.count >= EVENTS or log.truncated:
            raise Unasked("there are more events than are read")
        return frozenset(f"{one.id} {one.time} {one.subject} {one.target}" for one in found.ours if _inside(one.time, facts))

    return sets(fact, source, told, ask)


def _inside(time: str, facts: HostFacts) -> bool:
    try:
        when, now = (datetime.datetime.strptime(one[:19], "%Y-%m-%dT%H:%M:%S") for one in (time, facts.control.now))
    except ValueError:
        return True
    return now - datetime.timedelta(hours=HOURS) + _SLACK <= when <= now


def _audited(sources: Sources) -> Row:
    fact, source = "auditing of such events", "auditpol"
    try:
        found = programs.audited(program(sources, "auditpol"))
    except Unasked as reason:
        return Row(fact, source, Verdict.NOT_ASKED, why=str(reason))
    return Row(fact, source, Verdict.SHOWN, "", found, "the payload does not read it")


def ground(sources: Sources) -> list[Row]:
    """What everything else stands on: versions, language and code pages. Shown only."""
    try:
        its = rows_of(sources, "ground")[0]
    except (Unasked, IndexError) as reason:
        return [Row("PowerShell and language", "ground", Verdict.NOT_ASKED, why=str(reason))]
    shell = its.get("powershell")
    version = shell.get("PSVersion") if isinstance(shell, dict) else None
    pages = "/".join(map(str, code_pages(sources)))
    answer = f"{version}, {its.get('language')}, code pages {pages}, csc {its.get('compiler')}"
    return [Row("PowerShell and language", "ground", Verdict.SHOWN, "", answer, "nothing to compare with")]
