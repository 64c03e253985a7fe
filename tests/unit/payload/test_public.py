# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public material of real hosts: our parsers find its facts, and a machine of the model made from it makes the payload tell them."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import jsonschema
import pytest
import tested_on

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import documents, holders, programs, service_control
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.answers import Answer, Unasked
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.excerpts import excerpt
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.texts import decoded
from fleet import recorded
from fleet.backends.emulator.emulator import Emulator
from fleet.windows.machine import RIGHT, Token
from fleet.windows.programs import Programs

FILES = recorded.public_files()
EVERY = [(path.stem, recorded.read(path)) for path in FILES]


def gpresult(text: str) -> dict[str, t.Any]:
    """The answer of gpresult as JSON has it."""
    found = documents.resultant(text)
    return {"settings": [list(one) for one in found.settings], "names": found.names}


PARSERS: dict[str, t.Callable[[str], t.Any]] = {
    "secedit": programs.secedit_holders,
    "whoami_groups": holders.token_by_groups,
    "sc_qc": service_control.start_name,
    "sc_queryex": service_control.running,
    "net": programs.net_members,
    "gpresult": gpresult,
    "wevtutil": lambda text: [list(dataclasses.astuple(one)) for one in documents.events(text).ours],
}
ANSWERS = [
    pytest.param(row, id=f"{stem}-{number}")
    for stem, recording in EVERY
    for number, row in enumerate(recording["sources"], start=1)
]
MODELS = [pytest.param(recording, id=stem) for stem, recording in EVERY if "model" in recording]


def answer(row: dict[str, t.Any]) -> Answer:
    """One answer as it would come from a host."""
    raw = "\r\n".join([*row["lines"], ""]).encode(row["encoding"])
    parts = {"out": raw, "file": None} if row["part"] == "out" else {"out": b"", "file": raw}
    return Answer(row["source"], row["asked"], 0.0, 0, None, False, err=b"", **parts)


def read(one: Answer) -> t.Any:
    """What the parser of a source finds in an answer."""
    text, _encoding = decoded(one.out if one.file is None else one.file)
    return PARSERS[one.source.partition(" ")[0]](text)


def test_there_is_public_material():
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_has_the_form_of_its_schema(path):
    jsonschema.validate(recorded.read(path), json.loads(recorded.PUBLIC_SCHEMA.read_text()))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"kind": "host"}, id="a host"),
        pytest.param({"payload": {}}, id="an answer of the payload"),
        pytest.param({"found": {"title": "somewhere"}}, id="no place where it is found"),
        pytest.param({"sources": []}, id="no fact"),
    ],
)
def test_another_form_is_refused(change):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**EVERY[0][1], **change}, json.loads(recorded.PUBLIC_SCHEMA.read_text()))


@pytest.mark.parametrize("row", ANSWERS)
def test_what_a_real_host_printed_has_its_facts(row):
    if "refused" in row:
        with pytest.raises(Unasked, match=row["refused"]):
            read(answer(row))
    else:
        assert read(answer(row)) == row["facts"]


@pytest.mark.parametrize("row", [one for one in ANSWERS if "facts" in one.values[0]])
def test_what_a_recording_would_keep_of_it_has_the_same_facts(row):
    assert read(excerpt(answer(row), ())) == row["facts"]


@pytest.mark.parametrize("recording", MODELS)
@pytest.mark.parametrize("engine", [pytest.param(False, id="emulator"), pytest.param(True, id="payload", marks=pytest.mark.engine)])
def test_a_machine_made_from_it_makes_the_payload_tell_its_facts(recording, engine, tell, request):
    back_end = request.getfixturevalue("powershell") if engine else Emulator()
    its = recording["model"]
    machine = recorded.public_machine(recording)
    told = tell(back_end, machine, "local_right_info", user=recorded.USER, accounts=[], exposure="config" in its, events=24)
    names = {one["sid"]: one["name"] for one in told["holders"]}

    assert names.keys() == set(its.get("holders", names))
    assert {sid: names[sid] for sid in its.get("names", ())} == its.get("names", {})
    if "config" in its:
        assert (told["pools_status"], told["pools"]) == ("read", its["pools"])
    assert (len(told["events"]["events"]), told["events"]["others"]) == (int("privilege_list" in its), 0)
    assert [one["value"] for one in told["control"]["templates"]] == ([its["value"]] if "value" in its else [])


@pytest.mark.parametrize("recording", [one for one in MODELS if "names" in one.values[0]["model"]])
def test_the_stand_in_of_secedit_writes_the_line_that_the_real_one_wrote(recording):
    """Local accounts by their bare names, others by their SIDs, in the order of the SIDs as texts."""
    machine = recorded.public_machine(recording)
    written = Programs(machine, recorded.USER, Token.ADMINISTRATOR).run("secedit.exe", ["/export"]).file.decode("utf-16")
    real = recording["sources"][0]["lines"]

    assert [line for line in written.splitlines() if line.startswith(RIGHT)] == [line for line in real if line.startswith(RIGHT)]


def test_the_page_of_tested_hosts_has_it_in_a_table_of_its_own():
    assert "None of these is a tested host." in tested_on.PUBLIC
    assert [row[-1].rpartition(" (")[2].rstrip(")") for row in tested_on.public_rows()] == [path.stem for path in FILES]
