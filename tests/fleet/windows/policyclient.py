# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Group Policy client of a simulated machine: which GPOs it takes, in which order, and what its security extension makes of them.

Sources: [MS-GPOL] 3.2.5.1.3 to 3.2.5.1.10 (list of GPOs, filters, extensions), [MS-GPSB] 2.2.6 and 3.2.5.8 (rights of a template), and for what the
engine adds and cannot take docs/windows.md. What becomes of holders when no GPO defines the right any more is not known: here they stay.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from fleet.windows import inf, names
from fleet.windows.directory import AUTHENTICATED_USERS, DISABLED, DOMAIN_CONTROLLERS, ENFORCED, SECURITY
from fleet.windows.grouppolicy import Setting, Som
from fleet.windows.machine import RIGHT
from fleet.windows.programs import sid_of

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleet.windows.directory import Container
    from fleet.windows.domain import PolicyDomain, Replica
    from fleet.windows.machine import Machine

NONE_MAPPED = 1332  # of event SCECLI 1202, "0x534" (KB 324383)
_ADDED = (names.ADMINISTRATORS, names.SERVICE)  # by the engine, to every list for this right
_KEPT = (names.LOCAL_SERVICE, names.NETWORK_SERVICE)  # the LSA takes it from neither ([MS-LSAD] 3.1.4.5.12)
COMPUTERS, CONTROLLERS, READ_ONLY_CONTROLLERS = 515, 516, 521  # groups of a domain, by their RID
_KINDS = {"site": Som.SITE, "domain": Som.DOMAIN, "ou": Som.OU}
_BLOCK = re.compile(r"\[(\{[-0-9A-F]{36}\})[^\]]*\]", re.I)


@dataclass(frozen=True, slots=True)
class Linked:
    """A GPO by one of its links."""

    container: Container
    som: str
    kind: str
    file_version: int | None

    @property
    def versions(self) -> tuple[int | None, int | None]:
        """Version of the container and of the folder ([MS-GPOL] 3.2.1.4)."""
        return self.container.version, self.file_version


