# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `Get-RightReport` of the payload tells of a simulated machine: the same calls in the same order, in Python.

What is behind the holders is in control.py, the configuration of IIS in iisconfig.py.
"""

from __future__ import annotations

import typing as t

from fleet.backends.emulator import control
from fleet.backends.emulator.policy import Asked, CallError, Policy
from fleet.windows import cim, iisconfig, lsa, names, registry, winapi
from fleet.windows.machine import RIGHT, Machine, Token

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Json = dict[str, t.Any]
IIS_SERVICES = ("IISADMIN", "W3SVC", "WAS", "WMSVC")

# What the service control manager calls these in every language; keys in upper case.
_SYSTEM_NAMES = {
    "LOCALSYSTEM": names.SYSTEM,
    ".\\LOCALSYSTEM": names.SYSTEM,
    "NT AUTHORITY\\LOCALSERVICE": names.LOCAL_SERVICE,
    "NT AUTHORITY\\NETWORKSERVICE": names.NETWORK_SERVICE,
}


def right_report(
    machine: Machine,
    user: str,
    token: Token,
    accounts: Sequence[str],
    *,
    exposure: bool = False,
    expand: bool = False,
    events: int | None = None,
) -> Json:
    """The payload's answer to someone with this token who asks for the holders and for these accounts."""
    if machine.language_mode != "FullLanguage":
        return _refused(machine.language_mode)
    faults = lsa.Faults(machine.faults)
    windows, view, its_cim = winapi.Windows(machine, user, token, faults), registry.View(machine), cim.Cim(machine, faults)
    report: Json = {
        "changed": False,
        "computer": _computer(machine, windows, view),
        "windows": _windows(windows, view),
        "iis": _iis(machine, view),
        "session": session(machine, windows),
    }
    report["features"] = _features(machine, report["windows"]["product_type"], view, faults, its_cim)
    try:
        policy = Policy(lsa.Lsa(machine, token, faults), lsa.AUDIT)
        try:
            report["computer"]["sid"] = policy.own_sid
            report |= _read(policy, accounts)
            report["pools_status"], report["pools"] = iisconfig.pools(machine)
            report["control"], texts = control.control(machine, view, its_cim)
            if exposure:
                report["services_more"], report["services"] = control.services(machine, view, its_cim)
            _add_sids(policy, report, texts)
            if expand:
                report["groups"] = control.groups(report["holders"], its_cim, policy, windows)
            report["not_asked"] = policy.not_asked
        finally:
            policy.close()
        if events is not None:
            report["events"] = control.changes(machine, events, faults)
    except CallError as error:
        report |= {
            "failed": True,
            "msg": f"The holders of {RIGHT} cannot be read: {error}",
            "error": {"call": error.call, "status": f"0x{error.status:08X}"},
        }
    return report


def audit(machine: Machine, user: str, token: Token, args: Mapping[str, t.Any]) -> Json:
    """The same for the arguments of a module."""
    accounts = [name for name in args.get("accounts") or () if name is not None]
    extras = {key: bool(args.get(key)) for key in ("exposure", "expand")}
    return right_report(machine, user, token, accounts, **extras, events=args.get("events"))


def _refused(mode: str) -> Json:
    return {
        "changed": False,
        "failed": True,
        "msg": f"The holders of {RIGHT} cannot be read: PowerShell runs in {mode} mode here.",
        "error": {"call": "language mode", "status": None},
        "session": {"language_mode": mode},
    }


def _computer(machine: Machine, windows: winapi.Windows, view: registry.View) -> Json:
    status, role = windows.ds_role(1)
    pending_status, state = windows.ds_role(3)
    known = role if isinstance(role, winapi.PrimaryDomain) else None
    return {
        "name": machine.netbios,
        "sid": None,
        "machine_role": known.role if known else None,
        "role_status": status or pending_status,
        "read_only": bool(known and known.flags & winapi.DS_READ_ONLY),
        "role_pending": state == 2,
        "domain": known.flat if known else None,
        "dns_domain": known.dns if known else None,
        "entra_joined": _unless_denied(lambda: bool(view.children(registry.JOIN_INFO)), None),
    }


def _windows(windows: winapi.Windows, view: registry.View) -> Json:
    version = _unless_denied(lambda: view.values(registry.CURRENT_VERSION), None) or {}
    options = _unless_denied(lambda: view.values(registry.PRODUCT_OPTIONS), None) or {}
    build = version.get("CurrentBuild")
    return {
        "product_type": options.get("ProductType"),
        "sku": windows.product_info() or None,
        "build": None if build is None else int(build),
        "revision": version.get("UBR"),
        "edition": version.get("EditionID"),
        "caption": version.get("ProductName"),
        "installation_type": version.get("InstallationType"),
        "display_version": version.get("DisplayVersion"),
    }


