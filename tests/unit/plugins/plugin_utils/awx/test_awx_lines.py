# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of a large fleet in AWX go to the file as they come: memory holds a page and the names of the hosts."""

from __future__ import annotations

import json
import tracemalloc

import pytest
import report_heads

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._awx import lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._awx.controller import PAGE, Controller, Login
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._awx.events import PLAN, expected_in, record_in

HEAD = {
    "run": report_heads.RUN, "policy": None, "generator": report_heads.GENERATOR, "source": "play", "fail_on": ["drift"], "tolerate": {},
    "exceptions": [],
}  # fmt: skip
READ, REPORT = (f"winrights.seimpersonate.{name}" for name in ("fleet_read", "fleet_report"))


def event(host, result, action=READ, kind="runner_on_ok", task="winrights.seimpersonate.impersonate : Audit | Read"):
    return {"event": kind, "event_data": {"host": host, "resolved_action": action, "task": task, "res": result}}


class Paged(Controller):
    """Answers as a controller with many slices would, one page at a time. Each event has a text of its own: one for all would weigh nothing."""

    def __init__(self, hosts):
        super().__init__(Login("https://awx"), lambda _seconds: None)
        self._hosts = hosts

    def _read(self, path):
        job, _slash, rest = path.removeprefix("/api/v2/jobs/").partition("/")
        if not rest:
            return {"id": int(job), "inventory": 1, "status": "successful", "event_processing_finished": True}
        page = int(rest.partition("&page=")[2] or 1)
        first, last = (page - 1) * PAGE, min(page * PAGE, self._hosts)
        found = [
            event(f"job{job}-{n}", {"status": "compliant", "transport": "winrm", "filler": f"{n:4000}"}) for n in range(first, last)
        ]
        more = last < self._hosts
        following = f"{path.partition('&page=')[0]}&page={page + 1}"
        return {"results": found if more else [*found, event("first", {"head": HEAD}, REPORT)], "next": following if more else None}


@pytest.mark.size
def test_ten_thousand_hosts_in_fifty_slices(tmp_path):
    tracemalloc.start()
    with (tmp_path / "lines").open("w") as to:
        read = lines.write_jobs(Paged(200), range(50), 0, lambda _seconds: None, to)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(read.hosts) == 10_000
    assert peak < 12_000_000  # all events at once are 40 MB
    with (tmp_path / "lines").open() as kept:
        assert sum(json.loads(line).get("kind") == "run" for line in kept) == 50


