# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.approval import (
    approval_of,
    check_approval,
    not_approved,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.awx import artifacts, awx_of, is_slice
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.plans import (
    Planned,
    count_plans,
    not_sent,
    plan_lines,
    second_look,
    without_plan,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.summary import (
    planned_sentence,
    summarise,
    verdict_sentence,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.columns import folded
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input, fleet_run, of_role, specs
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import options as task_options
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Result, TaskVars
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._wording import some

_LINES = 24  # of one item: as many as the longest account and five of the longest names of hosts need


class ActionModule(ActionBase):  # type: ignore[misc]
    """Look at the plans of the whole fleet before the first host is changed, and ask for a second look at a wide removal."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        named = of_role.naming(self._task.args)
        with bad_input.refused(named):
            self._task.args = of_role.filled(self._task.args, specs.FLEET_PLAN, task_vars or {}, self._templar.template)
            _validation, options = self.validate_argument_spec(specs.FLEET_PLAN)
        results = fleet_run.results_of(task_vars or {}, options["results"], options["check"])
        errors = not_sent(results)
        if errors:
            raise AnsibleActionFail(f"Nothing was changed on any host. {'; '.join(errors)}")
        fleet_run.keep_plans(options["check"], results)
        planned = count_plans(results)
        with bad_input.refused(named):
            most = task_options.most_hosts_of(options)
            check_approval(options["approved_plan"])
        wide = second_look(planned, len(without_plan(results)), most)
        records = [record_of(host, registered) for host, registered in results.items()]
        summary = summarise(records, ())
        action = "restore" if options["check"].get("restore") else "enforce"
        would_end = planned_sentence(summary, planning=True)
        verdict = f"{verdict_sentence(summary, records, action)}.{would_end and f' {would_end}.'}"
        Display().display("\nThe plan of the fleet:\n" + _screen(plan_lines(results, planned)))
        foreign = not_approved(options["approved_plan"], action, planned) if options["approved_plan"] else []
        approval = approval_of(action, planned)
        result.update(changed=False, planned=[account.text for account in planned], second_look=[account.text for account in wide])
        result.update(gate_passed=not (wide or foreign), not_approved=[account.text for account in foreign], plan=approval)
        if foreign or wide:
            result["failed"] = True
            result["msg"] = verdict = _refusal(foreign, wide, most, named("max_hosts_per_account"))
        result["verdict"] = verdict
        awx = awx_of(task_vars or {})
        result["ansible_stats"] = artifacts(
            action=action,
            verdict=verdict,
            passed=result["gate_passed"],
            summary=summary,
            run_id=options["check"]["run_id"],
            part=bool((task_vars or {}).get("ansible_limit")) or is_slice(awx),
            awx=awx,
            files={},
            plan=approval if self._task.check_mode and result["gate_passed"] else None,
        )
        return result


def _refusal(foreign: Sequence[Planned], wide: Sequence[Planned], most: int, option: str) -> str:
    """Why no host is changed. ``foreign``: what was not approved; ``wide``: removals on more hosts than ``most``, which ``option`` says."""
    if foreign:
        return (
            f"Nothing was changed. This is not what was approved: {some([account.text for account in foreign])}. Since the plan a host, "
            "the inventory or the policy is another. Plan again and have it approved; in AWX start the workflow anew."
        )
    return (
        f"Nothing was changed. Look at this first: {'; '.join(account.text for account in wide)}. At most "
        f"{most} hosts may lose the same account, and hosts that were not read count; "
        f"if this is intended, raise {option} (0: no limit)."
    )


def _screen(lines: list[str]) -> str:
    """Lines of a plan as the terminal has room for them: each item on several, none of them longer than the screen."""
    return "".join(f"{part}\n" for line in lines for part in folded(line, "- ", "  ", _LINES))
