# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person mistyped ends a run before the first host is touched, and never ends it green."""

from __future__ import annotations

import pytest

from fleet import demo
from fleet.windows import names
from fleet.windows.machine import Machine

AUDIT, ENFORCE, RESTORE, MERGE, POLICIES, GPO_AUDIT, GPO_ENFORCE, GPO_RESTORE, PROVE = (
    f"winrights.seimpersonate.{name}"
    for name in ("audit", "enforce", "restore", "merge_reports", "policies", "gpo_audit", "gpo_enforce", "gpo_restore", "prove")
)
NO_HOST = pytest.mark.parametrize("back_end", ["emulator"], indirect=True)  # which is asked nothing: either would do


@pytest.fixture
def mistyped(fleet, recorder, playbook):
    """Run a playbook that must refuse; returns what it said."""

    def run(name, **options):
        machine = Machine.member_server("web01", holders=[*demo.FLOOR, names.USERS])
        fleet.add(machine, variables=options.pop("variables", None))
        done = playbook(fleet, name, **options)
        assert done.rc != 0
        assert recorder.received == {}
        assert set(machine.holders()) == {*demo.FLOOR, names.USERS}
        assert done.report is None
        assert not done.snapshots.exists()
        assert "Traceback" not in done.outcome.stdout
        return done.said

    return run


@NO_HOST
@pytest.mark.parametrize(
    ("name", "serial"),
    [
        pytest.param(ENFORCE, "0", id="nought as text"),
        pytest.param(ENFORCE, 0, id="nought"),
        pytest.param(ENFORCE, -1, id="below nought"),
        pytest.param(ENFORCE, [0], id="a list with nought"),
        pytest.param(ENFORCE, [], id="an empty list"),
        pytest.param(ENFORCE, "abc", id="a word"),
        pytest.param(ENFORCE, "nan", id="no number"),
        pytest.param(ENFORCE, "1,,2", id="an empty entry"),
        pytest.param(ENFORCE, {}, id="a mapping"),
        pytest.param(RESTORE, "0", id="a restore"),
    ],
)
def test_a_size_of_a_batch_that_is_none_never_removes_the_canary(mistyped, name, serial):
    said = mistyped(name, extravars={"impersonate_serial": serial})

    assert "impersonate_serial: " in said
    assert "a batch is a whole number from 1 on or a percentage from 1% to 100%" in said


@NO_HOST
def test_the_play_that_changes_hosts_refuses_by_itself(mistyped):
    """Where the check of the options is left out, the play behind it has no other answer."""
    said = mistyped(
        ENFORCE,
        extravars={"impersonate_serial": "0"},
        options='--start-at-task "Enforce | Bring the right to what is asked for, keep the pre-image, verify"',
    )

    assert "impersonate_serial: '0' is not the size of a batch" in said


