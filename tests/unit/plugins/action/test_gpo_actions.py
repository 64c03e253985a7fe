# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""gpo_right_info and gpo_right against a simulated domain: what they ask, what they return, what is left where."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from ansible.errors import AnsibleActionFail
from gpo_runs import IIS, STARRED, STATES, USERS, Info, Right, beside, holders, parts
from whole_report import report_of

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import to_json
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.gpo_lines import read_gpos
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import locks
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.gpo_snapshots import Shelf
from fleet.windows.directory import BUSY, INSUFFICIENT_RIGHTS, PAIR, SERVER_DOWN
from fleet.windows.domain import DEFAULT_CONTROLLERS, DEFAULT_DOMAIN, KILLED, PolicyDomain
from fleet.windows.machine import FLOOR, Machine
from fleet.windows.sysvol import DENIED, DISK_FULL, SHARING

CONTROLLER = {
    "kind": "gpo", "name": "x", "guid": None, "link": None, "precedence": 1, "status": "applied", "error": None, "provider": None,
    "evidence": "rsop", "as_of": None, "why": "", "losers": [], "extra": None, "lacking": None,
}  # fmt: skip

HOLDER = {"name": None, "resolved": "failed", "kind": "unknown", "standing": None, "why": ""}


def computer(dns_domain):
    return {
        "name": "X", "machine_role": 3, "role_status": 0, "read_only": False, "role_pending": False, "domain": "X", "dns_domain": dns_domain,
        "entra_joined": None, "sid": None,
    }  # fmt: skip


# -- reading -------------------------------------------------------------------------------------------------------


def test_all_gpos_of_the_domain_are_read_by_one_command(run, domain, guid):
    result = run(Info)

    assert [module for module, _arguments in run.host.sent] == ["gpo_right_info"]
    assert (result["changed"], result["complete"], result["compliant"]) == (False, True, True)
    servers = next(row for row in result["gpos"] if row["guid"] == guid)
    assert (servers["state"], servers["name"], servers["findings"]) == ("defined", "Servers", [])
    assert {holder["standing"] for holder in servers["holders"]} == {"floor"}
    assert [(link["som"], link["effective"]) for link in servers["links"]] == [(domain.ou("Servers"), True)]


def test_the_two_default_gpos_are_told_by_the_rows_of_the_page(run, domain):
    rows = {row["guid"].upper(): row for row in run(Info)["gpos"]}

    assert rows[DEFAULT_DOMAIN.upper()]["documented"] == "documented: not defined; observed: not defined"
    assert rows[DEFAULT_CONTROLLERS.upper()]["documented"].endswith("observed: not defined")
    assert "administrators" in rows[DEFAULT_CONTROLLERS.upper()]["documented"]
    assert all(row["compliant"] for row in rows.values())


@pytest.mark.parametrize(
    ("gpos", "words"),
    [
        pytest.param([" "], "gpos[0]: ' ' is empty", id="a blank"),
        pytest.param(["{6AC1786C}"], "neither a GUID nor a name", id="half a GUID"),
        pytest.param(["a\nb"], "neither a GUID nor a name", id="two lines"),
    ],
)
def test_bad_names_are_refused_before_anything_is_asked(run, gpos, words):
    with pytest.raises(AnsibleActionFail) as caught:
        run(Info, gpos=gpos)

    assert words in str(caught.value)
    assert run.host.sent == []


def test_what_was_read_is_told_also_where_it_cannot_be_kept(run, guid, tmp_path):
    (tmp_path / "gpos.json").mkdir()
    result = run(Info, gpo_file=str(tmp_path / "gpos.json"))

    assert result["failed"]
    assert "gpos.json cannot be written" in result["msg"]
    assert result["path"] is None
    assert result["gpos"]


def test_what_was_read_is_kept_for_a_report(run, guid, tmp_path):
    result = run(Info, gpo_file=str(tmp_path / "out/gpos.json"))

    kept = json.loads((tmp_path / "out/gpos.json").read_text())
    assert kept["gpos"] == result["gpos"]


@pytest.mark.parametrize(
    "twist",
    [
        pytest.param(lambda answer: {**answer, "gpos": None}, id="no list"),
        pytest.param(lambda answer: {**answer, "truncated": "no"}, id="a word for a flag"),
        pytest.param(lambda answer: {**answer, "gpos": answer["gpos"] * 2}, id="a GPO twice"),
        pytest.param(lambda answer: {key: value for key, value in answer.items() if key != "unread"}, id="no list of unread ones"),
    ],
)
def test_an_answer_of_another_form_is_an_error_and_no_empty_domain(run, guid, twist):
    run.host.twist = twist

    result = run(Info)

    assert result["failed"]
    assert result["error"]["category"] == "payload_error"
    assert "gpos" not in result


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda row: {"template": {**row["template"], "bytes": "AAAA"}}, id="bytes with another digest"),
        pytest.param(lambda row: {"guid": row["guid"][:-2]}, id="half a GUID"),
    ],
)
def test_gpos_that_cannot_be_understood_are_no_complete_answer(run, guid, change):
    run.host.twist = lambda answer: {**answer, "gpos": [{**row, **change(row)} for row in answer["gpos"]]}

    result = run(Info)

    assert (result["gpos"], result["complete"], result["compliant"]) == ([], False, False)


