# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import hashlib
import json
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _arguments
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.errors import BadInput


class ActionModule(ActionBase):  # type: ignore[misc]
    """Check the options of an audit once for the whole fleet, before any host is touched."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        started = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        _validation, options = self.validate_argument_spec(_arguments.FLEET_CHECK)
        try:
            policy = _arguments.policy_of(options)
            _arguments.wishes_of(options, policy)
        except BadInput as wrong:
            raise AnsibleActionFail(f"Nothing was sent to any host. {wrong}") from None
        digest = hashlib.sha256(json.dumps(options["policy"], sort_keys=True).encode()).hexdigest()
        result.update(
            changed=False,
            started=started,
            policy={"name": policy.name, "title": policy.title, "compare": policy.compare.value, "sha256": digest},
        )
        return result
