# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What gpo_right writes on a domain controller, in which order, and what it leaves where a step fails."""

from __future__ import annotations

import base64
import fcntl
import json
import re

import pytest

from directory.conftest import CSE, PASSWORD, REALM, Gpo, b64, digest, gpt_ini, template

pytestmark = pytest.mark.directory

HRESULT = re.compile("0x[0-9A-F]{8}")  # another one than that of Windows
OTHER = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{53D6AB1B-2488-11D1-A28C-00C04FB94F17}]"
STATES = {
    "defined": template("*S-1-5-19,*S-1-5-20,*S-1-5-32-544,*S-1-5-6"),
    "nobody": template(""),
    "not defined": template(None),
}
WANTED = {"defined": template("*S-1-5-19,*S-1-5-20,*S-1-5-32-544,*S-1-5-32-568,*S-1-5-6")}


def plan(gpo: Gpo, content: bytes | None, *, version: int = 0x10002, extensions: str | None = OTHER + CSE, **more):
    """What the controller sends for a GPO as it is now."""
    return {
        "guid": gpo.guid,
        "expected": gpo.state,
        "template": None if content is None else b64(content),
        "version": version,
        "extensions": extensions,
        "gpt_ini": b64(gpt_ini(version)),
        "undo": {"version": version + 1, "gpt_ini": b64(gpt_ini(version + 1))},
        **more,
    }


def goal(change):
    """The state that a change is to bring."""
    content = change["template"]
    return {
        "template_sha256": digest(None if content is None else base64.b64decode(content)),
        "version": change["version"],
        "extensions": change["extensions"],
        "gpt_ini_sha256": digest(base64.b64decode(change["gpt_ini"])),
    }


def files_of(gpo: Gpo, *, with_template: bool = True):
    return sorted(["gpt.ini", *(["Machine/Microsoft/Windows NT/SecEdit/GptTmpl.inf"] if with_template else [])])


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_four_beats(before, after, directory, make_gpo, tell):
    gpo, machine = make_gpo(STATES[before]), directory.machine()
    wanted = WANTED.get(after, STATES[after])
    first, change = gpo.state, plan(gpo, wanted)

    looked_at = tell(machine, "gpo_right", read={"gpos": [gpo.guid]})
    assert [row["guid"] for row in looked_at["gpos"]] == [gpo.guid]
    assert gpo.state == first

    answer = tell(machine, "gpo_right", change=change)
    assert answer == {
        "changed": True,
        "outcome": "applied",
        "attempted": [*(["template"] if wanted != STATES[before] else []), "container", "gpt_ini"],
        "undone": [],
        "before": first,
        "after": goal(change),
        "error": None,
    }
    assert gpo.state == goal(change)
    assert gpo.template.read_bytes() == wanted
    assert gpo.files == files_of(gpo)

    again = tell(machine, "gpo_right", change={**change, "expected": gpo.state})
    assert (again["changed"], again["outcome"], again["attempted"]) == (False, "applied", [])
    assert gpo.files == files_of(gpo)


def test_a_template_where_there_was_none(directory, make_gpo, tell):
    gpo = make_gpo(None, extensions=None)
    change = plan(gpo, STATES["nobody"])

    answer = tell(directory.machine(), "gpo_right", change=change)

    assert (answer["outcome"], gpo.state) == ("applied", goal(change))
    assert gpo.files == files_of(gpo)


def test_a_template_that_goes(directory, make_gpo, tell):
    gpo = make_gpo()
    change = plan(gpo, None, extensions=None)

    answer = tell(directory.machine(), "gpo_right", change=change)

    assert (answer["outcome"], gpo.state) == ("applied", goal(change))
    assert gpo.files == files_of(gpo, with_template=False)


@pytest.mark.parametrize("version", [0, 1, 65534, 65535, 65536, 131071, -2147418112])
def test_versions_are_written_as_they_are_told(version, directory, make_gpo, tell):
    gpo = make_gpo(version=7)
    change = plan(gpo, STATES["nobody"], version=version)

    answer = tell(directory.machine(), "gpo_right", change=change)

    assert (answer["outcome"], gpo.state) == ("applied", goal(change))


