# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is behind the holders of the right on a simulated machine, as _RightContext.psm1 of the payload tells it, in Python."""

from __future__ import annotations

import re
import typing as t
from fnmatch import fnmatch

from fleet.backends.emulator.policy import CallError
from fleet.windows import inf, registry, winapi
from fleet.windows.cim import EXTENSION, Cim, CimError

if t.TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from fleet.backends.emulator.policy import Policy
    from fleet.windows import lsa
    from fleet.windows.machine import Event, Machine

Json = dict[str, t.Any]
MOST_NAMES, MOST_SERVICES, MOST_EVENTS, MOST_READ = 200, 2000, 200, 2000
MOST_MEMBERS, MOST_IN_ALL, DEPTH = 200, 1000, 3
MOST_SETTINGS, MOST_ACCOUNTS, MOST_TEMPLATES = 100, 200, 100
MOST_CHARACTERS = 20_000  # of what a management service has set
LOG_ERRORS = {5: "denied", 258: "timeout"}  # Win32 errors of Get-WinEvent; others are "failed"

_GUID = re.compile(r"\{[-0-9A-F]{36}\}", re.I | re.A)
_SID = re.compile(r"\*?S-1-", re.I)
_ENTRIES = re.compile(r"\s*(?:\uF000|<!\[CDATA\[|\]\]>)\s*")


def time(when: datetime) -> str:
    """As .NET writes a UTC time with format 'o'."""
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def control(machine: Machine, view: registry.View, cim: Cim) -> tuple[Json, list[str]]:
    """What Group Policy and MDM have left, and the names in it."""
    redirected = (machine.bits, machine.windows_bits) == (32, 64)
    templates = _templates(machine)
    rsop = _rsop(machine, cim, templates or [])
    mdm = None if redirected else _mdm(view)
    texts = {text for setting in rsop["settings"] for text in setting["accounts"] or ()}
    texts |= {text for template in templates or () for text in re.split(r"\s*,\s*", template["value"])}
    texts |= {*_ENTRIES.split(str(mdm["value"] or ""))} if mdm else set()
    told = {
        "now": time(machine.clock),
        "rsop": rsop,
        "logging": _logging(view, redirected=redirected),
        "templates": templates,
        "mdm": mdm,
    }
    return told, sorted(text for text in texts if text and not _SID.match(text))[:MOST_NAMES]


def _rsop(machine: Machine, cim: Cim, templates: Sequence[Json]) -> Json:
    answer: Json = {"error": None, "extension": None, "settings": [], "gpos": [], "soms": []}
    try:
        for row in cim.rows("RSOP_ExtensionStatus", extensionGuid=EXTENSION):
            ended = time(machine.ago(t.cast("float", machine.rsop.age)))
            answer["extension"] = {"ended": ended, "error": row["error"], "logging": row["loggingStatus"]}
        cim.rows("RSOP_UserPrivilegeRight")
        answer["settings"] = [
            {
                "gpo": one.id,
                "som": one.link,
                "precedence": one.precedence,
                "status": one.status,
                "error": one.error,
                "accounts": None if one.accounts is None else list(one.accounts[:MOST_ACCOUNTS]),
                "created": None if one.age is None else time(machine.ago(one.age)),
            }
            for one in sorted(machine.gpos, key=lambda one: (one.precedence, one.id))[:MOST_SETTINGS]
        ]
        named = [str(one["gpo"]).lower() for one in (*answer["settings"], *templates)]
        if len(named) > 1 or any(named):
            rows = [row for row in cim.rows("RSOP_GPO") if {str(row[key]).lower() for key in ("id", "guidName")} & {*named}]
            answer["gpos"] = [
                {"id": row["id"], "guid": row["guidName"], "name": row["name"], "version": row["version"]} for row in rows
            ]
        if answer["settings"]:
            linked = {one["som"] for one in answer["settings"]}
            answer["soms"] = [{"id": row["id"], "type": row["type"]} for row in cim.rows("RSOP_SOM") if row["id"] in linked]
    except CimError as error:
        answer["error"] = f"0x{error.status:08x}" if error.status >= 0x1000 else "failed"
    return answer


def _logging(view: registry.View, *, redirected: bool) -> registry.Value | None:
    for path in (registry.POLICIES, registry.WINLOGON):
        value = (_values(view, path) or {}).get("RSoPLogging")
        if value is not None or redirected:
            return value
    return None


def _mdm(view: registry.View) -> Json | None:
    values = _values(view, registry.MDM)
    if values is None:
        return None
    names = {"provider": "_WinningProvider", "set": "_ProviderSet", "value": ""}
    row = {key: values.get(f"ImpersonateClient{suffix}") for key, suffix in names.items()}
    return None if len(str(row["value"])) > MOST_CHARACTERS else row


def _values(view: registry.View, path: str) -> registry.Key | None:
    """Values of a key, none where there is no such key; None when that cannot be known."""
    try:
        return view.values(path) or {}
    except registry.KeyDeniedError:
        return None