def _iis(machine: Machine, view: registry.View) -> Json:
    def services() -> list[str]:
        return [name for name in IIS_SERVICES if view.values(rf"{registry.SERVICES}\{name}") is not None]

    iis: Json = {
        "services": _unless_denied(services, None),
        "version": None,
        "components": [],
        "readable": False,
    }
    if (machine.bits, machine.windows_bits) == (32, 64):
        return iis
    denied: registry.Key | None = {}
    setup = _unless_denied(lambda: view.values(registry.INET_STP), denied)
    components = _unless_denied(lambda: view.values(rf"{registry.INET_STP}\Components"), denied)
    iis["readable"] = setup is not denied and components is not denied
    if setup:
        iis["version"] = f"{setup['MajorVersion']}.{setup['MinorVersion']}"
    iis["components"] = sorted(name for name, value in (components or {}).items() if value == 1)
    return iis


def _features(machine: Machine, product_type: str | None, view: registry.View, faults: lsa.Faults, its_cim: cim.Cim) -> Json:
    def key(service: str) -> registry.Key | None:
        return view.values(rf"{registry.SERVICES}\{service}")

    spooler = _unless_denied(lambda: key("Spooler") or {}, None)
    ssis, session_host = None, False if product_type == "WinNT" else None
    if faults.status("Get-Service") is None:
        ssis = sorted(name for name in machine.service_names if name.lower().startswith("msdtsserver"))
    if session_host is None:
        try:
            session_host = any(row["TerminalServerMode"] == 1 for row in its_cim.rows("Win32_TerminalServiceSetting"))
        except cim.CimError:
            session_host = None
    return {
        "ssis": ssis,
        "adfs": _unless_denied(lambda: key("adfssrv") is not None, None),
        "spooler": (spooler or {}).get("Start"),
        "spooler_known": spooler is not None,
        "session_host": session_host,
    }


def session(machine: Machine, windows: winapi.Windows) -> Json:
    """What the payload tells of its own token and process."""
    its: Json = dict.fromkeys(("user", "administrator", "filtered", "elevated"))
    if windows.open_token():
        user = windows.token_user()
        groups = None if user is None else windows.token_groups()
        elevated = None if groups is None else windows.token_elevated()
        if groups is not None and elevated is not None:
            attributes = dict(groups).get("S-1-5-32-544", 0)
            filtered = bool(attributes & winapi.GROUP_DENY_ONLY)
            administrator = not filtered and bool(attributes & winapi.GROUP_ENABLED)
            its = {"user": user, "administrator": administrator, "filtered": filtered, "elevated": elevated}
    return its | {
        "language_mode": machine.language_mode,
        "powershell": machine.powershell_version,
        "bits": machine.bits,
        "windows_bits": machine.windows_bits,
    }


def _read(policy: Policy, accounts: Sequence[str]) -> Json:
    holders = policy.holders()
    asked = policy.find(accounts)
    known = {one.text: one for one in policy.from_sids([*holders, *(one.sid for one in asked if one.sid)])}
    return {
        "holders": [_holder(known[sid]) for sid in holders],
        "accounts": [
            {
                "asked": one.text,
                "sid": one.sid,
                "name": (known[one.sid].name or None) if one.sid else None,
                "use": one.use,
                "resolved": one.resolved,
            }
            for one in asked
        ],
        "lookup_status": f"0x{policy.lookup_status:08X}",
    }


def _holder(one: Asked) -> Json:
    return {"sid": one.sid, "name": one.name or None, "use": one.use, "resolved": one.resolved, "domain": one.domain}


def _add_sids(policy: Policy, report: Json, texts: Sequence[str]) -> None:
    """To what pools, services and policies name: looked up at once."""
    rows = [row for kind in ("pools", "services") for row in report.get(kind) or ()]
    asked = [*(row["account"] for row in rows if row["account"]), *texts]
    others: dict[str, str] = {}
    for name in asked:
        if name.upper() not in _SYSTEM_NAMES:
            others.setdefault(name.upper(), name)
    sids: dict[str, str | None] = dict(_SYSTEM_NAMES)
    sids |= {one.text.upper(): one.sid for one in policy.find([*others.values()])}
    for row in rows:
        row["sid"] = sids.get(row["account"].upper()) if row["account"] else None
    report["control"]["sids"] = [{"asked": text, "sid": sids.get(text.upper())} for text in texts]


_T = t.TypeVar("_T")


def _unless_denied(read: Callable[[], _T | None], otherwise: _T | None) -> _T | None:
    try:
        return read()
    except registry.KeyDeniedError:
        return otherwise
