# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that a task takes from the variables of the role, read in Python: a template for each of them takes a host ten times longer."""

from __future__ import annotations

import datetime
import re
import typing as t
from collections.abc import Callable, Mapping

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean

from .._input import checks
from .._input.entries import entries_of, pairs_of
from .._input.errors import BadInput
from .._input.naming import role_variable
from .._policy.extending import SHIPPED
from .given import Options, TaskVars
from .specs import Spec
from .variables import known

Template = Callable[[dict[str, t.Any]], Mapping[str, t.Any]]
"""What resolves the templates in a mapping, as the templar of an action does."""

LATEST = "latest"
"""The default of the variable of a restore: the newest run."""
_LEFT_OUT = object()
"""The variable says nothing, so that the default of the option counts."""


def _as_it_is(_option: str, value: object) -> object:
    return value


def _unless_empty(_option: str, value: object) -> object:
    return value or _LEFT_OUT


def _unless_unsaid(_option: str, value: object) -> object:
    """False is said."""
    return _LEFT_OUT if value in ("", None) else value


def _entries(option: str, value: object) -> object:
    """A list, or one text with entries on lines or between commas, as a survey gives it."""
    return entries_of(option, value)


def _entries_unless_unsaid(option: str, value: object) -> object:
    """The same; an empty text counts as not set, an empty list is a value."""
    entries = entries_of(option, value)
    return _LEFT_OUT if not entries and (value is None or isinstance(value, str)) else entries


def _pairs_unless_unsaid(option: str, value: object) -> object:
    """A mapping, or one text with ``key: value`` on lines or between commas, as a survey gives it."""
    pairs = pairs_of(option, value)
    return _LEFT_OUT if pairs in ("", None) else pairs


def _policies(_option: str, value: object) -> object:
    return _LEFT_OUT if value in ("", None) else checks.mapping("policies", value)


_LIST = ("policy", "policies", "required", "permitted")
"""What a task that has the whole list does not ask for."""
_RESTORE = (*_LIST, "forbidden", "unexpected", "missing", "state", "accounts")
"""What a restore, which brings the whole list back, does not ask for."""
_FORMS: dict[str, Callable[[str, object], object]] = {
    "policy": _as_it_is,
    "policies": _policies,
    "host_role": _unless_empty,
    "iis": _unless_unsaid,
    "features": _unless_empty,
    "exceptions": _as_it_is,
    "waive": _unless_empty,
    "required": _entries,
    "permitted": _entries,
    "forbidden": _entries,
    "exposure": _as_it_is,
    "expand_groups": _as_it_is,
    "events": _unless_empty,
    "reader": _unless_empty,
    "reader_threads": _unless_unsaid,
    "reader_processes": _unless_unsaid,
    "reader_host_timeout": _unless_unsaid,
    "reader_fleet_timeout": _unless_unsaid,
    "reader_retries": _unless_unsaid,
    "progress": _as_it_is,
    "unexpected": _as_it_is,
    "missing": _as_it_is,
    "orphans": _unless_empty,
    "on_controlled": _as_it_is,
    "controlled_by": _unless_empty,
    "snapshot_dir": _unless_empty,
    "snapshots_may_be_lost": _unless_unsaid,
    "max_hosts_per_account": _as_it_is,
    "approved_plan": _unless_empty,
    "serial": _as_it_is,
    "allow_unknown": _entries,
    "fail_on": _entries_unless_unsaid,
    "tolerate": _pairs_unless_unsaid,
    "report_dir": _as_it_is,
    "formats": _entries_unless_unsaid,
    "name": _unless_empty,
    "previous": _unless_empty,
    "expected_group": _unless_empty,
    "expected_file": _unless_empty,
    "gpos": _entries,
    "gpo": _unless_empty,
    "state": _unless_empty,
    "accounts": _entries,
    "allow": _entries,
    "gpo_file": _unless_empty,
    "jobs": _entries,
    "workflow_job": _unless_unsaid,
    "wait": _as_it_is,
}
"""How an option is read from its variable."""
VARIABLES = {option: role_variable(option) for option in _FORMS}
"""The variable of an option."""


def variable_of(option: str) -> str:
    """What a user of the role calls a place in an option: ``impersonate_exceptions[1].expires``. Another place stays as it is."""
    match = re.match(r"[a-z_]+(?=[.:\[]|$)", option)
    name = match[0] if match else ""
    its_name = role_variable(name)
    return its_name + option[len(name) :] if its_name in known() else option


