# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every recording of a host is judged again: what the payload said, what the sources said, and a machine of the model made from it."""

from __future__ import annotations

import json

import jsonschema
import pytest
import tested_on

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.answers import read_facts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import asked
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.comparing import compared
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.recording import (
    host_of,
    sources_of,
    table_of,
    verdict_of,
)
from fleet import recorded
from fleet.backends.emulator.emulator import Emulator
from fleet.windows import schema

FILES = recorded.files()
ASKED = {"accounts": [], "exposure": True, "expand": True, "events": asked.HOURS}
every = pytest.mark.parametrize("recording", [pytest.param(recorded.read(path), id=path.stem) for path in FILES])


def test_there_are_recordings():
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_named_by_what_it_is(path):
    host = recorded.read(path)["host"]
    stem, _unused, number = path.stem.rpartition("-")

    assert stem == f"{host['build']}-{host['role']}-{host['language']}"
    assert number.isdigit()


@every
def test_it_has_the_form_of_its_schema(recording):
    jsonschema.validate(recording, json.loads(recorded.SCHEMA.read_text()))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"more": 1}, id="another key"),
        pytest.param({"kind": "guessed"}, id="another kind"),
        pytest.param({"table": [{"fact": "x"}]}, id="half a row"),
    ],
)
def test_another_form_is_refused(change):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**recorded.read(FILES[0]), **change}, json.loads(recorded.SCHEMA.read_text()))


@every
def test_what_the_payload_said_gives_the_recorded_verdict(recording, microsoft):
    facts = read_facts(recording["payload"])

    assert verdict_of(facts, microsoft) == recording["verdict"]
    assert host_of(facts, sources_of(recording)) == recording["host"]


@every
def test_what_the_sources_said_is_compared_again(recording):
    assert table_of(compared(read_facts(recording["payload"]), sources_of(recording))) == recording["table"]


@every
@pytest.mark.parametrize("engine", [pytest.param(False, id="emulator"), pytest.param(True, id="payload", marks=pytest.mark.engine)])
def test_a_machine_made_from_it_makes_the_payload_say_the_same(recording, engine, tell, request):
    back_end = request.getfixturevalue("powershell") if engine else Emulator()
    told = tell(back_end, recorded.machine(recording), "local_right_info", user=recorded.USER, **ASKED)
    if engine:  # which tells its own version
        told["session"]["powershell"] = recording["payload"]["session"]["powershell"]

    assert by_sid(told) == by_sid(recording["payload"])


def by_sid(answer):
    """The order of SIDs is that of the original ones."""
    return {**answer, **{key: sorted(answer[key], key=lambda one: one["sid"]) for key in ("holders", "groups")}}


def test_what_a_real_host_tells_of_a_class_counts_before_documents(tmp_path, monkeypatch):
    recording = recorded.read(FILES[0])
    recording["kind"] = "host"
    rows = [row for row in recording["sources"] if row["source"] == "class root/cimv2|Win32_Group"]
    rows[0].update(problem=None, out={"encoding": "utf-8", "text": '[{"name": "Name", "type": "String", "key": true}]'})
    (tmp_path / "20348-member_server-en-US-9.json").write_text(json.dumps({**recording, "sources": rows}))
    monkeypatch.setattr(schema, "RECORDED", tmp_path)

    assert schema.classes()["root/cimv2"]["Win32_Group"]["properties"] == {"Name": "string"}
    with pytest.raises(schema.SchemaError, match="SID"):
        schema.complete("root/cimv2", "Win32_Group", {"SID": "S-1-5-6"})


def test_what_a_simulated_host_tells_of_a_class_does_not_count(tmp_path, monkeypatch):
    before = schema.classes()
    (tmp_path / FILES[0].name).write_text(FILES[0].read_text())
    monkeypatch.setattr(schema, "RECORDED", tmp_path)

    assert schema.classes() == before


def test_the_page_of_tested_hosts_is_current():
    assert tested_on.text() == tested_on.PAGE.read_text(encoding="utf-8"), "make recordings"


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        pytest.param([], "specification and simulation only", id="no recording"),
        pytest.param(["simulated"], "specification and simulation only", id="a simulated one proves no Windows"),
        pytest.param(["simulated", "host", "host"], "2 recordings of hosts", id="recordings of hosts"),
        pytest.param(["public"], "public material, in parts", id="public material"),
    ],
)
def test_what_a_row_rests_on(kinds, said):
    assert tested_on.rests_on(kinds) == said
