# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One kinit for all hosts that a process reads, where ansible-core's winrm connection gets the tickets of Kerberos (managed).

The connection calls kinit for each host, into a temporary file of its own, and names that file in the environment, which is one for the
whole process: threads beside each other would use a file of another connection, or one that is gone. So the first connection of a process
does what it always does, and the others of the same login take its tickets, or what kinit said. ``_kerb_auth`` is no public interface:
where the plugin is not of the kind that is known here (ansible-core 2.16 to 2.21), hosts have a process each (``can_be_shared``).
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import tempfile
import threading
import typing as t
from collections.abc import Callable, Iterator, Mapping

from ansible import constants
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.loader import connection_loader

if t.TYPE_CHECKING:
    from ansible.plugins.connection import ConnectionBase


class Winrm(t.Protocol):
    """What is used of the connection."""

    _kerb_ccache: t.IO[bytes]
    """The file with its tickets, which vanishes with the last who knows it."""

    def get_option(self, option: str) -> object: ...


Kinit = Callable[[Winrm, str, object], None]
"""The plugin's own method: connection, principal, password."""
_NAMES = ("winrm", "ansible.builtin.winrm", "ansible.legacy.winrm")


def can_be_shared() -> bool:
    """Whether the winrm connection gets tickets as it does in the releases of ansible-core that this was made for."""
    return all(map(_is_known, _plugins()))


def _plugins() -> set[type[ConnectionBase]]:
    """The winrm connection, by any name that an inventory may give it: a play may bring one of its own."""
    return {connection_loader.get(name, class_only=True) for name in _NAMES}


def _is_known(plugin: type[ConnectionBase]) -> bool:
    """Whether a connection calls ``_kerb_auth``, which names a file in the environment and keeps it as long as the connection lives."""
    kinit, connect = getattr(plugin, "_kerb_auth", None), getattr(plugin, "_winrm_connect", None)
    if not (inspect.isfunction(kinit) and inspect.isfunction(connect)):
        return False
    return (
        tuple(inspect.signature(kinit).parameters) == ("self", "principal", "password")
        and {"_kerb_ccache", "environ"} <= set(kinit.__code__.co_names)
        and "_kerb_auth" in connect.__code__.co_names
    )


def leave_none() -> None:
    """From now on, the winrm connections of this process have their tickets where ansible-playbook takes them away at its end.

    A process that ends without a word to its connections, or is killed, leaves the temporary files of ``_kerb_auth``. For one that does
    nothing but read hosts: all of its temporary files are there then.
    """
    tempfile.tempdir = constants.DEFAULT_LOCAL_TMP


@contextlib.contextmanager
def of_one_login() -> Iterator[None]:
    """Inside of it, all winrm connections of this process have the tickets of the first one; afterwards those are gone.

    For a process that reads hosts of one login, and ends then.
    """
    tickets = Tickets()
    for plugin in _plugins():
        plugin._kerb_auth = _sharing(plugin._kerb_auth, tickets)
    try:
        yield
    finally:
        tickets.close()


def _sharing(kinit: Kinit, tickets: Tickets) -> Kinit:
    @functools.wraps(kinit)
    def shared(connection: Winrm, principal: str, password: object) -> None:
        tickets.get(kinit, connection, principal, password)

    return shared


class Tickets:
    """The tickets of one login: got by the first connection that asks, for all that ask later."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._login: tuple[object, ...] | None = None
        self._cache: t.IO[bytes] | None = None
        self._refused: str | None = None

    def get(self, kinit: Kinit, connection: Winrm, principal: str, password: object) -> None:
        """Get the tickets, or wait until another connection has got them.

        Raises AnsibleConnectionFailure with what kinit said to the first one: asked again and again, it could lock the account. Raises
        AnsibleError for another login, whose tickets would take the place of the first one's under connections that use them.
        """
        login = _login_of(connection, principal, password)
        with self._lock:
            if self._login is None:
                self._first(kinit, connection, principal, password)
                self._login = login
            elif login != self._login:
                raise AnsibleError(f"the process that reads this host has the tickets of another login than {principal}")
            if self._refused is not None:
                raise AnsibleConnectionFailure(self._refused)

    def _first(self, kinit: Kinit, connection: Winrm, principal: str, password: object) -> None:
        """Ask kinit. Raises whatever keeps it from answering, which concerns this connection alone."""
        try:
            kinit(connection, principal, password)
        except AnsibleConnectionFailure as error:
            self._refused = str(error)
        self._cache = connection._kerb_ccache

    def close(self) -> None:
        """Take the file with the tickets away."""
        if self._cache is not None:
            self._cache.close()


def _login_of(connection: Winrm, principal: str, password: object) -> tuple[object, ...]:
    """What kinit is asked, and how."""
    options = [connection.get_option(name) for name in ("kerberos_command", "kinit_args", "kinit_env_vars")]
    extras = connection.get_option("_extras")
    delegation = extras.get("ansible_winrm_kerberos_delegation") if isinstance(extras, Mapping) else None
    return (principal, str(password), *map(str, options), str(delegation))