@pytest.mark.parametrize("part", ["template_sha256", "version", "extensions", "gpt_ini_sha256"])
def test_what_is_not_as_expected_is_not_touched(part, directory, make_gpo, tell):
    gpo = make_gpo()
    first = gpo.state
    other = {"version": 7, "extensions": None}.get(part, "0" * 64)

    answer = tell(directory.machine(), "gpo_right", change=plan(gpo, STATES["nobody"], expected={**first, part: other}))

    assert (answer["failed"], answer["outcome"], answer["error"]) == (True, "not_started", {"call": "compare", "status": None})
    assert answer["msg"] == f"The GPO was not changed: {part} is not the expected one."
    assert (gpo.state, gpo.files) == (first, files_of(gpo))


BUSY, NO_ANSWER = {"call": "modify", "when": "before", "status": 51}, {"call": "modify", "when": "after", "on": 1, "status": 85}


def test_a_directory_that_refuses_the_modify(directory, make_gpo, tell):
    gpo = make_gpo()
    first, change = gpo.state, plan(gpo, STATES["nobody"])

    answer = tell(directory.machine(faults=[BUSY]), "gpo_right", change=change)

    assert (answer["failed"], answer["outcome"], answer["changed"]) == (True, "undone", False)
    assert (answer["attempted"], answer["undone"]) == (["template", "container"], ["template"])
    assert answer["error"] == {"call": "ldap modify", "status": "51"}
    assert answer["msg"] == "The GPO is as before, the change failed: ldap modify failed with 51."
    assert (gpo.state, answer["after"], gpo.files) == (first, first, files_of(gpo))


def test_a_modify_that_was_done_but_not_answered_gets_a_new_version(directory, make_gpo, tell):
    gpo = make_gpo()
    first, change = gpo.state, plan(gpo, STATES["nobody"])

    answer = tell(directory.machine(faults=[NO_ANSWER]), "gpo_right", change=change)

    undo = change["undo"]
    assert (answer["outcome"], answer["error"]) == ("undone", {"call": "ldap modify", "status": "85"})
    assert (answer["attempted"], answer["undone"]) == (["template", "container"], ["gpt_ini", "container", "template"])
    assert gpo.state == {**first, "version": undo["version"], "gpt_ini_sha256": digest(base64.b64decode(undo["gpt_ini"]))}
    assert (answer["after"], gpo.files) == (gpo.state, files_of(gpo))


@pytest.mark.parametrize("call", ["write journal", "write template"])
def test_what_cannot_be_prepared_is_not_begun(call, directory, make_gpo, tell):
    gpo = make_gpo()
    first, change = gpo.state, plan(gpo, STATES["nobody"])
    blocked = gpo.journal if call == "write journal" else gpo.template.parent / "~winrights-template-new.tmp"
    blocked.mkdir()

    answer = tell(directory.machine(), "gpo_right", change=change)

    blocked.rmdir()
    assert (answer["outcome"], answer["attempted"], answer["error"]["call"]) == ("not_started", [], call)
    assert HRESULT.fullmatch(answer["error"]["status"])
    assert (gpo.state, gpo.files) == (first, files_of(gpo))


@pytest.mark.parametrize(
    ("kind", "attempted", "undone"),
    [
        pytest.param("template", ["template"], [], id="the template"),
        pytest.param("gpt_ini", ["template", "container", "gpt_ini"], ["container", "template"], id="gpt.ini"),
    ],
)
def test_a_file_that_cannot_be_replaced(kind, attempted, undone, directory, make_gpo, tell):
    """A folder has the name that the original is to get."""
    gpo = make_gpo()
    first, change = gpo.state, plan(gpo, STATES["nobody"])
    blocked = (gpo.template.parent if kind == "template" else gpo.folder) / f"~winrights-{kind}-old.tmp"
    blocked.mkdir()

    answer = tell(directory.machine(), "gpo_right", change=change)

    blocked.rmdir()
    assert (answer["attempted"], answer["undone"], answer["error"]["call"]) == (attempted, undone, f"replace {kind}")
    if kind == "template":
        assert (answer["outcome"], answer["changed"], gpo.state, gpo.files) == ("undone", False, first, files_of(gpo))
    else:
        assert (answer["outcome"], gpo.state) == ("unknown", {**first, "version": change["undo"]["version"]})


