# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command shells of one host: shells, commands, quotas. Knows no HTTP, starts nothing, never blocks.

A shell kind is an object with `resource`, `handle(request, user)`, `open()` and `forget()`; this is the one of
WinRS, and psrp.py makes another of it. The caller holds the host's lock, starts a command that is ready, and waits
where it is told to.
"""

from __future__ import annotations

import base64
import threading
import typing as t
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from fleet.backend import Output
from fleet.winrm import soap

# Bytes of the Stream elements of one answer to Receive. What fits into the first comes with the end of its command in one answer,
# more than that in pieces while the command still runs; so the answer of a module is never in one piece.
PIECES = (1_021, 4_093, 32_749, 62_137)
CHUNK = sum(PIECES)  # pywinrm asks for envelopes of at most 153,600 bytes
STATE = f"{soap.RSP}/CommandState"


def new_id() -> str:
    """An id as Windows writes it."""
    return str(uuid.uuid4()).upper()


@dataclass(frozen=True)
class Quota:
    """Limits of a user and a shell; the defaults are those of a Windows host."""

    shells: int = 30
    operations: int = 1500


@dataclass
class Command:
    """One command of a shell, from its Command message to its Signal.

    What it said waits in ``unread`` until somebody asks; ``news`` is set while there is anything to tell, the end included.
    """

    line: str = field(repr=False)
    user: str
    environment: Mapping[str, str] = field(repr=False)
    id: str = field(default_factory=new_id)
    stdin: bytearray = field(default_factory=bytearray, repr=False)
    started: bool = False
    unread: list[tuple[str, bytes]] = field(default_factory=list, repr=False)
    exit_code: int | None = None  # None: it runs
    news: threading.Event = field(default_factory=threading.Event, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def say(self, output: Output, *, end: bool = False) -> None:
        """Take what the command printed, and its end; wakes whoever waits. The host's lock need not be held."""
        with self._lock:
            streams = (("stdout", output.stdout), ("stderr", output.stderr))
            self.unread += [(name, data) for name, data in streams if data]
            self.exit_code = output.exit_code if end else None
            if end or self.unread:
                self.news.set()

    def finish(self, output: Output) -> None:
        """Take the last that the command printed."""
        self.say(output, end=True)

    def tell(self) -> tuple[list[tuple[str, bytes]], bool]:
        """What the next answer carries, and whether the command has ended and that was all."""
        with self._lock:
            pieces = self._take()
            over = self.exit_code is not None and not self.unread and size_of(pieces) <= PIECES[0]
            if self.exit_code is None and not self.unread:
                self.news.clear()
            return pieces, over

    def _take(self) -> list[tuple[str, bytes]]:
        """Take the pieces of one answer from the front of what nobody has read, wherever that cuts a character."""
        pieces = []
        for size in PIECES:
            if not self.unread:
                break
            name, data = self.unread.pop(0)
            pieces.append((name, data[:size]))
            if data[size:]:
                self.unread.insert(0, (name, data[size:]))
        return pieces


@dataclass
class Shell:
    """One shell, from Create to Delete."""

    user: str
    environment: Mapping[str, str] = field(repr=False)
    id: str = field(default_factory=new_id)
    commands: dict[str, Command] = field(default_factory=dict)
    operations: int = 0


@dataclass(frozen=True)
class Wait:
    """No answer yet: ask again when `news` is set; after `seconds` the operation has timed out."""

    seconds: float
    news: threading.Event


@dataclass(frozen=True)
class Reply:
    """Body of an answer; `ready` is a command that the caller must start now."""

    body: str
    shell_id: str = ""
    command_id: str = ""
    ready: Command | None = None


