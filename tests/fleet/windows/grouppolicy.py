# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Group Policy and MDM have left on a simulated machine: plain data, as a test or a demo writes it down."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from fleet.windows import inf

# What the last processing of security settings leaves where a GPO names the right.
DEFAULT_ACCOUNTS = ("S-1-5-32-544", "S-1-5-19", "S-1-5-20", "S-1-5-6")


class Som(IntEnum):
    """What a GPO is linked to (RSOP_SOM.type)."""

    LOCAL = 1
    SITE = 2
    DOMAIN = 3
    OU = 4


@dataclass(frozen=True, slots=True)
class Setting:
    """One GPO that sets the right on the machine. Precedence 1 is the winner."""

    name: str | None  # what RSOP_GPO calls it; None: RSOP_GPO does not know it
    guid: str = "{3E9A5D10-7C44-4B53-9F27-2B1D6C0A8E11}"
    link: str | None = "DC=sim,DC=example"  # DN of the site, domain or OU; None: RSoP tells none
    som_type: int = Som.DOMAIN
    precedence: int = 1
    accounts: tuple[str, ...] | None = DEFAULT_ACCOUNTS  # AccountList; None: RSoP tells none
    status: int = 1  # 0 not attempted, 1 applied, 3 failed
    error: int = 0
    age: float | None = 1.0  # hours since its creationTime; None: RSoP tells none
    sections: tuple[str, ...] = ("Privilege Rights", "Profile Description")  # of its template, in their order
    version: int | None = None  # that RSOP_GPO tells; None: none

    @property
    def id(self) -> str:
        """GPOID of a setting and id of an RSOP_GPO: a DN, but for the local GPO."""
        return "LocalGPO" if self.som_type == Som.LOCAL else f"cn={self.guid},cn=policies,cn=system,DC=sim,DC=example"


@dataclass(frozen=True, slots=True)
class Rsop:
    """The state of RSoP logging and of the security extension."""

    age: float | None = 1.0  # hours since the extension ended its last run; None: there is no status of it
    extension_error: int | None = 0
    logging_status: int | None = 1
    logging_policy: int | None = None  # RSoPLogging, set by policy
    logging_preference: int | None = None  # RSoPLogging under the Winlogon key
    others: tuple[Setting, ...] = ()  # GPOs that RSOP_GPO lists, with no instance for our right
    error: int | None = None  # every query of the namespace fails with this HRESULT; below 0x1000 it is an MI result without one


MISSING, DENIED, TIMED_OUT, BROKEN = 0x8004100E, 0x80041003, 0x00040004, 1  # for Rsop.error and for faults by class


def template(setting: Setting) -> str:
    """The security template that the extension caches of a GPO: gpt*.* under %windir%\\security\\templates\\policies."""
    accounts = ",".join(one if not one.startswith("S-1-") else f"*{one}" for one in setting.accounts or ())
    own = {
        "Privilege Rights": ("SeBackupPrivilege = *S-1-5-32-544", f"SeImpersonatePrivilege = {accounts}"),
        "Profile Description": (f"GPOPath={setting.guid}\\MACHINE",),
    }
    return inf.written({name: (own.get(name) or inf.OTHERS[name]) for name in setting.sections})