def test_gpt_ini_that_cannot_be_written_is_finished_by_the_next_run(directory, make_gpo, tell):
    """Not even the version of the undoing can be written there: the rest is put back, and the journal stays."""
    gpo = make_gpo()
    first, change = gpo.state, plan(gpo, STATES["nobody"])
    blocked = gpo.folder / "~winrights-gpt_ini-new.tmp"
    blocked.mkdir()

    answer = tell(directory.machine(), "gpo_right", change=change)

    blocked.rmdir()
    assert (answer["outcome"], answer["changed"], answer["error"]["call"]) == ("unknown", True, "write gpt_ini")
    assert answer["undone"] == ["container", "template"]
    assert answer["after"] == gpo.state == {**first, "version": change["undo"]["version"]}
    assert answer["msg"] == f"The GPO may be half changed: write gpt_ini failed with {answer['error']['status']}."
    assert gpo.journal.exists()
    later = {**change, "expected": gpo.state, "version": 0x10005, "gpt_ini": b64(gpt_ini(0x10005))}
    assert tell(directory.machine(), "gpo_right", change=later)["outcome"] == "applied"
    assert (gpo.state, gpo.files) == (goal(later), files_of(gpo))


def test_a_template_that_somebody_changes_meanwhile_stays_as_it_is(directory, make_gpo, tell):
    gpo = make_gpo()
    change, theirs = plan(gpo, STATES["nobody"]), template("*S-1-5-32-545")
    meddling = {"call": "search", "when": "after", "on": 4, "path": str(gpo.template), "bytes": b64(theirs)}

    answer = tell(directory.machine(faults=[meddling]), "gpo_right", change=change)

    assert (answer["outcome"], answer["attempted"]) == ("not_started", [])
    assert answer["error"] == {"call": "compare template", "status": None}
    assert gpo.template.read_bytes() == theirs
    assert gpo.files == files_of(gpo)


def test_gpt_ini_that_somebody_changes_meanwhile_is_not_undone(directory, make_gpo, tell):
    gpo = make_gpo()
    change, theirs = plan(gpo, STATES["nobody"]), gpt_ini(0x20001)
    meddling = {"call": "modify", "when": "after", "on": 1, "path": str(gpo.ini), "bytes": b64(theirs)}

    answer = tell(directory.machine(faults=[meddling]), "gpo_right", change=change)

    assert (answer["outcome"], answer["error"]) == ("unknown", {"call": "compare gpt_ini", "status": None})
    assert gpo.ini.read_bytes() == theirs
    assert gpo.template.read_bytes() == template()
    assert gpo.journal.exists()


def test_a_template_that_another_program_holds(directory, make_gpo, tell):
    gpo = make_gpo()
    first, change = gpo.state, plan(gpo, STATES["nobody"])
    with gpo.template.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        answer = tell(directory.machine(), "gpo_right", change=change)

    assert (answer["outcome"], answer["error"]["call"]) == ("not_started", "compare")
    assert (gpo.state, gpo.files) == (first, files_of(gpo))


def test_somebody_without_rights_changes_nothing(directory, make_gpo, tell):
    """The directory itself refuses; the files are open to this test's account, which is root."""
    gpo = make_gpo()
    directory.ask("user", "reader", PASSWORD)
    first, change = gpo.state, plan(gpo, STATES["nobody"])

    answer = tell(directory.machine(user="reader"), "gpo_right", change=change)

    assert (answer["outcome"], answer["error"]) == ("undone", {"call": "ldap modify", "status": "50"})
    assert (gpo.state, gpo.files) == (first, files_of(gpo))


