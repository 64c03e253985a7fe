# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up reports of N hosts, the same on every run; used by the browser tests, the benchmark and the screenshots.

``sample(hosts)`` is a fleet as they are: most hosts in order, some drift, some dark. ``hostile()`` has names that an attacker chose.
``every_host(change, hosts)`` makes fleets at their worst: all dead, all drifting, every host with accounts of its own.
"""

from __future__ import annotations

import datetime
import random
import typing as t
from collections.abc import Callable, Iterator

from report_heads import GENERATOR

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import service_sid
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.account_kinds import AccountKind
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.claims import GpoSetting
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.controller import Controller
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.declared import contradiction
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.evidence import ControllerKind
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import Record, record_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.advice import advice_on
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.findings import FindingKind
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.rank import rank_of, tier_of

Result = dict[str, t.Any]

DOMAIN = "S-1-5-21-1782865596-4011787973-700078672"
STARTED = datetime.datetime(2026, 1, 31, 8, 15, tzinfo=datetime.timezone.utc)
PAGE = "Member Server Effective Default Settings, policy page of the right"
MICROSOFT = {
    "title": "Impersonate a client after authentication (security policy settings reference)",
    "publisher": "Microsoft",
    "version": None,
    "date": None,
    "url": "https://learn.microsoft.com/windows/security/threat-protection/security-policy-settings/impersonate-a-client-after-authentication",
    "differs": None,
}
POLICY = {
    "name": "microsoft",
    "title": "Microsoft's defaults of the right, per host role",
    "version": None,
    "compare": "exact",
    "sha256": "ef1014d00fdc851fd373536978ee4926eefbcafc8f0b368e13aacd4be34cb4b5",
    "document": {key: value for key, value in MICROSOFT.items() if value},
    "documents": {},
    "gpos": {},
    "references": [],
}
RUN = {
    "id": "20260131T081500Z-5014ea",
    "started": "2026-01-31T08:15:00Z",
    "finished": "2026-01-31T08:41:12Z",
    "duration_s": 1572,
    "check_mode": True,
    "action": "audit",
    "limit": None,
    "hosts": None,
    "forks": 50,
    "restored": None,
    "awx": {
        "job_id": "4711",
        "job_template_name": "Rights: nightly audit",
        "parent_job_schedule_name": "every night",
        "inventory_name": "Windows estate",
        "project_revision": "a3dcb4a",
    },
}
FAIL_ON = ["drift", "unreachable", "error", "not_checked"]

FLOOR = [
    ("S-1-5-6", "NT AUTHORITY\\SERVICE", "well-known"),
    ("S-1-5-19", "NT AUTHORITY\\LOCAL SERVICE", "well-known"),
    ("S-1-5-20", "NT AUTHORITY\\NETWORK SERVICE", "well-known"),
    ("S-1-5-32-544", "BUILTIN\\Administrators", "builtin"),
]
IIS_IUSRS = ("S-1-5-32-568", "BUILTIN\\IIS_IUSRS", "builtin")
STRANGERS = [
    (f"{DOMAIN}-1101", "CORP\\Helpdesk", "domain"),
    (f"{DOMAIN}-1230", "CORP\\svc-shop", "domain"),
    ("S-1-5-32-545", "BUILTIN\\Users", "builtin"),
    (f"{DOMAIN}-1377", "CORP\\svc-scan", "domain"),
    ("S-1-5-17", "NT AUTHORITY\\IUSR", "well-known"),
    (f"{DOMAIN}-2044", "CORP\\Server Operators Berlin", "domain"),
]
BACKUP = (f"{DOMAIN}-1500", "CORP\\svc-backup", "domain")
DTS = (service_sid("MsDtsServer150"), "NT SERVICE\\MsDtsServer150", "service")
SYSTEMS = {
    "member_server": [("Windows Server 2022 Standard", 20348), ("Windows Server 2019 Standard", 17763), ("Windows Server 2025 Datacenter", 26100)],
    "domain_controller": [("Windows Server 2022 Standard", 20348), ("Windows Server 2025 Standard", 26100)],
    "standalone_server": [("Windows Server 2019 Standard", 17763)],
    "client": [("Windows 11 Enterprise", 26200), ("Windows 11 Enterprise", 22631)],
}  # fmt: skip
GPOS = [
    ("Server baseline 2025", "{6A1B0D7C-52E4-4F1B-9C1E-7D1E60B1C001}", "OU=Servers,DC=corp,DC=example", 0.42),
    ("Web farm rights", "{6A1B0D7C-52E4-4F1B-9C1E-7D1E60B1C002}", "OU=Web,OU=Servers,DC=corp,DC=example", 0.12),
]
EXCEPTIONS = [
    ("used", "CORP\\svc-backup", "the nightly backup impersonates the owners of the files", "Backup team", "CHG-1734", "J. Frost", "2099-12-31", ["bak*"]),
    ("expired", "CORP\\svc-scan", "the scanner of the old archive, to be replaced", "Archive team", "CHG-1203", "J. Frost", "2026-01-15", ["arc*"]),
    ("unused", "remote_desktop_users", "the old web shop", "Web team", None, None, None, ["shop01"]),
]  # fmt: skip
SITES = ("ber", "ham", "muc", "par", "waw")


def sample(hosts: int = 400, seed: int = 1, action: str = "audit", since: bool = True, details: bool = True) -> dict[str, t.Any]:
    """A fleet as they are. ``action``: audit or enforce. ``since``: with what changed. ``details``: with services, groups, events."""
    chance = random.Random(seed)
    records = [_record(chance, number, action, details) for number in range(hosts)]
    report = _document(records, action, _exceptions(records))
    if since and hosts:
        report["summary"].update(changed=_changed(records), trend=_trend(report["summary"]["by_status"]))
        for number, record in enumerate(report["hosts"]):
            for finding in record["findings"]:
                finding["since"] = RUN["started"] if number % 3 == 0 else f"2026-01-{1 + number % 29:02}T08:15:00Z"
    return report


def results(hosts: int) -> dict[str, Result | None]:
    """What each host of a fleet of member servers registers."""
    chance = random.Random(1)
    names = [f"web{number:05}.corp.example" for number in range(hosts)]
    made = {name: _result(chance, number, "member_server", name, "audit", False) for number, name in enumerate(names)}
    return {name: result and {**result, "run_id": RUN["id"]} for name, result in made.items()}


def every_host(change: Callable[[int, Result], Result | None], hosts: int = 10_000) -> dict[str, t.Any]:
    """A fleet in which ``change`` makes each host's result of a good one, or None: no result."""
    good = random.Random(1)
    records = []
    for number in range(hosts):
        records.append(record_of(f"web{number:05}.corp.example", change(number, _good(good, number, "member_server"))))
    return _document(records, "audit", [])


