# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the payload of gpo_right_info tells of a simulated domain controller: the same questions, in Python."""

from __future__ import annotations

import re
import typing as t

from fleet.backends.emulator.gpo_steps import Places, Steps, digest, encoded
from fleet.backends.emulator.policy import CallError, Policy
from fleet.windows import lsa, names, winapi
from fleet.windows.directory import LdapError
from fleet.windows.domain import DEFAULT_CONTROLLERS, DEFAULT_DOMAIN
from fleet.windows.machine import RIGHT
from fleet.windows.sysvol import FileError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fleet.windows.directory import Container, Directory
    from fleet.windows.machine import Machine, Token

Json = dict[str, t.Any]
MOST_GPOS, MOST_BYTES, MOST_SMALL, MOST_NAMES = 5000, 1 << 20, 1 << 16, 500
NO_FOLDER = "the folder is not in SYSVOL."
_LINE = re.compile(rf"^[ \t]*\"?{RIGHT}\"?[ \t]*=([^\r\n;]*)", re.I | re.M)
_GUID = re.compile(r"\{?([0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12})\}?", re.I)


def gpo_right_info(machine: Machine, user: str, token: Token, args: Mapping[str, t.Any]) -> Json:
    """The module's answer."""
    if machine.language_mode != "FullLanguage":
        mode = machine.language_mode
        return refused("language mode", f"PowerShell runs in {mode} mode here.") | {"session": {"language_mode": mode}}
    controller = controller_of(machine, user, token)
    if machine.replica is None or controller["machine_role"] not in (4, 5):
        return refused("machine role", "this host is no domain controller.") | {"controller": controller}
    steps = Steps(machine.replica, token)
    try:
        directory = steps.take("ldap search", lambda: steps.replica.directory)
    except LdapError as error:
        code = str(error.code)
        return refused("ldap search", f"ldap search failed with {code}.", code) | {"controller": controller}
    return {"changed": False, "controller": controller, **_read(machine, token, steps, directory, args.get("gpos") or [])}


def refused(call: str, sentence: str, code: str | None = None) -> Json:
    """A failed answer."""
    msg = f"The GPOs of the domain cannot be read: {sentence}"
    return {"changed": False, "failed": True, "msg": msg, "error": {"call": call, "status": code}}


def controller_of(machine: Machine, user: str, token: Token) -> Json:
    """What the host is, by DsRole and by its directory; null where it has none."""
    windows = winapi.Windows(machine, user, token, lsa.Faults(machine.faults))
    _status, role = windows.ds_role(1)
    known = role if isinstance(role, winapi.PrimaryDomain) else None
    directory = machine.replica.directory if machine.replica else None
    emulator = directory.pdc_emulator if directory else None
    return {
        "name": machine.netbios,
        "dns_name": machine.dns_name if directory else None,
        "machine_role": known.role if known else None,
        "read_only": bool(known and known.flags & winapi.DS_READ_ONLY),
        "domain": known.dns if known else None,
        "domain_dn": directory.dn if directory else None,
        "domain_sid": machine.sid if directory else None,
        "pdc_emulator": emulator,
        "is_pdc_emulator": emulator is not None and emulator.lower() == machine.dns_name.lower(),
    }


def _read(machine: Machine, token: Token, steps: Steps, directory: Directory, gpos: Sequence[str]) -> Json:
    asked = [{"asked": text, "found": _found(directory, text)} for text in gpos]
    chosen_guids = {guid for one in asked for guid in one["found"]}
    chosen = [one for guid, one in sorted(directory.gpos.items()) if not gpos or one.guid in chosen_guids]
    always = chosen_guids or {DEFAULT_DOMAIN, DEFAULT_CONTROLLERS}
    rows, others, unread, texts = list[Json](), list[str](), list[Json](), list[str]()
    for container in chosen[:MOST_GPOS]:
        row, content = _row(steps, container)
        problem = row["template"]["error"]
        names_it = content is not None and RIGHT.lower().encode() in content.replace(b"\0", b"").lower()
        if names_it or container.guid in always or row["journal"] is not None:
            rows.append(row)
            texts += _accounts(content) if content is not None else []
        elif problem:
            unread.append({"guid": container.guid, "error": problem})
        else:
            others.append(container.guid)
    lookup_status, accounts = _looked_up(machine, token, texts)
    return {
        "asked": asked,
        "gpos": rows,
        "others": others,
        "unread": unread,
        "truncated": len(chosen) > MOST_GPOS,
        "links": _links(directory, {row["guid"].upper() for row in rows}),
        "links_truncated": False,
        "accounts": accounts,
        "lookup_status": lookup_status,
    }


def _found(directory: Directory, text: str) -> list[str]:
    """GUIDs of the GPOs that a text means: by GUID, else by name without regard to case."""
    match = _GUID.fullmatch(text)
    if match and (guid := f"{{{match[1]}}}".upper()) in directory.gpos:
        return [directory.gpos[guid].guid]
    return sorted(one.guid for one in directory.gpos.values() if (one.name or "").lower() == text.lower())