@NO_HOST
@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        pytest.param(AUDIT, "-e impersonate_polcy=cis", "impersonate_polcy: there is no such variable", id="a misspelt name"),
        pytest.param(AUDIT, "-e impersonate_polcy=cis", "did you mean impersonate_policy?", id="the nearest name"),
        pytest.param(RESTORE, "-e impersonate_restor=latest", "did you mean impersonate_restore?", id="in a restore"),
        pytest.param(RESTORE, "-e impersonate_restore=typo", "'typo' is not a snapshot file, the folder of a run or a run of", id="a run that there is not"),
        pytest.param(MERGE, "-e impersonate_mrege=reports", "did you mean impersonate_merge?", id="in a merge"),
        pytest.param(GPO_AUDIT, "-e impersonate_polcy=cis", "did you mean impersonate_policy?", id="in an audit of GPOs"),
        pytest.param(GPO_ENFORCE, "-e impersonate_host=dc01", "did you mean impersonate_hosts?", id="in a change of a GPO"),
        pytest.param(GPO_RESTORE, "-e impersonate_restor=latest", "did you mean impersonate_restore?", id="in what takes a GPO back"),
        pytest.param(PROVE, "-e impersonate_host=web01", "did you mean impersonate_hosts?", id="in a proof"),
        pytest.param(PROVE, "-e prove_dri=x", "prove_dri: there is no such variable", id="a variable of a proof"),
        pytest.param(PROVE, "-e prove_dri=x", "did you mean prove_dir?", id="the nearest one of a proof"),
        pytest.param(PROVE, "-e prove_chnge=true -e prove_lab=true", "did you mean prove_change?", id="what a proof tries out"),
        pytest.param(POLICIES, "-e impersonate_polices=x", "impersonate_polices: there is no such variable", id="in a page of policies"),
        pytest.param(AUDIT, "-e 'impersonate_fail_on=drift, unreachable'", "impersonate_fail_on: 'drift,' has a comma with nothing beside it",
                     id="a list that was cut"),
        pytest.param(ENFORCE, "-e impersonate_restore=20260131T120000Z-a1b2c3",
                     "impersonate_restore: '20260131T120000Z-a1b2c3' belongs to the playbook restore; this one would bring the holders to the policy",
                     id="a restore in an enforcement"),
        pytest.param(ENFORCE, "-e 'impersonate_restore={{ nowhere }}'", "Nothing was sent to any host. impersonate_restore: its template has no value: ",
                     id="a restore in an enforcement, by a template without a value"),
        pytest.param(GPO_ENFORCE, "-e impersonate_gpo=Servers -e impersonate_gpo_state=nobody -e impersonate_restore=20260131T120000Z-a1b2c3",
                     "belongs to the playbook gpo_restore; this one would say in the GPO", id="a restore in a change of a GPO"),
        pytest.param(AUDIT, "-e impersonate_policy=CIS", "impersonate_policy: 'CIS' is not a policy; there are cis, microsoft, stig; did you mean cis?",
                     id="upper and lower case"),
        pytest.param(AUDIT, "-e 'impersonate_tolerate=drift: 5'", "impersonate_tolerate: 'drift:' is no pair of a name and a number; Ansible cuts",
                     id="a pair that was cut"),
        pytest.param(AUDIT, "-e 'impersonate_fail_on=drift ,unreachable'", "-e: ',unreachable' belongs to no variable",
                     id="a list that was cut before the comma"),
        pytest.param(AUDIT, "-e 'impersonate_permitted=Everyone else'", "-e: 'else' belongs to no variable", id="an account that was cut"),
        pytest.param(AUDIT, "-e 'impersonate_hosts=web01, db01'", "impersonate_hosts: 'web01,' has a comma with nothing beside it", id="hosts that were cut"),
        pytest.param(AUDIT, "-e '{\"impersonate_hosts\": []}'", "impersonate_hosts: [] is neither a pattern of hosts nor a list",
                     id="no hosts are not all hosts"),
        pytest.param(ENFORCE, "-e impersonate_max_hosts_per_account=-1", "max_hosts_per_account: -1 is not a number of hosts", id="a number below nought"),
        pytest.param(ENFORCE, "-e impersonate_max_hosts_per_account=many", "max_hosts_per_account", id="a word for a number"),
        *(
            pytest.param(name, f"--skip-tags {tag}", f"--skip-tags {tag}: this skips every task", id=f"{name.rpartition('.')[2]} without {tag}")
            for name, tag in [(AUDIT, "always"), (ENFORCE, "always"), (RESTORE, "tagged"), (MERGE, "always"), (POLICIES, "always")]
        ),
    ],
)  # fmt: skip
def test_a_typing_error_is_told_before_any_host_is_touched(mistyped, name, options, words):
    assert words in mistyped(name, options=options)


JOB = {"awx_job_id": 7}


@NO_HOST
@pytest.mark.parametrize("name", [ENFORCE, RESTORE])
@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param({"impersonate_snapshot_dir": "/proc/snapshots"}, "/proc/snapshots cannot be written", id="not writable"),
        pytest.param({"impersonate_snapshot_dir": __file__ + "/x"}, f"{__file__} is not a folder", id="a file in its way"),
        pytest.param({**JOB, "impersonate_snapshot_dir": "snapshots"}, "'snapshots' ends with the container of the job", id="relative, in AWX"),
        pytest.param({**JOB, "impersonate_snapshot_dir": "/runner/kept"}, "'/runner/kept' ends with the container", id="of the job, in AWX"),
        pytest.param({**JOB, "impersonate_snapshot_dir": "/nonexistent/kept"}, "'/nonexistent/kept' ends with the container", id="not mounted, in AWX"),
    ],
)  # fmt: skip
def test_a_folder_that_keeps_no_snapshot_is_told_before_any_host_is_touched(mistyped, name, variables, words):
    said = mistyped(name, extravars=variables)

    assert "Nothing was sent to any host. impersonate_snapshot_dir: " in said
    assert words in said


@NO_HOST
@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param({"impersonate_permited": ["users"]}, "impersonate_permited of host web01: there is no such variable",
                     id="a misspelt name in the inventory"),
        pytest.param({"impersonate_serial": 1}, "impersonate_serial: the inventory sets it for host web01", id="batches in the inventory"),
        pytest.param({"impersonate_hosts": "web01"}, "impersonate_hosts: the inventory sets it for host web01", id="hosts in the inventory"),
    ],
)  # fmt: skip
def test_a_variable_of_the_inventory_that_would_count_for_nothing(fleet, mistyped, variables, words):
    fleet.add(Machine.member_server("first"))  # the check runs for this host

    assert words in mistyped(ENFORCE, variables=variables)


@NO_HOST
@pytest.mark.parametrize("name", [GPO_AUDIT, GPO_ENFORCE, GPO_RESTORE, PROVE])
def test_hosts_in_the_inventory_count_for_nothing_where_a_task_looks_at_its_own_host(mistyped, name):
    assert "impersonate_hosts: the inventory sets it for host web01" in mistyped(name, variables={"impersonate_hosts": "web01"})


def test_a_name_of_ones_own_is_allow_listed(fleet, audit):
    fleet.add(Machine.member_server("web01"), variables={"impersonate_team": "web"})

    done = audit(fleet, extravars={"impersonate_allow_unknown": "impersonate_team"})

    assert (done.rc, done.statuses) == (0, {"web01": "compliant"})
