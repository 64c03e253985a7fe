# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What real hosts have by public documents: WMI classes, registry keys and values, fields of events.

It stands between the payload and the model of the machine: neither can use a name that is not in windows_schema/, each with its source.
"""

from __future__ import annotations

import functools
import json
import typing as t
from pathlib import Path

Json = dict[str, t.Any]
FOLDER = Path(__file__).with_name("windows_schema")
_KINDS = {"REG_SZ": str, "REG_DWORD": int, "REG_MULTI_SZ": list}


class SchemaError(AssertionError):
    """A name that no document has for Windows, or a value of another kind."""


RECORDED = Path(__file__).resolve().parents[2] / "recorded"
_TYPES = {
    "String": "string", "StringArray": "string[]", "Boolean": "boolean", "UInt8": "uint8", "UInt16": "uint16", "UInt32": "uint32",
    "UInt64": "uint64", "SInt32": "sint32",
}  # fmt: skip


@functools.cache
def _file(name: str) -> Json:
    return t.cast("Json", json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def classes() -> dict[str, dict[str, Json]]:
    """Namespace -> class -> its parents, nearest first, and its properties with their types.

    What a real host told of a class counts before what documents say of it.
    """
    return _classes(RECORDED)


@functools.cache
def _classes(folder: Path) -> dict[str, dict[str, Json]]:
    known = {space: dict(its) for space, its in t.cast("dict[str, dict[str, Json]]", _file("wmi")["classes"]).items()}
    for space, name, properties in _told_by_hosts(folder):
        its = known.setdefault(space.lower(), {})
        its[name] = {"parents": its.get(name, {}).get("parents", []), "properties": properties}
    return known


def _told_by_hosts(folder: Path) -> t.Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, class and properties that recordings of real hosts have; those of simulated ones come from here."""
    for path in sorted(folder.glob("*-[0-9]*.json")):
        recording = json.loads(path.read_text(encoding="utf-8"))
        for row in recording["sources"] if recording["kind"] == "host" else ():
            if row["source"].startswith("class ") and row["problem"] is None and row["out"]["text"]:
                space, _unused, name = row["source"].removeprefix("class ").partition("|")
                told = {one["name"]: _TYPES.get(one["type"], one["type"]) for one in json.loads(row["out"]["text"])}
                yield space, name, told


def key_properties() -> dict[str, list[str]]:
    """Class -> properties that make the path of an instance, for the classes that a path is written for."""
    return {name: value for name, value in _file("wmi")["keys"].items() if name != "source"}


def complete(namespace: str, class_name: str, row: t.Mapping[str, t.Any]) -> Json:
    """An instance with every property of its class; what the model does not tell is None. Raises SchemaError for another property."""
    properties = classes()[namespace][class_name]["properties"]
    unknown = row.keys() - properties.keys()
    if unknown:
        raise SchemaError(f"Windows has no {class_name}.{', '.join(sorted(unknown))} in {namespace}")
    return {**dict.fromkeys(properties), **row}


def registry_keys() -> dict[str, Json]:
    """Path of a key, with * for one name of any kind -> its values."""
    return t.cast("dict[str, Json]", _file("registry")["keys"])


@functools.cache
def values_of(path: str) -> dict[str, Json] | None:
    """The values of a key by name (* for any), None for a key that the schema does not have."""
    parts = path.lower().rstrip("\\").split("\\")
    for pattern, key in registry_keys().items():
        wanted = pattern.lower().split("\\")
        if len(wanted) == len(parts) and all(one in ("*", part) for one, part in zip(wanted, parts, strict=True)):
            return t.cast("dict[str, Json]", key["values"])
    return None


def kind_of(path: str, name: str) -> str:
    """REG_SZ, REG_DWORD or REG_MULTI_SZ, as the value of a key is; raises SchemaError for one that no document has."""
    values = values_of(path) or {}
    known = values.get(name) or values.get("*")
    if known is None:
        raise SchemaError(f"Windows has no value {name} of {path}")
    return t.cast("str", known["kind"])


def check_value(path: str, name: str, value: object) -> None:
    """Raises SchemaError for a value of a key that no document has, or that is of another kind there."""
    kind = kind_of(path, name)
    if not isinstance(value, _KINDS[kind]):
        raise SchemaError(f"the value {name} of {path} is {kind}, not {value!r}")


def directory() -> Json:
    """What the payload may name in a directory: `attributes`, of objects and of the rootDSE, `written` among them, and `classes`."""
    told = _file("directory")
    return {
        "attributes": sorted({*told["attributes"], *told["root"]}),
        "written": sorted(name for name, one in told["attributes"].items() if one.get("written")),
        "classes": sorted(told["classes"]),
    }


def event_fields(number: int) -> list[str]:
    """Names of the fields of an event of the Security log, at their places."""
    (fields,) = _file("events")["events"][str(number)].values()
    return [name for name, _kind in fields]


def unproven() -> dict[str, str]:
    """Registry values that no public document shows, as KEY\\\\NAME -> why they are taken for real."""
    return {
        f"{path}\\{name}": value["unproven"]
        for path, key in registry_keys().items()
        for name, value in key["values"].items()
        if "unproven" in value
    }
