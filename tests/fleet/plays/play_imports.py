# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible, imported once, for plays whose environment gives it the settings that it read then."""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import os
import random
import sys
import threading
import typing as t
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import play_memory

# What may differ between plays in one process: what nothing reads while it is imported. Any other difference needs a fresh one.
PER_PLAY = {
    "ANSIBLE_CACHE_PLUGIN_CONNECTION",  # an option of the cache plugin, which looks for it when it is made
    "AWX_ISOLATED_DATA_DIR",  # of ansible-runner's callback, which looks for it at each event
    "FLEET_USUAL",  # that a test gives its play no environment of its own
    "KRB5CCNAME",
    "KRB5_CONFIG",
    "KRB5_KDC_PROFILE",
    "KRB5_KTNAME",
    "NTLM_USER_FILE",  # of the simulated hosts, which are in the process that asks for plays; pyspnego looks for it at each login
    "PYTEST_CURRENT_TEST",
}
# What Ansible and ansible-runner alone look at, and only in Python: the first play may bring it to a process that has begun without.
OF_ANSIBLE = ("ANSIBLE_", "AWX_", "RUNNER_", "FLEET_")
WITH_IT = {"PATH", "NO_PROXY", "no_proxy", "PWD", "OLDPWD", "_"}
WITH_IT |= {"COLUMNS", "LINES"}  # readline, which pytest imports, sets them behind the back of os.environ
MODULES = (
    "ansible.cli.playbook",
    "ansible.executor.playbook_executor",
    "ansible.executor.module_common",
    "ansible.executor.powershell.module_manifest",
    "ansible.inventory.data",
    *(f"ansible.plugins.action.{name}" for name in ("normal", "assert", "debug", "include_role", "set_fact", "validate_argument_spec")),
    "ansible.plugins.cache.jsonfile",
    "ansible.plugins.callback.default",
    *(f"ansible.plugins.connection.{name}" for name in ("winrm", "psrp", "local")),
    *(f"ansible.plugins.filter.{name}" for name in ("core", "encryption", "mathstuff", "urls", "urlsplit")),
    *(f"ansible.plugins.inventory.{name}" for name in ("auto", "host_list", "ini", "script", "toml", "yaml")),
    "ansible.plugins.shell.powershell",
    "ansible.plugins.strategy.linear",
    *(f"ansible.plugins.test.{name}" for name in ("core", "files", "mathstuff", "uri")),
    "ansible.plugins.vars.host_group_vars",
    "ansible.template",
    *("requests_ntlm", "winrm", "pypsrp.powershell", "pypsrp.wsman", "psrpcore", "spnego", "xmltodict"),
)  # fmt: skip
LOOKED_THROUGH = ("become", "connection", "shell")
ASKED_FOR = {
    "cache": ("jsonfile", "memory"),
    "callback": ("default", "junit", "minimal", "oneline", "tree"),  # not that of ansible-runner, whose lock is one play's
    "inventory": ("auto", "host_list", "ini", "script", "toml", "yaml"),
}
POLL = 0.01  # seconds between two looks for results: a look of each millisecond is a tenth of what the main process does
Run = t.Callable[[], t.NoReturn]


class Ansible:
    """Says how a play is to run: in a process that has Ansible already, or in one of its own."""

    def __init__(self, program: Path, *, fresh: bool) -> None:
        self._program, self._fresh = program, fresh
        self._began = dict(os.environ)
        self._settings: dict[str, str] | None = None  # the environment with which Ansible was imported

    def prepare(self, argv: list[str], cwd: str, env: Mapping[str, str]) -> Run:
        """Give what the process of a play is to run, after it has taken over folder and environment."""
        settings = {name: value for name, value in env.items() if name not in PER_PLAY}
        own_file = "ANSIBLE_CONFIG" in env or Path(cwd, "ansible.cfg").exists()
        if not (self._fresh or own_file) and self._settings is None and "FLEET_USUAL" in env and self._may_begin(settings):
            self._settings = settings
            self._import()
        if self._settings == settings and not own_file:
            return functools.partial(_play, [str(self._program), *argv])
        return functools.partial(_start, [str(self._program), *argv])

    def _may_begin(self, settings: Mapping[str, str]) -> bool:
        """Say whether a process that began with this environment is told nothing new but what Ansible looks at in Python.

        The play of a test with an environment of its own does not begin: every later one would differ from it.
        """
        names = {name for name in {*settings, *self._began} if settings.get(name) != self._began.get(name)}
        return all(name.startswith(OF_ANSIBLE) or name in WITH_IT | PER_PLAY for name in names)

    def _import(self) -> None:
        os.environ.update(self._settings or {})
        sys.argv = [str(self._program)]
        for name in MODULES:
            if find_spec(name.partition(".")[0]):
                _import(name)
        _define()
        play_memory.remember()
        _import_ours()
        if threading.active_count() > 1:
            raise RuntimeError(f"a process with threads cannot be forked: {threading.enumerate()}")
        gc.collect()
        gc.freeze()  # what all plays share stays shared


def _import(name: str) -> None:
    """Import a module; one that this version of Ansible does not have is none that its plays import."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise


def _define() -> None:
    """Read which options the plugins have that each play looks at: their documentation is as much YAML as a play has otherwise."""
    loader = importlib.import_module("ansible.plugins.loader")
    for kind in LOOKED_THROUGH:
        for _plugin in getattr(loader, f"{kind}_loader").all(class_only=True):
            pass
    for kind, names in ASKED_FOR.items():
        for name in names:
            getattr(loader, f"{kind}_loader").get(name, class_only=True)
    # Those of variables in its own way: it takes a loader that was used for one that is ready, and would find no plugin.
    importlib.import_module("ansible.vars.plugins")._prime_vars_loader()


def _import_ours() -> None:
    """Import this collection where the plays have it, and compile the template of its page: for a play of two hosts that is as much work as all else.

    The collection loader is set up here, and not again by a play: it would warn that it is there.
    """
    loader = importlib.import_module("ansible.plugins.loader")
    loader._configure_collection_loader()
    loader._configure_collection_loader = lambda *_paths: None
    if not any((root / "winrights" / "seimpersonate").is_dir() for root in play_memory.roots()):
        return
    package = importlib.import_module("ansible_collections.winrights.seimpersonate.plugins.action")
    for path in sorted(Path(package.__path__[0]).glob("*.py")):
        importlib.import_module(f"{package.__name__}.{path.stem}")
    page = importlib.import_module("ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html.page")
    page._environment().get_template("page.html.j2")


def _play(argv: list[str]) -> t.NoReturn:
    """Be ansible-playbook, in a process that has imported it."""
    from ansible import constants
    from ansible.cli.playbook import main
    from ansible.utils import path
    from ansible.utils import vars as vars_

    sys.argv = argv
    vars_.random_int = f"{random.getrandbits(32):08x}"  # a part of the ids of plays and tasks
    atexit.unregister(path.cleanup_tmp_file)  # of the folder that is not ours
    constants.DEFAULT_LOCAL_TMP = constants.config.get_config_value("DEFAULT_LOCAL_TMP")
    constants.DEFAULT_INTERNAL_POLL_INTERVAL = POLL
    gc.disable()  # a play is over before a search for garbage pays; those with processes of their own have it
    sys.exit(main())


def _start(argv: list[str]) -> t.NoReturn:
    """Be ansible-playbook, from its beginning."""
    os.execv(argv[0], argv)
