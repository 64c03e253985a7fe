# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the hosts that this was tested on, made from the recordings. `make recordings` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fleet import recorded

PAGE = Path(__file__).resolve().parents[1] / "docs/docsite/rst/tested_on.rst"
SERVERS = {14393: "Windows Server 2016", 17763: "Windows Server 2019", 20348: "Windows Server 2022", 26100: "Windows Server 2025"}
CLIENTS = {19045: "Windows 10 22H2", 22631: "Windows 11 23H2", 26100: "Windows 11 24H2"}
ROLES = {"domain_controller": SERVERS, "member_server": SERVERS, "standalone_server": SERVERS, "client": CLIENTS}
HEAD = """..
  SPDX-FileCopyrightText: Winrights Authors
  SPDX-License-Identifier: GPL-3.0-or-later

.. _ansible_collections.winrights.seimpersonate.docsite.tested_on:

What it was tested on
=====================

Made from the recordings in ``tests/recorded``; each of them is judged again with every change. *Specification and simulation only* means that no real
host of this kind was seen: :ref:`prove it on yours <ansible_collections.winrights.seimpersonate.docsite.guide_prove>`.

.. list-table::
   :header-rows: 1

   * - host role
     - release
     - language
     - PowerShell
     - rests on
"""

PUBLIC = """
Public material, in parts
-------------------------

None of these is a tested host. Real hosts printed or wrote these, others made them public, and what is read of them is retyped in
``tests/recorded/public-*.json`` with its place and with what was changed. They prove a format or a fact, not a release.

.. list-table::
   :header-rows: 1

   * - what
     - role
     - release
     - language
     - found in
"""

Row = tuple[str, str, str, str, str]


def rests_on(kinds: Sequence[str]) -> str:
    """What a row rests on, by the kinds of its recordings."""
    hosts = kinds.count("host")
    if hosts:
        return f"{hosts} recording{'s' if hosts > 1 else ''} of hosts"
    return "public material, in parts" if "public" in kinds else "specification and simulation only"


def rows() -> list[Row]:
    """A row for each role, release, language and PowerShell of a recording, and one for each other release that is supported."""
    found: dict[tuple[str, int, str, str], list[str]] = {}
    for path in (*recorded.files(), *recorded.public_files()):
        recording = recorded.read(path)
        host = recording["host"]
        if host["build"] is None:
            continue  # material that does not tell its release proves no row
        shell = ".".join(str(host["powershell"]).split(".")[:2])
        found.setdefault((host["role"], host["build"], host["language"], shell), []).append(recording["kind"])
    told = []
    for role, releases in ROLES.items():
        for build, release in releases.items():
            its = {key: kinds for key, kinds in sorted(found.items()) if key[:2] == (role, build)}
            for (_role, _build, language, shell), kinds in (its or {(role, build, "", ""): []}).items():
                told.append((role, f"{release} ({build})", language, shell, rests_on(kinds)))
    return told


def public_rows() -> list[Row]:
    """A row for each piece of public material: what it says of its host, and where it is."""
    told = []
    for path in recorded.public_files():
        its = recorded.read(path)
        host, found = its["host"], its["found"]
        place = f"{found['repository']}, {found['path']}" if "repository" in found else found["title"]
        told.append((its["what"], host["role"], host["release"], host["language"], f"{place} ({path.stem})"))
    return told


def _table(told: Sequence[Row], empty: str) -> str:
    return "".join("   * - " + "\n     - ".join(one or empty for one in row) + "\n" for row in told)


def text() -> str:
    """The page."""
    return HEAD + _table(rows(), "any") + PUBLIC + _table(public_rows(), "unknown")


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
