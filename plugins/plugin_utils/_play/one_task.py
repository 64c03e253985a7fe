# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a task runs once for all hosts of its play, decided while the play runs.

ansible-core asks the class of an action for it (``BYPASS_HOST_LOOP``) in its main process, which knows no results. The keyword ``run_once``
as a template is no way: it counts as true for a host whose task fails before the template is looked at, and that host's failure is then
registered for all hosts.
"""

from __future__ import annotations

from pathlib import Path

from ansible import constants


def decide(once: bool) -> None:
    """Decide for the tasks from now on. Raises OSError."""
    if once:
        _mark().touch(mode=0o600)
    else:
        _mark().unlink(missing_ok=True)


class Decided:
    """A class attribute that is what was decided last in this run of ansible-playbook."""

    def __get__(self, action: object, owner: type) -> bool:
        return _mark().exists()


def _mark() -> Path:
    """A file in the folder that all processes of a run share, and that is gone after it."""
    return Path(constants.DEFAULT_LOCAL_TMP) / "impersonate-one-task"
