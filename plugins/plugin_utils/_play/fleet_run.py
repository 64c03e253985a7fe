# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all hosts of a play registered, as plain data. For the action plugins that run once for the fleet."""

from __future__ import annotations

import contextlib
import json
import platform
import typing as t
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from ansible import __version__ as ansible_version
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.yaml import yaml_load
from ansible.utils.display import Display

from .._input.errors import BadInput
from .._result.types import Generator
from .given import Check, Result, TaskVars
from .results_file import ResultsFile


def generator() -> Generator:
    """What made a report."""
    return {
        "name": "winrights.seimpersonate",
        "version": release(Path(__file__).parents[3]),
        "ansible_core": ansible_version,
        "python": platform.python_version(),
    }


def release(collection: Path) -> str:
    """The release of the collection in a folder: of an installed one, or of a checkout; ``unknown`` where neither can be read."""
    for file, key in (("MANIFEST.json", "collection_info"), ("galaxy.yml", None)):
        try:
            data = yaml_load((collection / file).read_text(encoding="utf-8"))  # JSON is YAML
            version = (data[key] if key else data)["version"]
        except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError):
            continue
        if isinstance(version, str):
            return version
    return "unknown"


def run_of(check: Mapping[str, object]) -> str:
    """Name of the run that fleet_check began. Raises AnsibleActionFail when it did not run (``--start-at-task``)."""
    if not check.get("run_id") or not check.get("started"):
        raise AnsibleActionFail(
            "check: this is not what fleet_check returned; the play has to begin with it, so do not start at a later task, "
            "and give a condition (when) to include_role, not to the tasks of the role"
        )
    return str(check["run_id"])


def check_of(given: object, registered: Mapping[str, object]) -> Check:
    """What fleet_check returned: ``given`` itself, or what is ``registered`` under that name; empty where it is neither.

    A task for each host names it. To template it there would take time by the number of hosts that it lists, for each of them.
    """
    check = registered.get(given) if isinstance(given, str) else given
    return check if isinstance(check, Mapping) else {}


def of_first_host(task_vars: TaskVars, registered: str) -> Mapping[str, object]:
    """That variable of the first host of the play that has it, as a mapping of its name; empty where none has.

    A host that was lost before the play registers nothing in it.
    """
    hostvars = task_vars["hostvars"]
    for host in task_vars["ansible_play_hosts_all"]:
        facts = _facts_of(hostvars).get(str(host))
        own = facts if isinstance(facts, Mapping) and registered in facts else hostvars[host]
        if registered in own:
            return {registered: own[registered]}
    return {}


def results_of(task_vars: TaskVars, registered: str, check: Check) -> Result:
    """Host -> its result in the run that fleet_check began, for every host of the play, dead ones included.

    It is what the host registered under that name, or what the reader of the fleet kept. None where there is none, or the result is an
    earlier run's (a variable outlives its play). Raises AnsibleActionFail where no run was begun, or the file of results cannot be read.
    """
    run_id, hosts = run_of(check), [str(host) for host in task_vars["ansible_play_hosts_all"]]
    if check.get("reader", {}).get("name") == "fleet":
        return dict.fromkeys(hosts) | _kept_by_reader(check["reader"]["results"], set(hosts))
    kept, hostvars = _facts_of(task_vars["hostvars"]), task_vars["hostvars"]
    results: Result = {}
    for host in hosts:
        known, result = _kept(kept.get(host), registered)
        result = result if known else plain_result(hostvars[host].get(registered))
        results[host] = result if _is_of(result, run_id) else None
    return results


def _kept_by_reader(path: str, hosts: set[str]) -> Result:
    try:
        return {host: result for host, result in ResultsFile(path).results().items() if host in hosts}
    except OSError as error:
        raise AnsibleActionFail(f"the results of the hosts cannot be read: {error}") from error


def keep_plans(check: Check, results: Mapping[str, Mapping[str, object] | None]) -> None:
    """Leave of what the fleet's reader kept no more than was planned, which each host looks up when it is changed.

    Raises AnsibleActionFail where that cannot be kept.
    """
    if check.get("reader", {}).get("name") != "fleet":
        return
    plans = {host: {key: result.get(key) for key in _PLAN} for host, result in results.items() if result}
    try:
        ResultsFile(check["reader"]["results"]).replace(plans)
    except OSError as error:
        raise AnsibleActionFail(f"Nothing was changed on any host. What was planned for them cannot be kept: {error}") from error


_PLAN = ("outcome", "added", "removed")
"""What counts of a plan when a host is changed."""