def test_a_host_that_is_no_domain_controller_is_an_error(run):
    run.host.machine = Machine("web01")

    assert "no domain controller" in run(Info)["msg"]


# -- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"state": "defined"}, "gpo: is missing", id="no GPO"),
        pytest.param({"gpo": "Servers"}, "state: is missing", id="no state"),
        pytest.param({"gpo": "Servers", "state": "defined"}, "say state: nobody (in the role impersonate_gpo_state)",
                     id="an empty list without saying nobody"),
        pytest.param({"gpo": "Servers", "state": "nobody", "accounts": [USERS]}, "not together", id="nobody with a list"),
        pytest.param({"gpo": "Servers", "state": "defined", "accounts": ["CORP\\web"]}, "write its SID", id="a list with a name"),
        pytest.param({"gpo": "Servers", "state": "defined", "accounts": ["Administrators"]}, "bare name", id="a bare name"),
        pytest.param({"gpo": "{1}", "state": "nobody"}, "neither a GUID nor a name", id="half a GUID"),
        pytest.param({"gpo": "Servers", "state": "nobody", "restore": "latest"}, "not together with restore", id="restore and a state"),
        pytest.param({"gpo": "Servers", "state": "nobody", "max_hosts_per_account": -1}, "is not a number of hosts", id="a negative limit"),
        pytest.param({"gpo": "Servers", "state": "nobody", "allow": ["floor"]}, "must be one or more of", id="the floor is never allowed"),
        pytest.param({"gpo": "Servers", "state": "nobody", "previous": __file__}, "is not a report", id="a report that is none"),
    ],
)  # fmt: skip
def test_bad_input_ends_before_anything_is_sent(run, options, words):
    with pytest.raises(AnsibleActionFail) as caught:
        run(Right, **options)

    assert words in str(caught.value)
    assert run.host.sent == []


@pytest.mark.parametrize(
    "options", [pytest.param({"state": "nobody"}, id="a change"), pytest.param({"restore": "latest"}, id="a restore")]
)
@pytest.mark.usefixtures("container")
def test_snapshots_that_end_with_the_job_of_awx_are_refused_before_anything_is_sent(run, domain, guid, tmp_path, options):
    before = parts(domain, guid)

    with pytest.raises(AnsibleActionFail, match="snapshot_dir: .* ends with the container of the job"):
        run(Right, gpo=guid, task_vars={"awx_job_id": 7}, **options)

    assert (run.host.sent, parts(domain, guid), (tmp_path / "snapshots").exists()) == ([], before, False)


@pytest.mark.usefixtures("container")
def test_snapshots_of_a_gpo_that_may_be_lost_are_kept_with_a_warning(run, domain, guid, tmp_path):
    result = run(Right, gpo=guid, state="nobody", task_vars={"awx_job_id": 7}, snapshots_may_be_lost=True)

    assert "ends with the container of the job" in result["warnings"][0]
    assert list((tmp_path / "snapshots").rglob("*.json"))


@pytest.mark.parametrize(
    ("options", "reason", "words"),
    [
        pytest.param({"gpo": "Nothing"}, "no_such_gpo", "has no GPO Nothing", id="a name without a GPO"),
        pytest.param({"gpo": "{00000000-0000-0000-0000-000000000001}"}, "no_such_gpo", "has no GPO", id="a GUID without a GPO"),
        pytest.param({"gpo": "Twice"}, "ambiguous_name", "2 GPOs", id="a name of two GPOs"),
        pytest.param(
            {"gpo": DEFAULT_DOMAIN}, "default_domain_policy", "allow default_domain_policy", id="the Default Domain Policy"
        ),
        pytest.param({"accounts": ["administrators"]}, "floor", "S-1-5-19", id="a list without the floor"),
    ],
)
def test_what_is_refused_is_not_sent(run, domain, guid, options, reason, words):
    domain.add_gpo("Twice")
    domain.add_gpo("twice", "{11111111-0000-0000-0000-000000000001}")
    before = parts(domain, guid)

    result = run(Right, **{"gpo": "Servers", "state": "defined", "accounts": [*FLOOR, IIS], **options})

    assert (result["failed"], result["changed"], result["refused"]) == (True, False, reason)
    assert words in result["msg"]
    assert "nothing was changed" in result["msg"]
    assert ["change" in arguments for _module, arguments in run.host.sent] == [False]
    assert parts(domain, guid) == before


def test_a_change_on_a_host_that_is_no_domain_controller_is_refused(run):
    run.host.machine = Machine("web01")

    result = run(Right, gpo="Servers", state="nobody")

    assert (result["failed"], result["outcome"], result["refused"]) == (True, "refused", "not_a_domain_controller")
    assert result["error"]["call"] == "machine role"


def test_another_domain_controller_is_refused_with_the_name_of_the_pdc_emulator(run, domain, guid):
    domain.add_controller("dc02")
    run.host.place = 1

    result = run(Right, gpo="Servers", state="nobody")

    assert result["refused"] == "not_the_pdc_emulator"
    assert "the PDC emulator is dc01" in result["msg"]


