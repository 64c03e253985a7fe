# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab host answers to a change that is tried out, beside what the documents say: rows, and when the host fails."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import lab
from fleet import recorded
from fleet.backends.emulator.lab import prove_change
from fleet.windows.machine import Machine, Token


@pytest.fixture
def answer():
    """What a host answers that does as the documents say."""
    return prove_change(Machine.standalone_server("LAB01"), "x", Token.ADMINISTRATOR, lab.ARGUMENTS)


def of(answer, step):
    return next(row for row in answer["steps"] if row["step"] == step)


def test_as_documented(answer):
    table = lab.rows(lab.read_answer(answer))

    assert {row.verdict.value for row in table} == {"agrees", "shown"}
    assert [row.fact for row in table] == [*(expected.step for expected in lab.STEPS), "the right is as before"]
    assert lab.wrong(table) == []


@pytest.mark.parametrize(
    ("step", "change", "verdict", "fails"),
    [
        pytest.param("give", {"status": "0xC0000022"}, "differs", True, id="another status"),
        pytest.param("read after give", {"holders": []}, "differs", True, id="given and not a holder"),
        pytest.param("read after take", {"holders": [lab.SID]}, "differs", True, id="taken and a holder still"),
        pytest.param("take again", {"status": "0x00000000"}, "differs", True, id="taken twice"),
        pytest.param("give in other case", {"status": "0x00000000"}, "shown", False, id="what no document says is not judged"),
        pytest.param("read as a plain user", {"call": "LsaOpenPolicy"}, "differs", True, id="refused one call earlier"),
        pytest.param("read as a plain user", {"status": None, "error": "CreateRestrictedToken failed."}, "not asked", False, id="no status"),
        pytest.param("take", {"step": "xyz"}, "not asked", False, id="a step that is not told"),
    ],
)  # fmt: skip
def test_one_step_that_is_otherwise(step, change, verdict, fails, answer):
    of(answer, step).update(change)
    table = lab.rows(lab.read_answer(answer))

    assert next(row.verdict.value for row in table if row.fact == step) == verdict
    assert (step in lab.wrong(table)) is fails


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        pytest.param({"after": ["S-1-5-19", lab.SID]}, "differs", id="it holds the right still"),
        pytest.param({"after": []}, "differs", id="others lost it"),
        pytest.param({"after": None, "refused": "LsaEnumerateAccountsWithUserRight failed."}, "not asked", id="not read"),
    ],
)
def test_a_right_that_is_not_proven_to_be_as_before_fails_the_host(change, verdict, answer):
    table = lab.rows(lab.read_answer({**answer, **change}))

    assert table[-1].verdict.value == verdict
    assert "the right is as before" in lab.wrong(table)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"steps": None}, id="no steps"),
        pytest.param({"steps": [1]}, id="a step that is a number"),
        pytest.param({"before": "x"}, id="holders that are a text"),
        pytest.param({"before": ["S-1-x"]}, id="a holder that is no SID"),
        pytest.param({"changed": 1}, id="a number for yes"),
        pytest.param({"steps": [{"step": "give", "status": "0", "call": None, "error": None, "holders": None}]}, id="no NTSTATUS"),
    ],
)
def test_an_answer_that_cannot_be_read(change, answer):
    with pytest.raises(ValueError, match="the answer cannot be read"):
        lab.read_answer({**copy.deepcopy(answer), **change})


def test_nothing_of_the_host_is_kept(answer):
    of(answer, "give").update(error="Der Zugriff auf SIM\\svc-shop wurde verweigert.")
    of(answer, "read after give")["holders"].append("S-1-5-21-1-2-3-1106")
    answer["steps"].append({"step": "SIM\\svc-shop", "status": None, "call": None, "error": None, "holders": None})

    text = repr(lab.kept(lab.read_answer(answer)))
    assert "svc-shop" not in text
    assert "S-1-5-21" not in text


@pytest.mark.parametrize("path", recorded.changes(), ids=lambda path: path.stem)
def test_a_recorded_change_is_as_the_documents_and_the_model_say(path, answer):
    recording = recorded.read(path)
    told = {one["step"]: one for one in recording["steps"]}

    assert recording["as_before"] is True
    for expected in lab.STEPS:
        if not expected.shown:
            assert (told[expected.step]["status"], told[expected.step]["held"]) == (expected.status, expected.held), expected.step
    assert recording["kind"] == "host" or recording["steps"] == lab.kept(lab.read_answer(answer))
