# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of the report, made from the types of the contract. `make schema` writes it."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.schema import report_schema

SCHEMA = Path(__file__).resolve().parents[1] / "docs/schemas/report-2.schema.json"


def text() -> str:
    """The file: a line for each key of a mapping, so that a change of the contract reads as one."""
    return _lines(report_schema(), 0) + "\n"


def _lines(value: object, depth: int) -> str:
    """Mappings and the definitions over several lines, what is inside a key on one."""
    if not isinstance(value, dict) or ("properties" not in value and depth != 1):
        return json.dumps(value)
    nested = {"properties": 1, "$defs": 1}
    inner = ",\n".join(
        "  " * (depth + 1) + f"{json.dumps(key)}: " + (_keys(item, depth + 1) if key in nested else json.dumps(item))
        for key, item in value.items()
    )
    return "{\n" + inner + "\n" + "  " * depth + "}"


def _keys(value: dict[str, object], depth: int) -> str:
    lines = ",\n".join("  " * (depth + 1) + f"{json.dumps(key)}: {_lines(item, depth + 1)}" for key, item in value.items())
    return "{\n" + lines + "\n" + "  " * depth + "}"


if __name__ == "__main__":
    SCHEMA.write_text(text(), encoding="utf-8")