@pytest.mark.parametrize("read_only", [True, False])
def test_only_the_pdc_emulator_changes(read_only, directory, make_gpo, tell):
    gpo = make_gpo()
    first, change, machine = gpo.state, plan(gpo, STATES["nobody"]), directory.machine()
    machine.read_only = read_only
    machine.machine_role = 4 if read_only else 3

    answer = tell(machine, "gpo_right", change=change)

    assert answer["outcome"] == "not_started"
    assert answer["error"] == {"call": "controller" if read_only else "machine role", "status": None}
    assert (gpo.state, gpo.files) == (first, files_of(gpo))


def test_another_domain_controller_is_refused_with_the_name_of_the_pdc_emulator(other_pdc, directory, make_gpo, tell):
    gpo = make_gpo()
    first, change = gpo.state, plan(gpo, STATES["nobody"])

    answer = tell(directory.machine(), "gpo_right", change=change)

    assert (answer["outcome"], answer["error"]) == ("not_started", {"call": "controller", "status": None})
    assert answer["msg"] == f"The GPO was not changed: this domain controller is not the PDC emulator, {other_pdc} is."
    assert (gpo.state, gpo.files) == (first, files_of(gpo))


@pytest.mark.parametrize("guid", ["{00000000-0000-0000-0000-000000000000}", "x", "{x},CN=y"])
def test_a_gpo_that_is_not_there(guid, directory, make_gpo, tell):
    answer = tell(directory.machine(), "gpo_right", change=plan(make_gpo(), STATES["nobody"], guid=guid))

    assert (answer["outcome"], answer["error"]["call"]) == ("not_started", "ldap search" if guid.startswith("{0") else "compare")


def test_a_path_that_leads_elsewhere_is_not_written(directory, make_gpo, tell):
    gpo, other = make_gpo(), make_gpo()
    directory.ask("set", gpo.dn, {"gPCFileSysPath": rf"\\{REALM}\sysvol\{REALM}\Policies\{other.guid}"})
    change = plan(gpo, STATES["nobody"])

    answer = tell(directory.machine(), "gpo_right", change=change)

    assert (answer["outcome"], answer["msg"]) == ("not_started", "The GPO was not changed: gPCFileSysPath leads elsewhere.")
    assert gpo.state == change["expected"]


KILLED = [
    pytest.param({"call": "modify", "when": "before"}, ["template"], id="after the template"),
    pytest.param({"call": "modify", "when": "after"}, ["template", "container"], id="after the directory"),
    pytest.param({"call": "search", "when": "before", "on": 6}, ["template", "container", "gpt_ini"], id="after gpt.ini"),
]


@pytest.mark.parametrize(("when", "written"), KILLED)
@pytest.mark.parametrize("then", ["finishes", "undoes"])
def test_a_change_that_was_killed(then, when, written, directory, make_gpo, powershell, tell, ask, send):
    gpo = make_gpo()
    first, change = gpo.state, plan(gpo, STATES["nobody"])

    output = send(directory.machine(faults=[{**when, "kill": True}]), "gpo_right", change=change)

    assert (output.exit_code, output.stdout) == (-9, b"")
    wanted = goal(change)
    parts = {"template": ["template_sha256"], "container": ["version", "extensions"], "gpt_ini": ["gpt_ini_sha256"]}
    half = first | {name: wanted[name] for part in written for name in parts[part]}
    assert gpo.state == half
    (row,) = ask(gpo.guid)["gpos"]
    assert json.loads(row["journal"]) == {"guid": gpo.guid, "before": first, "after": wanted}

    if then == "finishes":
        answer = tell(directory.machine(), "gpo_right", change={**change, "expected": half})
        assert (answer["outcome"], gpo.state) == ("applied", wanted)
        assert answer["attempted"] == [one for one in ("template", "container", "gpt_ini") if one not in written]
    else:
        back = {**plan(gpo, template(), version=0x10003, extensions=first["extensions"]), "expected": half}
        answer = tell(directory.machine(), "gpo_right", change=back)
        assert (answer["outcome"], gpo.state) == ("applied", goal(back))
    assert gpo.files == files_of(gpo)


