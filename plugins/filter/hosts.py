# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a play, and a guard against a run that skips every task."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ansible.errors import AnsibleFilterError

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.hosts import hosts_of

DOCUMENTATION = r"""
---
name: hosts
short_description: The hosts of a play, and a guard against a run that skips every task
version_added: 0.2.0
author: Winrights Authors (@winrights)
description:
  - Takes a pattern of hosts, or a list of patterns, for the C(hosts) of a play. Fails for anything else, which Ansible might read as all
    hosts.
  - Fails where C(--skip-tags always) or C(--skip-tags tagged) would skip every task of the play, so that it would end green with nothing
    done.
positional: _input, skipped
options:
  _input:
    description: A pattern or a list of patterns. Null and an empty text are all hosts.
    type: raw
    required: true
  skipped:
    description: What C(--skip-tags) names, which is C(ansible_skip_tags).
    type: list
    elements: str
    required: true
  name:
    description: The variable that the message names.
    type: str
    default: impersonate_hosts
"""

EXAMPLES = r"""
- name: Audit hosts
  hosts: "{{ impersonate_hosts | default(none) | winrights.seimpersonate.hosts(ansible_skip_tags) }}"
"""

RETURN = r"""
_value:
  description: The pattern or the patterns.
  type: raw
  sample: web*
"""


def hosts(value: object, skipped: Iterable[str], name: str = "impersonate_hosts") -> str | list[str]:
    """The filter. Raises AnsibleFilterError that names the variable and the value."""
    try:
        return hosts_of(name, value, skipped)
    except BadInput as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by their names."""
        return {"hosts": hosts}
