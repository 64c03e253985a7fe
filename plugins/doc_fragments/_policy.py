# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  policy:
    description:
      - The policy that judges, as data. It says per host role, build of Windows and feature of the host who must and who may hold the right.
      - The role P(winrights.seimpersonate.impersonate#role) ships policies in its C(vars/main/policy_NAME.yml); its variable C(impersonate_policy) chooses one by name.
      - Keys are C(name), C(title), C(document), C(compare) (C(exact) or C(at_most)), C(host_roles), C(every_host), C(builds), C(features), C(gpos) and C(legacy).
        A row has C(required), C(default), C(permitted) and C(forbidden) accounts, and its C(source).
      - A policy without a row for the host's role does not apply to that host.
    type: raw
  host_role:
    description:
      - Declares the host role instead of believing the host.
      - Without it the host says which one it has. A host that cannot say is an error, never a guess.
    type: str
    choices: [domain_controller, member_server, standalone_server, client]
  iis:
    description:
      - Declares whether IIS is installed instead of believing the host.
    type: bool
  required:
    description:
      - Accounts that must hold the right besides those of the policy.
      - An account is a symbol such as V(administrators), a SID, V(NT SERVICE\\name), V(IIS APPPOOL\\name), V(RESTRICTED SERVICES\\name), V(DOMAIN\\name),
        V(name@domain) or V(.\\name). A bare name is refused, because it is ambiguous and differs between languages.
    type: list
    elements: str
    default: []
  permitted:
    description:
      - Accounts that may hold the right besides those of the policy, in the same forms as O(required).
    type: list
    elements: str
    default: []
  forbidden:
    description:
      - Accounts that must not hold the right, whatever else the policy permits, in the same forms as O(required).
    type: list
    elements: str
    default: []
"""
