# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of the code has no type: uses of Any, and texts as keys of values that mypy knows nothing of. `make lint` holds the bounds."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from pathlib import Path

from mypy import build, find_sources, options
from mypy.config_parser import parse_config_file
from mypy.nodes import IndexExpr, StrExpr
from mypy.types import AnyType, Instance, Type, get_proper_type

CHECKOUT = Path(__file__).resolve().parents[1]
COLLECTION = CHECKOUT / ".build/collections/ansible_collections/winrights/seimpersonate"
ROOMS = ("_fleet", "_formats")
MOST_ANY, MOST_KEYS = 119, 50


def uses_of_any() -> Counter[str]:
    """File -> how often it says Any."""
    found: Counter[str] = Counter()
    for path in (CHECKOUT / "plugins").rglob("*.py"):
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute) and node.attr == "Any":
                found[str(path.relative_to(CHECKOUT))] += 1
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "t.Any" in node.value:
                found[str(path.relative_to(CHECKOUT))] += 1  # of t.cast
    return found


def keys_of_untyped() -> Counter[str]:
    """File -> texts as keys of values of the type Any, or of mappings to it, in the rooms of the report."""
    settings = options.Options()
    parse_config_file(settings, lambda: None, str(CHECKOUT / "pyproject.toml"), None, None)
    settings.preserve_asts = settings.export_types = True
    settings.incremental = False
    paths = [str(path) for room in ROOMS for path in sorted((COLLECTION / "plugins/plugin_utils" / room).rglob("*.py"))]
    result = build.build(find_sources.create_source_list(paths, settings), settings)
    untyped = {
        (node.line, node.column, node.index.value)
        for node in result.types
        if isinstance(node, IndexExpr) and isinstance(node.index, StrExpr) and _untyped(result.types.get(node.base))
    }
    return Counter({Path(path).name: sum(place in untyped for place in _texts(Path(path))) for path in paths})


def _texts(path: Path) -> list[tuple[int, int, str]]:
    """Where a file takes a text as a key: line, column, key. mypy's nodes do not say of which file they are."""
    return [
        (node.lineno, node.col_offset, node.slice.value)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
    ]


def _untyped(base: Type | None) -> bool:
    kind = get_proper_type(base)
    if isinstance(kind, Instance) and kind.args:
        kind = get_proper_type(kind.args[-1])
    return kind is None or isinstance(kind, AnyType)


def main() -> int:
    """Print both numbers beside their bounds; 1 where one is above."""
    above = 0
    for what, found, most in (("Any", uses_of_any(), MOST_ANY), ("keys of untyped values", keys_of_untyped(), MOST_KEYS)):
        print(f"{what}: {found.total()} (at most {most})")
        if found.total() > most:
            above = 1
            print("".join(f"  {number:4} {place}\n" for place, number in found.most_common(12)), end="")
    return above


if __name__ == "__main__":
    sys.exit(main())
