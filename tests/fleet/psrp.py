# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerShell remoting of one host: runspace pools for shells, pipelines for commands. Knows no HTTP.

WSMan carries both kinds of shell in the same messages; psrpcore reads and writes what is inside of them. A pipeline
becomes the command line and the stdin that a process would get, so that whoever answers it need not know the kind.
"""

from __future__ import annotations

import base64
import threading
import typing as t
import uuid
from dataclasses import dataclass, field

import psrpcore

from fleet import soap
from fleet.request import errors_of, line_of
from fleet.winrs import CHUNK, Command, Reply, Shell, Wait, Winrs, element, new_id

if t.TYPE_CHECKING:
    from xml.etree import ElementTree

POWERSHELL = "http://schemas.microsoft.com/powershell"
_OF_THE_POOL = (psrpcore.SessionCapabilityEvent, psrpcore.InitRunspacePoolEvent, psrpcore.PublicKeyEvent)


@dataclass
class Pool(Shell):
    """A runspace pool, from Create to Delete; `unread` is what concerns the pool itself."""

    peer: psrpcore.ServerRunspacePool = field(default_factory=psrpcore.ServerRunspacePool, repr=False)
    unread: list[bytes] = field(default_factory=list, repr=False)
    more: threading.Event = field(default_factory=threading.Event, repr=False)  # set while something is unread

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
            self.more.set()

    def pieces(self) -> list[bytes]:
        """Fetch what psrpcore has to say now, in pieces for one Receive message each."""
        return [payload.data for payload in iter(lambda: self.peer.data_to_send(CHUNK), None)]


class Psrp(Winrs):
    """The runspace pools of one host."""

    resource = f"{POWERSHELL}/Microsoft.PowerShell"
    inputs = ("stdin", "pr")
    outputs = ("stdout",)

    def _new_shell(self, request: soap.Request, user: str) -> Pool:
        pool = Pool(user, {}, element(request, "Shell").get("ShellId") or new_id())
        pool.take(base64.b64decode(request.body.findtext(f".//{{{POWERSHELL}}}creationXml") or ""))
        return pool

    def _new_command(self, request: soap.Request, shell: Shell) -> Command:
        pool = t.cast(Pool, shell)
        its_id = element(request, "CommandLine").get("CommandId") or new_id()
        command = Command("", pool.user, pool.environment, its_id.upper())
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
            return Wait(request.timeout, pool.more)
        data = base64.b64encode(pool.unread.pop(0)).decode()
        if not pool.unread:
            pool.more.clear()
        return Reply(f'<rsp:ReceiveResponse><rsp:Stream Name="stdout">{data}</rsp:Stream></rsp:ReceiveResponse>', pool.id)

    def _pieces(self, shell: Shell, command: Command) -> list[tuple[str, bytes]]:
        pool = t.cast(Pool, shell)
        pipeline = pool.peer.pipeline_table[uuid.UUID(command.id)]
        host = psrpcore.ServerHostRequestor(pipeline)
        pipeline.start()
        if stdout := command.output.stdout.decode(errors="replace").removesuffix("\n").removesuffix("\r"):
            pipeline.write_output(stdout)
        if stderr := errors_of(command.output.stderr).rstrip("\r\n"):
            host.write_error_line(stderr)
        host.set_should_exit(command.output.exit_code)
        pipeline.complete()
        return [("stdout", piece) for piece in pool.pieces()]


def _line(pipeline: psrpcore.PowerShell) -> str:
    """Write the scripts of a pipeline, and the arguments of the last one, as a command line."""
    commands = pipeline.commands
    arguments = [str(value) for _name, value in commands[-1].parameters]
    return line_of(" | ".join(command.command_text for command in commands), arguments)


def _bytes(item: t.Any) -> bytes:
    return bytes(item) if isinstance(item, (bytes, bytearray)) else str(item).encode()
