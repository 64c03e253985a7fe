# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Windows a host runs, in the words of the documents that are written per release."""

from __future__ import annotations

import enum
import functools

from .._input.categories import ErrorCategory
from .._input.errors import CannotJudge
from .facts import HostFacts

MULTI_SESSION_SKU = 175
"""PRODUCT_ENTERPRISE_FOR_VIRTUAL_DESKTOPS: Windows 10/11 multi-session, a client that calls itself a server
(Win32_OperatingSystem class, OperatingSystemSKU)."""


class System(str, enum.Enum):
    """The releases that policies tell apart."""

    SERVER_2016 = "server_2016"
    SERVER_2019 = "server_2019"
    SERVER_2022 = "server_2022"
    SERVER_2025 = "server_2025"
    WINDOWS_10 = "windows_10"
    WINDOWS_11 = "windows_11"

    @functools.cached_property
    def words(self) -> str:
        """For sentences: ``Windows Server 2022``."""
        kind, _unused, number = self.value.partition("_")
        return f"Windows {number}" if self.client else f"Windows {kind.title()} {number}"

    @property
    def client(self) -> bool:
        """A release for clients, not for servers."""
        return self.value.startswith("windows")


# Windows Server release information: one build per release of the long-term servicing channel.
_SERVERS = {
    14393: System.SERVER_2016,
    17763: System.SERVER_2019,
    20348: System.SERVER_2022,
    26100: System.SERVER_2025,
}
FIRST_WINDOWS_10 = 10240
"""Windows 10 release information: version 1507."""
FIRST_WINDOWS_11 = 22000
"""Windows 11 release information: version 21H2."""


def detect_system(facts: HostFacts) -> System | None:
    """The release of the host, None for a build that no document is written for (a release of the annual channel, say).

    Raises CannotJudge (``system_unknown``) where the host could not say its build or whether it is a client.
    """
    build, client = facts.windows.build, _is_client(facts)
    if build is None or client is None:
        unread = "the build of Windows" if build is None else "whether Windows is a client or a server"
        raise CannotJudge(
            ErrorCategory.SYSTEM_UNKNOWN, f"{unread} could not be read, and the policy has rows per release of Windows"
        )
    if not client:
        return _SERVERS.get(build)
    if build < FIRST_WINDOWS_10:
        return None
    return System.WINDOWS_10 if build < FIRST_WINDOWS_11 else System.WINDOWS_11


def _is_client(facts: HostFacts) -> bool | None:
    windows, role = facts.windows, facts.computer.machine_role
    product_type = (windows.product_type or "").upper()
    if windows.sku == MULTI_SESSION_SKU or product_type == "WINNT" or role in (0, 1):
        return True
    return False if windows.sku is not None and (product_type or role is not None) else None
