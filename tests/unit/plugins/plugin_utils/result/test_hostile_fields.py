# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text that an answer may have, one after the other, made hostile: no field is forgotten, since they are read from the facts' types."""

from __future__ import annotations

import copy
import dataclasses
import typing as t
import unicodedata

import hostile
import pytest
from whole_report import FORMATS, report_of

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import Sid
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import HostFacts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import HostError, ReadRequest, facts_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import CannotJudge
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result import build
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Tailoring
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.judgement import judged

NAME = "x\n- nothing to change\r\x00\x1b[8m\x9b\u0085\u061c\u200b\u202e\u2028\u2066\u3164\ufeff\U000e0041"
STRANGER = "S-1-5-21-1-2-3-1500"
ALL = ReadRequest(exposure=True, expand=True, events=24)


def texts(kind, place=()):
    """Where an answer of this type may have a text, as places in it; 0 stands for every row of a list."""
    if dataclasses.is_dataclass(kind):
        hints = t.get_type_hints(kind, include_extras=True)
        return [found for field in dataclasses.fields(kind) for found in texts(hints[field.name], (*place, field.name))]
    if kind is str:
        return [place]
    inner = (*place, 0) if t.get_origin(kind) is tuple else place
    return [] if kind == Sid else [found for one in t.get_args(kind) if one is not Ellipsis for found in texts(one, inner)]


PLACES = sorted(set(texts(HostFacts)), key=str)


def full():
    """An honest answer with a row in every list."""
    answer = hostile.facts()
    answer["features"]["ssis"] = ["MsDtsServer150"]
    answer["iis"]["services"], answer["iis"]["components"] = ["W3SVC"], ["W3SVC"]
    answer["not_asked"] = ["CORP\\late"]
    answer["control"]["sids"] = [{"asked": "CORP\\known", "sid": STRANGER}]
    answer["groups"] = [
        {"sid": "S-1-5-32-544", "name": "a", "status": "read", "members": [{"sid": STRANGER, "name": "b", "use": 1}]}
    ]
    event = {
        "id": 4704,
        "time": "2026-06-15T07:00:00Z",
        "subject": STRANGER,
        "subject_name": "c",
        "logon": "0x1",
        "target": STRANGER,
    }
    answer["events"] = {**answer["events"], "error": None, "events": [event]}
    return answer


FULL = full()


def put(answer, place):
    """The same answer with the hostile text there."""
    spoilt = copy.deepcopy(answer)
    *way, last = place[:-1] if place[-1] == 0 else place
    inner = spoilt
    for key in way:
        inner = inner[key]
    inner[last] = [NAME] if place[-1] == 0 else NAME
    return spoilt


def unseen(text):
    hidden = ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn")
    return {char for char in text if char != "\n" and (unicodedata.category(char) in hidden or char == "\u3164")}


def test_the_honest_answer_is_read_whole():
    facts = facts_of(FULL)

    assert all((facts.features.ssis, facts.not_asked, facts.control.sids, facts.groups, facts.events.events, facts.pools))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_a_hostile_text_in_any_field_is_written_out(microsoft, place):
    facts = None
    try:
        facts = facts_of(put(FULL, place))
        result = build.host_result(judged(facts, microsoft, Tailoring())) | build.requested(facts, ALL)
    except HostError as failed:
        result = build.error(failed.category, str(failed), failed.call, failed.status)
    except CannotJudge as doubt:
        result = build.error(doubt.category, str(doubt), facts=facts)
    report = report_of(host=result)

    for write in FORMATS:
        text = write(report).removeprefix("\ufeff").replace("\r\n", "\n")
        assert unseen(text.replace("\u3164", "") if write.__name__ == "to_json" else text) == set(), write.__name__
        assert "\n- nothing to change" not in text, write.__name__
