# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report without storage: what the events of jobs say is what the jobs wrote. The events are those of jobs under ansible-runner."""

from __future__ import annotations

import copy
import http.server
import io
import json
import os
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._awx import lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._awx.controller import Controller, ControllerError, login_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._awx.walk import jobs_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.merge import merge
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.json_lines import read_json_lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from awx.controller import TOKEN, Serving
from awx.runner import EXTRA, run
from fleet.backends.emulator.emulator import Emulator
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.machine import Machine

PAGE = 5
WORKFLOW, SLICES, OWN, FIRST, SECOND, AGAIN, NOTHING = 41, 50, 49, 43, 44, 47, 45
JOBS = {
    FIRST: (["clean", "drifted"], []),
    SECOND: (["dead", "other"], ["dead"]),
    AGAIN: (["dead"], []),  # started again when the host was back
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Each job by its number: its events, and the JSON Lines that it wrote."""
    done = {}
    for number, (hosts, dead) in JOBS.items():
        folder = tmp_path_factory.mktemp(f"job{number}")
        with Fleet([], Emulator()) as fleet:
            for host in hosts:
                also = [names.USERS] if host == "drifted" else []
                fleet.add(Machine.member_server(host, also=also), scenario="host down" if host in dead else None)
            extra = {
                **EXTRA,
                "awx_job_id": number,
                "impersonate_report_dir": str(folder / "reports"),
                "impersonate_report_formats": ["json_lines"],
            }
            job = run(folder, "audit.yml", fleet.inventory(), extra)
        (path,) = (folder / "reports").glob("*.jsonl")
        done[number] = (job.events, path.read_text())
    return done


class Api:
    """What a controller says of these jobs: a workflow, whose first node is a workflow of slices."""

    def __init__(self, ran):
        self.events = {number: copy.deepcopy(events) for number, (events, _lines) in ran.items()}
        self.unfinished = {}  # job -> how often it is not done yet
        self.broken = {}  # path -> statuses of the next answers
        self.hosts = [{"name": name, "enabled": True} for hosts, _dead in JOBS.values() for name in hosts]
        self.nodes = {
            WORKFLOW: [node("audit", SLICES, "workflow_job"), node("approval", 60, "workflow_approval"), node("report", OWN, "job"), node("skipped", None)],
            SLICES: [node("1", FIRST, "job"), node("2", SECOND, "job"), node("3", None), node("loop", WORKFLOW, "workflow_job")],
        }  # fmt: skip
        self.statuses = {}  # job -> another than failed
        self.requests = []

    def answer(self, path, query):
        words = path.strip("/").split("/")[2:]
        if words[0] == "workflow_jobs":
            return self.page(path, query, self.nodes[int(words[1])])
        if words[0] == "inventories":
            return self.page(path, query, self.hosts)
        number = int(words[1])
        if len(words) == 2:
            self.unfinished[number] = left = self.unfinished.get(number, 0) - 1
            status = self.statuses.get(number, "failed")
            return {"id": number, "inventory": 2, "status": status, "event_processing_finished": left < 0}
        kinds = query["event__in"].split(",")
        return self.page(path, query, [event for event in self.events[number] if event["event"] in kinds])

    def page(self, path, query, found):
        number = int(query.get("page", 1))
        following = urllib.parse.urlencode({**query, "page": number + 1})
        return {"count": len(found), "next": f"{path}?{following}" if number * PAGE < len(found) else None,
                "results": found[(number - 1) * PAGE : number * PAGE]}  # fmt: skip


def node(identifier, job, kind=None, success=()):
    return {
        "id": f"node {identifier}",
        "success_nodes": [f"node {child}" for child in success],
        "identifier": identifier,
        "job": job,
        "do_not_run": identifier == "skipped",
        "summary_fields": {"job": {"type": kind}} if kind else {},
    }


def answers(api):
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_args):
            pass

        def do_GET(self):
            url = urllib.parse.urlsplit(self.path)
            api.requests.append((self.command, url.path))
            status = 401 if self.headers.get("Authorization") != f"Bearer {TOKEN}" else (api.broken.get(url.path) or [200]).pop(0)
            body = json.dumps(
                api.answer(url.path, dict(urllib.parse.parse_qsl(url.query))) if status == 200 else {"detail": "no"}
            ).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PATCH = do_DELETE = do_GET

    return Handler


@pytest.fixture
def api(ran):
    return Api(ran)


@pytest.fixture
def read(api, monkeypatch):
    """Read jobs of the API: what was gathered, what a reader must know, and how long was waited."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    def go(jobs=(), token=TOKEN, wait=10):
        pauses, text = [], io.StringIO()
        with Serving(api, answers) as serving:
            controller = Controller(login_of({"CONTROLLER_HOST": serving.address, "CONTROLLER_OAUTH_TOKEN": token}), pauses.append)
            found = jobs_of(controller, [] if jobs else [WORKFLOW], OWN)
            said = lines.write_jobs(controller, jobs or found.jobs, wait, pauses.append, text)
        return (read_json_lines(text.getvalue()) if said.heads else None), found, said, pauses

    return go


def written(ran, *jobs):
    return merge(read_json_lines(ran[job][1]) for job in jobs)


def test_the_records_of_a_workflow_are_those_that_its_jobs_wrote(ran, api, read):
    gathered, found, said, _pauses = read()

    assert found.jobs == [FIRST, SECOND]
    assert found.silent == ["3"]  # the slice that left nothing, and not the node that was not to run
    assert gathered == written(ran, FIRST, SECOND)
    assert {record["host"]: record["status"] for record in gathered.records} == {
        "clean": "compliant", "drifted": "drift", "dead": "unreachable", "other": "compliant",
    }  # fmt: skip
    assert said.notes == []
    assert {method for method, _path in api.requests} == {"GET"}


def test_the_newest_record_of_a_host_counts(ran, read):
    gathered, _found, _said, _pauses = read([SECOND, AGAIN, FIRST])

    assert gathered == written(ran, FIRST, SECOND, AGAIN)
    assert {record["host"]: record["status"] for record in gathered.records}["dead"] == "compliant"


def reader(event, host):
    return event["event_data"].get("host") == host and str(event["event_data"].get("resolved_action")).endswith(
        (".local_right_info", ".fleet_read")
    )


def test_a_result_that_awx_threw_away_is_an_error_of_its_host(api, read):
    for event in api.events[FIRST]:
        if reader(event, "clean"):
            event["event_data"]["res"] = {}

    gathered, _found, _said, _pauses = read([FIRST])

    records = {record["host"]: record for record in gathered.records}
    assert (records["clean"]["status"], records["drifted"]["status"]) == ("error", "drift")
    assert "AWX kept no result of this host" in records["clean"]["error"]["message"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("../../etc/passwd", id="a path"),
        pytest.param("a\nb", id="a line"),
        pytest.param('</script>"', id="markup"),
        pytest.param("\u202eevil\ud800", id="characters that turn the line and half a pair"),
    ],
)
def test_a_hostile_name_is_the_name_of_its_own_row(api, read, name):
    for event in api.events[FIRST]:
        if reader(event, "clean"):
            event["event_data"]["host"] = name

    gathered, _found, _said, _pauses = read([FIRST])

    assert {record["host"]: record["status"] for record in gathered.records} == {
        name.replace("\ud800", "\\ud800"): "compliant",
        "drifted": "drift",
    }


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param("text", id="a text"),
        pytest.param({"status": "compliant", "holders": "none"}, id="half a record"),
        pytest.param([1], id="a list"),
    ],
)
def test_a_spoilt_result_spoils_its_own_row(api, read, spoilt):
    for event in api.events[FIRST]:
        if reader(event, "clean"):
            event["event_data"]["res"] = spoilt

    gathered, _found, _said, _pauses = read([FIRST])

    assert {record["host"]: record["status"] for record in gathered.records} == {"clean": "error", "drifted": "drift"}


