# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of the report, made from the types of the contract, for programs of others. Pure."""

from __future__ import annotations

import inspect
import re
import types
import typing as t

from .._input.forms import Form, Least, Says, Words
from .types import Header, Record, Report

_JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}

Schema = dict[str, t.Any]


def report_schema() -> Schema:
    """The schema of a JSON report; that of a line of JSON Lines is ``#/$defs/line``."""
    definitions: Schema = {}
    report = _mapping(Report, definitions)
    for kind in (Record, Header):
        _schema(kind, definitions)
    line = {
        "description": "A line of JSON Lines.",
        "if": {"required": ["kind"]},
        "then": {"$ref": "#/$defs/header"},
        "else": {"$ref": "#/$defs/record"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:winrights:seimpersonate:report-2",
        "title": "Report on the holders of SeImpersonatePrivilege",
        **report,
        "$defs": dict(sorted({**definitions, "line": line}.items())),
    }


def _schema(kind: t.Any, definitions: Schema) -> Schema:
    """The schema of a value; TypedDicts go to the definitions and are referred to."""
    origin, inner = t.get_origin(kind), t.get_args(kind)
    if t.is_typeddict(kind):
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()
        if name not in definitions:
            definitions[name] = _mapping(kind, definitions)
        return {"$ref": f"#/$defs/{name}"}
    if origin is t.Annotated:
        schema = _schema(inner[0], definitions)
        for mark in inner[1:]:
            schema = _marked(schema, mark)
        return schema
    if origin in (t.Union, types.UnionType):
        return {"anyOf": [_schema(part, definitions) for part in inner]}
    if origin is t.Literal:
        return {"const": inner[0]}
    if origin is list:
        return {"type": "array", "items": _schema(inner[0], definitions)}
    if origin is dict:
        return {"type": "object", **({} if inner[1] is object else {"additionalProperties": _schema(inner[1], definitions)})}
    return {"type": _JSON_TYPES[kind]}


def _mapping(kind: t.Any, definitions: Schema) -> Schema:
    hints = t.get_type_hints(kind, include_extras=True)
    return {
        "description": inspect.getdoc(kind),
        "type": "object",
        "properties": {name: _schema(hint, definitions) for name, hint in hints.items()},
        "required": [name for name in hints if name in kind.__required_keys__],
        "additionalProperties": False,
    }


def _marked(schema: Schema, mark: object) -> Schema:
    """The schema with what a mark says of the value; where null is allowed, of the other."""
    if isinstance(mark, Says):
        return {"description": mark.text, **schema}
    if "anyOf" in schema and isinstance(mark, (Words, Form, Least)):
        first, *others = schema["anyOf"]
        return {**schema, "anyOf": [_marked(first, mark), *others]}
    if isinstance(mark, Words):
        words = {"enum": list(mark.texts)}
        every = {"required": list(mark.texts)} if mark.every else {}
        return {**schema, "propertyNames": words, **every} if schema["type"] == "object" else {**_said(schema), **words}
    if isinstance(mark, Form):
        return {**schema, "pattern": f"^({mark.pattern})$"}
    return {**schema, "minimum": mark.number} if isinstance(mark, Least) else schema


def _said(schema: Schema) -> Schema:
    return {"description": schema["description"]} if "description" in schema else {}