def test_a_change_that_is_killed_twice_keeps_the_first_journal(directory, make_gpo, tell, send):
    gpo = make_gpo()
    change = plan(gpo, STATES["nobody"])
    send(directory.machine(faults=[{"call": "modify", "when": "before", "kill": True}]), "gpo_right", change=change)
    journal = gpo.journal.read_bytes()

    send(
        directory.machine(faults=[{"call": "modify", "when": "after", "kill": True}]),
        "gpo_right",
        change={**change, "expected": gpo.state},
    )
    assert gpo.journal.read_bytes() == journal
    answer = tell(directory.machine(), "gpo_right", change={**change, "expected": gpo.state})

    assert (answer["outcome"], gpo.state, gpo.files) == ("applied", goal(change), files_of(gpo))


def test_a_gpo_without_its_folder_gets_none(directory, make_gpo, tell):
    gpo = make_gpo(None, ini=None)
    change = plan(gpo, STATES["nobody"])
    gpo.folder.rmdir()
    try:
        answer = tell(directory.machine(), "gpo_right", change=change)
        there = gpo.folder.exists()
    finally:
        gpo.folder.mkdir(exist_ok=True)

    assert (answer["outcome"], answer["attempted"], answer["error"]) == ("not_started", [], {"call": "compare", "status": None})
    assert answer["msg"] == "The GPO was not changed: the folder is not in SYSVOL."
    assert (there, gpo.state) == (False, change["expected"])


@pytest.mark.parametrize("step", ["write template", "ldap modify"])
def test_an_undo_back_to_a_half_state_keeps_the_journal_that_was_there(step, directory, make_gpo, tell, send):
    """Another goal over a change that was killed after its template, and a failure: the first journal alone knows what was before."""
    gpo = make_gpo()
    change = plan(gpo, STATES["nobody"])
    send(directory.machine(faults=[{"call": "modify", "when": "before", "kill": True}]), "gpo_right", change=change)
    half, journal = gpo.state, gpo.journal.read_bytes()
    blocked = gpo.template.parent / "~winrights-template-new.tmp"
    if step == "write template":
        blocked.mkdir()

    answer = tell(directory.machine(faults=[BUSY]), "gpo_right", change=plan(gpo, WANTED["defined"]))

    if step == "write template":
        blocked.rmdir()
    assert (answer["outcome"], answer["error"]["call"]) == ("undone" if step == "ldap modify" else "not_started", step)
    assert (gpo.state, gpo.journal.read_bytes()) == (half, journal)
    assert gpo.files == sorted([*files_of(gpo), str(gpo.journal.relative_to(gpo.folder))])


THEIRS = 0x20007


def test_a_container_that_somebody_changes_before_the_modify_stays_as_it_is(directory, make_gpo, tell):
    gpo = make_gpo()
    first, change = gpo.state, plan(gpo, STATES["nobody"])
    meddling = {"call": "search", "when": "before", "on": 5, "modify": {"dn": gpo.dn, "versionNumber": str(THEIRS)}}

    answer = tell(directory.machine(faults=[meddling]), "gpo_right", change=change)

    assert (answer["outcome"], answer["error"]) == ("unknown", {"call": "compare container", "status": None})
    assert (answer["attempted"], answer["undone"]) == (["template"], ["template"])
    assert answer["msg"] == "The GPO may be half changed: container was changed by somebody else meanwhile."
    assert gpo.state == answer["after"] == {**first, "version": THEIRS}
    assert gpo.journal.exists()


def test_a_container_that_somebody_changes_after_the_modify_is_not_undone(directory, make_gpo, tell):
    """Not even gpt.ini gets the version of an undoing, which would be lower than theirs."""
    gpo = make_gpo()
    first, change = gpo.state, plan(gpo, STATES["nobody"])
    meddling = {"call": "modify", "when": "after", "on": 1, "modify": {"dn": gpo.dn, "versionNumber": str(THEIRS)}}

    answer = tell(directory.machine(faults=[meddling]), "gpo_right", change=change)

    assert (answer["outcome"], answer["error"]["call"]) == ("unknown", "re-read")
    assert answer["undone"] == ["gpt_ini", "template"]
    assert gpo.state == {**first, "version": THEIRS, "extensions": change["extensions"]}
    assert gpo.journal.exists()
