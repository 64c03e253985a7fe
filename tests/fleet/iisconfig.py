# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration files of IIS on a simulated machine, and what they say of application pools."""

from __future__ import annotations

import typing as t
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from fleet.machine import Machine, Pool

REDIRECTION, CONFIG = "redirection.config", "applicationHost.config"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def folder(machine: Machine) -> tuple[str, str, str]:
    """Where the files are below %windir%, as the PowerShell of the machine sees it."""
    return "Sysnative" if (machine.bits, machine.windows_bits) == (32, 64) else "System32", "inetsrv", "config"


def files(machine: Machine) -> dict[str, str]:
    """Name of each file -> its text; none where there is no IIS."""
    iis = machine.iis
    if iis is None:
        return {}
    redirection = f'<configurationRedirection enabled="{str(iis.elsewhere).lower()}" path="\\\\FILES\\iis" />'
    defaults = _element("applicationPoolDefaults", iis.pool_defaults) if iis.pool_defaults else ""
    pools = "".join(_element(f"add name={quoteattr(pool.name)}", pool) for pool in machine.pools)
    config = (
        f"{_HEAD}<configuration><configSections><sectionGroup name='system.applicationHost'>"
        "<section name='applicationPools' allowDefinition='AppHostOnly' /></sectionGroup></configSections>\n"
        f"<system.applicationHost><applicationPools>\n{pools}{defaults}</applicationPools></system.applicationHost></configuration>\n"
    )
    return {
        REDIRECTION: f"{_HEAD}<configuration>{redirection}</configuration>\n",
        CONFIG: config if iis.config is None else iis.config,
    }


def _element(start: str, pool: Pool) -> str:
    said = {"identityType": pool.identity, "userName": pool.account, "password": pool.account and "[enc:simulated:enc]"}
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in said.items() if value is not None)
    return f"<{start}>{f'<processModel{attributes} />' if attributes else ''}</{start.split()[0]}>\n"


def pools(texts: Mapping[str, str]) -> list[tuple[str, str, str | None]] | None:
    """Name, identity and account of each pool by name, as the payload reads them; None when that cannot be known."""
    if CONFIG not in texts:
        return []
    try:
        redirection, config = (ElementTree.fromstring(texts[name].encode()) for name in (REDIRECTION, CONFIG))
    except ElementTree.ParseError:
        return None
    if redirection.find(".//configurationRedirection[@enabled='true']") is not None:
        return None
    defaults = config.find(".//applicationPools/applicationPoolDefaults")
    found = []
    for pool in config.iterfind(".//applicationPools/add"):
        said = {"identityType": "ApplicationPoolIdentity"}
        for place in (defaults, pool):
            model = None if place is None else place.find("processModel")
            said.update({} if model is None else model.attrib)
        account = said.get("userName") or None
        found.append((pool.attrib["name"], said["identityType"], account if said["identityType"] == "SpecificUser" else None))
    return sorted(found)