# -- changing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", STATES)
@pytest.mark.parametrize("before", STATES)
def test_four_beats_of_every_change_of_state(run, domain, guid, before, after):
    """Check mode says changed, the GPO is as before, it is changed, a second run says unchanged."""
    run(Right, gpo=guid, **STATES[before])
    start = parts(domain, guid)
    changes = before != after

    checked = run(Right, gpo=guid, check_mode=True, diff=True, **STATES[after])
    assert (checked["changed"], checked["outcome"], parts(domain, guid)) == (changes, "planned" if changes else "unchanged", start)
    assert (checked["diff"]["before"] != checked["diff"]["after"]) is changes

    changed = run(Right, gpo=guid, **STATES[after])
    assert (changed["changed"], changed["outcome"]) == (changes, "applied" if changes else "unchanged")
    assert holders(run, guid)[0] == after
    _template, version, _extensions, ini = parts(domain, guid)
    assert version == start[1] + changes
    assert ini == f"[General]\r\nVersion={version}\r\n".encode()
    assert beside(domain, guid) == []

    again = run(Right, gpo=guid, **STATES[after])
    assert (again["changed"], again["outcome"]) == (False, "unchanged")


def test_a_restore_brings_bytes_and_attributes_back_with_a_new_version(run, domain, guid, tmp_path):
    template, version, extensions, _ini = parts(domain, guid)
    changed = run(Right, gpo=guid, run_id="one", **STATES["defined"])

    restored = run(Right, gpo=guid, restore="latest")

    assert restored["outcome"] == "applied"
    assert parts(domain, guid)[0] == template
    assert parts(domain, guid)[1:3] == (version + 2, extensions)
    assert changed["snapshot"] == str(
        tmp_path / f"snapshots/gpos/one/sim.example/{guid.upper().replace('{', '%7B').replace('}', '%7D')}.json"
    )
    assert run(Right, gpo=guid, restore="one")["outcome"] == "unchanged"
    assert (tmp_path / "snapshots/gpos/one").stat().st_mode & 0o777 == 0o700


def test_a_restore_of_what_others_have_changed_since_is_refused(run, domain, guid):
    run(Right, gpo=guid, run_id="one", **STATES["defined"])
    run(Right, gpo=guid, run_id="two", **STATES["nobody"])
    before = parts(domain, guid)

    result = run(Right, gpo=guid, restore="one")

    assert (result["refused"], parts(domain, guid)) == ("changed_since", before)


def test_without_a_run_there_is_nothing_to_restore(run, domain, guid):
    result = run(Right, gpo=guid, restore="latest")

    assert (result["outcome"], result["changed"], result["notes"]) == (
        "unchanged", False, ["no run changed this GPO: nothing to restore"],
    )  # fmt: skip


@pytest.mark.parametrize("wanted", ["never", pytest.param("n" * 300, id="longer than the name of a file")])
def test_the_run_that_a_restore_names_must_be_there(run, guid, wanted):
    with pytest.raises(AnsibleActionFail, match="neither a snapshot of a GPO nor a run of .*; it has no run"):
        run(Right, gpo=guid, restore=wanted)
    assert run.host.sent == []


def test_a_run_that_there_is_not_is_refused_with_the_newest_that_there_are(run, guid, tmp_path):
    for number, name in enumerate(["one", "\x1b[2J", "three"]):
        run(Right, gpo=guid, run_id=name, **STATES[("defined", "nobody")[number % 2]])
    run.host.sent.clear()

    with pytest.raises(AnsibleActionFail, match=r"; its runs, the newest first: three, \\x1b\[2J, one$"):
        run(Right, gpo=guid, restore="never")
    next((tmp_path / "snapshots/gpos/three").rglob("*.json")).write_text("{")
    with pytest.raises(AnsibleActionFail, match=r"; its runs, the newest first: \\x1b\[2J, one, three$"):
        run(Right, gpo=guid, restore="never")
    assert run.host.sent == []


@pytest.mark.parametrize("code", [DENIED, SHARING])
def test_a_journal_that_cannot_be_read_may_be_that_of_a_half_made_change(run, domain, guid, code):
    before = parts(domain, guid)
    domain.replica.faults["read journal"] = code

    result = run(Right, gpo=guid, **STATES["defined"])

    assert (result["outcome"], result["refused"], parts(domain, guid)) == ("refused", "unfinished_change", before)
    assert ["change" in arguments for _module, arguments in run.host.sent] == [False]


READS = ("compare", "compare template", "compare gpt_ini", "re-read")
WRITES = ("write journal", "write template", "replace template", "write gpt_ini", "replace gpt_ini")
OF_FILES = {"denied": DENIED, "sharing violation": SHARING, "disk full": DISK_FULL}
OF_LDAP = {"busy": BUSY, "denied": INSUFFICIENT_RIGHTS, "server down": SERVER_DOWN}
FAULTS = [
    *(pytest.param(step, code, id=f"{step}: {word}") for step in READS for word, code in OF_FILES.items() if code != DISK_FULL),
    *(pytest.param(step, code, id=f"{step}: {word}") for step in WRITES for word, code in OF_FILES.items()),
    *(
        pytest.param(step, code, id=f"{step}: {word}")
        for step in ("ldap compare container", "ldap modify")
        for word, code in OF_LDAP.items()
    ),
]


