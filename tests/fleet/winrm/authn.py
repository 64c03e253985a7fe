# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Login of one TCP connection: Basic, NTLM and SPNEGO, message encryption, channel binding. Knows no SOAP."""

from __future__ import annotations

import base64
import contextlib
import enum
import os
import tempfile
import threading
import typing as t
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import spnego
from spnego._ntlm_raw.crypto import ntowfv1  # the store takes hashes; from a password it derives a slow DES one as well
from spnego.channel_bindings import GssChannelBindings

REALM = "WSMAN"
SPNEGO = "application/HTTP-SPNEGO-session-encrypted"
ENCRYPTED = f'multipart/encrypted;protocol="{SPNEGO}";boundary="Encrypted Boundary"'
_MARK = b"--Encrypted Boundary"
_OCTETS = _MARK + b"\r\n\tContent-Type: application/octet-stream\r\n"


class ChannelBinding(enum.Enum):
    """How much a host asks of logins over HTTPS."""

    STRICT = "strict"  # a client without the hash of the certificate is refused
    RELAXED = "relaxed"  # the hash is not looked at


@dataclass(frozen=True)
class Access:
    """What the WinRM service of a host lets in."""

    offers: tuple[str, ...] = ("Negotiate", "Basic")
    unencrypted: bool = False  # readable bodies over plain HTTP
    channel_binding: ChannelBinding = ChannelBinding.STRICT


class _Stores:
    """Files for pyspnego's acceptor, gone with the process: hosts with the same users have one, since each login needs it three times."""

    _folder: t.ClassVar[tempfile.TemporaryDirectory[str] | None] = None
    _paths: t.ClassVar[dict[str, Path]] = {}

    @classmethod
    def path(cls, text: str) -> Path:
        """A file with this text, for its owner alone. Not for several threads at a time."""
        if text not in cls._paths:
            cls._folder = cls._folder or tempfile.TemporaryDirectory(prefix="fleet-")
            path = Path(cls._folder.name, f"ntlm-{len(cls._paths)}")
            path.write_text(text, encoding="utf-8")
            cls._paths[text] = path
        return cls._paths[text]


class Users:
    """Who may log on to a host; the passwords are looked up at each login, so that they may change."""

    _environment = threading.Lock()  # pyspnego finds its store through a variable of the whole process

    def __init__(self, passwords: Callable[[], Mapping[str, str]]) -> None:
        self._passwords = passwords
        self._hashes: dict[str, str] = {}

    def basic(self, user: str, password: str) -> bool:
        """Say whether the password is right."""
        return self._passwords().get(self.name(user)) == password

    def name(self, principal: str) -> str:
        """Write a user's name as the machine does; Windows does not care about its case."""
        return next((user for user in self._passwords() if user.casefold() == principal.casefold()), principal)

    @contextlib.contextmanager
    def store(self) -> Iterator[None]:
        """Let pyspnego's acceptor know these users, and no others, for the time of the block."""
        users = self._passwords().items()
        lines = [f"{user}:0:{'0' * 32}:{self._hash(password)}:[U]:LCT-0" for user, password in users]
        with self._environment:
            path = _Stores.path("\n".join(lines))
            before = os.environ.get("NTLM_USER_FILE", "")  # pyspnego takes an empty path for none
            os.environ["NTLM_USER_FILE"] = str(path)
            try:
                yield
            finally:  # never taken out again: a client's thread that walks the environment would fail on a key that is gone
                os.environ["NTLM_USER_FILE"] = before

    def _hash(self, password: str) -> str:
        if password not in self._hashes:
            self._hashes[password] = ntowfv1(password).hex().upper()
        return self._hashes[password]


@dataclass(frozen=True)
class Decision:
    """Answer to the Authorization header: let in, or 401; and the WWW-Authenticate lines that go with it."""

    welcome: bool
    headers: tuple[str, ...] = ()


class Login:
    """State of one connection: who is logged on, and the keys of its messages."""

    def __init__(self, users: Users, access: Access, bindings: GssChannelBindings | None) -> None:
        self._users, self._access = users, access
        self._bindings = bindings if access.channel_binding is ChannelBinding.STRICT else None
        self._context: spnego.ContextProxy | None = None
        self.user: str | None = None

    @property
    def sealing(self) -> bool:
        """Whether the connection has keys to encrypt with."""
        return self._context is not None and self._context.complete

    def authenticate(self, header: str | None) -> Decision:
        """Take one request's Authorization header; NTLM needs it on the first three requests only."""
        if header is None:
            return Decision(True) if self.sealing else self._refuse()
        scheme, _space, token = header.strip().partition(" ")
        try:
            if scheme.lower() == "basic" and "Basic" in self._access.offers:
                return self._basic(base64.b64decode(token))
            if scheme.lower() == "negotiate" and "Negotiate" in self._access.offers:
                return self._negotiate(base64.b64decode(token))
        except Exception:  # noqa: BLE001  whatever the token is: wrong password, unknown user, bad bindings, nonsense
            self._context = None
        return self._refuse()

    def _basic(self, pair: bytes) -> Decision:
        for encoding in ("utf-8", "latin-1"):  # RFC 7617 leaves it open; requests sends the second
            user, _colon, password = pair.decode(encoding, "replace").partition(":")
            if self._users.basic(user, password):
                self.user = self._users.name(user)
                return Decision(True)
        return self._refuse()

    def _negotiate(self, token: bytes) -> Decision:
        with self._users.store():
            if self._context is None or self._context.complete:
                self._context, self.user = spnego.server(protocol="negotiate", channel_bindings=self._bindings), None
            answer = self._context.step(token)
        headers = (f"Negotiate {base64.b64encode(answer).decode()}",) if answer else ()
        if self._context.complete:
            self.user = self._users.name(self._context.client_principal or "")
        return Decision(self._context.complete, headers)

    def _refuse(self) -> Decision:
        self.user = None
        names = {"Negotiate": "Negotiate", "Basic": f'Basic realm="{REALM}"'}
        return Decision(False, tuple(names[scheme] for scheme in self._access.offers))

    def decrypt(self, body: bytes) -> bytes:
        """Open a multipart/encrypted body; raises ValueError or a spnego error when it is not for these keys."""
        head, found, sealed = body.partition(_OCTETS)
        sealed = sealed.removesuffix(b"\r\n").removesuffix(_MARK + b"--")
        if not found or not self.sealing:
            raise ValueError("not an encrypted message of this connection")
        size = int.from_bytes(sealed[:4], "little")
        context = t.cast(spnego.ContextProxy, self._context)
        plain = context.unwrap_winrm(sealed[4 : 4 + size], sealed[4 + size :])
        if f"Length={len(plain)}".encode() not in head:
            raise ValueError("the length of the message is not the one it was sent with")
        return plain

    def encrypt(self, plain: bytes) -> bytes:
        """Seal an answer as `ENCRYPTED`."""
        sealed = t.cast(spnego.ContextProxy, self._context).wrap_winrm(plain)
        original = f"type=application/soap+xml;charset=UTF-8;Length={len(plain) + sealed.padding_length}"
        head = f"\r\n\tContent-Type: {SPNEGO}\r\n\tOriginalContent: {original}\r\n".encode()
        size = len(sealed.header).to_bytes(4, "little")
        return _MARK + head + _OCTETS + size + sealed.header + sealed.data + _MARK + b"--\r\n"
