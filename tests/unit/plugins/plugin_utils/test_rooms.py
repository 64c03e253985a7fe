# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data moves down through the rooms, and so do imports: a file knows its own room and those above it, and no file of a circle."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[4]
UTILS = CHECKOUT / "plugins/plugin_utils"
ORDER = (
    "_wording", "_utc", "_input", "_files", "_accounts", "_facts", "_policy", "_verdict", "_gpo", "_host", "_prove", "_result", "_fleet", "_formats",
    "_awx", "_play",
)  # fmt: skip
PURE = ("_input", "_accounts", "_facts", "_policy", "_verdict", "_gpo", "_prove", "_result", "_fleet")


def imports(path):
    """Modules that a file names, as parts below plugin_utils; others whole."""
    room = path.relative_to(UTILS).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = room[: len(room) - node.level + 1]
            yield from [(*base, *node.module.split("."))] if node.module else [(*base, name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            yield (node.module,)
        elif isinstance(node, ast.Import):
            yield from ((name.name,) for name in node.names)


FILES = sorted(path for path in UTILS.rglob("*.py") if path.name != "__init__.py")


def name_of(path):
    return str(path.relative_to(UTILS))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_imports_from_its_own_room_and_those_above(path):
    room = path.relative_to(UTILS).with_suffix("").parts[0]
    ours = [module for module in imports(path) if module[0] in ORDER]

    assert [module for module in ours if ORDER.index(module[0]) > ORDER.index(room)] == []


@pytest.mark.parametrize("path", [path for path in FILES if path.relative_to(UTILS).parts[0] in PURE], ids=name_of)
def test_a_pure_room_knows_nothing_of_ansible_and_touches_nothing(path):
    others = {module[0].partition(".")[0] for module in imports(path)} - {*ORDER}

    assert others & {"ansible", "os", "pathlib", "subprocess", "socket", "shutil", "tempfile"} == set()


def test_every_room_is_in_the_order_and_in_the_drawing():
    rooms = {path.stem for path in UTILS.iterdir() if path.stem not in ("__init__", "__pycache__")}
    drawing = (CHECKOUT / "ARCHITECTURE.md").read_text()

    assert rooms == set(ORDER)
    assert [room for room in ORDER if f"`{room}`" not in drawing] == []
