# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a host does not depend on the language of its Windows: what differs are names, in front of people only."""

from __future__ import annotations

import pytest

from fleet import demo
from fleet.windows import names
from fleet.windows.languages import LANGUAGES
from fleet.windows.machine import Machine

KINDS = {
    "clean": {"iis": True},
    "lacking": {"holders": [sid for sid in demo.FLOOR if sid != names.SERVICE]},
    "drifted": {"also": [names.USERS, names.EVERYONE, demo.ORPHAN]},
    "steered": {"gpos": ()},  # by a GPO that has the floor in the names of the language
}


def add(fleet, language):
    known = names.well_known(language)
    floor = tuple(f"{known[sid].domain}\\{known[sid].name}" for sid in demo.FLOOR)
    for kind, options in KINDS.items():
        options = {"gpos": (demo.gpo("Baseline", accounts=floor),)} if kind == "steered" else options
        fleet.add(Machine.member_server(f"{kind}-{language}", language=language, **options))


def judged(record):
    """What of a record no language may change."""
    findings = [(finding["kind"], finding["sid"]) for finding in record["findings"]]
    holders = [(holder["sid"], holder["standing"], holder["kind"], holder["resolved"]) for holder in record["holders"]]
    return (
        record["status"], record["host_role"], record["missing"], record["unexpected"], record["controller"]["kind"],
        findings, holders,
    )  # fmt: skip


def test_the_verdict_is_the_same_in_every_language(fleet, audit):
    for language in LANGUAGES:
        add(fleet, language)

    run = audit(fleet)

    assert run.rc == 2
    for kind, status in {"clean": "compliant", "lacking": "drift", "drifted": "drift", "steered": "compliant"}.items():
        english = judged(run.records[f"{kind}-en"])
        assert english[0] == status
        assert {language: judged(run.records[f"{kind}-{language}"]) for language in LANGUAGES} == dict.fromkeys(LANGUAGES, english)
    assert judged(run.records["steered-en"])[4] == "gpo"
    for language in LANGUAGES:
        shown = {holder["sid"]: holder["name"] for holder in run.records[f"clean-{language}"]["holders"]}
        known = names.well_known(language)
        assert shown == {sid: f"{known[sid].domain}\\{known[sid].name}" for sid in (*demo.FLOOR, names.IIS_IUSRS)}


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)  # the payload's lookups are in the audit, and in test_names.py
@pytest.mark.parametrize(
    "forbidden",
    [
        pytest.param(lambda _name: "users", id="by its key"),
        pytest.param(lambda _name: "BUILTIN\\Users", id="by its English name"),
        pytest.param(lambda name: f".\\{name}", id="by the host's own name"),
    ],
)
def test_enforcement_ends_the_same_in_every_language(fleet, enforce, forbidden):
    machines = {}
    for language in LANGUAGES:
        machine = Machine.member_server(f"drifted-{language}", language=language, also=[names.USERS])
        its = forbidden(names.well_known(language)[names.USERS].name)
        fleet.add(machine, variables={"impersonate_forbidden": [its]})
        machines[language] = machine

    run = enforce(fleet, extravars={"impersonate_serial": "100%"})

    assert run.outcomes == {f"drifted-{language}": "applied" for language in LANGUAGES}
    assert {language: set(machine.holders()) for language, machine in machines.items()} == {
        language: set(demo.FLOOR) for language in LANGUAGES
    }
