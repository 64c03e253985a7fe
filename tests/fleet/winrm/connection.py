# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One TCP connection of a client: HTTP, login, encryption, mishaps, and a record per request for the journal."""

from __future__ import annotations

import time
import traceback
import typing as t
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from fleet.backends import request as asked
from fleet.faults import Mishap
from fleet.winrm import soap
from fleet.winrm.authn import ENCRYPTED, Login
from fleet.winrm.journal import Record
from fleet.winrm.winrs import Command, Reply, Wait

if t.TYPE_CHECKING:
    from fleet.winrm.server import Listener

PATH = "/wsman"
MOST = 8_000_000  # bytes of a body that are read only to refuse it
IDLE = 60.0  # seconds after which a silent connection is closed


class Hangup(Exception):
    """The scenario closes the connection here."""


@dataclass
class Exchange:
    """What the journal will say about a request."""

    action: str = "Login"
    received: int = 0
    encrypted: bool = False
    facts: dict[str, t.Any] = field(default_factory=dict)


class Connection(BaseHTTPRequestHandler):
    """One TCP connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE
    server: Listener

    def setup(self) -> None:
        """Start with nobody logged on."""
        super().setup()
        host = self.server.host
        self._number = self.server.number()
        self._login = Login(host.users, host.access, self.server.bindings)

    def log_message(self, format: str, *args: t.Any) -> None:
        """Say nothing; the journal does."""

    def do_POST(self) -> None:
        """Answer one request: log in, decrypt, handle, encrypt."""
        length = self.headers.get("Content-Length", "0")
        size = int(length) if length.isascii() and length.isdecimal() else -1
        body = self.rfile.read(min(max(size, 0), MOST))  # before any answer, the client uses the connection again
        if not 0 <= size <= soap.MAX_ENVELOPE:
            self.close_connection = True
            return self._send(400 if size < 0 else 413, Exchange(received=len(body)))
        exchange = Exchange(received=size, encrypted="multipart/encrypted" in (self.headers.get("Content-Type") or ""))
        header = self.headers.get("Authorization")
        if self.path.partition("?")[0] != PATH:
            return self._send(404, exchange)
        if exchange.encrypted and header is None and not self._login.sealing:
            return self._send(400, exchange)  # encrypted with the keys of another connection
        login = self._login.authenticate(header)
        challenges = [("WWW-Authenticate", line) for line in login.headers]
        if not login.welcome:
            return self._send(401, exchange, headers=challenges)
        if not body:
            return self._send(200, exchange, headers=challenges)
        if not (exchange.encrypted or self.server.tls or self.server.host.access.unencrypted):
            return self._send(500, exchange)
        try:
            plain = self._login.decrypt(body) if exchange.encrypted else body
        except Exception:  # noqa: BLE001  not for our keys, cut, or nonsense
            return self._send(400, exchange)
        try:
            status, answer = self._answer(plain, exchange)
        except Hangup as how:
            return self._hang_up(exchange, how.args[0] if how.args else b"")
        return self._send(status, exchange, answer, challenges)

    def _answer(self, plain: bytes, exchange: Exchange) -> tuple[int, bytes]:
        host = self.server.host
        message_id = ""
        try:
            request = soap.parse(plain)
            exchange.action, message_id = request.action, request.message_id
            return 200, self._handle(request, exchange)
        except soap.Fault as fault:
            exchange.facts["fault"] = fault.code
            return 500, soap.fault(fault, host.machine.name, message_id)
        except Hangup:
            raise
        except Exception:  # noqa: BLE001  a defect of ours must not look like a broken line
            host.errors.append(traceback.format_exc())
            return 500, soap.fault(soap.internal_error(), host.machine.name, message_id)

    def _handle(self, request: soap.Request, exchange: Exchange) -> bytes:
        host = self.server.host
        on = host.mishap(request.action)
        happens = on.happens if on else None
        if happens is Mishap.DROP:
            raise Hangup
        if happens is Mishap.GARBAGE:
            return b"\x00 this is not an envelope"
        if happens is Mishap.FORGET:
            host.forget()
        elif happens is not None and not isinstance(happens, Mishap):
            raise happens()
        exchange.facts["shell"] = request.shell_id
        reply = self._wait(request)
        exchange.facts.update(shell=reply.shell_id, command=reply.command_id, **_runs(reply.ready))
        answer = soap.answer(request, reply.body)
        if happens is Mishap.DROP_AFTER:
            raise Hangup
        if happens is Mishap.CUT:
            raise Hangup(answer)
        return answer

    def _wait(self, request: soap.Request) -> Reply:
        host, end = self.server.host, time.monotonic() + request.timeout
        while isinstance(reply := host.handle(request, self._login.user or ""), Wait):
            if host.closing.is_set() or not reply.news.wait(end - time.monotonic()):
                raise soap.timed_out()
        return reply

    def _send(
        self,
        status: int,
        exchange: Exchange,
        answer: bytes = b"",
        headers: t.Iterable[tuple[str, str]] = (),
    ) -> None:
        body = self._login.encrypt(answer) if answer and exchange.encrypted else answer
        self._note(exchange, status, len(body))
        self._head(status, exchange, len(body), headers)
        self.wfile.write(body)

    def _head(self, status: int, exchange: Exchange, size: int, headers: t.Iterable[tuple[str, str]] = ()) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if size:
            self.send_header("Content-Type", ENCRYPTED if exchange.encrypted else soap.CONTENT_TYPE)
        self.send_header("Content-Length", str(size))
        self.end_headers()

    def _hang_up(self, exchange: Exchange, answer: bytes) -> None:
        self._note(exchange, 0, len(answer) // 2)
        if answer:
            self._head(200, exchange, len(answer))
            self.wfile.write(answer[: len(answer) // 2])
        self.close_connection = True

    def _note(self, exchange: Exchange, status: int, sent: int) -> None:
        self.server.journal.add(
            Record(
                host=self.server.host.machine.name,
                connection=self._number,
                action=exchange.action,
                status=status,
                received=exchange.received,
                sent=sent,
                encrypted=exchange.encrypted,
                user=self._login.user or "",
                **exchange.facts,
            )
        )


def _runs(command: Command | None) -> dict[str, t.Any]:
    """Say for the journal what a command runs, by name only."""
    if command is None:
        return {}
    try:
        call = asked.decode(command.line, bytes(command.stdin))
    except asked.NotUnderstood:
        return {"module": "(not understood)"}
    if isinstance(call, asked.ModuleCall):
        return {"module": call.name, "check": call.check, "become": call.become_user is not None}
    return {"module": call.name if isinstance(call, asked.InternalCall) else "(script)"}