@pytest.mark.parametrize("goal", STATES)
@pytest.mark.parametrize(("step", "code"), FAULTS)
def test_a_fault_at_a_step_is_undone_and_the_next_run_changes(run, domain, guid, step, code, goal):
    wish = STATES[goal]
    before = parts(domain, guid)
    domain.replica.faults[step] = code

    failed = run(Right, gpo=guid, **wish)

    assert (failed["failed"], failed["changed"]) == (True, False)
    assert failed["outcome"] in ("undone", "not_started")
    assert failed["error"]["category"] == failed["outcome"]
    assert (parts(domain, guid)[0], parts(domain, guid)[2]) == (before[0], before[2])
    assert beside(domain, guid) == []
    domain.replica.faults.clear()
    assert run(Right, gpo=guid, **wish)["outcome"] == "applied"
    assert holders(run, guid) == (goal, sorted([*FLOOR, IIS]) if goal == "defined" else [])


@pytest.mark.parametrize("when", ["faults", "after"])
@pytest.mark.parametrize("step", ["replace template", "ldap modify", "replace gpt_ini"])
def test_a_killed_run_is_finished_by_the_next_one_which_says_so(run, domain, guid, step, when):
    getattr(domain.replica, when)[step] = KILLED
    killed = run(Right, gpo=guid, **STATES["defined"])
    getattr(domain.replica, when).clear()
    assert (killed["outcome"], killed["error"]["category"]) == ("unknown", "unknown_state")

    told = run(Right, gpo=guid, check_mode=True, **STATES["defined"])
    finished = run(Right, gpo=guid, **STATES["defined"])

    nothing = (step, when) == ("replace template", "faults")
    assert told["changed"]
    assert finished["outcome"] == "applied"
    words = "wrote anything" if nothing else "takes it away" if (step, when) == ("replace gpt_ini", "after") else "finishes"
    assert any(words in note for note in finished["notes"])
    assert holders(run, guid) == ("defined", sorted([*FLOOR, IIS]))
    assert parts(domain, guid)[1] == 6
    assert beside(domain, guid) == []
    assert run(Right, gpo=guid, **STATES["defined"])["outcome"] == "unchanged"


@pytest.mark.parametrize("when", ["faults", "after"])
@pytest.mark.parametrize("step", ["replace template", "ldap modify", "replace gpt_ini"])
def test_a_killed_run_is_undone_by_a_restore(run, domain, guid, step, when):
    before = parts(domain, guid)
    getattr(domain.replica, when)[step] = KILLED
    run(Right, gpo=guid, run_id="killed", **STATES["defined"])
    getattr(domain.replica, when).clear()

    restored = run(Right, gpo=guid, restore="killed")

    assert restored["outcome"] == "applied"
    assert (parts(domain, guid)[0], parts(domain, guid)[2]) == (before[0], before[2])
    assert beside(domain, guid) == []
    assert run(Right, gpo=guid, restore="killed")["outcome"] == "unchanged"


@pytest.mark.parametrize("step", ["replace template", "ldap modify", "replace gpt_ini"])
@pytest.mark.parametrize("extensions", [pytest.param(None, id="no pair"), pytest.param(PAIR, id="the pair")])
def test_the_latest_run_that_finished_a_change_is_taken_back_whole(run, domain, step, extensions):
    guid = domain.add_gpo("Servers", sections={"System Access": ("MinimumPasswordAge = 1",)}, extensions=extensions, version=5)
    before = parts(domain, guid)
    domain.replica.after[step] = KILLED
    run(Right, gpo=guid, run_id="killed", **STATES["defined"])
    domain.replica.after.clear()
    assert run(Right, gpo=guid, run_id="finished", **STATES["defined"])["plan"]["finishes"]

    restored = run(Right, gpo=guid, restore="latest")

    assert restored["outcome"] == "applied"
    assert (parts(domain, guid)[0], parts(domain, guid)[2]) == (before[0], before[2])


def test_the_latest_run_that_replaced_a_half_made_change_is_taken_back_whole(run, domain, guid):
    before = parts(domain, guid)
    domain.replica.after["replace template"] = KILLED
    run(Right, gpo=guid, run_id="killed", **STATES["defined"])
    domain.replica.after.clear()
    assert run(Right, gpo=guid, run_id="other", **STATES["nobody"])["outcome"] == "applied"

    assert run(Right, gpo=guid, restore="latest")["outcome"] == "applied"
    assert (parts(domain, guid)[0], parts(domain, guid)[2]) == (before[0], before[2])


@pytest.mark.parametrize("restore", ["latest", "finished"])
def test_a_change_that_was_begun_with_another_folder_of_snapshots_is_not_taken_back_by_half(run, domain, guid, tmp_path, restore):
    domain.replica.after["replace template"] = KILLED
    run(Right, gpo=guid, snapshot_dir=str(tmp_path / "elsewhere"), **STATES["defined"])
    domain.replica.after.clear()
    run(Right, gpo=guid, run_id="finished", **STATES["defined"])
    before = parts(domain, guid)

    result = run(Right, gpo=guid, restore=restore)

    assert (result["outcome"], parts(domain, guid)) == ("unchanged", before)