def _templates(machine: Machine) -> list[Json] | None:
    if machine.templates_denied or machine.templates_locked:
        return None
    rows = []
    for name, content in sorted(machine.cached_templates.items()):
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
        told = [*inf.settings(text)]
        values = [value for section, key, value in told if (section, key) == ("privilege rights", "seimpersonateprivilege")]
        guids = [guid for _section, key, value in told if key == "gpopath" for guid in _GUID.findall(value)[-1:]]
        if values and fnmatch(name, "gpt*.*"):
            rows.append({"file": name, "gpo": guids[0] if guids else "", "value": values[0]})
    return rows[:MOST_TEMPLATES]


def services(machine: Machine, view: registry.View, cim: Cim) -> tuple[bool, list[Json] | None]:
    """Whether there are more running services than are told, and these without SIDs; None when they cannot be listed."""
    try:
        rows = sorted(cim.rows("Win32_Service", State="Running"), key=lambda row: t.cast("str", row["Name"]))
    except CimError:
        return False, None
    told = [{"name": row["Name"], "account": row["StartName"] or None, "sid": None, "pid": row["ProcessId"]} for row in rows]
    for row in told[:MOST_SERVICES]:
        key = _values(view, rf"{registry.SERVICES}\{row['name']}")
        required = (key or {}).get("RequiredPrivileges")
        lower = [str(one).lower() for one in required] if isinstance(required, list) else []
        row["impersonate"] = "seimpersonateprivilege" in lower if lower else None
        kind = None if key is None else key.get("ServiceSidType", 0)
        row["sid_type"] = kind if isinstance(kind, int) else None
    return len(told) > MOST_SERVICES, told[:MOST_SERVICES]


def groups(holders: Sequence[Json], cim: Cim, policy: Policy, windows: winapi.Windows) -> list[Json]:
    """Members of the groups among the holders, and of the groups in these."""
    rows: dict[str, Json] = {}
    found, room, depth = list(holders), MOST_IN_ALL, 0
    while found:
        depth, level, found = depth + 1, found, []
        for group in level:
            if group["use"] not in (2, 4) or group["sid"] in rows:
                continue
            row: Json = {"sid": group["sid"], "name": group["name"], "status": "limit", "members": []}
            rows[group["sid"]] = row
            most = min(MOST_MEMBERS, room)
            if depth > DEPTH or most == 0:
                continue
            domain, _unused, name = group["name"].partition("\\")
            own = group["sid"].startswith(("S-1-5-32-", f"{policy.own_sid}-"))
            local = own and group["use"] == 4
            try:
                told = _local_members(name, most, policy, windows) if local else _told_by_wmi(cim.members(domain, name))
            except (CallError, CimError):
                row["status"] = "failed"
                continue
            row["status"] = "limit" if len(told) > most else "read" if local else "incomplete" if told else "not_told"
            row["members"] = [{"sid": sid, "name": name, "use": use} for sid, name, use in told[:most]]
            found += row["members"]
            room -= len(row["members"])
    return list(rows.values())


_Members = list[tuple[str, str | None, int | None]]


def _told_by_wmi(members: Sequence[Json]) -> _Members:
    return [(one["SID"], f"{one['Domain']}\\{one['Name']}", one["SIDType"]) for one in members]


def _local_members(name: str, most: int, policy: Policy, windows: winapi.Windows) -> _Members:
    sids: list[str] = []
    status, resume = winapi.ERROR_MORE_DATA, 0
    while status == winapi.ERROR_MORE_DATA and len(sids) <= most:
        status, found, resume = windows.local_group_members(name, 0x1000, resume)
        if status not in (0, winapi.ERROR_MORE_DATA):
            raise CallError("NetLocalGroupGetMembers", status)
        sids += found
    return [(one.text, one.name or None, one.use) for one in policy.from_sids(sids)]


def records(machine: Machine) -> list[Event]:
    """Records 4704 and 4705 that are still in the Security log, newest first."""
    oldest = machine.log_oldest
    return sorted((one for one in machine.events if oldest is not None and one.age <= oldest), key=lambda one: one.age)


def subject(machine: Machine, event: Event) -> tuple[str, str]:
    """Domain and name of who made a change."""
    domain, _unused, name = (event.subject_name or f"{machine.domain}\\{machine.netbios}$").partition("\\")
    return domain, name


def changes(machine: Machine, hours: int, faults: lsa.Faults) -> Json:
    """What the Security log tells."""
    answer: Json = {"error": None, "events": [], "more": False, "oldest": None, "others": 0}
    status = faults.status("Get-WinEvent")
    if status is not None:
        return answer | {"error": LOG_ERRORS.get(status, "failed")}
    if machine.log_oldest is None:
        return answer
    answer["oldest"] = time(machine.ago(machine.log_oldest))
    status = faults.status("Get-WinEvent")
    if status is not None:
        return answer | {"error": LOG_ERRORS.get(status, "failed")}
    found = [one for one in records(machine) if one.age <= hours][:MOST_READ]
    answer["more"] = len(found) == MOST_READ
    for one in found:
        if "seimpersonateprivilege" not in one.privileges.lower().split():
            answer["others"] += 1
        elif len(answer["events"]) == MOST_EVENTS:
            answer["more"] = True
        else:
            answer["events"].append(
                {
                    "id": one.id,
                    "time": time(machine.ago(one.age)),
                    "subject": one.subject,
                    "subject_name": "\\".join(subject(machine, one)),
                    "logon": f"0x{one.logon:x}",
                    "target": one.target,
                }
            )
    return answer