@pytest.mark.parametrize(
    ("said", "status"),
    [
        pytest.param(event("web01", {"status": "compliant"}), "compliant", id="read"),
        pytest.param(event("web01", {"msg": "no route"}, kind="runner_on_unreachable"), "unreachable", id="dead"),
        pytest.param(event("web01", {"failed": True, "msg": "wrong"}, kind="runner_on_failed"), "error", id="failed"),
        pytest.param(event("web01", {}), "error", id="thrown away"),
        pytest.param(event("web01", {"status": "compliant"}, action="ansible.builtin.ping"), None, id="another task"),
        pytest.param(event("web01", {"status": "compliant"}, task=f"x : {PLAN}"), None, id="a plan is no end"),
        pytest.param(event("", {"status": "compliant"}), None, id="no host"),
        pytest.param({"event": "runner_on_ok", "event_data": "text"}, None, id="no data"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_the_record_in_an_event(said, status):
    record = record_in(said)

    assert (record and record["status"]) == status


def test_the_task_that_plans_is_called_as_it_is_known(checkout):
    assert f"- name: {PLAN}\n" in (checkout / "roles/impersonate/tasks/plan.yml").read_text()


@pytest.mark.parametrize(
    ("said", "hosts"),
    [
        pytest.param(event("web01", {}, task=f"x : {PLAN}"), ["web01"], id="planned for"),
        pytest.param(
            event("web01", {"expected": ["a", 1]}, action="winrights.seimpersonate.fleet_check"), ["a"], id="known to the check"
        ),
        pytest.param(event("web01", {"expected": "all"}, action="winrights.seimpersonate.fleet_check"), [], id="no list"),
    ],
)
def test_whom_a_run_must_account_for(said, hosts):
    assert expected_in(said) == hosts


REPORTED = event("first", {"head": HEAD}, REPORT)
PLANNED = event("first", {}, "winrights.seimpersonate.fleet_plan")
FOREIGN = event("web09", {}, "ansible.builtin.ping")


class Jobs(Controller):
    """Answers with these jobs: number -> (what the API says of it, its events)."""

    def __init__(self, jobs):
        super().__init__(Login("https://awx"), lambda _seconds: None)
        self._jobs = jobs

    def _read(self, path):
        job, _slash, rest = path.removeprefix("/api/v2/jobs/").partition("/")
        about, events = self._jobs[int(job)]
        return {"results": events, "next": None} if rest else {"event_processing_finished": True, "inventory": 1, **about}


READ_ONE, READ_TWO = (event(host, {"status": "compliant", "transport": "winrm"}) for host in ("web01", "web02"))


@pytest.mark.parametrize(
    ("about", "events", "lost", "partial"),
    [
        pytest.param({"status": "failed"}, [READ_ONE, REPORTED], set(), False, id="a gate that failed"),
        pytest.param({"status": "error"}, [READ_ONE], {"web01"}, True, id="dead before its report"),
        pytest.param({"status": "error"}, [], set(), True, id="dead before its first event"),
        pytest.param({"status": "running"}, [READ_ONE], {"web01"}, True, id="still running"),
        pytest.param({"status": "successful", "event_processing_finished": False}, [READ_ONE, REPORTED], set(), True, id="not stored yet"),
        pytest.param({"status": "failed"}, [event("web01", {}, task=f"x : {PLAN}"), PLANNED], {"web01"}, False, id="a plan that was refused"),
        pytest.param({"status": "successful"}, [FOREIGN], set(), False, id="of others"),
    ],
)  # fmt: skip
def test_what_is_known_of_the_hosts_of_a_job(tmp_path, about, events, lost, partial):
    with (tmp_path / "lines").open("w") as to:
        read = lines.write_jobs(Jobs({7: (about, events)}), [7], 0, lambda _seconds: None, to)

    assert (read.lost, list(read.partial)) == (lost, [7] * partial)


OURS, OTHERS = lines.Partial(1, others=False), lines.Partial(9, others=True)


@pytest.mark.parametrize(
    ("partial", "silent", "compared", "words"),
    [
        pytest.param({}, [], set(), [], id="whole, and limited"),
        pytest.param({7: OURS}, ["3"], {1}, [], id="the inventory tells"),
        pytest.param({7: OURS}, [], set(), ["job 7"], id="a slice, and limited"),
        pytest.param({}, ["3"], set(), ["node 3 of the workflow"], id="a node, and limited"),
        pytest.param({7: OURS}, [], {2}, ["job 7"], id="another inventory"),
        pytest.param({7: lines.Partial(None, others=False)}, [], {1}, ["job 7"], id="an inventory that is gone"),
        pytest.param({7: OTHERS}, [], set(), [], id="a job of others"),
        pytest.param({7: lines.Partial(1, others=True)}, [], set(), ["job 7"], id="tasks of others on the hosts of a report"),
        pytest.param({7: OURS, 8: OURS}, ["3", "4"], set(), ["jobs 7, 8", "nodes 3, 4"], id="many"),
    ],
)
def test_where_nobody_knows_which_hosts_there_must_be(partial, silent, compared, words):
    said = lines.doubts(lines.Read(partial=partial, inventories={1}), silent, compared)

    assert len(said) == len(words)
    assert all(text.startswith(word) for text, word in zip(said, words, strict=True))
