# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners, connections and threads. What a message means stands in soap.py, winrs.py and behind the back end."""

from __future__ import annotations

import itertools
import socket
import ssl
import sys
import threading
import time
import traceback
import typing as t
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

from spnego.channel_bindings import GssChannelBindings

from fleet import request as asked
from fleet import soap
from fleet.authn import ENCRYPTED, Access, Login, Users
from fleet.backend import BackEnd, Output, Received
from fleet.faults import Mishap, On, Scenario
from fleet.journal import Journal, Record
from fleet.winrs import Command, Reply, Wait, Winrs

if t.TYPE_CHECKING:
    from fleet.machine import Machine

IDENTITY = (
    f'<i:IdentifyResponse xmlns:i="{soap.WSMID}"><i:ProtocolVersion>{soap.W}</i:ProtocolVersion><i:ProductVendor>'
    "Winrights simulated fleet</i:ProductVendor><i:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</i:ProductVersion>"
    "</i:IdentifyResponse>"
)
PATH = "/wsman"
MOST = 8_000_000  # bytes of a body that are read only to refuse it
IDLE = 60.0  # seconds after which a silent connection is closed


class Host:
    """One simulated host: its shells, its scenario and the machine behind them."""

    def __init__(self, machine: Machine, back_end: BackEnd, access: Access, scenario: Scenario) -> None:
        self.machine, self.access, self.scenario = machine, access, scenario
        self.users = Users(lambda: {user: logon.password for user, logon in machine.logons.items()})
        self.shells = Winrs(scenario.quota)
        self.errors: list[str] = []
        self.closing = threading.Event()
        self._back_end = back_end
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()
        self._workers: list[threading.Thread] = []

    def mishap(self, action: str) -> On | None:
        """Count a message and say what happens to it."""
        with self._lock:
            self._seen[action] += 1
            return self.scenario.mishap(action, self._seen[action])

    def forget(self) -> None:
        """Lose all shells."""
        with self._lock:
            self.shells.forget()

    def open_shells(self) -> list[str]:
        """Ids of the shells that were created and not deleted."""
        with self._lock:
            return self.shells.open()

    def handle(self, request: soap.Request, user: str) -> Reply | Wait:
        """Answer one message, or say what to wait for; raises soap.Fault. Never blocks."""
        if request.action == "Identify":
            return Reply(IDENTITY)
        if request.resource != self.shells.resource:
            raise soap.not_supported()
        with self._lock:
            reply = self.shells.handle(request, user)
            if isinstance(reply, Reply) and reply.ready is not None:
                worker = threading.Thread(target=self._run, args=(reply.ready,), daemon=True)
                self._workers = [*(old for old in self._workers if old.is_alive()), worker]
                worker.start()
        return reply

    def stop(self) -> None:
        """Wait for the commands that still run; those that only wait are woken."""
        self.closing.set()
        for worker in self._workers:
            worker.join(timeout=5)

    def _run(self, command: Command) -> None:
        received = Received(command.line, bytes(command.stdin), command.user, command.environment)
        try:
            output = self._back_end.run(self.machine, received)
            self.closing.wait(self.scenario.delay)
            command.finish(self.scenario.output(output) if self.scenario.output else output)
        except Exception:  # noqa: BLE001  the client must get an answer; the test finds the error on the host
            self.errors.append(traceback.format_exc())
            command.finish(Output(b"", b"the back end of the simulated host failed\r\n", 1))


class Listener(ThreadingHTTPServer):
    """The port of one host."""

    daemon_threads = True
    request_queue_size = 256
    _numbers = itertools.count(1)

    def __init__(
        self,
        address: str,
        host: Host,
        journal: Journal,
        tls: tuple[ssl.SSLContext, GssChannelBindings] | None,
    ) -> None:
        self.host, self.journal = host, journal
        self._context: ssl.SSLContext | None = tls[0] if tls else None
        self.bindings: GssChannelBindings | None = tls[1] if tls else None
        self._open: dict[threading.Thread, socket.socket] = {}
        super().__init__((address, 0), Connection, bind_and_activate=False)
        self.timeout = 0
        self.server_bind()
        if not host.scenario.down:  # a port that is bound and not listened to stays ours, and refuses
            self.server_activate()

    @property
    def tls(self) -> bool:
        """Whether the port speaks HTTPS."""
        return self._context is not None

    def server_bind(self) -> None:
        """Bind without the name look-up that http.server does for each listener."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def get_request(self) -> tuple[socket.socket, t.Any]:
        """Accept; the handshake of TLS comes with the first read, in the connection's own thread."""
        connection, peer = super().get_request()
        if self._context is not None:
            connection = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, peer

    def process_request(self, request: t.Any, client_address: t.Any) -> None:
        """Serve the connection in a thread of its own that `stop` can find."""
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self._open = {old: its for old, its in self._open.items() if old.is_alive()}
        self._open[thread] = request
        thread.start()

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Keep what went wrong, unless the client hung up or never spoke TLS."""
        if not isinstance(sys.exc_info()[1], OSError) and not self.host.closing.is_set():
            self.host.errors.append(traceback.format_exc())

    def number(self) -> int:
        """Give a connection its number."""
        return next(self._numbers)

    def stop(self) -> None:
        """Close the port and all its connections, and wait for their threads."""
        self.server_close()
        self.host.stop()
        for connection in self._open.values():
            try:
                socket.socket.shutdown(connection, socket.SHUT_RDWR)  # not TLS's own, which another thread is in
            except OSError:
                continue  # closed already
        for thread in self._open:
            thread.join(timeout=5)


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
            if host.closing.is_set() or not reply.done.wait(end - time.monotonic()):
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
