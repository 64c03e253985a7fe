# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes that our code reads and writes, and the schema that tells others of them: each word of each list stands in both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.shape import MapOf, OneOf, Optional, OrNone
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.shapes import RECORD

SCHEMA = json.loads((Path(__file__).parents[4] / "docs/schemas/report-1.schema.json").read_text())


def of_shapes(shape, where=""):
    """Place -> the words that may stand there; and of a mapping its keys."""
    if isinstance(shape, dict):
        yield where, set(shape)
        for key, inner in shape.items():
            yield from of_shapes(inner, f"{where}.{key}")
    elif isinstance(shape, list):
        yield from of_shapes(shape[0], f"{where}[]")
    elif isinstance(shape, MapOf):
        yield from of_shapes(shape.shape, f"{where}{{}}")
    elif isinstance(shape, (OrNone, Optional)):
        yield from of_shapes(shape.shape, where)
    elif isinstance(shape, OneOf):
        yield where, set(shape.texts)


def of_schema(schema, where=""):
    """The same of the schema."""
    if "$ref" in schema:
        schema = {
            **SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]],
            **{key: value for key, value in schema.items() if key != "$ref"},
        }
    for inner in schema.get("anyOf", ()):
        yield from of_schema(inner, where)
    if schema.get("properties"):
        yield where, set(schema["properties"])
    for key, inner in schema.get("properties", {}).items():
        yield from of_schema(inner, f"{where}.{key}")
    if isinstance(schema.get("items"), dict):
        yield from of_schema(schema["items"], f"{where}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from of_schema(schema["additionalProperties"], f"{where}{{}}")
    if "enum" in schema:
        yield where, set(schema["enum"]) - {None}


SHAPES, SCHEMAS = dict(of_shapes(RECORD)), dict(of_schema(SCHEMA["$defs"]["record"]))


@pytest.mark.parametrize("where", sorted(SHAPES))
def test_the_schema_has_the_same_words_and_keys(where):
    assert SCHEMAS.get(where) == SHAPES[where]


def test_the_schema_has_no_other_lists_of_words():
    assert SCHEMAS.keys() == SHAPES.keys()
