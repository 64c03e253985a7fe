# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a GPO is not changed, in one word and a sentence: first by who was asked, and for which GPO. Pure."""

from __future__ import annotations

import enum

from .._input.naming import called
from .._wording import some, visible
from .facts import DomainController, DomainFacts, GpoFacts

_CONTROLLERS = (4, 5)  # DSROLE_MACHINE_ROLE of domain controllers, [MS-DSSP] 2.2.2


class Reason(str, enum.Enum):
    """Why a change is refused, in one word."""

    NOT_A_CONTROLLER = "not_a_domain_controller"
    NOT_PDC = "not_the_pdc_emulator"
    READ_ONLY = "read_only_domain_controller"
    NO_GPO = "no_such_gpo"
    AMBIGUOUS = "ambiguous_name"
    UNREADABLE = "unreadable"
    NOT_UNDERSTOOD = "not_understood"
    NAMES = "names_without_sid"
    FLOOR = "floor"
    DEFAULT_DOMAIN = "default_domain_policy"
    WITHOUT_IIS = "without_iis_iusrs"
    DUPLICATES = "duplicates"
    MANY_HOSTS = "many_hosts"
    UNFINISHED = "unfinished_change"
    CHANGED_SINCE = "changed_since"


OVERRULED = (Reason.DEFAULT_DOMAIN, Reason.WITHOUT_IIS, Reason.DUPLICATES, Reason.MANY_HOSTS, Reason.UNFINISHED)
"""What a task may allow."""


class GpoRefused(Exception):
    """A GPO is not changed."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(f"nothing was changed: {message}")
        self.reason = reason


def allowing(reason: Reason) -> str:
    """What a person is told to overrule a refusal."""
    return f"allow {reason.value} if it is meant, by {called('allow')}"


def look_first(guid: str) -> str:
    """What ends a change that nobody can go on with."""
    return (
        f"Look at the GPO {guid} in the Group Policy console, at its version and at the accounts that it gives the right to; then "
        f"{allowing(Reason.UNFINISHED)}: gpo_enforce begins anew with what is there, and takes away what an earlier run left beside the "
        "template"
    )


def guid_of(facts: DomainFacts, asked: str) -> str:
    """The GUID of the GPO that a task means. Raises GpoRefused where there is none or more than one."""
    found = next((row.found for row in facts.asked if row.asked == asked), ())
    if len(found) > 1:
        raise GpoRefused(
            Reason.AMBIGUOUS, f"{visible(asked)} is the name of {len(found)} GPOs: {some(found)}; name one by its GUID"
        )
    if not found:
        raise GpoRefused(Reason.NO_GPO, f"the domain {visible(facts.controller.domain or '')} has no GPO {visible(asked)}")
    return found[0]


def chosen_gpo(facts: DomainFacts, asked: str) -> GpoFacts:
    """The GPO that a task means. Raises GpoRefused where it is none, or more than one, or could not be read."""
    guid = guid_of(facts, asked)
    gpo = facts.gpo(guid)
    if gpo is None:
        why = next((row.error for row in facts.unread if row.guid.upper() == guid.upper()), "the answer has no row of it")
        raise GpoRefused(Reason.UNREADABLE, f"the GPO {visible(asked)} could not be read: {visible(why)}")
    return gpo


def check_controller(controller: DomainController) -> None:
    """Raises GpoRefused unless the host is the domain controller that takes changes of GPOs."""
    if controller.machine_role not in _CONTROLLERS:
        raise GpoRefused(Reason.NOT_A_CONTROLLER, f"{controller.name} is no domain controller")
    emulator = f"the PDC emulator is {controller.pdc_emulator or 'not known'}"
    if controller.read_only:
        raise GpoRefused(Reason.READ_ONLY, f"{controller.name} is a read-only domain controller; {emulator}")
    if not controller.is_pdc_emulator:
        raise GpoRefused(Reason.NOT_PDC, f"{controller.name} is not the PDC emulator, where GPOs are changed; {emulator}")


def domain_of(controller: DomainController) -> str:
    """The domain whose GPOs are changed, by its name in DNS. Raises GpoRefused where it is not known."""
    if controller.domain is None:
        raise GpoRefused(Reason.UNREADABLE, f"the name of the domain of {controller.name} could not be read")
    return controller.domain
