# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells what Ansible asks for: command line and stdin -> module call, internal call or plain script.

No PowerShell is needed for it: the payload is JSON on stdin. ansible-core 2.16 to 2.18 send the text of the
exec wrapper, four NUL bytes and one JSON; 2.19 and later send two JSONs with a line of four NUL bytes between.
"""

from __future__ import annotations

import base64
import json
import re
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.sax.saxutils import escape

SEPARATOR = b"\0\0\0\0"
CLIXML = "http://schemas.microsoft.com/powershell/2004/04"


class NotUnderstood(ValueError):
    """The command is none that Ansible is known to send."""


@dataclass(frozen=True)
class ModuleCall:
    """One run of a PowerShell module."""

    name: str  # namespace.collection.module
    args: Mapping[str, t.Any] = field(repr=False)  # without the _ansible_ ones
    check: bool = False
    diff: bool = False
    become_user: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    async_jid: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)  # script name as sent -> text; module and utils
    core_version: str | None = None


@dataclass(frozen=True)
class InternalCall:
    """One run of a script that belongs to ansible-core, such as put_file."""

    name: str
    parameters: Mapping[str, t.Any] = field(default_factory=dict, repr=False)
    data: bytes = field(default=b"", repr=False)  # what follows the payload on stdin


@dataclass(frozen=True)
class Script:
    """A plain script, or a command line that starts no PowerShell."""

    text: str = field(repr=False)
    arguments: tuple[str, ...] = field(default=(), repr=False)  # of -EncodedArguments


def decode(command_line: str, stdin: bytes) -> ModuleCall | InternalCall | Script:
    """Tell what a command asks for; raises NotUnderstood for a payload of unknown form."""
    head, found, rest = stdin.partition(SEPARATOR)
    if not found:
        return Script(*script_of(command_line))
    payload, _found, data = rest.partition(SEPARATOR)
    try:
        manifest = json.loads(payload)
        if head.lstrip().startswith(b"{"):
            return _new_form(manifest, data.lstrip(b"\r\n"))
        return _old_form(manifest)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise NotUnderstood(f"a payload of unknown form: {type(error).__name__}") from error


def script_of(command_line: str) -> tuple[str, tuple[str, ...]]:
    """Unwrap `powershell -EncodedCommand`, as often as it is wrapped; the innermost script and its arguments."""
    text = command_line.strip()
    arguments: tuple[str, ...] = ()
    while (match := _COMMAND.match(text)) is not None:
        encoded = _ARGUMENTS.search(text)
        text = _utf16(match["command"]).strip()
        arguments = strings(_utf16(encoded["arguments"])) if encoded else ()
    return text, arguments


def line_of(script: str, arguments: Sequence[str] = ()) -> str:
    """Write the command line that runs a script, as ansible-core 2.21 does; `script_of` reads it."""
    line = f"powershell -NoProfile -NonInteractive -EncodedCommand {_base64(script)}"
    return f"{line} -EncodedArguments {_base64(_clixml(arguments))}" if arguments else line


def errors_of(stderr: bytes) -> str:
    """Read what PowerShell wrote to stderr: the errors of its CLIXML, or the text that it is."""
    text = stderr.decode(errors="replace")
    head, found, clixml = text.partition("#< CLIXML")
    try:
        return head + "".join(strings(clixml.strip(), "Error")) if found else text
    except NotUnderstood:
        return text


_COMMAND = re.compile(
    r"""(?ix) ^ (?:&\s*)? ["']? (?:powershell|pwsh)(?:\.exe)? ["']? \s
    (?:[^'"]*?\s)? -EncodedCommand \s+ ["']? (?P<command>[A-Za-z0-9+/=]+)"""
)
_ARGUMENTS = re.compile(r"""(?i)\s-EncodedArguments\s+["']?(?P<arguments>[A-Za-z0-9+/=]+)""")


def _utf16(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-16-le")
    except ValueError as error:
        raise NotUnderstood("a command line that is not base64 of UTF-16") from error


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-le")).decode()


def strings(clixml: str, stream: str | None = None) -> tuple[str, ...]:
    """Strings of CLIXML, all of them or those of one stream; 2.21 sends a list of them as -EncodedArguments."""
    try:
        found = ElementTree.fromstring(clixml).iter(f"{{{CLIXML}}}S")
    except ElementTree.ParseError as error:
        raise NotUnderstood("not CLIXML") from error
    # control characters and surrogates come as _xHHHH_, one per UTF-16 unit
    texts = (
        re.sub(r"(?i)_x([0-9a-f]{4})_", lambda unit: chr(int(unit[1], 16)), node.text or "")
        for node in found
        if stream in (None, node.get("S"))
    )
    return tuple(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le") for text in texts)


def _clixml(texts: Sequence[str]) -> str:
    """Write strings as a list of CLIXML; `strings` reads it."""
    marked = [re.sub(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x1f]", lambda found: f"_x{ord(found[0]):04X}_", text) for text in texts]
    items = "".join(f"<S>{escape(text)}</S>" for text in marked)
    kind = '<TN RefId="0"><T>System.Collections.ArrayList</T><T>System.Object</T></TN>'
    return f'<Objs Version="1.1.0.1" xmlns="{CLIXML}"><Obj RefId="0">{kind}<LST>{items}</LST></Obj></Objs>'


def _new_form(manifest: Mapping[str, t.Any], data: bytes) -> ModuleCall | InternalCall:
    actions = manifest["actions"]
    last = actions[-1]
    if "Script" not in last["params"]:
        return InternalCall(name=last["name"], parameters=last["params"], data=data)
    params = {action["name"]: action["params"] for action in actions}
    script = last["params"]["Script"]
    variables = {variable["Name"]: variable["Value"] for variable in last["params"].get("Variables", ())}
    args = variables.get("complex_args", {})
    sent = [script, *last["params"].get("CSharpModules", ()), *last["params"].get("PowerShellModules", ())]
    return _module_call(
        _name_of(script, args),
        args,
        become_user=next((p["BecomeUser"] for p in params.values() if "BecomeUser" in p), None),
        environment=last["params"].get("Environment") or {},
        async_jid=params.get("async_wrapper.ps1", {}).get("AsyncJid"),
        texts={name: _text(manifest["scripts"][name]["script"]) for name in sent},
    )


def _old_form(manifest: Mapping[str, t.Any]) -> ModuleCall:
    args = manifest["module_args"]
    name = args["_ansible_module_name"]
    scripts = {
        f"ansible_collections.{_qualified(name)}.ps1": manifest["module_entry"],
        **{f"{util}.cs": text for util, text in manifest["csharp_utils"].items()},
        **{f"{util}.psm1": text for util, text in manifest["powershell_modules"].items()},
    }
    return _module_call(
        name,
        args,
        become_user=manifest["become_user"] if "become_wrapper" in manifest["actions"] else None,
        environment=manifest.get("environment") or {},
        async_jid=manifest.get("async_jid"),
        texts={script: _text(encoded) for script, encoded in scripts.items()},
    )


def _module_call(name: str, args: Mapping[str, t.Any], **more: t.Any) -> ModuleCall:
    return ModuleCall(
        name=name,
        args={key: value for key, value in args.items() if not key.startswith("_ansible_")},
        check=bool(args.get("_ansible_check_mode")),
        diff=bool(args.get("_ansible_diff")),
        core_version=args.get("_ansible_version"),
        **more,
    )


def _name_of(script: str, args: Mapping[str, t.Any]) -> str:
    """Name of a module from its script: ansible_collections.ns.coll.plugins.modules.name.ps1 -> ns.coll.name."""
    match = re.match(r"^ansible_collections\.(\w+)\.(\w+)\.plugins\.modules\.(\w+)\.ps1$", script)
    return ".".join(match.groups()) if match else str(args.get("_ansible_module_name", script))


def _qualified(name: str) -> str:
    """Write ns.coll.name as later versions call its script, so that both forms have the same keys."""
    *collection, module = name.split(".")
    return ".".join([*collection, "plugins", "modules", module])


def _text(encoded: str) -> str:
    return base64.b64decode(encoded, validate=True).decode()
