# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is marked in a task's result, so that nothing else that fails at one host is ever taken for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ansible.errors import AnsibleActionFail

from ._policy.errors import BadInput
from ._report.plans import BAD_INPUT


@contextlib.contextmanager
def marked() -> Iterator[None]:
    """Bad input that is found inside fails the task, with the key ``bad_input``. Raises AnsibleActionFail."""
    try:
        yield
    except BadInput as wrong:
        raise AnsibleActionFail(str(wrong), result={BAD_INPUT: True}) from None
    except AnsibleActionFail as wrong:  # of core's own check of the options; its obj tells file and line
        raise AnsibleActionFail(wrong.message, obj=getattr(wrong, "obj", None), result={BAD_INPUT: True}) from None