@dataclass
class Client:
    """One machine and the domain controller that answers it.

    `wmi` says of a text of gPCWQLFilter whether the machine passes it; a filter that cannot be found lets the GPO through (3.2.5.1.7).
    `groups` are SIDs in the machine's token besides those of every computer.
    """

    domain: PolicyDomain
    machine: Machine
    replica: Replica
    wmi: Callable[[str], bool] = lambda _filter: True
    groups: tuple[str, ...] = ()

    def gpos(self) -> list[Linked]:
        """GPOs that apply, in their order: of two that define the same, the later one wins."""
        return [linked for linked in self._listed() if self._allowed(linked)]

    def refresh(self, *, force: bool = False) -> bool:
        """Apply them, if anything changed since the last time or by force; says whether it did.

        The last time stands in the machine's RSoP.
        """
        found = self.gpos()
        seen = tuple((one.container.guid, one.versions) for one in found)
        if not force and self.machine.policy_seen == seen:
            return False
        self.machine.policy_seen = seen
        self._apply([one for one in found if SECURITY in extensions_of(one.container.extensions)])
        return True

    def _listed(self) -> Iterator[Linked]:
        """By 3.2.5.1.5: those of the site first, those of the machine's own OU last, and enforced ones after all others, the other way round."""
        plain: list[tuple[str, str, str]] = []
        enforced: list[tuple[str, str, str]] = []
        blocked = False
        for dn in self._soms():
            som = self.replica.directory.soms.get(dn.lower())
            if som is None:
                continue
            links = [(guid, options) for guid, options in reversed(som.links) if guid is not None]
            applied = [(guid, som.dn, som.kind) for guid, options in links if not options & (DISABLED | ENFORCED)]
            plain = plain if blocked else [*applied, *plain]
            enforced += [
                (guid, som.dn, som.kind) for guid, options in reversed(som.links) if options & ENFORCED and not options & DISABLED
            ]
            blocked = blocked or som.gp_options == 1
        for guid, dn, kind in (*plain, *enforced):
            container = self.replica.directory.gpos.get(guid.upper())
            if container is not None:
                yield Linked(container, dn, kind, file_version(self.replica.gpt_ini(guid)))

    def _soms(self) -> list[str]:
        """OUs from the machine upwards, the domain, the site."""
        _machine, dn = self.domain.members[self.machine.name]
        parts = dn.split(",")
        above = [",".join(parts[start:]) for start in range(len(parts)) if parts[start].upper().startswith("OU=")]
        return [*above, self.domain.dn, self.domain.site_dn]

    def _allowed(self, linked: Linked) -> bool:
        """By 3.2.5.1.6 and 3.2.5.1.7."""
        container = linked.container
        if container.functionality != 2 or container.flags & 2 or not any(linked.versions):
            return False
        mine = [entry for entry in container.security or () if entry.sid in self._token()]
        if not mine or not all(entry.allowed for entry in mine):
            return False
        return container.wmi_filter is None or self.wmi(container.wmi_filter)

    def _token(self) -> set[str]:
        """Its primary group is by what it is: [MS-ADTS] 6.1.1.3.1 (domain controllers), 6.1.1.3.2 (read-only ones)."""
        rid, more = COMPUTERS, list[str]()
        if self.machine.machine_role >= 4:
            rid, more = READ_ONLY_CONTROLLERS if self.machine.read_only else CONTROLLERS, [DOMAIN_CONTROLLERS]
        return {names.EVERYONE, AUTHENTICATED_USERS, f"{self.domain.sid}-{rid}", *more, *self.groups}

    def _apply(self, found: list[Linked]) -> None:
        """The extension: the last list wins as a whole; one that names somebody whom nobody knows is not applied (3.2.5.8)."""
        defining = [
            (one, accounts) for one in found if (accounts := accounts_of(self.replica.template(one.container.guid))) is not None
        ]
        self.machine.gpos = tuple(
            Setting(
                one.container.name,
                one.container.guid,
                one.som,
                _KINDS[one.kind],
                place,
                tuple(account.removeprefix("*") for account in accounts),
                age=0.0,
                version=_unsigned(one.container.version),
            )
            for place, (one, accounts) in enumerate(reversed(defining), start=1)
        )
        self.machine.rsop = replace(self.machine.rsop, age=0.0, others=self._others(found))
        if not defining:
            return
        sids = [self._sid(account) for account in defining[-1][1]]
        if None in sids:
            self.machine.gpos = (replace(self.machine.gpos[0], status=3, error=NONE_MAPPED), *self.machine.gpos[1:])
            return
        wanted = {*filter(None, sids), *_ADDED}
        for sid in self.machine.holders():
            if sid not in wanted and sid not in _KEPT:
                self.machine.revoke(sid)
        for sid in wanted:
            self.machine.grant(sid)

    def _others(self, found: list[Linked]) -> tuple[Setting, ...]:
        known = {one.guid for one in self.machine.gpos}
        return tuple(
            Setting(one.container.name, one.container.guid, one.som, version=_unsigned(one.container.version))
            for one in found
            if one.container.guid not in known
        )

    def _sid(self, account: str) -> str | None:
        return account[1:] if account.startswith("*") else sid_of(self.machine, account)


def refreshed(domain: PolicyDomain, *names_of: str, force: bool = False) -> list[str]:
    """Let machines refresh, all without a name, by the PDC emulator; returns those on which anything was applied."""
    chosen = [machine for name, (machine, _dn) in domain.members.items() if not names_of or name in names_of]
    return [machine.name for machine in chosen if Client(domain, machine, domain.replica).refresh(force=force)]


def extensions_of(text: str | None) -> list[str]:
    """GUIDs of the extensions in upper case, up to the first that is out of order, where processing ends (2.2.4)."""
    found: list[str] = []
    for guid in _BLOCK.findall(text or ""):
        if found and guid.upper() < found[-1]:
            break
        found.append(guid.upper())
    return found


def _unsigned(version: int | None) -> int | None:
    """A version as RSOP_GPO has it, a uint32; in the directory it has a sign."""
    return None if version is None else version % (1 << 32)


def file_version(content: bytes | None) -> int | None:
    """Version in gpt.ini (2.2.4); None where there is none."""
    text = (content or b"").decode("cp1252", "replace")
    found = [value for section, key, value in inf.settings(text) if (section, key) == ("general", "version")]
    return int(found[0]) if found and found[0].isdigit() else None


def accounts_of(content: bytes | None) -> list[str] | None:
    """Accounts that a template gives the right; None where it does not define it."""
    if content is None:
        return None
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    values = [value for section, key, value in inf.settings(text) if (section, key) == ("privilege rights", RIGHT.lower())]
    return [account for one in re.split(r"\s*,\s*", values[-1]) if (account := one.strip())] if values else None
