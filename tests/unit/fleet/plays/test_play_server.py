# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays of a process that has imported Ansible are as those of fresh ones, and none outlives who asked for it."""

from __future__ import annotations

import difflib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import uuid
from importlib.util import find_spec
from pathlib import Path

import pytest

from fleet.backends.emulator.emulator import Emulator
from fleet.plays import plays
from fleet.plays.play import play
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.machine import Machine

pytestmark = [pytest.mark.wire, pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every play is a fresh process")]
PSRP = pytest.mark.skipif(find_spec("psrpcore") is None, reason="no psrpcore")
LOCAL = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.raw: {command}
"""
# What two runs of one play never share.
OWN = (
    (r"[\w/.-]*/play-\w+", "FOLDER"),
    (r"\bansible-local-\w+", "TMP"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b", "UUID"),
    (r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b", "RUN"),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\w.+:]*", "TIME"),
    (r"(?<='duration_ms': )\d+", "DURATION"),
    (r'(?<="duration_ms": )\d+', "DURATION"),
    (r"""(?<=['"]duration_s['"]: )\d+""", "DURATION"),
    (r"\b\d+ \d{10}\.\d+", "PID TIME"),
)


def masked(text):
    for pattern, word in OWN:
        text = re.sub(pattern, word, text)
    return text


@pytest.fixture(scope="module", params=[False, True], ids=["forked", "fresh"])
def server(request, servers):
    return servers[request.param]


@pytest.fixture(scope="module")
def servers():
    """A play server that forks, and one that starts fresh processes."""
    started = {fresh: plays.Plays(fresh) for fresh in (False, True)}
    yield started
    for one in started.values():
        one.close()


def told(run):
    """What a user sees of a run, and each event's kind, task, host and result."""
    data = [(event["event"], event.get("event_data", {})) for event in run.events]
    events = [(kind, its.get("task"), its.get("host"), its.get("res")) for kind, its in data]
    return [str(run.rc), run.status, *masked(run.stdout).splitlines(), *(masked(str(event)) for event in events)]


@pytest.mark.parametrize(
    ("playbook", "options", "connection"),
    [
        pytest.param("winrights.seimpersonate.audit", {}, "winrm", id="audit"),
        pytest.param("winrights.seimpersonate.audit", {"check": True, "diff": True, "options": "-v"}, "winrm", id="verbose"),
        pytest.param("winrights.seimpersonate.audit", {"extravars": {"impersonate_policy": "stig9"}}, "winrm", id="bad input"),
        pytest.param("winrights.seimpersonate.audit", {}, "psrp", marks=PSRP, id="psrp"),
        pytest.param("winrights.seimpersonate.enforce", {"check": True, "diff": True}, "winrm", id="enforcement in check mode"),
        pytest.param("winrights.seimpersonate.policies", {}, "winrm", id="policies"),
        pytest.param("winrights.seimpersonate.nothing", {}, "winrm", id="no such playbook"),
        pytest.param("winrights.seimpersonate.audit", {"options": "--nonsense"}, "winrm", id="no such option"),
        pytest.param("winrights.seimpersonate.audit", {"env": {"ANSIBLE_FORKS": "1", "ANSIBLE_STRATEGY": "free"}}, "winrm", id="other settings"),
    ],
)  # fmt: skip
def test_a_play_of_the_server_is_as_a_fresh_one(servers, monkeypatch, tmp_path, playbook, options, connection):
    extravars = {
        "impersonate_report_dir": str(tmp_path / "reports"),
        "impersonate_report_name": "report",
        "impersonate_snapshot_dir": str(tmp_path / "kept"),
    }

    def run(fresh):
        monkeypatch.setattr("fleet.plays.play.plays", lambda: servers[fresh])
        options["extravars"] = {**extravars, **options.get("extravars", {})}
        with Fleet([Machine.member_server("a", also=[names.USERS])], Emulator(), connection=connection) as fleet:
            return told(play(fleet, playbook, tmp_path=tmp_path, **options))

    assert list(difflib.unified_diff(run(True), run(False), "fresh", "forked", n=0, lineterm="")) == []


VARIABLES = """
- hosts: all
  gather_facts: false
  connection: local
  tasks:
    - ansible.builtin.debug:
        msg: "{{ of_all | default('none') }} {{ of_the_host | default('none') }}"
"""


def test_the_files_of_variables_beside_a_playbook_are_read(server, monkeypatch, tmp_path):
    for name in ("group_vars/all.yml", "host_vars/a.yml"):
        (tmp_path / name).parent.mkdir()
    (tmp_path / "group_vars/all.yml").write_text("of_all: all")
    (tmp_path / "host_vars/a.yml").write_text("of_the_host: host")
    (tmp_path / "play.yml").write_text(VARIABLES)
    monkeypatch.setattr("fleet.plays.play.plays", lambda: server)

    with Fleet([Machine.member_server("a")], Emulator()) as fleet:
        ran = play(fleet, tmp_path / "play.yml", tmp_path=tmp_path)

    assert ran.results("debug")["a"]["msg"] == "all host"


def test_a_play_after_a_login_at_a_simulated_host_is_forked_like_the_first(servers, monkeypatch, tmp_path):
    """Otherwise every play but the first would import Ansible itself, with the same result, in twice the time."""
    path = tmp_path / "parent.yml"
    path.write_text(LOCAL.format(command="tr '\\0' ' ' < /proc/$PPID/cmdline"))
    monkeypatch.setattr("fleet.plays.play.plays", lambda: servers[False])
    with Fleet([Machine.member_server("a")], Emulator()) as fleet:
        audit = play(fleet, "winrights.seimpersonate.audit", extravars={"impersonate_report_dir": str(tmp_path)}, tmp_path=tmp_path)
        after = play(fleet, path, tmp_path=tmp_path)

    (parent,) = [event["event_data"]["res"]["stdout"] for event in after.events if event["event"] == "runner_on_ok"]
    assert (audit.rc, Path(parent.split()[1]).name) == (0, "play_server.py")


def test_a_first_play_with_an_environment_of_its_own_does_not_keep_later_ones_from_being_forked(monkeypatch, tmp_path):
    path = tmp_path / "parent.yml"
    path.write_text(LOCAL.format(command="tr '\\0' ' ' < /proc/$PPID/cmdline"))
    server = plays.Plays(fresh=False)
    monkeypatch.setattr("fleet.plays.play.plays", lambda: server)
    try:
        with Fleet([], None) as fleet:
            runs = [play(fleet, path, tmp_path=tmp_path, env=env) for env in ({"ANSIBLE_TASK_TIMEOUT": "9"}, None, None)]
    finally:
        server.close()

    parents = [
        event["event_data"]["res"]["stdout"].split()[1] for run in runs for event in run.events if event["event"] == "runner_on_ok"
    ]
    assert [Path(parent).name for parent in parents] == ["ansible-playbook", "play_server.py", "play_server.py"]


def waiting(tmp_path):
    """A playbook whose command says into a pipe that it began, and does not end; and the pipe."""
    pipe, path = tmp_path / "began", tmp_path / "wait.yml"
    os.mkfifo(pipe)
    path.write_text(LOCAL.format(command=f"echo $$ > {pipe}; sleep 600; true"))  # no exec: a process shows no environment meanwhile
    return path, pipe


def test_no_process_is_left_of_a_play_that_was_killed(server, tmp_path):
    path, pipe = waiting(tmp_path)
    environment = {**os.environ, **server.environment}
    with subprocess.Popen(["ansible-playbook", "-i", "localhost,", path], env=environment, stdout=subprocess.DEVNULL) as client:
        pid = int(pipe.read_text())
        assert Path(f"/proc/{pid}").exists()
        client.kill()
    server.settle()

    assert not Path(f"/proc/{pid}").exists()
    again = subprocess.run(["ansible-playbook", "--version"], env=environment, capture_output=True, text=True, check=True)
    assert "ansible-playbook [core " in again.stdout


SERVER = """
import os, socket, sys
import play_server

def prepare(request):
    if request.argv == ["second"]:
        os.write(go_on, b".")
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)  # what tells the server of the end is there before its client hangs up
        print("ended", flush=True)
        sys.stdin.readline()
    return lambda: request.argv == ["second"] or os.read(wait, 1)

wait, go_on = os.pipe()
ends = [socket.socket(fileno=int(number)) for number in sys.argv[1:]]
if run := play_server.Server(*ends, prepare).serve():
    run()
"""


def asked(name, word):
    """A client that has handed over a play."""
    client = socket.socket(socket.AF_UNIX)
    client.connect(name)
    text = json.dumps({"argv": [word], "cwd": "/", "env": {}}).encode()
    with open(os.devnull, "r+b") as nothing:
        socket.send_fds(client, [len(text).to_bytes(8, "big")], [nothing.fileno()] * 3)
    client.sendall(text)
    return client


@pytest.mark.parametrize(
    "hang_up",
    [
        pytest.param(socket.socket.close, id="killed"),
        pytest.param(lambda client: client.shutdown(socket.SHUT_WR), id="it still takes the answer"),
    ],
)
def test_a_client_that_hangs_up_when_its_play_ends_ends_no_other(checkout, tmp_path, hang_up):
    name, (control, its_control) = str(tmp_path / "socket"), socket.socketpair()
    with control, its_control, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen()
        numbers = (its_control.fileno(), listener.fileno())
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, *map(str, numbers)],
            env={**os.environ, "PYTHONPATH": str(checkout / "tests/fleet/plays")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=numbers,
            text=True,
        )
        first, second = asked(name, "first"), asked(name, "second")
        assert server.stdout.readline() == "ended\n"
        hang_up(first)
        server.stdin.write("\n")
        server.stdin.flush()
        listener.close()
        its_control.close()
        with first, second:
            answer = second.recv(16)
        control.close()
        _said, errors = server.communicate()

    assert (answer, server.returncode, errors) == (b"0", 0, "")


