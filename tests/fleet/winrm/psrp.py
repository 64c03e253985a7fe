# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerShell remoting of one host: runspace pools for shells, pipelines for commands. Knows no HTTP.

WSMan carries both kinds of shell in the same messages; psrpcore reads and writes what is inside of them. A pipeline
becomes the command line and the stdin that a process would get, so that whoever answers it need not know the kind.
"""

from __future__ import annotations

import base64
import itertools
import threading
import typing as t
import uuid
from dataclasses import dataclass, field
from types import MappingProxyType

import psrpcore

from fleet.backend import Output
from fleet.backends.request import errors_of, line_of
from fleet.winrm import soap
from fleet.winrm.winrs import CHUNK, PIECES, Command, Reply, Shell, Wait, Winrs, element, new_id, size_of, streams

if t.TYPE_CHECKING:
    from xml.etree import ElementTree

_RUNSPACEPOOL_STATE = 0x00021005  # [MS-PSRP] 2.2.1
POWERSHELL = "http://schemas.microsoft.com/powershell"
_OF_THE_POOL = (psrpcore.SessionCapabilityEvent, psrpcore.InitRunspacePoolEvent, psrpcore.PublicKeyEvent)


@dataclass
class Pool(Shell):
    """A runspace pool, from Create to Delete; `unread` is what concerns the pool itself."""

    peer: psrpcore.ServerRunspacePool = field(default_factory=psrpcore.ServerRunspacePool, repr=False)
    unread: list[tuple[str, bytes]] = field(default_factory=list, repr=False)
    news: threading.Event = field(default_factory=threading.Event, repr=False)  # set while something is unread

    def take(self, data: bytes) -> None:
        """Act on what a message brought: a pipeline begins, gets input, has all its input."""
        self.peer.receive_data(psrpcore.PSRPPayload(data, psrpcore.StreamType.default, None))
        while (event := self.peer.next_event()) is not None:
            if isinstance(event, _OF_THE_POOL):
                continue  # psrpcore has answered it
            command = self.commands.get(str(event.pipeline_id).upper())
            if command is None:
                raise soap.not_supported()
            if isinstance(event, psrpcore.CreatePipelineEvent):
                command.line = _line(event.pipeline)
                command.started = event.pipeline.no_input
            elif isinstance(event, psrpcore.PipelineInputEvent):
                command.stdin += _bytes(event.data) + b"\n"
            elif isinstance(event, psrpcore.EndOfPipelineInputEvent):
                command.started = True
            else:
                raise soap.not_supported()  # nothing that Ansible sends
        self.unread += self.pieces()
        if self.unread:
            self.news.set()

    def pieces(self) -> list[tuple[str, bytes]]:
        """Fetch what psrpcore has to say now, a fragment each."""
        sizes = itertools.cycle(PIECES)
        payloads = iter(lambda: self.peer.data_to_send(next(sizes)), None)
        return [("stdout", fragment) for payload in payloads for fragment in fragments(payload.data)]

    def tell(self) -> list[tuple[str, bytes]]:
        """What the next answer about the pool carries: its state comes alone, after what a client has to know before."""
        first = next((at for at, (_name, data) in enumerate(self.unread) if _is_state(data)), len(self.unread)) or 1
        now, self.unread = self.unread[:first], self.unread[first:]
        if not self.unread:
            self.news.clear()
        return now


@dataclass
class Pipeline(Command):
    """One pipeline of a pool. What its script prints is one object, so there is nothing to tell before it has ended."""

    pool: Pool = field(default_factory=lambda: Pool("", {}), repr=False)
    printed: Output = field(default_factory=Output, repr=False)
    rendered: bool = False

    def say(self, output: Output, *, end: bool = False) -> None:
        """Keep what was printed; its end wakes whoever waits."""
        so_far = self.printed
        self.printed = Output(so_far.stdout + output.stdout, so_far.stderr + output.stderr, output.exit_code)
        if end:
            super().say(Output(exit_code=output.exit_code), end=True)

    def tell(self) -> tuple[list[tuple[str, bytes]], bool]:
        """The same; the host's lock is held, for psrpcore."""
        if not self.rendered:
            self.unread, self.rendered = self._messages(), True
        return super().tell()

    def _take(self) -> list[tuple[str, bytes]]:
        """Fragments stay whole."""
        most = next((n for n in range(len(PIECES), 1, -1) if size_of(self.unread[:n]) <= CHUNK), 1)
        now, self.unread = self.unread[:most], self.unread[most:]
        return now

    def _messages(self) -> list[tuple[str, bytes]]:
        """Write the output as a server of PSRP does."""
        pipeline = self.pool.peer.pipeline_table[uuid.UUID(self.id)]
        host = psrpcore.ServerHostRequestor(pipeline)
        pipeline.start()
        if stdout := self.printed.stdout.decode(errors="replace").removesuffix("\n").removesuffix("\r"):
            pipeline.write_output(stdout)
        if stderr := errors_of(self.printed.stderr).rstrip("\r\n"):
            host.write_error_line(stderr)
        host.set_should_exit(self.printed.exit_code)
        pipeline.complete()
        return self.pool.pieces()