def forget_results(check: Check) -> None:
    """Take away the file of the fleet's reader, for which the report stands now."""
    if check.get("reader", {}).get("name") == "fleet":
        try:
            ResultsFile(check["reader"]["results"]).remove()
        except OSError as error:
            Display().vv(f"the file of the results stays: {error}")


def _facts_of(hostvars: object) -> Mapping[str, object]:
    """Host -> what it registered, as ansible-core keeps it; empty where this core keeps it elsewhere.

    ansible-core puts all variables of a host together for one look at ``hostvars``, which takes a millisecond and more. This mapping has no
    public name, so whatever is not found in it is looked up in ``hostvars``.
    """
    facts = getattr(getattr(hostvars, "_variable_manager", None), "_nonpersistent_fact_cache", None)
    return facts if isinstance(facts, Mapping) else {}


def _kept(facts: object, registered: str) -> tuple[bool, object]:
    """Whether what a host registered is there as plain data, and that; core keeps objects of its own where a task has failed or warned."""
    result = facts.get(registered) if isinstance(facts, Mapping) else None
    try:
        return result is not None, _plain(result)
    except (RecursionError, TypeError, ValueError):
        return False, None


def _is_of(result: object, run_id: str) -> bool:
    """Whether a result is this run's. One that failed before our code knew its run has no id, and says nothing good either."""
    if not isinstance(result, Mapping):
        return False
    failed = bool(result.get("unreachable") or result.get("failed"))
    return result["run_id"] == run_id if result.get("run_id") else failed or bool(result.get("skipped"))


class Same:
    """Variables that must be the same for all hosts of a play, by a look at one host after the other."""

    def __init__(self, variables: Sequence[str]) -> None:
        self._hosts: dict[str, dict[str, str]] = {name: {} for name in variables}

    def look(self, host: str, values: Mapping[str, object]) -> None:
        """Take the variables of one host. Raises BadInput for one whose template has no value, or that JSON cannot write."""
        for name, seen in self._hosts.items():
            try:
                seen.setdefault(_written(values.get(name)), host)
            except AnsibleError as error:
                why = f"this is one value for the whole fleet, and its template has none: {error.message}"
                raise BadInput(f"{name} of host {host}", why) from None
            except (RecursionError, TypeError, ValueError) as error:
                raise BadInput(f"{name} of host {host}", f"is no plain value: {error}") from None

    @property
    def differing(self) -> BadInput | None:
        """What is wrong with the first variable that is not the same for all of them, or None."""
        for name, hosts in self._hosts.items():
            if len(hosts) > 1:
                values = "; ".join(f"{value if value != 'null' else 'not set'} for {host}" for value, host in sorted(hosts.items()))
                return BadInput(name, f"this is one value for the whole fleet, and it differs between hosts: {values}")
        return None


def _written(value: object) -> str:
    """A value of YAML as JSON, with the text of what JSON does not have (a date). Raises RecursionError, TypeError and ValueError."""
    with contextlib.suppress(TypeError):  # a date, which json.dumps asks str for
        value = _plain(value)
    return json.dumps(value, sort_keys=True, default=str)


def plain_result(value: object) -> object:
    """What one host registered; a value that cannot be made plain is this host's failure, and no other host's."""
    try:
        return _plain(value)
    except (RecursionError, TypeError, ValueError) as error:
        return {"failed": True, "msg": f"what the task registered for the host is not plain data: {error}"}


_LARGE = 1 << 64  # from here on JSON is asked, which writes no number of more than 4,300 digits
_SCALARS = frozenset({str, bool, float, type(None)})


def _plain(value: object) -> object:
    """Ansible's own containers as plain data. What is plain already, as nearly every result is, is handed back and not copied."""
    return value if _is_plain(value) else _made_plain(value)


def _is_plain(value: t.Any) -> bool:
    """Whether a value is of Python's own types all through."""
    kind = type(value)
    if kind is dict:
        return set(map(type, value)) <= {str} and all(type(item) in _SCALARS or _is_plain(item) for item in value.values())
    if kind is list:
        return all(type(item) in _SCALARS or _is_plain(item) for item in value)
    return kind in _SCALARS or (kind is int and abs(value) < _LARGE)


def _made_plain(value: object) -> object:
    """A copy that is plain.

    A text goes through ``str.__str__``: the unsafe text of ansible-core up to 2.18 gives itself for ``str(text)``, and is no ``str``.
    """
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < _LARGE:
        return int(value)
    if isinstance(value, Mapping):
        return {str.__str__(str(key)): _made_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_made_plain(item) for item in value]
    return json.loads(json.dumps(value))