class Winrs:
    """The command shells of one host."""

    resource = soap.CMD_SHELL
    inputs: tuple[str, ...] = ("stdin",)
    outputs: tuple[str, ...] = ("stdout", "stderr")
    more_of_a_shell: t.ClassVar[Mapping[str, str]] = {}

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._shells: dict[str, Shell] = {}

    def open(self) -> list[str]:
        """Ids of the shells that were created and not deleted."""
        return sorted(self._shells)

    def forget(self) -> None:
        """Lose all shells, as a restart of the WinRM service does."""
        self._shells.clear()

    def handle(self, request: soap.Request, user: str) -> Reply | Wait:
        """Answer one request of a user; raises soap.Fault."""
        if request.action == "Create":
            return self._create(request, user)
        shell = self._shells.get(request.shell_id)
        if shell is None:
            raise soap.shell_not_found()
        if shell.user != user:
            raise soap.access_denied()
        method: t.Callable[[soap.Request, Shell], Reply | Wait] = getattr(self, f"_{request.action.lower()}")
        return method(request, shell)

    def _create(self, request: soap.Request, user: str) -> Reply:
        if sum(shell.user == user for shell in self._shells.values()) >= self._quota.shells:
            raise soap.too_many_shells(self._quota.shells)
        shell = self._new_shell(request, user)
        self._shells[shell.id] = shell
        selector = f'<w:SelectorSet><w:Selector Name="ShellId">{shell.id}</w:Selector></w:SelectorSet>'
        return Reply(
            "<x:ResourceCreated>"
            f"<a:Address>{soap.A}/role/anonymous</a:Address><a:ReferenceParameters>"
            f"<w:ResourceURI>{self.resource}</w:ResourceURI>{selector}</a:ReferenceParameters></x:ResourceCreated>"
            f"{self._describe(shell)}",
            shell_id=shell.id,
        )

    def _describe(self, shell: Shell) -> str:
        its = {
            "ShellId": shell.id, "ResourceUri": self.resource, "Owner": shell.user, "ClientIP": "127.0.0.1", **self.more_of_a_shell,
            "IdleTimeOut": "PT7200.000S", "InputStreams": " ".join(self.inputs), "OutputStreams": " ".join(self.outputs),
            "State": "Connected", "ShellRunTime": "P0DT0H0M0S", "ShellInactivity": "P0DT0H0M0S",
        }  # fmt: skip
        return f"<rsp:Shell>{''.join(f'<rsp:{name}>{escape(value)}</rsp:{name}>' for name, value in its.items())}</rsp:Shell>"

    def _get(self, _request: soap.Request, shell: Shell) -> Reply:
        return Reply(self._describe(shell), shell.id)

    def _command(self, request: soap.Request, shell: Shell) -> Reply:
        if shell.operations >= self._quota.operations:
            raise soap.too_many_operations(self._quota.operations)
        shell.operations += 1
        command = self._new_command(request, shell)
        body = f"<rsp:CommandResponse><rsp:CommandId>{command.id}</rsp:CommandId></rsp:CommandResponse>"
        return Reply(body, shell.id, command.id, ready=command if command.started else None)

    def _send(self, request: soap.Request, shell: Shell) -> Reply:
        stream = element(request, "Stream")
        command = self._find(shell, stream.get("CommandId", ""))
        waited = not command.started
        if waited:
            self._feed(shell, command, stream)
        return Reply("<rsp:SendResponse/>", shell.id, command.id, ready=command if waited and command.started else None)

    def _receive(self, request: soap.Request, shell: Shell) -> Reply | Wait:
        command_id = element(request, "DesiredStream").get("CommandId", "")
        if not command_id:
            raise soap.invalid_parameter()
        command = self._find(shell, command_id)
        if not command.news.is_set():
            return Wait(request.timeout, command.news)
        pieces, over = command.tell()
        body = streams(pieces, command.id)
        if over:
            body += "".join(f'<rsp:Stream Name="{name}" CommandId="{command.id}" End="true"/>' for name in self.outputs)
            body += (
                f'<rsp:CommandState CommandId="{command.id}" State="{STATE}/Done">'
                f"<rsp:ExitCode>{command.exit_code}</rsp:ExitCode></rsp:CommandState>"
            )
        else:
            body += f'<rsp:CommandState CommandId="{command.id}" State="{STATE}/Running"/>'
        return Reply(f"<rsp:ReceiveResponse>{body}</rsp:ReceiveResponse>", shell.id, command.id)

    def _signal(self, request: soap.Request, shell: Shell) -> Reply:
        command = self._find(shell, element(request, "Signal").get("CommandId", ""))
        del shell.commands[command.id]  # what still runs, runs out; nobody reads it
        return Reply("<rsp:SignalResponse/>", shell.id, command.id)

    def _delete(self, _request: soap.Request, shell: Shell) -> Reply:
        del self._shells[shell.id]
        return Reply("", shell.id)

    def _find(self, shell: Shell, command_id: str) -> Command:
        if command_id not in shell.commands:
            raise soap.shell_not_found()
        return shell.commands[command_id]

    # -- what is WinRS's own about it --

    def _new_shell(self, request: soap.Request, user: str) -> Shell:
        """Make a shell of a Create message."""
        variables = request.body.iter(f"{{{soap.RSP}}}Variable")
        return Shell(user, {variable.get("Name", ""): variable.text or "" for variable in variables})

    def _new_command(self, request: soap.Request, shell: Shell) -> Command:
        """Make a command of a Command message and put it into the shell; it is `started` when it waits for nothing."""
        words = [word for name in ("Command", "Arguments") for word in request.body.iter(f"{{{soap.RSP}}}{name}")]
        command = Command(" ".join(word.text or "" for word in words), shell.user, shell.environment)
        # FALSE: input follows, up to End="true"; anything else: the command has all it will get
        command.started = request.option("WINRS_CONSOLEMODE_STDIN") != "FALSE"
        shell.commands[command.id] = command
        return command

    def _feed(self, _shell: Shell, command: Command, stream: ElementTree.Element) -> None:
        """Give a command what a Send message brought; it is `started` when that was the last it waited for."""
        command.stdin += base64.b64decode(stream.text or "")
        command.started = stream.get("End", "").lower() == "true"


def size_of(pieces: list[tuple[str, bytes]]) -> int:
    """Bytes in all of them."""
    return sum(len(data) for _name, data in pieces)


def streams(pieces: list[tuple[str, bytes]], command_id: str = "") -> str:
    """Stream elements, those of a pool without the id of a command."""
    whose = f' CommandId="{command_id}"' if command_id else ""
    return "".join(f'<rsp:Stream Name="{name}"{whose}>{base64.b64encode(data).decode()}</rsp:Stream>' for name, data in pieces)


def element(request: soap.Request, name: str) -> ElementTree.Element:
    """Find the first element of a name in a body; a fault when there is none."""
    found = request.body.find(f".//{{{soap.RSP}}}{name}")
    if found is None:
        raise soap.not_an_envelope()
    return found
