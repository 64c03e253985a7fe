# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the payload of gpo_right_info tells of a simulated domain controller: the same questions, in Python."""

from __future__ import annotations

import re
import typing as t

from fleet.backends.emulator.gpo_steps import Places, Steps, digest, encoded
from fleet.backends.emulator.policy import CallError, Policy
from fleet.windows import lsa, winapi
from fleet.windows.directory import LdapError
from fleet.windows.domain import DEFAULT_CONTROLLERS, DEFAULT_DOMAIN
from fleet.windows.machine import RIGHT
from fleet.windows.sysvol import FileError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fleet.windows.directory import Container, Directory, Som
    from fleet.windows.machine import Machine, Token

Json = dict[str, t.Any]
MOST_GPOS, MOST_BYTES, MOST_SMALL, MOST_NAMES = 5000, 1 << 20, 1 << 16, 500
MOST_TEXT, MOST_NAME = 200_000, 1024  # characters
NO_FOLDER = "the folder is not in SYSVOL."
_LINE = re.compile(rf"^[ \t]*\"?{RIGHT}\"?[ \t]*=([^\r\n;]*)", re.I | re.M)
_LINKS = re.compile(r"\[LDAP://([^;\]]*);([^\]]*)\]", re.I)
_SID = re.compile(r"S-1-([0-9]{1,14}|0x[0-9A-F]{1,12})((?:-[0-9]{1,10}){1,15})", re.I)
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
    odd = [one for one in directory.gpos.values() if not _is_guid(one.guid)]
    lower = {text.lower() for text in gpos}
    unknown = bool(odd) and (not gpos or any((one.name or "").lower() in lower for one in odd))
    chosen_guids = {guid for one in asked for guid in one["found"]}
    chosen = [one for guid, one in sorted(directory.gpos.items()) if _is_guid(one.guid) and (not gpos or one.guid in chosen_guids)]
    always = chosen_guids or {DEFAULT_DOMAIN, DEFAULT_CONTROLLERS}
    rows, others, unread, texts = list[Json](), list[str](), list[Json](), list[str]()
    for container in chosen[:MOST_GPOS]:
        row, content = _row(steps, container)
        problem, long = row["template"]["error"], _too_long(container)
        names_it = content is not None and RIGHT.lower().encode() in content.replace(b"\0", b"").lower()
        concerns = names_it or container.guid in always or row["journal"] is not None
        if concerns and long:
            unread.append({"guid": container.guid, "error": f"{long} is too long."})
        elif concerns:
            rows.append(row)
            texts += _accounts(content) if content is not None else []
        elif problem:
            unread.append({"guid": container.guid, "error": problem})
        else:
            others.append(container.guid)
    links, broken = _links(directory, {row["guid"].upper() for row in rows})
    lookup_status, accounts = _looked_up(machine, token, texts)
    return {
        "asked": asked,
        "gpos": rows,
        "others": others,
        "unread": unread,
        "truncated": unknown or len(chosen) > MOST_GPOS,
        "links": links,
        "links_truncated": broken,
        "accounts": accounts,
        "lookup_status": lookup_status,
    }


def _found(directory: Directory, text: str) -> list[str]:
    """GUIDs of the GPOs that a text means: by GUID, else by name without regard to case."""
    match = _GUID.fullmatch(text)
    if match and (guid := f"{{{match[1]}}}".upper()) in directory.gpos:
        return [directory.gpos[guid].guid]
    return sorted(one.guid for one in directory.gpos.values() if _is_guid(one.guid) and (one.name or "").lower() == text.lower())


def _is_guid(text: str) -> bool:
    return text.startswith("{") and text.endswith("}") and _GUID.fullmatch(text) is not None


def _too_long(container: Container) -> str | None:
    """The attribute that is longer than what an answer may have, and without which the GPO would be another one."""
    if len(container.extensions or "") > MOST_TEXT:
        return "gPCMachineExtensionNames"
    return "gPCWQLFilter" if len(container.wmi_filter or "") > MOST_NAME else None


def _short(text: str | None) -> str | None:
    return None if text is None or len(text) > MOST_NAME else text


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
        "name": _short(container.name),
        "flags": container.flags,
        "version": container.version,
        "extensions": container.extensions,
        "path": _short(container.path),
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
    return [
        part
        for line in _LINE.findall(text)
        for one in line.split(",")
        if 0 < len(part := one.strip().strip('"').strip()) <= MOST_NAME
    ]


def _sid(text: str) -> str | None:
    """A text as Windows prints that SID; None for what is none."""
    match = _SID.fullmatch(text)
    if match is None or "0X" in text:
        return None
    authority = int(match[1], 16 if match[1].startswith("0x") else 10)
    parts = [int(part) for part in match[2].split("-")[1:]]
    if any(part >> 32 for part in parts):
        return None
    return "-".join(["S-1", f"0x{authority:012X}" if authority >> 32 else str(authority), *map(str, parts)])


def _looked_up(machine: Machine, token: Token, texts: Iterable[str]) -> tuple[str, list[Json]]:
    """What the LSA says of them: of `*SID` its name, of everything else its SID."""
    rows = [{"asked": text, **dict.fromkeys(("sid", "name", "use", "found"))} for text in sorted(set(texts))[:MOST_NAMES]]
    for row in rows:
        if row["asked"].upper().startswith("*S-1-"):
            row["sid"] = _sid(row["asked"][1:])
            row["found"] = False if row["sid"] is None else None
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


def _links(directory: Directory, guids: set[str]) -> tuple[list[Json], bool]:
    """Every SOM that links one of these GPOs, and below them those that block; and whether a link anywhere cannot be understood."""
    read = {dn: _links_of(som, directory) for dn, som in directory.soms.items()}
    linking = [dn for dn, (links, _odd) in read.items() if any((link["guid"] or "").upper() in guids for link in links)]
    above = tuple(f",{dn}" for dn in linking)
    from_site = any(directory.soms[dn].kind == "site" for dn in linking)
    blocking = [
        dn for dn, som in directory.soms.items() if som.gp_options & 1 and dn not in linking and (from_site or dn.endswith(above))
    ]
    told = [(directory.soms[dn], read[dn][0]) for dn in sorted([*linking, *blocking])]
    rows = [{"som": som.dn, "kind": som.kind, "block": bool(som.gp_options & 1), "links": links} for som, links in told]
    return rows, any(odd for _links, odd in read.values())


def _links_of(som: Som, directory: Directory) -> tuple[list[Json], bool]:
    """The links of a SOM, the first of gPLink last, and whether some of it cannot be understood and is left out."""
    links, odd = list[Json](), bool(_LINKS.sub("", som.gp_link).strip())
    end = f",cn=policies,cn=system,{directory.dn}".lower()
    for order, (dn, options) in enumerate(reversed(_LINKS.findall(som.gp_link)), start=1):
        guid = dn[3 : -len(end)] if dn[:3].lower() == "cn=" and dn.lower().endswith(end) else ""
        if not re.fullmatch(r"\s*[0-9]+\s*", options) or int(options) >> 31:
            odd = True
            continue
        links.append({"guid": guid if _is_guid(guid) else None, "order": order, "options": int(options)})
    return links, odd