def dead(number: int, _good: Result) -> Result:
    """No host answers."""
    return _refused(number)


def silent(number: int, _good: Result) -> Result:
    """No host answers, and each says it in words of its own."""
    words = "".join(chr(97 + (number * 7_919 + place * 31 + number // (place + 1)) % 26) for place in range(60))
    return {"unreachable": True, "msg": f"the gateway {words} closed the connection of {number}"}


def owned(number: int, good: Result) -> Result:
    """Every host drifts, each by an account of the domain that nothing else has."""
    return _with_stranger(good, (f"{DOMAIN}-{10_000 + number}", f"CORP\\gmsa-{'abcdefghij'[number % 10]}{number:06}$", "domain"))


def drifting(number: int, good: Result) -> Result:
    """Every host drifts, each by a local account of its own."""
    machine = f"S-1-5-21-{1_000_000_007 + number}-{2_000_000_011 - number}-{300_000 + 7 * number}"
    return _with_stranger(good, (f"{machine}-1001", f"WEB{number:05}\\deploy{number}", "local"))


HOSTILE = (
    "<script>document.title='owned'</script>",
    "</script><img src=x onerror=\"document.title='owned'\">",
    '"><svg onload=alert(1)>',
    "'; alert(1); //",
    "=cmd()|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "admin\u202enimda",
    "zero\u200bwidth",
    "nul\x00nul",
    "esc\x1b[31mred",
    "line\r\nbreak",
    "half\ufffdpair",
    "{{ 7 * 7 }}{% raw %}",
    "a&amp;b&lt;c",
    "\u05d0\u05d1\u05d2 \u0627\u0644\u0639",
    "x" * 20_000,
)


def hostile() -> dict[str, t.Any]:
    """Every name that can be chosen from outside is one of HOSTILE, in turn: hosts, accounts, GPOs, services, groups, reasons."""
    chance = random.Random(2)
    records = []
    for number, name in enumerate(HOSTILE):
        result = _with_stranger(_good(chance, number, "member_server"), (f"{DOMAIN}-{9000 + number}", name, "domain"))
        result["notes"] = [name, contradiction("be without IIS", name)]
        result["windows"]["caption"] = name
        result["controller"] = _controller("gpo", name, name, name)
        result["exposure"] = _exposure(chance, [(name, name, f"{DOMAIN}-{9000 + number}")])
        result["groups"] = [_group("S-1-5-32-544", name, [(f"{DOMAIN}-{9000 + number}", name)])]
        records.append(record_of(name, result))
        records.append(record_of(f"down {name}", {"unreachable": True, "msg": name}))
    run = {"awx": {"job_template_name": HOSTILE[0], "inventory_name": HOSTILE[9]}}
    policy = {"name": HOSTILE[1], "title": HOSTILE[2], "document": {**MICROSOFT, "title": HOSTILE[0], "url": "javascript:alert(1)"}}
    exceptions = [_exception("expired", name, name, name, name, name, None, [name]) | {"wanted_by": [name]} for name in HOSTILE]
    report = _document(records, "audit", exceptions, run=run, policy=policy)
    report["summary"]["changed"] = None
    return report


def with_gpos(report: dict[str, t.Any]) -> dict[str, t.Any]:
    """The same report with the GPOs of its hosts, and a planned change of the first one that reaches all of its hosts."""
    reached: dict[tuple[str, str], list[str]] = {}
    for record in report["hosts"]:
        controller = record["controller"]
        if controller and controller["kind"] == "gpo":
            reached.setdefault((controller["guid"].upper(), controller["name"]), []).append(record["host"])
    (guid, name), hosts = next(iter(reached.items()))
    side = {"before": [], "after": ["S-1-5-32-568", name], "version_before": 6, "version_after": 7, "finishes": False}
    side |= {f"{part}_{when}": None for part in ("extensions", "template_sha256") for when in ("before", "after")}
    impact = [
        {"host": host, "wins": True, "gains": ["S-1-5-32-568"], "loses": [], "drifts": place % 2 == 0, "features": ["IIS"], "own_accounts": [name]}
        for place, host in enumerate([*hosts, "elsewhere"])
    ]  # fmt: skip
    change = {
        "guid": guid, "name": name, "run_id": "1", "at": "2026-01-31T08:15:00Z", "outcome": "planned", "plan": side, "impact": impact,
        "impact_of": "the audit 1", "impact_accounts": [{"op": "add", "sid": "S-1-5-32-568", "name": None, "hosts": len(hosts)}], "impact_unseen": 1,
    }  # fmt: skip
    section = {
        "domain": name, "controller": name, "read_at": "2026-01-31T08:15:00Z", "policy": "microsoft", "complete": True, "compliant": True,
        "not_defining": 40, "unread": [], "gpos": [_gpo(*one) for one in reached], "changes": [change],
    }  # fmt: skip
    return {**report, "gpos": section}


def _gpo(guid: str, name: str) -> dict[str, t.Any]:
    empty: dict[str, t.Any] = {key: [] for key in ("holders", "findings", "links", "filters")}
    nothing = dict.fromkeys(("documented", "extensions", "template_sha256"))
    return {"guid": guid, "name": name, "state": "nobody", "compliant": True, "version": 6, "folder_version": 6, **empty, **nothing}


def _document(
    records: list[Record],
    action: str,
    exceptions: list[dict[str, t.Any]],
    run: dict[str, t.Any] | None = None,
    policy: dict[str, t.Any] | None = None,
) -> dict[str, t.Any]:
    return build_report(
        records,
        run={**RUN, "action": action, "check_mode": action == "audit", **(run or {})},
        policy={**POLICY, **(policy or {})},
        generator=GENERATOR,
        fail_on=FAIL_ON,
        exceptions=exceptions,
    )


def _record(chance: random.Random, number: int, action: str, details: bool) -> Record:
    role = chance.choices(list(SYSTEMS), weights=[80, 4, 4, 12])[0]
    short = {"member_server": chance.choice(["web", "app", "sql", "file", "bak", "arc"]), "domain_controller": "dc"}
    host = f"{short.get(role, 'pc' if role == 'client' else 'lone')}{number:05}.{chance.choice(SITES)}.corp.example"
    return record_of(host, _result(chance, number, role, host, action, details))


def _result(chance: random.Random, number: int, role: str, host: str, action: str, details: bool) -> Result | None:
    luck = chance.random()
    if luck < 0.015:
        return _refused(number)
    if luck < 0.02:
        return {"unreachable": True, "msg": "ntlm: the specified credentials were rejected by the server"}
    if luck < 0.025:
        said = (
            "The holders of SeImpersonatePrivilege cannot be read: LsaEnumerateAccountsWithUserRight failed with 0xC0000022. "
            "UAC filtered the logon's token: log on with a domain account, or with the built-in Administrator"
        )
        return {"failed": True, "status": "error", "msg": said, "error": _failure("uac_filtered", said)}
    if luck < 0.027:
        return None
    result = _good(chance, number, role)
    if details:
        _look_closer(chance, result)
    if host.startswith("web"):
        reason = "required because IIS 10.0 is installed (KB 981949, Default permissions and user rights for IIS)"
        result["holders"].append(_holder(*IIS_IUSRS, "required", reason))
        result["required"].append(IIS_IUSRS[0])
        result["permitted"].append("S-1-5-17")
        result["iis"].update(installed=True, version="10.0", services=["W3SVC"])
        result["features"]["iis"].update(present=True, because="W3SVC is there", found=["W3SVC"])
    if host.startswith("sql"):
        result["permitted"].append(DTS[0])
        reason = "permitted because the service MsDtsServer150 exists (Configure Windows service accounts and permissions)"
        result["holders"].append(_holder(*DTS, "permitted", reason))
    if host.startswith("bak"):
        claim = _claim(EXCEPTIONS[0], BACKUP[0])
        result["holders"].append(_holder(*BACKUP, "waived", "waived by exceptions[0]: the nightly backup impersonates the owners of the files"))  # fmt: skip
        result.update(status="waived", waived=[BACKUP[0]], exceptions=[claim])
    if luck > 0.935:
        result = _drift(chance, number, host, result)
        if action == "enforce":
            _enforced(chance, result)
    return result


def _drift(chance: random.Random, number: int, host: str, result: Result) -> Result:
    kind = chance.random()
    if kind < 0.12:
        gone = chance.choice(result["holders"][:4])
        why = f"required on a member server ({PAGE})"
        result["holders"].remove(gone)
        result.update(status="drift", missing=[gone["sid"]])
        result["findings"].append(_finding("missing", gone["sid"], gone["name"], why))
        return _ranked(result)
    if kind < 0.25:
        sid = f"S-1-5-21-1004336348-1177238915-682003330-{1200 + number % 7}"
        return _with_stranger(result, (sid, None, "orphan"), "orphan", "the host knows no account with this SID")
    if kind < 0.35:
        machine = f"S-1-5-21-{3_000_000 + number}-77-{number}"
        return _with_stranger(result, (f"{machine}-1003", f"{host.partition('.')[0].upper()}\\deploy", "local"))
    if host.startswith("arc"):
        claim = _claim(EXCEPTIONS[1], STRANGERS[3][0])
        result["exceptions"] = [*result["exceptions"], claim]
        return _with_stranger(result, STRANGERS[3])
    return _with_stranger(result, chance.choices(STRANGERS, weights=[9, 5, 1, 0, 3, 2])[0])


def _good(chance: random.Random, number: int, role: str) -> Result:
    caption, build = chance.choice(SYSTEMS[role])
    words = role.replace("_", " ")
    luck, controller = chance.random(), _controller("local", None, None, None)
    for name, guid, link, share in GPOS:
        if luck < share:
            controller = _controller("gpo", name, guid, link)
            break
        luck -= share
    else:
        if role == "client" and luck < 0.2:
            controller = _controller("mdm", None, None, None) | {
                "provider": "MS DM Server",
                "why": "a management service sets the right",
            }
    checked = STARTED + datetime.timedelta(milliseconds=157 * number)
    return {
        "status": "compliant",
        "policy": "microsoft",
        "citation": {"row": f"host_roles.{role}", "benchmark_id": None, "rule": None, "source": PAGE, "document": dict(MICROSOFT)},
        "host_role": role,
        "role_source": "declared" if number % 50 == 0 else "detected",
        "holders": [_holder(*one, "floor", f"required on a {words} ({PAGE})") for one in FLOOR],
        "required": [sid for sid, _name, _kind in FLOOR],
        "permitted": [],
        "missing": [],
        "unexpected": [],
        "waived": [],
        "findings": [],
        "exceptions": [],
        "controller": controller,
        "exposure": None,
        "groups": None,
        "provenance": None,
        "notes": [],
        "features": {"iis": {"present": False, "source": "detected", "because": None, "found": []}},
        "iis": {
            "services": [],
            "version": None,
            "components": [],
            "readable": True,
            "installed": False,
            "source": "detected",
            "pools": [],
            "pools_status": "read",
        },
        "computer": {
            "name": f"H{number:05}",
            "machine_role": 3,
            "role_status": 0,
            "read_only": False,
            "role_pending": False,
            "domain": "CORP",
            "dns_domain": "corp.example",
            "entra_joined": False,
            "sid": f"S-1-5-21-1-2-{number}",
        },
        "windows": {
            "caption": caption,
            "build": build,
            "display_version": "24H2",
            "product_type": "ServerNT",
            "sku": 7,
            "revision": 1,
            "edition": "ServerStandard",
            "installation_type": "Server",
        },
        "session": None,
        "transport": "winrm",
        "checked_at": checked.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "duration_ms": chance.randint(180, 900),
        "error": None,
    }


def _with_stranger(result: Result, account: tuple[str, str | None, str], standing: str = "unexpected", why: str = "") -> Result:
    sid, name, kind = account
    why = why or "the policy microsoft does not name it for this host"
    result["holders"].append(_holder(*account, standing, why))
    result.update(status="drift", unexpected=[*result["unexpected"], sid])
    result["findings"].append(_finding(standing, sid, name, why))
    if result["controller"]["kind"] == "gpo":
        result["controller"].update(extra=[sid] if kind in ("local", "orphan") or len(result["holders"]) % 2 else [])
    return _ranked(result)


def _ranked(result: Result) -> Result:
    """The result with the rank of its newest finding and what to do about it, as the product says it."""
    its, role = result["controller"], result["host_role"]
    winner = GpoSetting(its["name"], its["guid"], its["link"]) if its["kind"] == "gpo" else None
    extra, lacking = (None if its[key] is None else tuple(its[key]) for key in ("extra", "lacking"))
    controller = Controller(
        ControllerKind(its["kind"]), its["why"], winner=winner, provider=its["provider"], extra=extra, lacking=lacking
    )
    one = result["findings"][-1]
    kind, held = FindingKind(one["kind"]), result["holders"][-1]
    account = AccountKind(held["kind"]) if held["sid"] == one["sid"] else AccountKind.UNKNOWN
    advice = advice_on(kind, one["sid"], controller)
    one.update(rank=rank_of(kind, one["sid"], account, tier_of(role, adfs=False)).value)
    one.update(place=advice.place.value, advice=advice.text, since=None)
    return result


def _look_closer(chance: random.Random, result: Result) -> None:
    services = [("Spooler", "LocalSystem", "S-1-5-18"), ("W32Time", "NT AUTHORITY\\LocalService", "S-1-5-19")]
    if chance.random() < 0.3:
        services.append(("MSSQLSERVER", "CORP\\svc-sql", f"{DOMAIN}-1801"))
    if chance.random() < 0.2:
        services.append(("BackupAgent", BACKUP[1], BACKUP[0]))
    result["exposure"] = _exposure(chance, services)
    members = [(f"{DOMAIN}-512", "CORP\\Domain Admins"), (f"{DOMAIN}-1105", "CORP\\Server Admins")]
    members += [("S-1-5-11", "NT AUTHORITY\\Authenticated Users")] if chance.random() < 0.004 else []
    result["groups"] = [_group("S-1-5-32-544", "BUILTIN\\Administrators", members)]
    if chance.random() < 0.01:
        event = {
            "time": "2026-01-29T13:02:11Z",
            "event": 4704,
            "given": True,
            "target": STRANGERS[0][0],
            "target_name": STRANGERS[0][1],
        }
        event |= {"by": "account", "subject": f"{DOMAIN}-1760", "subject_name": "CORP\\j.frost-adm", "logon": "0x3e7a11"}
        result["provenance"] = {
            "window_hours": 72,
            "coverage": "whole",
            "why": "",
            "oldest": "2026-01-12T00:00:00Z",
            "events": [event],
        }


def _exposure(chance: random.Random, services: list[tuple[str, str, str]]) -> dict[str, t.Any]:
    users = [
        {
            "kind": "service",
            "name": name,
            "account": account,
            "sid": sid,
            "has": True,
            "through": ["S-1-5-18"] if sid == "S-1-5-18" else ["S-1-5-6"],
            "why": "LocalSystem has the right by itself" if sid == "S-1-5-18" else "through SERVICE",
            "pid": chance.randint(400, 9000),
        }
        for name, account, sid in services
    ]
    without = {"kind": "service", "name": "Dnscache", "account": "NT AUTHORITY\\NetworkService", "sid": "S-1-5-20", "has": False}
    without |= {"through": [], "why": "its RequiredPrivileges do not name the right", "pid": 900}
    return {"complete": True, "users": users, "excluded": [without], "unknown": [], "notes": []}


def _group(sid: str, name: str, members: list[tuple[str, str]]) -> dict[str, t.Any]:
    listed = [{"sid": one, "name": its, "broad": one == "S-1-5-11"} for one, its in members]
    return {"sid": sid, "name": name, "status": "read", "broad": False, "members": listed}


def _enforced(chance: random.Random, result: Result) -> None:
    """A host that drifted and was brought to the policy, or could not be."""
    changes = [f"removed: {finding['name'] or finding['sid']} ({finding['sid']})" for finding in result["findings"]]
    done = chance.random() < 0.85
    restart = [{"kind": "service", "name": "BackupAgent", "account": BACKUP[1], "effect": "loses", "through": None}]
    result.update(
        outcome="applied" if done else "refused",
        status_after="compliant" if done else "drift",
        changes=changes if done else [],
        added=[],
        removed=result["unexpected"] if done else [],
        restart=restart if done else None,
        snapshot="/srv/snapshots/one.json" if done else None,
    )
    if done:
        gone = set(result["unexpected"])
        holders = [holder for holder in result["holders"] if holder["sid"] not in gone]
        result.update(status="compliant", unexpected=[], missing=[], findings=[], holders=holders)
    else:
        result["notes"] = ["the GPO Server baseline 2025 sets the right: a change here would be undone"]


def _refused(number: int) -> Result:
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    said = (
        f"ntlm: HTTPConnectionPool(host='{address}', port=5985): Max retries exceeded with url: /wsman (Caused by "
        f"NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f{number:08x}d0>: Failed to establish a new connection: "
        "[Errno 111] Connection refused'))"
    )
    return {"unreachable": True, "msg": said}


def _holder(sid: str, name: str | None, kind: str, standing: str, why: str) -> dict[str, t.Any]:
    return {"sid": sid, "name": name, "resolved": "lsa" if name else "unmapped", "kind": kind, "standing": standing, "why": why}


def _finding(kind: str, sid: str, name: str | None, why: str) -> dict[str, t.Any]:
    return {"kind": kind, "sid": sid, "name": name, "text": f"{kind}: {f'{name} ({sid})' if name else sid}, {why}"}


def _failure(category: str, message: str) -> dict[str, t.Any]:
    return {"category": category, "message": message, "call": None, "status": None}


def _controller(kind: str, name: str | None, guid: str | None, link: str | None) -> dict[str, t.Any]:
    found = kind == "gpo"
    return {
        "kind": kind,
        "name": name,
        "guid": guid,
        "link": link,
        "precedence": 1 if found else None,
        "status": "applied" if found else None,
        "error": None,
        "provider": None,
        "evidence": "rsop" if found else "none",
        "as_of": "2026-01-31T07:02:00Z" if found else None,
        "why": f"the GPO {name} sets the right" if found else "no GPO sets the right",
        "losers": [],
        "version": 5 if found else None,
        "pending": None,
        "extra": [] if found else None,
        "lacking": [] if found else None,
    }


def _exception(
    state: str, account: str, reason: str, owner: str, ticket: str | None, by: str | None, until: str | None, hosts: list[str]
) -> dict[str, t.Any]:
    return {
        "account": account,
        "reason": reason,
        "owner": owner,
        "ticket": ticket,
        "approved_by": by,
        "expires": until,
        "hosts": hosts,
        "groups": [],
        "host_roles": [],
        "features": [],
        "state": state,
        "used_by": [],
        "wanted_by": [],
        "meant_for": 0 if state == "unused" else 1,
    }


def _claim(one: tuple[t.Any, ...], sid: str) -> dict[str, t.Any]:
    """An exception as the record of a host has it."""
    return {key: value for key, value in _exception(*one).items() if key not in ("used_by", "wanted_by", "meant_for")} | {
        "sid": sid
    }


def _exceptions(records: list[Record]) -> list[dict[str, t.Any]]:
    rows = [_exception(*one) for one in EXCEPTIONS]
    rows[0]["used_by"] = sorted(record["host"] for record in records if record["waived"])
    rows[1]["wanted_by"] = sorted(_strangers(records, STRANGERS[3][0]))
    return sorted(rows, key=lambda row: (row["state"] == "used", row["account"].casefold()))


def _strangers(records: list[Record], sid: str) -> Iterator[str]:
    return (record["host"] for record in records if sid in record["unexpected"])


def _trend(by_status: dict[str, int]) -> list[dict[str, t.Any]]:
    """Two weeks in which drift became less."""
    return [
        {
            "id": f"r{day}",
            "started": f"2026-01-{day:02}T08:15:00Z",
            "by_status": {
                **by_status,
                "drift": by_status["drift"] + (31 - day) * 2,
                "unreachable": by_status["unreachable"] + day % 4,
            },
        }
        for day in range(17, 31)
    ]


def _changed(records: list[Record]) -> dict[str, t.Any]:
    drift = sorted(record["host"] for record in records if record["status"] == "drift")
    good = sorted(record["host"] for record in records if record["status"] == "compliant")
    sid, name, _kind = STRANGERS[5]
    return {
        "previous": {"id": "20260130T081500Z-11aa22", "started": "2026-01-30T08:15:00Z", "policy": "microsoft"},
        "notes": [],
        "unclear": sorted(record["host"] for record in records if record["status"] == "unreachable")[:1],
        "new": [],
        "came": drift[: len(drift) // 4],
        "left": good[: len(good) // 40],
        "new_holders": [{"sid": sid, "name": name, "hosts": sum(1 for _unused in _strangers(records, sid))}],
        "gone": [f"old{number:02}.ber.corp.example" for number in range(3)],
    }
