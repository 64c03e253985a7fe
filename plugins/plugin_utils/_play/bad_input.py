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
from .._input.checks import close
from .._input.errors import BadInput
from .._result.build import error
from .of_role import NoValue

# Where core's sentences name an option (ansible.module_utils.common.parameters).
_OPTION = re.compile(r"(?<=value of )[a-z_]+(?= must)|(?<=argument ')[a-z_]+(?=' is)|(?<=option ')[a-z_]+(?=' is)")
_UNSUPPORTED = re.compile(
    r"^Unsupported parameters for \(.*?\) module: (?P<given>.+?)\. Supported parameters include: (?P<options>.+?)\.?$"
)


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
    except AnsibleActionFail as error:  # of core's own check of the options; its obj is all of them, without file and line
        message = _renamed(error.message, named)
        raise AnsibleActionFail(message, result=_result(message)) from None


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
        raise AnsibleActionFail(f"{before}{_renamed(error.message, named)}") from None
    except NoValue as error:
        raise AnsibleActionFail(f"{before}{error.message}") from None


def _renamed(message: str, named: Callable[[str], str]) -> str:
    """A sentence of ansible-core, with the variables of the role, and ours where an option is misspelt."""
    unsupported = _UNSUPPORTED.search(message)
    if not unsupported:
        return _OPTION.sub(lambda match: named(match[0]), message)
    given, options = (unsupported[name].split(", ") for name in ("given", "options"))
    wrong = [BadInput(option, "there is no such option", near=close(option, options)) for option in given]
    return f"{'; '.join(map(str, wrong))}; options are {', '.join(options)}"


def _result(message: str) -> dict[str, object]:
    """What the failure adds; ansible-core says by itself that the task failed, and where the option stands."""
    failure = error(ErrorCategory.BAD_INPUT, message)
    return {BAD_INPUT: True, **{key: failure[key] for key in ("status", "compliant", "error")}}
