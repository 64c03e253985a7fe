# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings of hosts in tests/recorded and public material there, and machines of the model made from them, which must say the same."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fleet.windows import inf, names
from fleet.windows.grouppolicy import Rsop, Setting
from fleet.windows.machine import FLOOR, RIGHT, Domain, Event, Iis, Logon, Machine, Pool, Running, Token
from fleet.windows.names import Account, Use

if t.TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, t.Any]
FOLDER = Path(__file__).resolve().parents[1] / "recorded"
SCHEMA = FOLDER / "recording.schema.json"
PUBLIC_SCHEMA = FOLDER / "public.schema.json"
USER = "RECORDED\\user"


def files(folder: Path = FOLDER) -> list[Path]:
    """Recordings of whole hosts, each named by build, role, language and a number."""
    return sorted(path for path in folder.glob("*.json") if path != SCHEMA and not path.name.startswith("public"))


def changes(folder: Path = FOLDER) -> list[Path]:
    """Changes that were tried out on lab hosts, each named by build, role and a number."""
    return sorted(folder.glob("changes/*.json"))


def public_files(folder: Path = FOLDER) -> list[Path]:
    """Public material of real hosts, in parts: public-<number>-<what>.json, in the order of the numbers."""
    return sorted(folder.glob("public-*.json"), key=lambda path: int(path.stem.split("-")[1]))


