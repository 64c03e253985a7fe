# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration files of IIS on a simulated machine, and what they say of application pools."""

from __future__ import annotations

import typing as t
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

if t.TYPE_CHECKING:
    from fleet.windows.machine import Machine, Pool

Json = dict[str, t.Any]
REDIRECTION, CONFIG = "redirection.config", "applicationHost.config"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def folder(machine: Machine) -> tuple[str, str, str]:
    """Where the files are below %windir%, as the PowerShell of the machine sees it."""
    return "Sysnative" if (machine.bits, machine.windows_bits) == (32, 64) else "System32", "inetsrv", "config"


MOST_POOLS = 2000


def files(machine: Machine) -> dict[str, bytes]:
    """Name of each file -> what it holds; none where there is no IIS."""
    iis = machine.iis
    if iis is None:
        return {}
    redirection = f"<configurationRedirection enabled={_word(iis.elsewhere)} path='\\\\FILES\\iis' />"
    defaults = _element("applicationPoolDefaults", iis.pool_defaults) if iis.pool_defaults else ""
    pools = "".join(_element(f"add name={quoteattr(pool.name)}", pool) for pool in machine.pools)
    config = iis.config
    if config is None:
        config = (
            f"{_HEAD}<configuration><configSections><sectionGroup name='system.applicationHost'>"
            "<section name='applicationPools' allowDefinition='AppHostOnly' /></sectionGroup></configSections>\n"
            f"<system.applicationHost><applicationPools>\n{pools}{defaults}</applicationPools></system.applicationHost></configuration>\n"
        )
    return {
        REDIRECTION: f"{_HEAD}<configuration>{redirection}</configuration>\n".encode(),
        CONFIG: config.encode() if isinstance(config, str) else config,
    }


def _word(value: bool | str) -> str:
    return quoteattr(value if isinstance(value, str) else str(value).lower())


def _element(start: str, pool: Pool) -> str:
    said = {"identityType": pool.identity, "userName": pool.account, "password": pool.account and "[enc:simulated:enc]"}
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in said.items() if value is not None)
    if pool.manual is not None:
        attributes += f" manualGroupMembership={_word(pool.manual)}"
    return f"<{start}>{f'<processModel{attributes} />' if attributes else ''}</{start.split()[0]}>\n"


class _NoDtd(ElementTree.TreeBuilder):
    def doctype(self, *_unused: t.Any) -> None:
        raise ElementTree.ParseError("DTD is prohibited")


def pools(machine: Machine) -> tuple[str, list[Json] | None]:
    """How reading the application pools goes, and the pools by name with no SIDs yet; None when they cannot be known."""
    if machine.iis is None:
        return "none", []
    texts = files(machine)
    try:
        redirection = _parsed(texts[REDIRECTION])
        if any(one.get("enabled", "").lower() == "true" for one in redirection.iter("configurationRedirection")):
            return "elsewhere", None
        if machine.iis.denied or machine.iis.locked:
            return "denied" if machine.iis.denied else "locked", None
        config = _parsed(texts[CONFIG])
    except ElementTree.ParseError:
        return "malformed", None
    defaults = {"identityType": "ApplicationPoolIdentity"}
    for model in config.iterfind(".//applicationPools/applicationPoolDefaults/processModel"):
        defaults |= model.attrib
    rows = {}
    for pool in config.iterfind(".//applicationPools/add"):
        said = dict(defaults)
        for model in pool.iterfind("processModel"):
            said |= model.attrib
        specific = said["identityType"].lower() == "specificuser"
        name = pool.get("name", "")
        rows[name] = {
            "name": name,
            "identity": said["identityType"],
            "account": said.get("userName") or None if specific else None,
            "sid": None,
            "manual": said.get("manualGroupMembership", "").lower() == "true",
        }
    return ("many", None) if len(rows) > MOST_POOLS else ("read", [row for _unused, row in sorted(rows.items())])


def _parsed(text: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(text, ElementTree.XMLParser(target=_NoDtd()))
