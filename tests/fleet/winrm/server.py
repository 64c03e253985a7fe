# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listener of a host and the threads of its connections."""

from __future__ import annotations

import itertools
import socket
import ssl
import sys
import threading
import traceback
import typing as t
from http.server import ThreadingHTTPServer
from socketserver import TCPServer

from spnego.channel_bindings import GssChannelBindings

from fleet.host import Host
from fleet.winrm.connection import Connection
from fleet.winrm.journal import Journal


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