def read(path: Path) -> Json:
    """One recording."""
    return t.cast("Json", json.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class RecordedSetting(Setting):
    """A GPO with the identifier that RSoP had for it."""

    recorded_id: str = ""

    @property
    def id(self) -> str:
        """GPOID as it was recorded."""
        return self.recorded_id


@dataclass
class RecordedMachine(Machine):
    """A machine whose SIDs are those of a recording."""

    own_sid: str = ""
    domain_sid: str = ""

    @property
    def sid(self) -> str:
        """SID of the machine's own accounts."""
        return self.own_sid

    @property
    def primary_domain(self) -> Domain | None:
        """The domain that the machine has joined."""
        if self.alone or self.domain is None:
            return None
        return Domain(self.domain, self.dns_domain or "", self.domain_sid)


def public_machine(recording: Json) -> RecordedMachine:
    """A client of the model that has what public material told; the rest is as on a fresh installation."""
    its = recording["model"]
    made = RecordedMachine(
        "HOST1", machine_role=1, domain=its.get("domain"), build=26100, own_sid=its["own_sid"], domain_sid=its.get("domain_sid", ""),
        product_type="WinNT", sku=4, edition="Enterprise", caption="Windows 10 Enterprise", installation_type="Client",
    )  # fmt: skip
    if made.domain is None:
        made.machine_role, made.domain, made.dns_domain = 0, "WORKGROUP", None
    made.logons = {USER: Logon("Recorded-1", Token.ADMINISTRATOR, f"{its['own_sid']}-1099")}
    made.rights = {sid: {RIGHT} for sid in its.get("holders", FLOOR)}
    made.accounts = {sid: Account(domain, name, Use.USER) for sid, (domain, name) in its.get("accounts", {}).items()}
    if "config" in its:
        made.iis = Iis(config="\r\n".join(its["config"]))
    if "privilege_list" in its:
        made.events = (Event(names.USERS, privileges=its["privilege_list"]),)
    if "template" in its:
        made.templates = {"gpt00000.dom": "\r\n".join(its["template"])}
    return made


def machine(recording: Json) -> RecordedMachine:
    """A machine that has what the payload of a recording told."""
    its = recording["payload"]
    computer, windows, control = its["computer"], its["windows"], its["control"]
    clock = _time(control["now"])
    own = computer["sid"]
    made = RecordedMachine(
        computer["name"],
        machine_role=computer["machine_role"], role_status=computer["role_status"], read_only=computer["read_only"],
        role_pending=computer["role_pending"], domain=computer["domain"], dns_domain=computer["dns_domain"],
        entra_joined=computer["entra_joined"], product_type=windows["product_type"], sku=windows["sku"], build=windows["build"],
        revision=windows["revision"], edition=windows["edition"], caption=windows["caption"],
        installation_type=windows["installation_type"], display_version=windows["display_version"], clock=clock,
        language=recording["host"]["language"].partition("-")[0], powershell=its["session"]["powershell"], own_sid=own,
        domain_sid=_domain_sid(its, own),
        spooler=its["features"]["spooler"], session_host=its["features"]["session_host"],
        services=(*its["features"]["ssis"], *(["adfssrv"] if its["features"]["adfs"] else [])),
    )  # fmt: skip
    made.logons = {USER: Logon("Recorded-1", _token(its["session"]), its["session"]["user"])}
    made.rights = {one["sid"]: {RIGHT} for one in its["holders"]}
    made.accounts = {sid: account for sid, account in _accounts(its) if sid not in names.well_known(made.language)}
    made.iis = _iis(its)
    made.running = {one["name"]: _running(one) for one in its["services"] or ()}
    made.members = {group["sid"]: tuple(one["sid"] for one in group["members"]) for group in its["groups"] or ()}
    _policy(made, control, clock)
    log = its["events"]
    made.log_oldest = None if log["oldest"] is None else _hours(clock, log["oldest"])
    others = (Event(names.USERS, privileges="SeBackupPrivilege") for _unused in range(log["others"]))
    made.events = (*(_event(one, clock) for one in log["events"]), *others)
    return made


def _policy(made: Machine, control: Json, clock: datetime) -> None:
    """What Group Policy and MDM have left."""
    rsop = control["rsop"]
    extension, error = rsop["extension"], rsop["error"]
    made.rsop = Rsop(
        age=None if extension is None else _hours(clock, extension["ended"]),
        extension_error=extension and extension["error"],
        logging_status=extension and extension["logging"],
        logging_policy=control["logging"],
        error=None if error is None else int(error, 16) if error.startswith("0x") else 1,
    )
    known = {one["id"]: one for one in rsop["gpos"]}
    types = {one["id"]: one["type"] for one in rsop["soms"]}
    made.gpos = tuple(
        RecordedSetting(
            name=known.get(one["gpo"], {}).get("name"), guid=known.get(one["gpo"], {}).get("guid", ""), link=one["som"],
            som_type=types.get(one["som"], 3), precedence=one["precedence"], status=one["status"], error=one["error"],
            accounts=None if one["accounts"] is None else tuple(one["accounts"]),
            age=None if one["created"] is None else _hours(clock, one["created"]), recorded_id=one["gpo"],
            version=known.get(one["gpo"], {}).get("version"),
        )
        for one in rsop["settings"]
    )  # fmt: skip
    made.templates = {
        one["file"]: inf.written(
            {"Privilege Rights": (f"{RIGHT} = {one['value']}",), "Profile Description": (f"GPOPath={one['gpo']}\\M",)}
        )
        for one in control["templates"]
    }
    values = {"ImpersonateClient": "value", "ImpersonateClient_ProviderSet": "set", "ImpersonateClient_WinningProvider": "provider"}
    mdm = {name: control["mdm"][key] for name, key in values.items() if control["mdm"][key] is not None}
    made.mdm = mdm or None


def _iis(its: Json) -> Iis | None:
    iis = its["iis"]
    if not iis["version"]:
        return None
    pools = tuple(
        Pool(one["name"], one["identity"] if one["account"] else None, one["account"], one["manual"]) for one in its["pools"] or ()
    )
    return Iis(iis["version"], tuple(iis["services"]), tuple(iis["components"]), pools)


def _running(one: Json) -> Running:
    kept = {True: (RIGHT,), False: ("SeChangeNotifyPrivilege",), None: None}[one["impersonate"]]
    return Running(one["account"], one["pid"], kept, one["sid_type"] or None)


def _event(one: Json, clock: datetime) -> Event:
    age = _hours(clock, one["time"])
    return Event(one["target"], one["id"], age, one["subject"], one["subject_name"], int(one["logon"], 16))


def _token(session: Json) -> Token:
    return Token.FILTERED if session["filtered"] else Token.ADMINISTRATOR if session["administrator"] else Token.USER


def _accounts(its: Json) -> Iterator[tuple[str, Account]]:
    """Every account that has a SID and a name somewhere in the answer."""
    rows = [*its["holders"], *(one for group in its["groups"] or () for one in (group, *group["members"]))]
    rows += [{"sid": one["sid"], "name": one["account"]} for one in (*(its["services"] or ()), *(its["pools"] or ()))]
    for row in rows:
        if row["sid"] and row.get("name") and row["sid"].startswith(("S-1-5-21-", "S-1-5-32-")):
            domain, _unused, name = row["name"].rpartition("\\")
            use = row.get("use") or (Use.ALIAS if row["sid"].startswith("S-1-5-32-") else Use.USER)
            yield row["sid"], Account(domain, name, Use(use))


def _domain_sid(its: Json, own: str) -> str:
    """SID of the domain, by an account of it or by the session; another one where none is recorded."""
    if its["computer"]["machine_role"] >= 4:
        return own
    domain = its["computer"]["domain"]
    found = [sid for sid, account in _accounts(its) if account.domain == domain and sid.startswith("S-1-5-21-")]
    found += [one for one in [its["session"]["user"] or ""] if one.startswith("S-1-5-21-") and not one.startswith(f"{own}-")]
    return found[0].rpartition("-")[0] if found else "S-1-5-21-1-1-1"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text[:26].rstrip("Z") + "+00:00")


def _hours(clock: datetime, text: str) -> float:
    return (clock - _time(text)).total_seconds() / 3600
