# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that read hosts: one that dies costs no other host its result, and none is left behind."""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import select
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from ansible.executor.task_queue_manager import FinalQueue
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import processes as module
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.processes import NOT_KEPT, Kind, Processes

HOSTS = tuple(f"host{number}" for number in range(9))


class Kept:
    """Results in a file, as several processes keep them."""

    def __init__(self, path):
        self.path = path
        path.touch()

    def keep(self, host, how="read"):
        with self.path.open("a") as file:
            file.write(f"{host} {how}\n")

    def all(self):
        return dict(line.split(" ", 1) for line in self.path.read_text().splitlines())


def children():
    """Processes that this one has begun, and that have not been waited for."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended meanwhile
            found.update((task / "children").read_text().split())
    return found


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path / "kept")


@pytest.fixture
def processes(kept):
    def make(work, over=lambda: False, orphaned=lambda: False):
        return Processes(
            work,
            read=lambda: kept.all().keys(),
            died=lambda host, code: kept.keep(host, f"died {code}"),
            over=over,
            orphaned=orphaned,
        )

    before = children()
    yield make
    assert children() == before


def test_every_share_is_read(processes, kept):
    processes(lambda share: [kept.keep(host) for host in share]).run(Kind([HOSTS[:5], HOSTS[5:]], 2))

    assert kept.all() == dict.fromkeys(HOSTS, "read")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        pytest.param(lambda: os.kill(os.getpid(), signal.SIGKILL), "died -9", id="killed"),
        pytest.param(lambda: os._exit(7), "died 7", id="ended by a library"),
        pytest.param([].pop, "died 1", id="an error of ours"),
    ],
)
@pytest.mark.parametrize("poison", [HOSTS[0], HOSTS[4], HOSTS[8]])
def test_a_host_of_which_a_process_dies_is_the_only_one_without_a_result(processes, kept, end, words, poison):
    def work(share):
        for host in share:
            if host == poison:
                end()
            kept.keep(host)

    processes(work).run(Kind([HOSTS], 2))

    assert kept.all() == {**dict.fromkeys(HOSTS, "read"), poison: words}


def test_hosts_that_a_process_leaves_are_read_by_another(processes, kept):
    processes(lambda share: kept.keep(share[0])).run(Kind([HOSTS], 1))

    assert kept.all() == dict.fromkeys(HOSTS, "read")


def test_when_the_time_is_over_nothing_is_begun_any_more(processes, kept):
    processes(lambda share: kept.keep(share[0]), over=lambda: len(kept.all()) >= 2).run(Kind([HOSTS], 1))

    assert kept.all() == dict.fromkeys(HOSTS[:2], "read")


def test_a_result_that_cannot_be_kept_ends_the_run(processes, kept):
    made = processes(lambda _share: os._exit(NOT_KEPT))

    made.run(Kind([(host,) for host in HOSTS], 1))

    assert (made.not_kept, kept.all()) == (True, {})


@pytest.mark.parametrize("how", ["stop", "orphaned"])
def test_a_run_that_is_stopped_ends_its_processes(processes, kept, how):
    gone = threading.Event()
    made = processes(lambda share: (kept.keep(share[0]), signal.pause()), orphaned=gone.is_set)

    def stop():
        while not kept.all():
            pass
        made.stop() if how == "stop" else gone.set()

    threading.Thread(target=stop, daemon=True).start()
    made.run(Kind([HOSTS[:2], HOSTS[2:]], 1))

    assert kept.all() == {HOSTS[0]: "read"}


def test_a_run_whose_parent_is_gone_ends_though_nobody_takes_what_it_shows(processes, kept, monkeypatch):
    """As when ansible-playbook was killed while its terminal was stopped: the queue is full, and whoever writes there waits for ever."""
    gone = threading.Event()

    class Full:
        def send_display(self, *_args, **_options):
            gone.set()
            threading.Event().wait(60)
            raise AssertionError("the write goes on")

    monkeypatch.setattr(module, "_LOOK", 0.05)
    monkeypatch.setattr(Display(), "_final_q", Full())
    made = processes(lambda _share: (Display().display("a"), signal.pause()), orphaned=gone.is_set)
    before = signal.getsignal(signal.SIGALRM)

    made.run(Kind([HOSTS[:1]], 1))

    assert (made.stopped, kept.all()) == (True, {})
    assert (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)) == (before, (0.0, 0.0))


def begins_a_program(pipe):
    """As a connection that has begun ssh: the program has an end of the pipe, which closes when it ends."""
    os.set_inheritable(pipe, True)
    subprocess.Popen(["sleep", "600"], close_fds=False)


@pytest.mark.parametrize("how", ["the process ends", "the process is killed", "the run is stopped", "the parent is killed"])
def test_no_program_outlives_the_process_that_began_it(kept, how):
    ours, theirs = os.pipe()
    parent = os.fork()
    if parent == 0:
        os.close(ours)

        def work(share):
            begins_a_program(theirs)
            kept.keep(share[0])
            if how == "the process ends":
                return
            os.kill(
                {"the process is killed": os.getpid()}.get(how, os.getppid()),
                signal.SIGKILL if how.endswith("killed") else signal.SIGTERM,
            )
            signal.pause()

        made = Processes(work, read=lambda: kept.all().keys(), died=kept.keep, over=lambda: False, orphaned=lambda: False)
        signal.signal(signal.SIGTERM, lambda _number, _frame: made.stop())
        made.run(Kind([HOSTS[:1]], 1))
        os._exit(0)
    os.close(theirs)
    os.waitpid(parent, 0)

    assert select.select([ours], [], [], 20)[0] == [ours]
    os.close(ours)
    assert kept.all() == {HOSTS[0]: "read"}


@pytest.mark.parametrize("call", ["fork", "pipe"])
@pytest.mark.parametrize("begun", [1, 2])
def test_hosts_wait_for_the_processes_that_are_there_where_the_system_begins_no_more(processes, kept, monkeypatch, call, begun):
    limited(monkeypatch, call, begun)
    said = []
    monkeypatch.setattr(Display(), "warning", said.append)

    processes(lambda share: kept.keep(share[0])).run(Kind([(host,) for host in HOSTS[:6]], 5))

    assert kept.all() == dict.fromkeys(HOSTS[:6], "read")
    assert f"no more than {begun} processes read hosts at once" in said[0]


@pytest.mark.parametrize("call", ["fork", "pipe"])
def test_a_run_without_a_process_says_so(processes, kept, monkeypatch, call):
    limited(monkeypatch, call, 0)

    with pytest.raises(module.NoneBegun, match="Resource temporarily unavailable"):
        processes(lambda share: kept.keep(share[0])).run(Kind([HOSTS], 5))

    assert kept.all() == {}


def limited(monkeypatch, call, most):
    """Let so many processes be there at once, as limits of the system do."""
    others = len(children())
    place, name = (os, "fork") if call == "fork" else (multiprocessing, "Pipe")
    real = getattr(place, name)

    def refusing(*args, **options):
        if len(children()) - others >= most:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return real(*args, **options)

    monkeypatch.setattr(place, name, refusing)


def test_a_process_ends_with_its_parent(kept):
    ours, theirs = os.pipe()
    parent = os.fork()
    if parent == 0:

        def work(share):
            kept.keep(share[0])
            os.kill(os.getppid(), signal.SIGKILL)
            signal.pause()

        Processes(work, read=list, died=lambda _host, _code: None, over=lambda: False, orphaned=lambda: False).run(Kind([HOSTS], 1))
        os._exit(0)
    os.close(theirs)

    assert os.waitstatus_to_exitcode(os.waitpid(parent, 0)[1]) == -signal.SIGKILL
    assert os.read(ours, 1) == b""  # the pipe of which the process has an end is closed by its end alone


def test_what_a_process_says_is_shown_by_its_parent(processes, kept, capsys):
    def work(share):
        for host in share:
            kept.keep(host)
            Display().display(f"{host} of {os.getpid()}")
            Display().display("to stderr", stderr=True)

    processes(work).run(Kind([HOSTS[:2]], 1))

    shown = capsys.readouterr()
    said = [line.split(" of ") for line in shown.out.splitlines()]
    assert [host for host, _process in said] == [*HOSTS[:2]]
    assert str(os.getpid()) not in [process for _host, process in said]
    assert shown.err.splitlines() == ["to stderr"] * 2


def killed_while_it_writes(_share):
    """A process that has begun to say something, and holds what one holds for that."""
    queue = Display()._final_q
    with getattr(queue, "_wlock", contextlib.nullcontext()):
        pipe = getattr(queue, "_pipe", None) or queue._writer
        os.write(pipe.fileno(), b"\0\0\1\0 the rest never comes")
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_killed_while_it_says_something_leaves_the_queue_of_ansible_core_free(processes, kept, monkeypatch):
    queue = FinalQueue()
    monkeypatch.setattr(Display(), "_final_q", queue)

    processes(killed_while_it_writes).run(Kind([HOSTS[:1]], 1))

    assert kept.all() == {HOSTS[0]: "died -9"}
    assert queue._wlock.acquire(timeout=0)
    assert queue.empty()


def test_a_run_that_is_stopped_while_nobody_takes_what_it_shows_ends(processes, kept, monkeypatch):
    """As when ansible-playbook has been interrupted, and reads no more."""
    stopped = []

    class Full:
        def send_display(self, *_args, **_options):
            stopped.append(True)
            made.stop()  # as the handler of the signal that comes meanwhile
            raise AssertionError("the write goes on")

    monkeypatch.setattr(Display(), "_final_q", Full())
    made = processes(lambda _share: (Display().display("a"), Display().display("b"), signal.pause()))

    made.run(Kind([HOSTS[:1]], 1))

    assert (stopped, made.stopped, kept.all()) == ([True], True, {})


def test_each_kind_of_shares_has_its_own_number_of_processes(processes, kept):
    """When processes of one kind have ended, no more of the other are begun in their place."""
    waiting, go_on = os.pipe()
    first, seen, others = kept.path.with_name("first"), [], children()

    def work(share):
        if len(share) == 1:
            os.read(waiting, 1)
        else:
            first.with_suffix(".new").write_text(str(os.getpid()))
            first.with_suffix(".new").rename(first)
        for host in share:
            kept.keep(host)

    def look():  # between two times when all are begun that may be
        if len(seen) < 2 and first.exists() and first.read_text() not in children():
            seen.append(len(children() - others))
            if len(seen) == 2:
                os.write(go_on, b"x" * len(HOSTS))
        return False

    processes(work, orphaned=look).run(Kind([HOSTS[:2]], 1), Kind([(host,) for host in HOSTS[2:]], 2))
    for end in (waiting, go_on):
        os.close(end)

    assert seen == [2, 2]
    assert kept.all() == dict.fromkeys(HOSTS, "read")