def test_a_run_that_only_took_a_journal_away_is_not_the_latest_one(run, domain, guid):
    before = parts(domain, guid)
    run(Right, gpo=guid, run_id="real", **STATES["defined"])
    domain.replica.faults["replace template"] = KILLED
    run(Right, gpo=guid, run_id="killed", **STATES["nobody"])
    domain.replica.faults.clear()
    run(Right, gpo=guid, run_id="tidied", **STATES["defined"])
    assert beside(domain, guid) == []

    assert run(Right, gpo=guid, restore="latest")["outcome"] == "applied"
    assert (parts(domain, guid)[0], parts(domain, guid)[2]) == (before[0], before[2])


@pytest.mark.parametrize("step", ["remove backup", "remove journal"])
@pytest.mark.parametrize("again", ["defined", "nobody"])
def test_what_a_change_leaves_beside_the_template_is_said_and_taken_away_by_the_next_run(run, domain, guid, step, again):
    domain.replica.faults[step] = SHARING
    result = run(Right, gpo=guid, **STATES["defined"])
    domain.replica.faults.clear()

    assert (result["outcome"], result.get("failed", False)) == ("applied", False)
    assert f"{step} failed with 0x{0x80070000 + SHARING:08X}" in result["warnings"][0]
    assert beside(domain, guid) != []
    after = run(Right, gpo=guid, **STATES[again])
    assert (after["outcome"], beside(domain, guid)) == ("applied", [])
    assert after["notes"] == [
        "an earlier run was ended after it made its change, before its journal was taken away; this one takes it away"
    ]
    assert holders(run, guid)[0] == again


def test_a_journal_that_was_left_does_not_lead_a_restore_back_too_far(run, domain, guid):
    domain.replica.faults["remove journal"] = SHARING
    run(Right, gpo=guid, **STATES["defined"])
    domain.replica.faults.clear()
    run(Right, gpo=guid, **STATES["nobody"])

    assert run(Right, gpo=guid, restore="latest")["outcome"] == "applied"
    assert holders(run, guid) == ("defined", sorted([*FLOOR, IIS]))


def test_an_unfinished_change_that_somebody_else_went_on_with_is_refused(run, domain, guid):
    domain.replica.after["replace template"] = KILLED
    run(Right, gpo=guid, **STATES["defined"])
    domain.replica.after.clear()
    domain.replica.directory.gpo(guid).version = 77

    result = run(Right, gpo=guid, **STATES["defined"])

    assert (result["refused"], result["changed"]) == ("unfinished_change", False)
    assert "somebody else has changed it" in result["msg"]


def test_a_template_where_none_was_and_its_extension(run, domain):
    guid = domain.add_gpo("Empty")

    assert run(Right, gpo=guid, **STATES["defined"])["outcome"] == "applied"
    template, _version, extensions, _ini = parts(domain, guid)
    assert template.startswith(b"\xff\xfe")
    assert extensions == PAIR
    assert run(Right, gpo=guid, **STATES["not_defined"])["outcome"] == "applied"
    assert parts(domain, guid)[2] is None


def test_a_snapshot_that_cannot_be_kept_sends_nothing(run, domain, guid, tmp_path):
    before = parts(domain, guid)
    folder = tmp_path / "snapshots/gpos/one"
    folder.mkdir(parents=True, mode=0o700)
    (tmp_path / "snapshots").chmod(0o700)
    folder.parent.chmod(0o777)

    result = run(Right, gpo=guid, run_id="one", **STATES["defined"])

    assert (result["failed"], result["error"]["category"]) == (True, "snapshot_not_kept")
    assert parts(domain, guid) == before


@pytest.mark.parametrize(
    "twist",
    [
        pytest.param(lambda answer: {**answer, "after": {**answer["after"], "version": 99}}, id="another version"),
        pytest.param(lambda answer: {**answer, "failed": True}, id="applied and failed"),
        pytest.param(lambda answer: {"msg": "x"}, id="no outcome"),
        pytest.param(lambda answer: {**answer, "outcome": "not_started"}, id="not started, with steps"),
        pytest.param(lambda answer: {**answer, "after": {"version": "6"}}, id="a state of another form"),
    ],
)
def test_an_answer_that_contradicts_itself_is_not_believed(run, domain, guid, twist):
    run.host.twist = lambda answer: twist(answer) if "outcome" in answer else answer

    result = run(Right, gpo=guid, **STATES["defined"])

    assert (result["failed"], result["outcome"]) == (True, "unknown")
    run.host.twist = lambda answer: answer
    again = run(Right, gpo=guid, **STATES["defined"])
    assert again["outcome"] == "unchanged"
    assert any("it was carried out" in note for note in again["notes"])


# -- what it means for audited hosts ---------------------------------------------------------------------------------


