# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host role a host has, by its own word; never guessed."""

from __future__ import annotations

import enum
import functools

from .._input.categories import ErrorCategory
from .._input.errors import CannotJudge
from .._input.naming import called
from .declared import contradiction
from .facts import HostFacts
from .releases import MULTI_SESSION_SKU


class HostRole(str, enum.Enum):
    """The kinds of hosts that policies tell apart."""

    DOMAIN_CONTROLLER = "domain_controller"
    MEMBER_SERVER = "member_server"
    STANDALONE_SERVER = "standalone_server"
    CLIENT = "client"

    @functools.cached_property
    def words(self) -> str:
        """For sentences: ``a member server``."""
        return "a " + self.value.replace("_", " ").replace("standalone", "stand-alone")


# DSROLE_MACHINE_ROLE, [MS-DSSP] 2.2.2. 4 is a backup domain controller and includes read-only ones.
_BY_MACHINE_ROLE = {
    0: HostRole.CLIENT,
    1: HostRole.CLIENT,
    2: HostRole.STANDALONE_SERVER,
    3: HostRole.MEMBER_SERVER,
    4: HostRole.DOMAIN_CONTROLLER,
    5: HostRole.DOMAIN_CONTROLLER,
}
# ProductType of HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions does not tell a member from a stand-alone server.
_BY_PRODUCT_TYPE = {"WINNT": HostRole.CLIENT, "LANMANNT": HostRole.DOMAIN_CONTROLLER}

_DECLARE = f"declare it with {called('host_role')}"


def _shown(facts: HostFacts) -> HostRole | None:
    number = facts.computer.machine_role
    return _BY_PRODUCT_TYPE.get((facts.windows.product_type or "").upper()) if number is None else _BY_MACHINE_ROLE.get(number)


def is_domain_controller(facts: HostFacts) -> bool:
    """Whether the facts show a domain controller; False also where they leave a doubt."""
    return _shown(facts) is HostRole.DOMAIN_CONTROLLER


def detect_role(facts: HostFacts) -> HostRole:
    """The host role that the facts show. Raises CannotJudge (``role_unknown``) where they leave a doubt."""
    number, role = facts.computer.machine_role, _shown(facts)
    if role is None:
        reason = (
            f"DsRole failed with Win32 error {facts.computer.role_status}"
            if number is None
            else f"DsRole answered machine role {number}"
        )
        raise CannotJudge(
            ErrorCategory.ROLE_UNKNOWN,
            f"the host role is not known: {reason}, product type {facts.windows.product_type or 'unreadable'}; {_DECLARE}",
        )
    if role in (HostRole.MEMBER_SERVER, HostRole.STANDALONE_SERVER):
        if facts.windows.sku is None:
            raise CannotJudge(
                ErrorCategory.ROLE_UNKNOWN,
                f"the SKU could not be read, so a server cannot be told from a multi-session client; {_DECLARE}",
            )
        if facts.windows.sku == MULTI_SESSION_SKU:
            return HostRole.CLIENT
    return role


def _shown_role(facts: HostFacts) -> HostRole | None:
    """The same, None where they leave a doubt."""
    try:
        return detect_role(facts)
    except CannotJudge:
        return None


def notes_on_role(facts: HostFacts, role: HostRole | None, *, declared: bool = False) -> tuple[str, ...]:
    """Sentences a reader needs to understand the role. ``declared``: it is the word of the task, which the host may contradict."""
    computer = facts.computer
    notes = []
    if declared and role is not None and (shown := _shown_role(facts)) not in (None, role):
        notes.append(contradiction(f"be {role.words}", f"and shows that it is {shown.words}"))
    if computer.machine_role is None and role is not None:
        notes.append(f"DsRole failed with Win32 error {computer.role_status}; the product type is {facts.windows.product_type}")
    if computer.read_only:
        notes.append("read-only domain controller")
    if facts.windows.sku == MULTI_SESSION_SKU and role is HostRole.CLIENT:
        notes.append("multi-session Windows (SKU 175): a client, although it reports itself as a server")
    if computer.entra_joined and computer.machine_role in (0, 2):
        notes.append(
            "reports a join to Microsoft Entra ID and none to a domain: stand-alone; a management service may set the right"
        )
    if computer.role_pending:
        notes.append("a promotion or demotion waits for a restart: the host role is about to change")
    return tuple(notes)