class Psrp(Winrs):
    """The runspace pools of one host."""

    resource = f"{POWERSHELL}/Microsoft.PowerShell"
    inputs = ("stdin", "pr")
    outputs = ("stdout",)
    more_of_a_shell = MappingProxyType({"ProcessId": "2772"})

    def _new_shell(self, request: soap.Request, user: str) -> Pool:
        pool = Pool(user, {}, element(request, "Shell").get("ShellId") or new_id())
        pool.take(base64.b64decode(request.body.findtext(f".//{{{POWERSHELL}}}creationXml") or ""))
        return pool

    def _new_command(self, request: soap.Request, shell: Shell) -> Command:
        pool = t.cast(Pool, shell)
        its_id = element(request, "CommandLine").get("CommandId") or new_id()
        command = Pipeline("", pool.user, pool.environment, its_id.upper(), pool=pool)
        pool.commands[command.id] = command
        psrpcore.ServerPipeline(pool.peer, uuid.UUID(command.id))  # has to be there before its first message
        pool.take(base64.b64decode(element(request, "Arguments").text or ""))
        return command

    def _send(self, request: soap.Request, shell: Shell) -> Reply:
        stream = element(request, "Stream")
        if stream.get("CommandId"):
            return super()._send(request, shell)
        t.cast(Pool, shell).take(base64.b64decode(stream.text or ""))
        return Reply("<rsp:SendResponse/>", shell.id)

    def _feed(self, shell: Shell, _command: Command, stream: ElementTree.Element) -> None:
        t.cast(Pool, shell).take(base64.b64decode(stream.text or ""))

    def _receive(self, request: soap.Request, shell: Shell) -> Reply | Wait:
        pool = t.cast(Pool, shell)
        if element(request, "DesiredStream").get("CommandId"):
            return super()._receive(request, pool)
        if not pool.unread:
            return Wait(request.timeout, pool.news)
        return Reply(f"<rsp:ReceiveResponse>{streams(pool.tell())}</rsp:ReceiveResponse>", pool.id)


def fragments(data: bytes) -> list[bytes]:
    """Cut bytes into the fragments that they are ([MS-PSRP] 2.2.4: 17 bytes, the length of the blob in four, the blob)."""
    found = []
    while data:
        end = 21 + int.from_bytes(data[17:21], "big")
        found.append(data[:end])
        data = data[end:]
    return found


def _is_state(fragment: bytes) -> bool:
    """Whether a message RUNSPACEPOOL_STATE begins there ([MS-PSRP] 2.2.1: the type follows the four bytes of the destination)."""
    return int.from_bytes(fragment[25:29], "little") == _RUNSPACEPOOL_STATE


def _line(pipeline: psrpcore.PowerShell) -> str:
    """Write the scripts of a pipeline, and the arguments of the last one, as a command line."""
    commands = pipeline.commands
    arguments = [str(value) for _name, value in commands[-1].parameters]
    return line_of(" | ".join(command.command_text for command in commands), arguments)


def _bytes(item: t.Any) -> bytes:
    return bytes(item) if isinstance(item, (bytes, bytearray)) else str(item).encode()
