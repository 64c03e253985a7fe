# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""gpo_right where somebody else comes between: what a person is told to look at, what ends it, and what is left then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from gpo_runs import FLOOR, IIS, STATES, USERS, Right, beside, holders, parts

from fleet.windows.domain import KILLED, TEMPLATE
from fleet.windows.sysvol import SHARING

THEIRS = f"[Privilege Rights]\r\nSeImpersonatePrivilege = *{USERS}\r\n".encode("utf-16")
WISH = STATES["defined"]


def in_container(domain, guid):
    """Somebody edits another setting of the GPO, so that the version goes up."""
    domain.replica.directory.gpo(guid).version = 77


def in_template(domain, guid):
    domain.replica.sysvol.write(f"{domain.replica.folder(guid)}\\{TEMPLATE}", THEIRS)


def taken_away(domain, guid):
    domain.replica.sysvol.remove(f"{domain.replica.folder(guid)}\\{TEMPLATE}")


def spoilt(domain, guid):
    (path,) = (path for path in beside(domain, guid) if path.endswith("~winrights-seimpersonate.tmp"))
    domain.replica.sysvol.write(path, b"{")


@pytest.mark.parametrize(
    ("meddle", "words"),
    [
        pytest.param(in_container, "versionNumber is 77, was 5, and 6 was planned", id="the version"),
        pytest.param(in_template, "GptTmpl.inf has other bytes than before or planned", id="the template"),
        pytest.param(taken_away, "GptTmpl.inf is gone", id="no template any more"),
        pytest.param(spoilt, "~winrights-seimpersonate.tmp) cannot be understood", id="the journal"),
    ],
)
def test_an_unfinished_change_that_nobody_can_go_on_with_is_ended_when_a_person_has_looked(run, domain, guid, meddle, words):
    domain.replica.after["replace template"] = KILLED
    run(Right, gpo=guid, **WISH)
    domain.replica.after.clear()
    meddle(domain, guid)
    theirs = parts(domain, guid)

    refused = run(Right, gpo=guid, **WISH)

    assert (refused["refused"], parts(domain, guid)) == ("unfinished_change", theirs)
    assert words in refused["msg"]
    assert f"Look at the GPO {guid} in the Group Policy console" in refused["msg"]
    assert "allow unfinished_change" in refused["msg"]
    ended = run(Right, gpo=guid, allow=["unfinished_change"], run_id="ended", **WISH)
    assert (ended["outcome"], beside(domain, guid)) == ("applied", [])
    assert holders(run, guid) == ("defined", sorted([*FLOOR, IIS]))
    assert parts(domain, guid)[1] > theirs[1]
    assert run(Right, gpo=guid, **WISH)["outcome"] == "unchanged"
    assert "failed" not in run(Right, gpo=guid, restore="ended")
    assert parts(domain, guid)[0] == theirs[0]  # theirs, and not what was there before them


def test_who_edits_the_directory_between_comparison_and_write_is_told_apart(run, domain, guid):
    before = parts(domain, guid)
    domain.replica.meddle["ldap compare container"] = lambda replica: in_container(domain, guid)

    result = run(Right, gpo=guid, **WISH)

    assert (result["outcome"], parts(domain, guid)[0], parts(domain, guid)[1]) == ("unknown", before[0], 77)
    assert "versionNumber is 77, was 5, and 6 was planned" in result["msg"]
    assert "allow unfinished_change" in result["msg"]
    assert run(Right, gpo=guid, **WISH)["refused"] == "unfinished_change"
    assert run(Right, gpo=guid, allow=["unfinished_change"], **WISH)["outcome"] == "applied"
    assert (parts(domain, guid)[1], beside(domain, guid)) == (78, [])


def test_a_change_that_is_made_in_part_says_that_the_next_run_finishes_it(run, domain, guid):
    domain.replica.faults["undo template"] = SHARING
    domain.replica.faults["ldap modify"] = SHARING

    result = run(Right, gpo=guid, **WISH)
    domain.replica.faults.clear()

    assert result["outcome"] == "unknown"
    assert "run again, and the next run finishes the change" in result["msg"]
    assert run(Right, gpo=guid, **WISH)["outcome"] == "applied"


def test_what_became_of_a_run_is_told_by_the_gpo_as_it_is_when_the_lock_is_held(run, domain, guid):
    """Another run begins and ends between this one's look and its lock."""
    other = []

    def meanwhile(answer):
        run.host.twist = lambda answer: answer
        domain.replica.after["replace gpt_ini"] = KILLED
        other.append(run(Right, gpo=guid, run_id="other", **STATES["nobody"]))
        domain.replica.after.clear()
        return answer

    run.host.twist = meanwhile
    late = run(Right, gpo=guid, **WISH)

    assert other[0]["outcome"] == "unknown"
    assert json.loads(Path(other[0]["snapshot"]).read_text())["outcome"] == "found_applied"
    assert (late["outcome"], late["error"]["call"]) == ("not_started", "compare")
    assert "what became of the run other was not known: it was carried out" in late["notes"]
    assert holders(run, guid)[0] == "nobody"


def test_a_gpo_that_cannot_be_read_again_is_not_changed(run, domain, guid):
    domain.replica.after["replace template"] = KILLED
    killed = run(Right, gpo=guid, **WISH)
    domain.replica.after.clear()
    before, reads = parts(domain, guid), []

    def second_fails(answer):
        reads.append(answer)
        return answer if len(reads) == 1 else {"failed": True, "msg": "x", "error": {"call": "ldap search", "status": "51"}}

    run.host.twist = second_fails
    result = run(Right, gpo=guid, **WISH)

    assert (len(reads), result["failed"], result["changed"], result["outcome"]) == (2, True, False, "refused")
    assert parts(domain, guid) == before
    assert json.loads(Path(killed["snapshot"]).read_text())["outcome"] == "unknown"