def _row(steps: Steps, container: Container) -> tuple[Json, bytes | None]:
    places, dns = Places(container.path), steps.replica.directory.dns_name
    own = re.fullmatch(rf"\\\\[^\\]+\\sysvol\\{re.escape(dns)}\\Policies\\{re.escape(container.guid)}\\?", container.path, re.I)
    why = None if own else "gPCFileSysPath leads elsewhere."
    if own and not steps.replica.sysvol.has_folder(places.folder):
        why = NO_FOLDER
    if why is None:
        template, content = _file(steps, "read template", places.template, MOST_BYTES)
        gpt_ini, _unused = _file(steps, "read gpt_ini", places.gpt_ini, MOST_SMALL)
        told, bare = _file(steps, "read journal", places.journal, MOST_SMALL)
        journal = told["error"] if bare is None else bare.decode("utf-8", "replace")
    else:
        template, content = {"status": "unreadable", "bytes": None, "error": why}, None
        gpt_ini, journal = dict(template), None
    template |= {"sha256": digest(content)}
    row = {
        "guid": container.guid,
        "name": container.name,
        "flags": container.flags,
        "version": container.version,
        "extensions": container.extensions,
        "path": container.path,
        "wmi_filter": container.wmi_filter,
        "template": template,
        "gpt_ini": gpt_ini,
        "journal": journal,
        "security": None if container.security is None else [
            {"sid": one.sid, "allowed": one.allowed, "inherited": one.inherited} for one in container.security
        ],
    }  # fmt: skip
    return row, content


def _file(steps: Steps, name: str, path: str, most: int) -> tuple[Json, bytes | None]:
    try:
        content = steps.read(name, path)
    except FileError as error:
        return {"status": "unreadable", "bytes": None, "error": f"read failed: {error.kind} {error.hresult}."}, None
    if content is not None and len(content) > most:
        return {"status": "too_large", "bytes": None, "error": f"{len(content)} bytes"}, None
    return {"status": "absent" if content is None else "read", "bytes": encoded(content), "error": None}, content


def _accounts(content: bytes) -> list[str]:
    """What the lines of the right name, as it stands there."""
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    return [part for line in _LINE.findall(text) for one in line.split(",") if (part := one.strip().strip('"').strip())]


def _looked_up(machine: Machine, token: Token, texts: Iterable[str]) -> tuple[str, list[Json]]:
    """What the LSA says of them: of `*SID` its name, of everything else its SID."""
    rows = [{"asked": text, **dict.fromkeys(("sid", "name", "use", "found"))} for text in sorted(set(texts))[:MOST_NAMES]]
    for row in rows:
        if row["asked"].upper().startswith("*S-1-"):
            is_sid = names.is_sid(row["asked"][1:])
            row |= {"sid": row["asked"][1:] if is_sid else None, "found": None if is_sid else False}
    try:
        policy = Policy(lsa.Lsa(machine, token, lsa.Faults(machine.faults)), lsa.AUDIT)
    except CallError as error:
        return f"0x{error.status:08X}", rows
    try:
        named = {one.text: one for one in policy.find([row["asked"] for row in rows if not row["asked"].startswith("*")])}
        for row in rows:
            if (one := named.get(row["asked"])) and one.resolved in ("lsa", "unmapped"):
                row["sid"], row["found"] = one.sid, one.resolved == "lsa"
        known = {one.text: one for one in policy.from_sids([row["sid"] for row in rows if row["sid"]])}
    finally:
        policy.close()
    for row in rows:
        if row["sid"]:
            one = known[row["sid"]]
            row["name"], row["use"] = one.name or None, one.use
            if row["asked"].startswith("*"):
                row["found"] = None if one.resolved == "failed" else one.resolved == "lsa"
    return f"0x{policy.lookup_status:08X}", rows


def _links(directory: Directory, guids: set[str]) -> list[Json]:
    """Every SOM that links one of these GPOs, and below them those that block."""
    linking = [som for som in directory.soms.values() if any((guid or "").upper() in guids for guid, _options in som.links)]
    above = tuple(f",{som.dn.lower()}" for som in linking)
    from_site = any(som.kind == "site" for som in linking)
    blocking = [
        som
        for som in directory.soms.values()
        if som.gp_options & 1 and som not in linking and (from_site or som.dn.lower().endswith(above))
    ]
    return [
        {
            "som": som.dn,
            "kind": som.kind,
            "block": bool(som.gp_options & 1),
            "links": [
                {"guid": guid, "order": order, "options": options} for order, (guid, options) in enumerate(som.links, start=1)
            ],
        }
        for som in sorted([*linking, *blocking], key=lambda som: som.dn.lower())
    ]