@pytest.fixture
def audit(tmp_path):
    """An earlier report of hosts, of which each is said to name a GPO as the one that sets the right, or none; its path."""

    def audit(hosts, domains=(), holds=(), run=()):
        report = report_of(**dict.fromkeys(hosts))
        report["run"] |= dict(run)
        for record in report["hosts"]:
            guid = hosts[record["host"]]
            record["controller"] = {**CONTROLLER, "guid": guid} if guid else None
            record["features"] = {"iis": {"present": True, "source": "detected", "because": None, "found": []}}
            record["computer"] = computer(dict(domains).get(record["host"]))
            record["holders"] = [{**HOLDER, "sid": sid} for sid in holds]
        path = tmp_path / "audits" / f"{report['run']['id']}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(to_json(report))
        return str(path)

    return audit


def test_a_newer_audit_of_one_host_does_not_hide_the_others(run, domain, audit):
    guid = domain.add_gpo("Web servers", version=5, accounts=STARRED)
    whole = Path(audit({"web01": guid, "db01": guid}))
    audit({"db01": None}, run={"id": "later", "finished": "2026-12-31T08:16:00Z", "limit": "db01"})

    result = run(Right, gpo=guid, previous=str(whole.parent), state="defined", accounts=[*FLOOR, USERS])

    assert (result["refused"], [one["host"] for one in result["impact"]]) == ("without_iis_iusrs", ["db01", "web01"])


@pytest.mark.parametrize(
    ("narrowed", "words"),
    [
        pytest.param({}, "", id="of all hosts"),
        pytest.param({"limit": "web01"}, " of 'web01' alone", id="with a limit"),
        pytest.param({"limit": "web01", "hosts": "web*"}, " of 'web01' of 'web*' alone", id="of a pattern, with a limit"),
    ],
)
def test_an_impact_says_which_hosts_it_is_of(run, domain, audit, narrowed, words):
    """What an audit of some hosts tells is not all that a change would do."""
    guid = domain.add_gpo("Web servers", version=5, accounts=STARRED)

    result = run(Right, gpo=guid, check_mode=True, previous=audit({"web01": guid}, run=narrowed), **STATES["defined"])

    assert (result["impact_of"].startswith("the audit "), result["impact_of"].endswith(words)) == (True, True)
    assert ("alone" in result["impact_of"]) is bool(words)


@pytest.mark.parametrize(
    ("gpo", "words"),
    [
        pytest.param({"accounts": None}, "does not define the right yet", id="it does not define the right yet"),
        pytest.param({"accounts": STARRED, "extensions": None}, "does not lead clients to", id="clients do not get to it"),
        pytest.param({"accounts": STARRED, "version": 0}, "clients take it for empty", id="both versions are 0"),
    ],
)
def test_a_gpo_that_no_host_has_read_yet_has_an_impact_that_is_not_known(run, domain, audit, gpo, words):
    guid = domain.add_gpo("New", **{"version": 5, **gpo})
    domain.link(guid, domain.ou("Servers"))

    result = run(Right, gpo=guid, check_mode=True, previous=audit({"web01": None, "web02": None}), **STATES["defined"])

    assert (result["outcome"], result["impact"]) == ("planned", None)
    assert words in result["impact_of"]
    assert f"it is linked to ou {domain.ou('Servers')}" in result["impact_of"]


def test_hosts_that_name_a_gpo_which_no_longer_defines_the_right_are_looked_at_all_the_same(run, domain, audit):
    guid = domain.add_gpo("New", version=5)

    result = run(Right, gpo=guid, previous=audit({"web01": guid}), state="defined", accounts=list(FLOOR))

    assert result["refused"] == "without_iis_iusrs"


@pytest.fixture
def other_domain():
    made = PolicyDomain(dns_name="other.example", netbios="OTHER")
    controller = made.add_controller("dcx")
    controller.domain, controller.dns_domain = "OTHER", "other.example"
    made.replica.directory.pdc_emulator = controller.dns_name
    return made


def test_two_domains_keep_their_snapshots_of_a_default_gpo_apart(run, domain, other_domain):
    before = parts(domain, DEFAULT_CONTROLLERS)
    domain.replica.after["replace template"] = KILLED
    killed = run(Right, gpo=DEFAULT_CONTROLLERS, run_id="here", **STATES["defined"])
    domain.replica.after.clear()
    run.host.machine = next(iter(other_domain.controllers.values()))
    there = run(Right, gpo=DEFAULT_CONTROLLERS, run_id="here", **STATES["nobody"])
    assert (there["outcome"], there["notes"]) == ("applied", [])
    run.host.machine = None

    assert json.loads(Path(killed["snapshot"]).read_text())["outcome"] == "unknown"
    restored = run(Right, gpo=DEFAULT_CONTROLLERS, restore="latest")
    assert restored["outcome"] == "applied"
    assert parts(domain, DEFAULT_CONTROLLERS)[0] == before[0]
    assert there["plan"]["template_sha256_after"] == hashlib.sha256(parts(other_domain, DEFAULT_CONTROLLERS)[0]).hexdigest()


def test_hosts_of_another_domain_are_not_counted_for_a_default_gpo(run, domain, audit):
    hosts = {"here": DEFAULT_CONTROLLERS, "there": DEFAULT_CONTROLLERS, "somewhere": DEFAULT_CONTROLLERS}
    report = audit(hosts, {"here": "SIM.example", "there": "other.example"})
    run(Right, gpo=DEFAULT_CONTROLLERS, **STATES["defined"])

    result = run(Right, gpo=DEFAULT_CONTROLLERS, check_mode=True, previous=report, state="defined", accounts=[*FLOOR, IIS, USERS])

    assert [one["host"] for one in result["impact"]] == ["here", "somewhere"]


