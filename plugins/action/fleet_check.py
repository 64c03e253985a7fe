# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import os
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _arguments, _fleet, _snapshots
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.exceptions import parse_exceptions
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.formats import checked_name


class ActionModule(ActionBase):  # type: ignore[misc]
    """Check the options of a run once for the whole fleet, before any host is touched."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        now = datetime.datetime.now(datetime.timezone.utc)
        started = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        _validation, options = self.validate_argument_spec(_arguments.FLEET_CHECK)
        policy, restore = None, None
        try:
            if options["action"] == "restore":
                restore = self._run_to_restore(options)
            else:
                _arguments.refuse_shipped_names(options)
                policy = _arguments.policy_of(options)
                _arguments.wishes_of(options, policy, task_vars or {})
                _arguments.more_of(options)
            self._check_fleet(task_vars or {}, options)
            _arguments.tolerate_of(options)
            _arguments.expected_of(options, (task_vars or {}).get("groups") or {})
            checked_name("name", options["name"])
            if not options["formats"]:
                raise BadInput("formats: the list is empty, and a run without a report would leave nothing to look at")
        except BadInput as wrong:
            raise AnsibleActionFail(f"Nothing was sent to any host. {wrong}") from None
        result.update(
            changed=False, started=started, run_id=_arguments.new_run_id(now), restore=restore, policy=None, exceptions=[]
        )
        if policy:
            result["exceptions"] = [one.plain for one in parse_exceptions(options["exceptions"] or [])]
            result["policy"] = {
                "name": policy.name,
                "title": policy.title,
                "compare": policy.compare.value,
                "sha256": _arguments.digest_of(policy),
                "document": policy.data.get("document") or {},
                "documents": policy.data.get("documents") or {},
                "gpos": policy.data.get("gpos") or {},
            }
        return result

    def _run_to_restore(self, options: dict[str, t.Any]) -> str:
        """What restore means for the whole run: latest is looked up once, so that no batch gets another one. Raises BadInput."""
        wanted = options.get("restore") or "latest"
        folder = Path(options.get("snapshot_dir") or "impersonate-snapshots").expanduser().absolute()
        return _snapshots.latest_run(folder) if wanted == "latest" else wanted

    def _check_fleet(self, task_vars: dict[str, t.Any], options: dict[str, t.Any]) -> None:
        """Raises BadInput for what only makes sense for all hosts together."""
        hosts, batch = task_vars.get("ansible_play_hosts_all", ()), task_vars.get("ansible_play_batch", ())
        if not hosts or hosts[0] in batch:  # later batches need not look again
            differs = _fleet.differing(task_vars, options["same_for_all"])
            if differs:
                raise BadInput(differs)
        if options["action"] != "audit" and options.get("snapshot_dir"):
            place = Path(options["snapshot_dir"]).expanduser().absolute()
            there = next(folder for folder in (place, *place.parents) if folder.exists())
            if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
                raise BadInput(f"snapshot_dir: {place} cannot be written, so no pre-image could be kept")
        others = set(task_vars.get("ansible_play_hosts", ())) - set(task_vars.get("ansible_play_batch", ()))
        if options["action"] == "audit" and others:
            raise BadInput(
                "serial: an audit is one batch, or its report would call the hosts of other batches not checked; take serial away"
            )
