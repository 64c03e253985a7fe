# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of the payload that the emulator stands for, by their hashes in payloads.json."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import typing as t
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Mapping

CHECKOUT = Path(__file__).resolve().parents[4]
RECORD = Path(__file__).with_name("payloads.json")
COLLECTION = "winrights.seimpersonate"
_PREFIX = f"ansible_collections.{COLLECTION}."
_UTIL = re.compile(rf"(?im)^#AnsibleRequires\s+-(CSharpUtil|PowerShell)\s+{re.escape(_PREFIX)}(plugins\.[\w.]+)")
_USING = re.compile(rf"(?im)^(using) {re.escape(_PREFIX)}(plugins\.[\w.]+);")

Hashes = dict[str, str]  # path in the checkout -> SHA-256 of its text


def digest(text: str) -> str:
    """Hash of a script, whatever the newlines of a checkout or of a connection are."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def of_collection(sent: Mapping[str, str]) -> Hashes:
    """Hashes of the collection's scripts among those that came."""
    return dict(sorted((_path(name), digest(text)) for name, text in sent.items() if name.startswith(_PREFIX)))


def current(module: str) -> Hashes:
    """Hashes of a module of the checkout and of every util that it or its utils name."""
    hashes: Hashes = {}
    waiting = [f"plugins/modules/{module}.ps1"]
    while waiting:
        path = waiting.pop()
        if path in hashes:
            continue
        text = (CHECKOUT / path).read_text()
        hashes[path] = digest(text)
        waiting += [
            name.replace(".", "/") + (".psm1" if kind.lower() == "powershell" else ".cs")
            for kind, name in _UTIL.findall(text) + _USING.findall(text)
        ]
    return dict(sorted(hashes.items()))


@functools.cache
def known() -> dict[str, Hashes]:
    """What payloads.json says: module -> hashes."""
    return t.cast("dict[str, Hashes]", json.loads(RECORD.read_text())) if RECORD.exists() else {}


def record(modules: t.Iterable[str]) -> None:
    """Take the texts of the checkout for known."""
    RECORD.write_text(json.dumps({module: current(module) for module in sorted(modules)}, indent=2) + "\n")
    known.cache_clear()


def unknown(module: str, sent: Mapping[str, str]) -> list[str]:
    """Paths of the collection's scripts that came in another text than is known, or did not come or should not have."""
    came = of_collection(sent)
    expected = known().get(module, {})
    return sorted(path for path in {*came, *expected} if came.get(path) != expected.get(path))


def _path(script: str) -> str:
    stem, _unused, extension = script.removeprefix(_PREFIX).rpartition(".")
    return f"{stem.replace('.', '/')}.{extension}"