@pytest.mark.parametrize(
    ("left", "pauses", "noted"),
    [pytest.param(3, [2.0, 2.0, 2.0], False, id="late"), pytest.param(99, [2.0] * 5, True, id="never")],
)
def test_events_that_are_not_stored_yet_are_waited_for(ran, api, read, left, pauses, noted):
    api.unfinished[FIRST] = left

    gathered, _found, said, waited = read([FIRST])

    assert waited == pauses
    assert gathered == written(ran, FIRST)
    assert [f"job {FIRST}: AWX had not stored all its events after 10 s" in note for note in said.notes] == [True] * noted


def test_a_job_that_left_no_report_leaves_no_record(api, read):
    api.events[SECOND] = [
        event for event in api.events[SECOND] if "fleet_report" not in str(event["event_data"].get("resolved_action"))
    ]

    gathered, _found, said, _pauses = read([FIRST, SECOND])

    assert [record["host"] for record in gathered.records] == ["clean", "drifted"]
    assert said.notes == [f"job {SECOND}: it ended before its report, so that its 2 records count as not checked"]


def test_a_wrong_token_is_told_and_not_shown(read):
    with pytest.raises(ControllerError, match="401: the login is wrong or has expired") as error:
        read(token="another-token")

    assert "another-token" not in str(error.value)


@pytest.mark.parametrize(
    ("statuses", "works"), [pytest.param([502, 503, 200], True, id="for a while"), pytest.param([500] * 3, False, id="for good")]
)
def test_a_controller_that_fails_is_asked_again(ran, api, read, statuses, works):
    api.broken[f"/api/v2/jobs/{FIRST}/"] = statuses
    if works:
        gathered, _found, _said, pauses = read([FIRST])
        assert gathered == written(ran, FIRST)
        assert pauses == [2.0, 2.0]
    else:
        with pytest.raises(ControllerError, match=f"/api/v2/jobs/{FIRST}/: the controller answered 500"):
            read([FIRST])


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        pytest.param({}, "the environment has no CONTROLLER_HOST", id="nothing"),
        pytest.param({"CONTROLLER_HOST": "awx"}, "neither CONTROLLER_OAUTH_TOKEN nor", id="no login"),
        pytest.param({"TOWER_HOST": "awx", "TOWER_USERNAME": "ann"}, "neither CONTROLLER_OAUTH_TOKEN nor", id="half a login"),
    ],
)
def test_an_environment_without_a_login(environment, words):
    with pytest.raises(BadInput, match=words):
        login_of(environment)