TEST = """
from fleet.simulation import Fleet
from fleet.plays.play import play

def test_a_play(tmp_path):
    with Fleet([], None) as fleet:
        play(fleet, {path!r}, tmp_path=tmp_path)
"""


def marked(mark):
    """Processes whose environment holds a mark: descriptor and command line."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if f"FLEET_MARK={mark}".encode() in (path / "environ").read_bytes():
                found[os.pidfd_open(int(path.name))] = (path / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def said(pipe, process):
    """What is written into a pipe; nothing where the process that should have it written ends before."""
    ended = os.pidfd_open(process.pid)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(reading, select.POLLIN)
    try:
        return os.read(reading, 100) if any(number == reading for number, _event in poll.poll()) else b""
    finally:
        os.close(reading)
        os.close(ended)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_no_process_is_left_of_tests_that_were_interrupted(tmp_path, checkout, number):
    path, pipe = waiting(tmp_path)
    (tmp_path / "test_it.py").write_text(TEST.format(path=str(path)))
    mark = uuid.uuid4().hex
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        checkout / "pyproject.toml",
        tmp_path / "test_it.py",
    ]
    environment = {**os.environ, "FLEET_MARK": mark, "PYTHONPATH": str(checkout / "tests")}
    tests = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert said(pipe, tests)
    left = marked(mark)  # by a descriptor each, so that its end can be waited for
    assert any("sleep" in words for words in left.values())

    tests.send_signal(number)
    output, _nothing = tests.communicate(timeout=60)

    assert tests.returncode not in (0, 1), output
    poll = select.poll()
    for process in left:
        poll.register(process, select.POLLIN)
    alive = dict(left)
    while alive and (ended := poll.poll(20_000)):
        for process, _event in ended:
            poll.unregister(process)
            alive.pop(process)
    for process in alive:
        signal.pidfd_send_signal(process, signal.SIGKILL)
    for process in left:
        os.close(process)
    assert alive == {}
    assert marked(mark) == {}