def naming(args: Options) -> Callable[[str], str]:
    """What the user of a task calls the place of an option."""
    return variable_of if boolean(args.get("from_variables", False), strict=False) else str


def filled(args: Options, spec: Spec, task_vars: TaskVars, template: Template, *, whole: bool = False) -> dict[str, t.Any]:
    """The options of a task, and with ``from_variables`` those that it does not name from the variables of the role.

    ``whole``: also the policies that the chosen one does not need. Raises BadInput for a text that is no list,
    and NoValue for a template without a value.
    """
    if not boolean(args.get("from_variables", False), strict=False):
        return dict(args)
    taken = {option: variable for option, variable in VARIABLES.items() if option in spec and option not in args}
    for option in _RESTORE if "restore" in args else _LIST if "holders" in args else ():
        taken.pop(option, None)
    library = taken.pop("policies", None)
    values = _read(taken, task_vars, template)
    if library and (whole or _wants_library(values.get("policy"))):
        values |= _read({"policies": library}, task_vars, template)
    return {**values, **args}


def refuse_restore(options: Options, task_vars: TaskVars, template: Template, playbook: str, instead: str) -> None:
    """Who sets the variable of a restore wants something back. Raises BadInput where this run, by the role, would bring nothing back, and
    NoValue for a template without a value.

    ``playbook``: the one that would; ``instead``: what this run would do.
    """
    if not options["from_variables"]:
        return
    name = role_variable("restore")
    wanted = _templated({name: task_vars.get(name)}, template).get(name)
    if wanted not in (None, "", LATEST):
        raise BadInput(
            "restore",
            f"belongs to the playbook {playbook}; this one would {instead}",
            value=wanted,
            expected=f"run {playbook}, or leave it out",
        )


def _read(taken: Mapping[str, str], task_vars: TaskVars, template: Template) -> dict[str, t.Any]:
    """Option -> what its variable says; options whose variable says nothing are left out."""
    raw = {variable: task_vars[variable] for variable in taken.values() if variable in task_vars}
    values = _templated(raw, template)
    omit = task_vars.get("omit")
    read = {
        option: _FORMS[option](option, values[variable])
        for option, variable in taken.items()
        if variable in values and not (omit is not None and isinstance(values[variable], str) and values[variable] == omit)
    }
    return {option: _plain(value, option == "exceptions") for option, value in read.items() if value is not _LEFT_OUT}


class NoValue(AnsibleError):  # type: ignore[misc]
    """A variable whose template has no value, with the name of the variable."""


def _templated(raw: Mapping[str, t.Any], template: Template) -> Mapping[str, t.Any]:
    """The variables with a value for each template; one that is ``omit`` is left out. Raises NoValue."""
    values: dict[str, t.Any] = {}
    for variable, value in raw.items():
        if not has_template(value):
            values[variable] = value
            continue
        try:
            values |= template({variable: value})
        except Exception as error:  # ansible-core up to 2.18 lets through whatever a filter raises
            why = error.message if isinstance(error, AnsibleError) else f"{type(error).__name__}: {error}"
            raise NoValue(f"{variable}: its template has no value: {why}") from error
    return values


def has_template(value: object) -> bool:
    """Whether there may be a template in a value; most fleets have none in theirs, and hosts need not be templated one after the other."""
    if isinstance(value, str):
        return "{" in value or value.startswith("#jinja2:")
    if isinstance(value, Mapping):
        return any(has_template(key) or has_template(item) for key, item in value.items())
    return not isinstance(value, (int, float, type(None))) and (
        not isinstance(value, (list, tuple)) or any(has_template(item) for item in value)
    )


def _wants_library(policy: object) -> bool:
    """Whether a policy is, or may extend, one that a user wrote."""
    return policy.get("extends") is not None if isinstance(policy, Mapping) else policy not in SHIPPED


def _plain(value: object, dates_as_texts: bool) -> object:
    """Plain data: what ansible-core adds to each text is copied whenever options are checked. Older cores cannot copy a date."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Mapping):
        return {_plain(key, False): _plain(item, dates_as_texts) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, dates_as_texts) for item in value]
    return value.isoformat() if dates_as_texts and isinstance(value, datetime.date) else value
