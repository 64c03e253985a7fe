# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _utc
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._files import check_folder
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.approval import check_approval
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.awx import awx_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import policy_head
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.names import jobs_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import snapshots, tickets
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput, written_as
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.naming import called
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import (
    bad_input,
    batches,
    fleet_run,
    of_role,
    one_host,
    one_task,
    reader_choice,
    report_options,
    results_file,
    specs,
    variables,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import options as task_options
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.first_sound import by_first_sound
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Options, Result, TaskVars
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.lasting import check_snapshots
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.exceptions import PolicyException
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.policy import Policy
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._wording import MESSAGE, some, visible

_OF_A_HOST = frozenset(of_role.VARIABLES[option] for option in specs.OF_A_HOST)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What hosts are judged by. A restore judges by the floor alone."""

    policy: Policy | None = None
    exceptions: tuple[PolicyException, ...] = ()


class ActionModule(ActionBase):  # type: ignore[misc]
    """Check the options of a run once for the whole fleet, before any host is touched."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        now = _utc.now()
        started = _utc.written(now)
        before = f"Nothing was sent to {'any host' if _begins(task_vars or {}, 'ansible_play_hosts_all') else 'the hosts of this batch'}. "
        named = of_role.naming(self._task.args)
        with bad_input.refused(named, before):
            given = dict(self._task.args)
            of_fleet = _of_fleet(given, task_vars or {})
            options = self._options(given, of_fleet, task_vars or {}, self._templar.template)
        run_id = task_options.new_run_id(now)
        restore, expected = None, []
        spoilt: list[str] = []
        looked = reader_choice.Looked(*one_host.variables_for_all(self._task))
        with bad_input.refused(named, before):
            differs = self._check_variables(task_vars or {}, options, looked)
            if options["action"] == "enforce":
                instead = "bring the holders to the policy"
                of_role.refuse_restore(options, task_vars or {}, self._templar.template, "restore", instead)
            batches.batches_of("serial", options["serial"])
            task_options.most_hosts_of(options)
            check_approval(options["approved_plan"], options["compared"])
            warnings = [] if options["action"] == "audit" else _check_snapshots(options, task_vars or {}, named)
            if options["action"] == "restore":
                restore, spoilt = self._run_to_restore(options, task_vars or {})
            if _is_first_batch(task_vars or {}):
                make = functools.partial(self._judged, given, specs.FLEET_CHECK)
                judged, other = by_first_sound(self, task_vars or {}, _OF_A_HOST, make)
                if other and judged.policy:
                    first = visible(str((task_vars or {})["inventory_hostname"]))
                    whose = f"policy and exceptions at the head of the report are those of {visible(other)}"
                    warnings.append(f"{whose}: the variables of {first} make no sense, and its own result says why")
            else:
                judged = self._judged(given, of_fleet, task_vars or {}, self._templar.template)
            if differs:
                raise differs
            self._check_fleet(task_vars or {}, options)
            report_options.tolerate_of(options)
            report_options.check_report_options(
                options,
                {
                    "action": options["action"],
                    "policy": judged.policy.name if judged.policy else "none",
                    "run_id": run_id,
                    "date": started[:10],
                    **jobs_of(awx_of(task_vars or {})),
                },
            )
            if _is_first_batch(task_vars or {}):  # a file that vanishes must not end a change between two batches
                report_options.gpos_of(options)
                expected = report_options.expected_of(options, (task_vars or {}).get("groups") or {})
            reader = self._reader(task_vars or {}, options, looked, run_id)
        result.update(
            changed=False,
            started=started,
            run_id=run_id,
            restore=restore,
            planning=options["planning"],
            policy=None,
            exceptions=[],
            expected=expected,
            reader=reader,
            snapshots=_snapshots_of(options),
        )
        if spoilt:
            doubt = (
                f"{called('restore')}: the latest run that can be read is {restore}; another one may be, and hosts may be missing"
            )
            result.setdefault("warnings", []).append(
                f"{doubt}, because spoilt snapshots were skipped: {visible(some(spoilt), MESSAGE)}"
            )
        if warnings:
            result.setdefault("warnings", []).extend(warnings)
        if judged.policy:
            result["exceptions"] = [exception.plain for exception in judged.exceptions]
            result["policy"] = policy_head(judged.policy, task_options.digest_of(judged.policy))
        return result

    def _options(self, given: Options, taken: specs.Spec, task_vars: TaskVars, template: of_role.Template) -> Options:
        """The options of the task, those of ``taken`` from variables where it does not name them. Raises BadInput, AnsibleError."""
        self._task.args = of_role.filled(given, taken, task_vars, template, whole=True)
        _validation, options = self.validate_argument_spec(specs.FLEET_CHECK)
        return t.cast("Options", options)

    def _judged(self, given: Options, taken: specs.Spec, task_vars: TaskVars, template: of_role.Template) -> _Judged:
        """What a host is judged by, checked as the task of the host will. Raises BadInput, AnsibleError."""
        options = self._options(given, taken, task_vars, template)
        if options["action"] == "restore":
            return _Judged()
        with written_as(_policy_as_written(task_vars)):
            task_options.refuse_shipped_names(options["policies"], options["policy"])
            policy = task_options.policy_of(options)
        with written_as(task_vars.get("impersonate_exceptions")):
            exceptions = task_options.declared_exceptions(options)
        task_options.tailoring_of(options, policy, task_vars)
        task_options.read_request_of(options)
        return _Judged(policy, exceptions)

    def _reader(self, task_vars: TaskVars, options: Options, looked: reader_choice.Looked, run_id: str) -> Result:
        """Who reads the hosts, told on the terminal, and how; changes themselves are made by a task for each host. Raises BadInput."""
        settings = reader_choice.checked(options)
        if options["action"] != "audit" and not options["planning"]:
            return {"name": "host"}
        user = functools.cache(lambda: str(one_host.as_written(self._task, self._loader).remote_user or ""))
        run = reader_choice.run_of(self._task, task_vars, one_host.is_known(), user, tickets.can_be_shared)
        choice = reader_choice.choose(options["reader"], looked.hosts, run)
        if choice.reader == "fleet" and (error := one_host.set_up_error(self, task_vars)):
            choice = reader_choice.instead(str(task_vars["inventory_hostname"]), error)
        one_task.decide(choice.reader == "fleet")
        expected = choice.reader == "host" and options["reader"] != "fleet" and len(looked.hosts) < reader_choice.FEW
        (Display().v if expected else Display().display)(choice.sentence)
        if choice.reader == "host":
            return {"name": "host"}
        folder = constants.DEFAULT_LOCAL_TMP if options["planning"] else options["report_dir"]  # of a plan there is no report
        results = results_file.place_of(folder, run_id)
        apart = {"alone": sorted(choice.alone), "logins": [list(group) for group in choice.logins]}
        return {"name": "fleet", **apart, "results": results, "progress": options["progress"], **settings}

    def _check_variables(self, task_vars: TaskVars, options: Options, looked: reader_choice.Looked) -> BadInput | None:
        """What differs between hosts and must not, in one look at each of them. Later batches need not look again.

        Raises BadInput for a variable that is not one of ours.
        """
        if not _is_first_batch(task_vars):
            return None
        same = fleet_run.Same(options["same_for_all"])

        def look(host: str, values: t.Mapping[str, object]) -> None:
            same.look(host, values)
            looked.look(host, values)

        if options["allow_unknown"] is None:
            for host in task_vars["ansible_play_hosts_all"]:
                look(str(host), task_vars["hostvars"][host])
        else:
            variables.check(task_vars, options["allow_unknown"], self._task.get_variable_manager().extra_vars, look)
        return same.differing

    def _run_to_restore(self, options: Options, task_vars: TaskVars) -> tuple[str, list[str]]:
        """What restore means for the whole run: latest is looked up once, so that no batch gets another one; and what could not be read
        then. Raises BadInput, also where there is no such run before the first batch.
        """
        wanted = options.get("restore") or of_role.LATEST
        folder = Path(options["snapshot_dir"]).expanduser().absolute()
        if wanted == of_role.LATEST:
            return snapshots.latest_run(folder)
        if _is_first_batch(task_vars):  # a folder that vanishes must not end a change between two batches
            snapshots.check_wanted(folder, wanted)
        return wanted, []

    def _check_fleet(self, task_vars: TaskVars, options: Options) -> None:
        """Raises BadInput for what only makes sense for all hosts together."""
        others = set(task_vars.get("ansible_play_hosts", ())) - set(task_vars.get("ansible_play_batch", ()))
        order = str(self._task.get_play().order or "inventory")
        if others and order != "inventory":
            wanted = "a rolling change goes through the hosts as the inventory has them; take order away"
            raise BadInput("order", "is no order for a play with serial", value=order, expected=wanted)
        if options["action"] == "audit" and others:
            raise BadInput(
                "serial", "an audit is one batch, or its report would call the hosts of other batches not checked; take serial away"
            )


def _check_snapshots(options: Options, task_vars: TaskVars, named: t.Callable[[str], str]) -> list[str]:
    """What to warn of, where snapshots may be lost with a job of AWX. Raises BadInput where none could be kept, or would be lost."""
    warnings = check_snapshots(options, task_vars, named)
    place = Path(options["snapshot_dir"]).expanduser().absolute()
    check_folder("snapshot_dir", place, "so no pre-image could be kept")
    snapshots.check_place("snapshot_dir", place)
    return warnings


def _snapshots_of(options: Options) -> str | None:
    """Where pre-images are kept, as far as that is known: the variable is the same for all hosts, but an option is a task's own."""
    if options["action"] == "audit" or not options["from_variables"]:
        return None
    return str(Path(options["snapshot_dir"]).expanduser().absolute())


def _policy_as_written(task_vars: TaskVars) -> t.Any:
    """The variable with the policy that was chosen, or that chooses it."""
    chosen, own = task_vars.get("impersonate_policy"), task_vars.get("impersonate_policies")
    return own[chosen] if isinstance(chosen, str) and isinstance(own, t.Mapping) and chosen in own else chosen


def _of_fleet(args: Options, task_vars: TaskVars) -> specs.Spec:
    """The options of the whole fleet to take from variables: in a later batch those alone that were looked at on all hosts."""
    if _is_first_batch(task_vars):
        return {option: spec for option, spec in specs.FLEET_CHECK.items() if option not in specs.OF_A_HOST}
    of_all = set(args.get("same_for_all") or ())
    return {option: spec for option, spec in specs.FLEET_CHECK.items() if of_role.variable_of(option) in of_all}


def _is_first_batch(task_vars: TaskVars) -> bool:
    """Whether no host of an earlier batch is still in the play. Hosts that left it before may be in no batch."""
    return _begins(task_vars, "ansible_play_hosts")


def _begins(task_vars: TaskVars, hosts: str) -> bool:
    """Whether the batch has the first host of a list of ansible-core; in ``ansible_play_hosts_all`` are also those that left the play."""
    listed = task_vars.get(hosts, ())
    return not listed or listed[0] in task_vars.get("ansible_play_batch", ())