def test_a_login_shows_no_secret():
    login = login_of(
        {
            "TOWER_HOST": "awx/",
            "TOWER_USERNAME": "ann",
            "TOWER_PASSWORD": "s3cret",
            "CONTROLLER_OAUTH_TOKEN": "t0ken",
            "TOWER_VERIFY_SSL": "False",
        }
    )

    assert (login.host, login.verify) == ("https://awx", False)
    assert not {"s3cret", "t0ken"} & set(repr(login).replace("'", " ").split())


def test_a_node_behind_the_report_is_not_missing(api, read):
    api.nodes[WORKFLOW][2:3] = [node("report", OWN, "job", ["tell"]), node("tell", None, success=["later"]), node("later", None)]

    assert read()[1].silent == ["3"]


def gathered_by_the_playbook(api, folder, *options):
    """Run the playbook on the workflow of the API: what ansible-playbook did."""
    (folder / "hosts").write_text("clean\nweb99\n")
    extra = {
        "awx_workflow_job_id": WORKFLOW,
        "awx_job_id": OWN,
        "impersonate_report_dir": str(folder / "reports"),
        "impersonate_report_name": "fleet",
    }
    (folder / "extra.json").write_text(json.dumps(extra))
    with Serving(api, answers) as serving:
        environment = {**os.environ, "CONTROLLER_HOST": serving.address, "CONTROLLER_OAUTH_TOKEN": TOKEN, "no_proxy": "127.0.0.1"}
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(folder / "hosts"), *options, "-e",
                   f"@{folder / 'extra.json'}", "winrights.seimpersonate.report_from_awx"]  # fmt: skip
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)


def narrow(api, number):
    """The job said that it was limited."""
    for event in api.events[number]:
        head = (event["event_data"].get("res") or {}).get("head") if "res" in event["event_data"] else None
        if head:
            head["run"]["hosts"] = "windows"


@pytest.mark.parametrize(
    ("left", "node_left", "fails"),
    [
        pytest.param(
            0, True, "job 44 ended, or was read, before all hosts were told of", id="a slice that died before its first host"
        ),
        pytest.param(
            1, True, "job 44 ended, or was read, before all hosts were told of", id="a slice that died behind its first host"
        ),
        pytest.param(None, False, "node 3 of the workflow left no job", id="a slice that left no job"),
    ],
)
def test_where_no_inventory_tells_a_lost_slice_makes_the_task_fail(api, tmp_path, left, node_left, fails):
    narrow(api, FIRST)
    narrow(api, SECOND)
    if node_left:
        api.nodes[SLICES].pop(2)
    if left is not None:
        readings = [event for event in api.events[SECOND] if reader(event, "dead") or reader(event, "other")]
        api.events[SECOND] = [event for event in readings if event["event"] in ("runner_on_ok", "runner_on_unreachable")][:left]

    done = gathered_by_the_playbook(api, tmp_path)

    said = " ".join(done.stdout.split())
    assert done.returncode == 2, said
    assert f"hosts may be in no number: {fails}" in said
    kept = read_json_lines((tmp_path / "reports/jobs-of-41.jsonl").read_text())
    assert len(kept.expected) == 2 + (2 if left is None else left)  # a host of the lost slice that is known is expected


@pytest.mark.parametrize(
    "limit", [pytest.param([], id="all hosts"), pytest.param(["--limit", "web99"], id="a limit that leaves no host of the jobs")]
)
def test_the_playbook_writes_the_report_of_its_workflow(api, tmp_path, limit):
    api.hosts += [{"name": "new", "enabled": True}, {"name": "off", "enabled": False}]
    done = gathered_by_the_playbook(api, tmp_path, "-vvv", *limit)

    report = json.loads((tmp_path / "reports/fleet.json").read_text())
    assert done.returncode == 2, done.stdout
    assert {host["host"]: host["status"] for host in report["hosts"]} == {
        "clean": "compliant", "drifted": "drift", "dead": "unreachable", "other": "compliant", "new": "not_checked",
    }  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == [
        "fleet.html",
        "fleet.json",
        "fleet.jsonl",
        "fleet.md",
        "jobs-of-41.jsonl",
    ]
    assert "1 host is disabled in the inventory" in " ".join(done.stdout.split() + done.stderr.split())
    for text in (done.stdout, done.stderr, *(path.read_text() for path in (tmp_path / "reports").iterdir())):
        assert TOKEN not in text
    assert {method for method, _path in api.requests} == {"GET"}
