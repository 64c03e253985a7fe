# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.plans import (
    count_plans,
    not_sent,
    plan_lines,
    second_look,
    without_plan,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input, fleet_run, of_role, specs
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import options as task_options


class ActionModule(ActionBase):  # type: ignore[misc]
    """Look at the plans of the whole fleet before the first host is changed, and ask for a second look at a wide removal."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        with bad_input.refused():
            self._task.args = of_role.filled(self._task.args, specs.FLEET_PLAN, task_vars or {}, self._templar.template)
        _validation, options = self.validate_argument_spec(specs.FLEET_PLAN)
        results = fleet_run.results_of(task_vars or {}, options["results"], fleet_run.run_of(options["check"]))
        errors = not_sent(results)
        if errors:
            raise AnsibleActionFail(f"Nothing was changed on any host. {'; '.join(errors)}")
        planned = count_plans(results)
        with bad_input.refused():
            most = task_options.most_hosts_of(options)
        wide = second_look(planned, len(without_plan(results)), most)
        Display().display("\nThe plan of the fleet:\n" + "".join(f"- {line}\n" for line in plan_lines(results, planned)))
        result.update(changed=False, planned=[account.text for account in planned], second_look=[account.text for account in wide])
        if wide:
            result.update(
                failed=True,
                msg=f"Nothing was changed. Look at this first: {'; '.join(account.text for account in wide)}. At most "
                f"{most} hosts may lose the same account, and hosts that were not read count; "
                "if this is intended, raise "
                "max_hosts_per_account (0: no limit).",
            )
        return result