def test_the_snapshot_of_another_gpo_is_refused(run, domain, guid):
    other = domain.add_gpo("Other", accounts=STARRED, version=5)
    snapshot = run(Right, gpo=other, **STATES["defined"])["snapshot"]
    before = parts(domain, guid)

    with pytest.raises(AnsibleActionFail, match=f"restore: .* is a snapshot of the GPO {other} of sim.example, and not of {guid}"):
        run(Right, gpo="Servers", restore=snapshot)
    assert parts(domain, guid) == before


def test_the_snapshot_of_the_same_gpo_of_another_domain_is_refused(run, domain, other_domain):
    snapshot = run(Right, gpo=DEFAULT_CONTROLLERS, **STATES["defined"])["snapshot"]
    run.host.machine = next(iter(other_domain.controllers.values()))

    with pytest.raises(AnsibleActionFail, match="of sim.example, and not of .* of other.example"):
        run(Right, gpo=DEFAULT_CONTROLLERS, restore=snapshot)


def test_a_restore_of_nothing_tells_the_list_as_it_is(run, domain, guid):
    result = run(Right, gpo=guid, restore="latest")

    assert (result["plan"]["before"], result["plan"]["after"]) == (list(FLOOR), list(FLOOR))


def test_a_snapshot_that_cannot_be_read_is_refused_before_anything_is_sent(run, guid, tmp_path):
    (tmp_path / "x.json").write_text("{}")

    with pytest.raises(AnsibleActionFail, match="is not the snapshot of a GPO"):
        run(Right, gpo=guid, restore=str(tmp_path / "x.json"))
    assert run.host.sent == []


def test_what_became_of_an_earlier_run_is_not_written_while_another_one_is_at_work(run, domain, guid, tmp_path):
    domain.replica.after["replace template"] = KILLED
    killed = run(Right, gpo=guid, **STATES["defined"])
    domain.replica.after.clear()
    folder = tmp_path / "snapshots"
    with locks.host(folder, Shelf(folder, "sim.example", guid).key, "another"):
        result = run(Right, gpo=guid, **STATES["defined"])

    assert (result["error"]["category"], result["changed"]) == ("busy", False)
    assert json.loads(Path(killed["snapshot"]).read_text())["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param({}, "without_iis_iusrs", id="hosts that run IIS"),
        pytest.param({"allow": ["without_iis_iusrs"], "max_hosts_per_account": 1}, "many_hosts", id="many hosts"),
    ],
)
def test_a_restore_is_refused_for_what_it_would_take_from_hosts(run, domain, guid, audit, options, reason):
    run(Right, gpo=guid, **STATES["defined"])
    report = audit({"web01": guid, "web02": guid}, holds=[*FLOOR, IIS])
    before = parts(domain, guid)

    result = run(Right, gpo=guid, restore="latest", previous=report, **options)

    assert (result["outcome"], result["refused"], parts(domain, guid)) == ("refused", reason, before)
    allowed = run(Right, gpo=guid, restore="latest", previous=report, allow=["without_iis_iusrs", "many_hosts"])
    assert allowed["outcome"] == "applied"


@pytest.mark.parametrize(
    ("account", "impact", "why"),
    [
        pytest.param("Nobody at all", None, "the list has names without a SID: Nobody at all", id="a name without a SID"),
        pytest.param(f"*{USERS}", [USERS], "the audit", id="a SID"),
    ],
)
def test_a_restore_of_a_list_with_names_has_no_impact_that_is_known(run, domain, audit, account, impact, why):
    guid = domain.add_gpo("Names", accounts=[*STARRED, f"*{IIS}", account], version=5)
    run(Right, gpo=guid, **STATES["defined"])
    report = audit({"web01": guid}, holds=[*FLOOR, IIS])

    result = run(Right, gpo=guid, restore="latest", previous=report, check_mode=True)

    assert (result["outcome"], why in result["impact_of"]) == ("planned", True)
    assert (result["impact"] and result["impact"][0]["gains"]) == impact


# -- what a report gets of it ----------------------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path, run, guid):
    """The file of an audit of the GPOs; what it has of changes."""
    path = tmp_path / "gpos.json"
    run(Info, gpo_file=str(path))

    def changes():
        return [(one["guid"], one["outcome"], one["impact"]) for one in read_gpos("gpo_file", path)["changes"]]

    changes.path = str(path)
    return changes


