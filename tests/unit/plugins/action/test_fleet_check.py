# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of a run's options, with the variables of a user as the role hands them on: bad input is named, no host is asked.

One play per variable is in tests/playbooks, which tells that the message gets to the user and that nothing went to a host.
"""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from role_options import handed_on, role_options

from ansible_collections.winrights.seimpersonate.plugins.action.fleet_check import ActionModule
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import snapshots

FOUR = ["administrators", "local_service", "network_service", "service"]
OURS = {
    "title": "Ours",
    "extends": "microsoft",
    "host_roles": {"member_server": {"required": [*FOUR, "users"], "source": "handbook 1"}},
}
OWN = {
    "name": "own",
    "title": "Own",
    "compare": "exact",
    "host_roles": {"member_server": {"required": FOUR, "source": "s"}},
}


@pytest.fixture
def check(action, tmp_path):
    """Check the options of an audit of one host; whatever is asked of the host fails the test."""

    def execute(module, args):
        raise AssertionError(f"{module} was sent to the host")

    def run(action_="audit", hosts=("web01",), batch=("web01",), **variables):
        variables = {"impersonate_report_dir": str(tmp_path / "reports"), **variables}
        play = {"ansible_play_hosts_all": [*hosts], "ansible_play_hosts": [*hosts], "ansible_play_batch": [*batch]}
        task_vars = {**variables, **play, "groups": {"all": [*hosts]}, "hostvars": dict.fromkeys(hosts, variables)}
        options = role_options("check", "fleet_check", **variables, __impersonate_action=action_)
        return action(ActionModule, execute, task_vars=task_vars, **options, from_variables=True)

    return run


def said(error):
    return " ".join(str(error.value).split()).replace("\\\\", "\\")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        pytest.param({"impersonate_required": ["administrator"]}, "impersonate_required[0]: 'administrator' is neither a known symbol", id="a list"),
        pytest.param({"impersonate_report_formats": []}, "impersonate_report_formats: the list is empty", id="an option with another name"),
        pytest.param({"impersonate_policy": "mircosoft"},
                     "impersonate_policy: 'mircosoft' is not a policy; there are cis, microsoft, stig; did you mean microsoft?",
                     id="a near one"),
        pytest.param({"impersonate_host_role": "server"}, "value of impersonate_host_role must be one of: domain_controller", id="a choice"),
        pytest.param({"impersonate_report_formats": ["pdf"]}, "value of impersonate_report_formats must be one or more of: json", id="choices"),
        pytest.param({"impersonate_features": "x y"}, "argument 'impersonate_features' is of type", id="a type"),
        pytest.param({"impersonate_approved_plan": "unknown"}, "impersonate_approved_plan: 'unknown' is not what a plan hands over as its plan",
                     id="a plan that AWX lost"),
        pytest.param({"impersonate_max_hosts_per_account": "many"}, "argument 'impersonate_max_hosts_per_account' is of type", id="a number"),
    ],
)  # fmt: skip
def test_a_message_names_the_variable_of_the_role(check, variables, sentence):
    with pytest.raises(AnsibleError) as error:
        check(**variables)

    assert f"Nothing was sent to any host. {sentence}" in said(error)


APPROVED = "0" * 32


COMPARED, STOPPED = ({"__impersonate_look": {"gate_passed": passed}} for passed in (True, False))


@pytest.fixture
def check_part(check):
    """Check the options of an enforcement as a part of the role does. ``look``: what the part ``plan`` registered before, if it ran."""

    def run(part, look, approved):
        facts = {"hostvars": {"web01": look}, "ansible_play_hosts_all": ["web01"], **handed_on(part, "check")}
        return check("enforce", impersonate_approved_plan=approved, **facts)

    return run


@pytest.mark.parametrize(
    "look", [pytest.param({}, id="enforce alone"), pytest.param(STOPPED, id="enforce after a plan that stopped")]
)
def test_an_approved_plan_is_refused_where_nothing_compares_it(check_part, look):
    with pytest.raises(AnsibleError) as error:
        check_part("enforce", look, APPROVED)

    assert "Nothing was sent to any host. impersonate_approved_plan: nothing compares it in this run" in said(error)


@pytest.mark.parametrize(
    ("part", "look", "approved"),
    [
        pytest.param("enforce", COMPARED, APPROVED, id="enforce after the plan"),
        pytest.param("enforce", {}, "", id="enforce alone, and nothing was approved"),
        pytest.param("plan", {}, APPROVED, id="the plan, which compares"),
    ],
)
def test_an_approved_plan_is_no_hindrance_where_it_is_compared(check_part, part, look, approved):
    assert check_part(part, look, approved)["run_id"]


def test_good_options_begin_a_run(check):
    exception = {"account": "power_users", "reason": "r", "owner": "o", "expires": "2099-12-31"}

    result = check(impersonate_policy="ours", impersonate_policies={"ours": OURS}, impersonate_exceptions=[exception])

    assert (result["changed"], result["policy"]["name"], result["restore"], result["expected"]) == (False, "ours", None, [])
    assert [one["account"] for one in result["exceptions"]] == ["power_users"]
    assert result["run_id"].startswith(result["started"][:10].replace("-", ""))


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param({"impersonate_policy": {**OWN, "every_host": {"permitted": [""], "source": "s"}}}, "every_host.permitted[0]: an account is empty",
                     id="empty account"),
        pytest.param({"impersonate_permitted": [""]}, "permitted[0]: an account is empty", id="empty account in a list of the role"),
        pytest.param({"impersonate_policy": "a", "impersonate_policies": {"a": {"extends": "b"}, "b": {"extends": "a"}}},
                     "a policy cannot extend itself: a extends b extends a", id="circle"),
        pytest.param({"impersonate_policy": {**OURS, "name": "stig", "compare": "exact", "extends": None}},
                     "policies.stig: this is the name of a shipped policy",
                     id="data by the name of a shipped one"),
        pytest.param({"impersonate_policies": {"cis": OURS}}, "policies.cis: this is the name of a shipped policy", id="name of a shipped one"),
        pytest.param({"impersonate_policy": "ours", "impersonate_policies": {"ours": {**OURS, "features": {"dns": {"source": "s"}}}}},
                     "policy ours (extends microsoft): features.dns: 'dns' is not a feature that a host is asked for", id="feature nobody detects"),
        pytest.param({"impersonate_policy": "ours", "impersonate_policies": {"ours": {**OURS, "operating_systems": {"server_2012": {}}}}},
                     "operating_systems: 'server_2012' is not a release of Windows that policies tell apart; allowed are server_2016", id="no such release"),
        pytest.param({"impersonate_policy": "ours", "impersonate_policies": {"ours": {**OURS, "documents": {"a": {"title": "A", "date": "soon"}}}}},
                     "documents.a.date: 'soon' is not a date; a date reads 2026-01-31", id="no date"),
        pytest.param({"impersonate_policy": "ours", "impersonate_policies": {"theirs": OURS}},
                     "policy: 'ours' is not a policy; there are cis, microsoft, stig, theirs",
                     id="not there"),
        pytest.param({"impersonate_policy": "CIS"}, "policy: 'CIS' is not a policy; there are cis, microsoft, stig; did you mean cis?", id="another case"),
        pytest.param({"impersonate_policy": ["microsoft"]}, "policy: ['microsoft'] is not a policy; a policy is a mapping", id="list for a policy"),
        pytest.param({"impersonate_policy": "ours", "impersonate_policies": {"ours": None}}, "policies.ours: None is not a mapping", id="nothing for a policy"),
        pytest.param({"impersonate_exceptions": False}, "exceptions: False is not a list", id="false for exceptions"),
        pytest.param({"impersonate_exceptions": {}}, "exceptions: {} is not a list", id="empty mapping for exceptions"),
        pytest.param({"impersonate_features": {"ssis": "perhaps"}}, "features.ssis: 'perhaps' is neither true nor false", id="no boolean"),
        pytest.param({"impersonate_features": {"iis": True}, "impersonate_iis": False},
                     "iis: False is not what features (in the role impersonate_features) declares of it", id="contradiction"),
        pytest.param({"impersonate_exceptions": [{"account": "service", "reason": "r", "owner": "o"}]},
                     "exceptions[0].account: service (S-1-5-6) needs no exception",
                     id="floor"),
        pytest.param({"impersonate_exceptions": [{"account": "everyone", "reason": "r", "owner": "o"}]}, "is too wide for an exception", id="too wide"),
        pytest.param({"impersonate_exceptions": [{"account": "power_users", "reason": "r", "owner": "o", "expires": "soon"}]},
                     "exceptions[0].expires: 'soon' is not a date", id="no date of expiry"),
        pytest.param({"impersonate_exceptions": {"account": "power_users"}}, "exceptions: {'account': 'power_users'} is not a list", id="no list"),
        pytest.param({"impersonate_exceptions": [{"account": "iusr", "reason": "r", "owner": "o"}], "impersonate_forbidden": ["iusr"]},
                     "exceptions[0].account: iusr (S-1-5-17) is forbidden by the option forbidden", id="forbidden"),
        pytest.param({"impersonate_report_name": "../x"}, "name: '../x' is not a file name", id="another folder"),
        pytest.param({"impersonate_report_formats": []}, "formats: the list is empty", id="no format"),
        pytest.param({"impersonate_tolerate": {"drift": "few"}}, "tolerate.drift: 'few' is not a tolerance", id="no number"),
        pytest.param({"impersonate_tolerate": {"drift": "101%"}}, "'101%' is not a tolerance", id="more than all"),
    ],
)  # fmt: skip
def test_bad_input_ends_the_run_before_any_host_is_touched(check, tmp_path, variables, words):
    with pytest.raises(AnsibleError) as error:
        check(**variables)

    assert words in said(error)
    assert "Nothing was sent to any host." in said(error)
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param({"impersonate_report_dir": "{file}/x"}, "is not a folder", id="below a file"),
        pytest.param({"impersonate_report_dir": "{file}"}, "is not a folder", id="a file"),
        pytest.param({"impersonate_report_name": "x" * 300}, "name: a file would be called xxx", id="a name that is too long"),
        pytest.param({"impersonate_expected_file": "{file}"}, "expected_file: {file} names no host", id="nobody is expected"),
    ],
)
def test_what_would_end_without_a_report_does_not_begin(check, tmp_path, variables, words):
    file = tmp_path / "hosts.txt"
    file.write_text("# nobody yet\n\n")

    with pytest.raises(AnsibleError) as error:
        check(**{key: value.replace("{file}", str(file)) for key, value in variables.items()})

    assert words.replace("{file}", str(file)) in said(error)
    assert "Nothing was sent to any host." in said(error)


@pytest.mark.parametrize(
    ("action_", "batch", "words"),
    [
        pytest.param("audit", ["a"], "serial: an audit is one batch", id="an audit in batches"),
        pytest.param(
            "enforce",
            ["b"],
            "Nothing was sent to the hosts of this batch. impersonate_policy: 'nothing'",
            id="a later batch of a change",
        ),
    ],
)
def test_batches(check, action_, batch, words):
    policy = {"impersonate_policy": "nothing"} if action_ == "enforce" else {}

    with pytest.raises(AnsibleError) as error:
        check(action_, hosts=["a", "b"], batch=batch, **policy)

    assert words in said(error)


@pytest.mark.parametrize("action_", ["enforce", "restore"])
@pytest.mark.parametrize(
    "folder",
    [
        pytest.param("snapshots", id="a relative path"),
        pytest.param("", id="an empty text is the default of the role"),
        pytest.param("/runner/project/snapshots", id="among the files of the job"),
        pytest.param("/dev/shm/snapshots", id="memory"),
        pytest.param("/nonexistent/snapshots", id="on the disk of the container"),
    ],
)
def test_snapshots_that_end_with_the_job_are_refused_before_a_host_is_read(check, monkeypatch, tmp_path, action_, folder):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(AnsibleError) as error:
        check(action_, impersonate_snapshot_dir=folder, impersonate_restore="latest", awx_job_id=7)

    sentence = f"impersonate_snapshot_dir: '{folder or 'impersonate-snapshots'}' ends with the container of the job"
    assert f"Nothing was sent to any host. {sentence}" in said(error)
    assert "or say impersonate_snapshots_may_be_lost: true" in said(error)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("action_", "run", "refused"),
    [
        pytest.param("enforce", "20260131T120000Z-a1b2c3", True, id="a run"),
        pytest.param("enforce", "latest", False, id="the default of the role"),
        pytest.param("enforce", "", False, id="empty"),
        pytest.param("enforce", None, False, id="nothing"),
        pytest.param("audit", "20260131T120000Z-a1b2c3", False, id="an audit changes nothing"),
    ],
)
def test_an_enforcement_refuses_what_a_restore_is_to_bring_back(check, tmp_path, action_, run, refused):
    variables = {"impersonate_snapshot_dir": str(tmp_path / "kept"), "impersonate_restore": run}
    if not refused:
        check(action_, **variables)
        return

    with pytest.raises(AnsibleError) as error:
        check(action_, **variables)

    assert said(error).startswith("Nothing was sent to any host. impersonate_restore: ")
    assert "belongs to the playbook restore; this one would bring the holders to the policy" in said(error)


@pytest.mark.parametrize(
    ("action_", "variables", "warned"),
    [
        pytest.param("enforce", {"awx_job_id": 7, "impersonate_snapshots_may_be_lost": "true"}, True, id="allowed"),
        pytest.param("enforce", {}, False, id="a change elsewhere"),
        pytest.param("audit", {"awx_job_id": 7}, False, id="nothing is kept by an audit"),
    ],
)
def test_snapshots_that_may_be_lost_are_a_warning_in_awx(check, monkeypatch, tmp_path, action_, variables, warned):
    monkeypatch.chdir(tmp_path)

    warnings = check(action_, impersonate_snapshot_dir="snapshots", **variables).get("warnings", [])

    assert (
        any(
            warning.startswith("snapshot_dir (in the role impersonate_snapshot_dir): snapshots ends with the container of the job")
            for warning in warnings
        )
        == warned
    )


@pytest.mark.parametrize("action_", ["enforce", "audit"])
def test_where_snapshots_are_kept_is_known_of_a_change(check, monkeypatch, tmp_path, action_):
    monkeypatch.chdir(tmp_path)

    result = check(action_, impersonate_snapshot_dir="kept")

    assert result["snapshots"] == (str(tmp_path / "kept") if action_ == "enforce" else None)


def test_an_empty_folder_of_snapshots_is_the_default_one_and_is_tried(check, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "impersonate-snapshots").write_text("no folder")

    with pytest.raises(AnsibleError) as error:
        check("enforce", impersonate_snapshot_dir="")

    assert f"impersonate_snapshot_dir: {tmp_path}/impersonate-snapshots cannot be written" in said(error)


@pytest.fixture
def kept(tmp_path):
    """A folder with the snapshots of two runs."""
    snapshot = {
        "host": "web01", "run_id": "old", "kind": "enforce", "taken": "2026-01-31T08:15:00Z", "writer": {}, "computer": None, "policy": {},
        "before": [], "plan": {"add": [], "remove": []}, "outcome": "applied", "after": None,
    }  # fmt: skip
    folder = tmp_path / "snapshots"
    for run in ("old", "new"):
        snapshots.keep(snapshots.path_of(folder, run, "web01"), {**snapshot, "run_id": run})
    return folder


def test_a_restore_of_a_run_that_there_is_not_ends_once_for_the_fleet(check, kept):
    with pytest.raises(AnsibleError) as error:
        check("restore", impersonate_snapshot_dir=str(kept), impersonate_restore="oldest")

    assert "Nothing was sent to any host. impersonate_restore: 'oldest' is not a snapshot file" in said(error)
    assert said(error).endswith("its runs, the newest first: new, old")
    assert check("restore", impersonate_snapshot_dir=str(kept), impersonate_restore="old")["restore"] == "old"


def test_a_restore_says_which_snapshots_it_skipped(check, kept):
    folder = kept
    variables = {"impersonate_snapshot_dir": str(folder), "impersonate_restore": "latest"}
    assert (check("restore", **variables)["restore"], check("restore", **variables).get("warnings", [])) == ("new", [])
    spoilt = folder / "new" / "web01.json"
    spoilt.write_text("\x1b[8m{")

    result = check("restore", **variables)

    assert result["restore"] == "old"
    (warning,) = result["warnings"]
    assert "the latest run that can be read is old; another one may be" in warning
    assert f"snapshot {spoilt}: cannot be read" in warning
    assert warning.isprintable()
