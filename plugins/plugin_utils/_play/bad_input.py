# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is marked in a task's result, so that nothing else that fails at one host is ever taken for it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator

from ansible.errors import AnsibleActionFail

from .._fleet.plans import BAD_INPUT
from .._input.categories import ErrorCategory
from .._input.errors import BadInput
from .._result.build import error

# Where core's sentences name an option (ansible.module_utils.common.parameters).
_OPTION = re.compile(r"(?<=value of )[a-z_]+(?= must)|(?<=argument ')[a-z_]+(?=' is)|(?<=option ')[a-z_]+(?=' is)")


@contextlib.contextmanager
def marked(named: Callable[[str], str]) -> Iterator[None]:
    """Bad input that is found inside fails the task, with the key ``bad_input`` and its error.

    ``named``: what the user calls the place of an option (of_role.naming). Raises AnsibleActionFail.
    """
    try:
        yield
    except BadInput as error:
        error.option = named(error.option)
        raise AnsibleActionFail(str(error), result=_result(str(error))) from None
    except AnsibleActionFail as error:  # of core's own check of the options; its obj tells file and line
        message = _renamed(error.message, named)
        raise AnsibleActionFail(message, obj=getattr(error, "obj", None), result=_result(message)) from None


@contextlib.contextmanager
def refused(named: Callable[[str], str], before: str = "") -> Iterator[None]:
    """Bad input that is found inside ends a task that runs once for the fleet.

    ``named``: what the user calls the place of an option (of_role.naming); ``before``: what the message begins with.
    Raises AnsibleActionFail.
    """
    try:
        yield
    except BadInput as error:
        error.option = named(error.option)
        raise AnsibleActionFail(f"{before}{error}", obj=error.written) from None
    except AnsibleActionFail as error:  # of core's own check of the options
        raise AnsibleActionFail(f"{before}{_renamed(error.message, named)}", obj=getattr(error, "obj", None)) from None


def _renamed(message: str, named: Callable[[str], str]) -> str:
    """A sentence of ansible-core, which does not know the variables of the role."""
    return _OPTION.sub(lambda match: named(match[0]), message)


def _result(message: str) -> dict[str, object]:
    """What the failure adds; ansible-core says by itself that the task failed, and where the option stands."""
    failure = error(ErrorCategory.BAD_INPUT, message)
    return {BAD_INPUT: True, **{key: failure[key] for key in ("status", "compliant", "error")}}