def test_a_plan_and_the_change_are_kept_with_their_impact_for_a_report(run, guid, audit, kept):
    report = audit({"web01": guid}, holds=FLOOR)
    web01 = {
        "host": "web01", "wins": True, "gains": [IIS], "loses": [], "drifts": None, "features": ["IIS"], "own_accounts": [],
    }  # fmt: skip

    planned = run(Right, gpo=guid, gpo_file=kept.path, previous=report, check_mode=True, **STATES["defined"])
    assert kept() == [(guid, "planned", [web01])]
    assert [(one["op"], one["sid"], one["hosts"]) for one in planned["impact_accounts"]] == [("add", IIS, 1)]
    run(Info, gpo_file=kept.path)
    assert kept() == [(guid, "planned", [web01])]

    run(Right, gpo=guid, gpo_file=kept.path, previous=report, **STATES["defined"])
    assert kept() == [(guid, "applied", [web01])]
    assert run(Info, gpo_file=kept.path)["changes"][0]["outcome"] == "applied"
    run(Right, gpo=guid, gpo_file=kept.path, **STATES["defined"])  # nothing is changed, and nothing noted
    assert kept() == [(guid, "applied", [web01])]

    run(Right, gpo=guid, gpo_file=kept.path, restore="latest")
    assert kept() == [(guid, "applied", None)]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_plan_that_is_refused_for_hosts_takes_the_place_of_an_older_one(run, domain, guid, audit, kept, check_mode):
    before = parts(domain, guid)
    report = audit({"web01": guid}, holds=FLOOR)
    run(Right, gpo=guid, gpo_file=kept.path, check_mode=True, **STATES["defined"])

    run(Right, gpo=guid, gpo_file=kept.path, previous=report, check_mode=check_mode, **STATES["nobody"])

    assert [(one, outcome, len(impact)) for one, outcome, impact in kept()] == [(guid, "refused", 1)]
    assert [one["outcome"] for one in run(Info, gpo_file=kept.path)["changes"]] == ["refused"]
    assert parts(domain, guid) == before


def test_a_refused_plan_that_cannot_be_kept_says_so(run, guid, audit, tmp_path):
    report = audit({"web01": guid}, holds=FLOOR)

    result = run(Right, gpo=guid, gpo_file=str(tmp_path / "gpos.json"), previous=report, **STATES["nobody"])

    assert (result["outcome"], result["refused"]) == ("refused", "without_iis_iusrs")
    assert "is not there yet, so that no report will show this change" in result["warnings"][0]


def test_a_change_that_is_history_is_not_kept(run, domain, guid, kept):
    run(Right, gpo=guid, gpo_file=kept.path, check_mode=True, **STATES["defined"])
    domain.replica.directory.gpo(guid).version = 77

    run(Info, gpo_file=kept.path)

    assert kept() == []


@pytest.mark.parametrize("step", ["replace template", "replace gpt_ini"])
def test_a_change_that_failed_is_kept_as_that(run, domain, guid, kept, step):
    domain.replica.faults[step] = DENIED

    failed = run(Right, gpo=guid, gpo_file=kept.path, **STATES["defined"])

    assert kept() == [(guid, failed["outcome"], None)]
    assert failed["failed"]


def test_a_change_without_an_audit_of_the_gpos_says_that_no_report_shows_it(run, guid, tmp_path):
    result = run(Right, gpo=guid, gpo_file=str(tmp_path / "gpos.json"), **STATES["defined"])

    assert result["outcome"] == "applied"
    assert "is not there yet, so that no report will show this change; run gpo_audit" in result["warnings"][0]


def test_a_file_of_another_domain_does_not_get_the_change(run, domain, guid, kept, other_domain):
    run.host.machine = next(iter(other_domain.controllers.values()))

    result = run(Right, gpo=DEFAULT_CONTROLLERS, gpo_file=kept.path, **STATES["defined"])

    assert "is of the domain sim.example" in result["warnings"][0]
    assert kept() == []
    assert run(Info, gpo_file=kept.path)["changes"] == []


@pytest.mark.parametrize("plugin", [Info, Right])
def test_a_file_of_something_else_is_not_overwritten(run, guid, tmp_path, plugin):
    (tmp_path / "inventory.yml").write_text("all:\n")
    wish = {"gpo": guid, "state": "nobody"} if plugin is Right else {}

    with pytest.raises(AnsibleActionFail, match="gpo_file: .*inventory.yml cannot be read"):
        run(plugin, gpo_file=str(tmp_path / "inventory.yml"), **wish)
    assert run.host.sent == []
    assert (tmp_path / "inventory.yml").read_text() == "all:\n"


def test_hosts_that_gain_or_lose_an_account_by_a_gpo_have_the_second_look(run, domain, guid, audit):
    report = audit({"web01": guid, "web02": guid, "web03": None}, holds=FLOOR)
    wish = {"state": "defined", "accounts": [*FLOOR, IIS, USERS], "previous": report, "max_hosts_per_account": 1}
    before = parts(domain, guid)

    refused = run(Right, gpo=guid, **wish)

    assert (refused["refused"], parts(domain, guid)) == ("many_hosts", before)
    assert f"would add BUILTIN\\Users ({USERS}) on 2 hosts" in refused["msg"]
    assert "1 host of the report that may be more" in refused["msg"]
    assert [(one["host"], one["gains"]) for one in refused["impact"]] == [(host, [USERS, IIS]) for host in ("web01", "web02")]
    assert (refused["changed"], refused["attempted"], refused["snapshot"]) == (False, [], None)
    allowed = run(Right, gpo=guid, allow=["many_hosts"], **wish)
    assert (allowed["outcome"], allowed["impact_unseen"]) == ("applied", 1)
