# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  policy:
    description:
      - The policy that judges, as data or by its name. It says per host role, build of Windows and feature of the host who must and who may hold the right.
      - V(microsoft), V(cis) and V(stig) are shipped, in C(vars/main/policy_NAME.yml) of the role P(winrights.seimpersonate.impersonate#role). Any other name is
        one of O(policies).
      - Keys are C(name), C(title), C(extends), C(document), C(documents), C(compare) (C(exact) or C(at_most)), C(host_roles),
        C(operating_systems), C(every_host),
        C(builds), C(features), C(gpos) and C(legacy).
        A row has C(required), C(default), C(permitted) and C(forbidden) accounts, and its C(source).
      - A policy without a row for the host's role does not apply to that host.
      - See R(who may hold the right by which document,ansible_collections.winrights.seimpersonate.docsite.guide_policies).
    type: raw
  policies:
    description:
      - Policies as data, by their names. O(policy) may name one or extend one, and each may extend another. The shipped ones need not be given.
    type: dict
    default: {}
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
  features:
    description:
      - Declares whether the host has a feature instead of believing the host. Values are booleans.
      - Names are V(iis), V(iis_manual_pools) (an application pool to whose token IIS does not add the group C(IIS_IUSRS)), V(ssis) (SQL Server Integration
        Services), V(adfs) (Active Directory Federation Services), V(print_spooler) (the service is there and not disabled), V(session_host) (of Remote Desktop)
        and V(legacy_accounts) (local accounts of IIS 6 or ASP.NET 1.x).
    type: dict
    default: {}
  exceptions:
    description:
      - Holders that somebody answers for, as a list of mappings. A valid exception turns an unexpected holder into a waived one.
      - Each has C(account), in the forms of O(required), C(reason) and C(owner), and may have C(ticket), C(approved_by) and C(expires),
        the last day (of UTC) on which it holds.
      - C(hosts) (names of the inventory or patterns such as V(web*)), C(groups), C(host_roles) and C(features) say where it counts.
        Without them it counts everywhere.
      - Administrators, SERVICE, LOCAL SERVICE and NETWORK SERVICE are refused. Windows needs them to hold the right, so that it is never taken from them and no
        exception is needed. Groups of nearly everybody, such as Everyone, are refused too.
    type: raw
    default: []
  waive:
    description:
      - Which of O(exceptions) waive a holder.
      - V(any) means every valid one. V(documented) means a valid one where the rule that judges the host foresees exceptions (C(foresees_exceptions) of its
        row), as the STIG does for servers and not for clients. Elsewhere the holder stays a finding that names the exception, whose state is C(not_foreseen).
    type: str
    choices: [any, documented]
    default: any
    version_added: 0.2.0
  required:
    description:
      - Accounts that must hold the right besides those of the policy.
      - An account is a symbol such as V(administrators), a SID, V(NT SERVICE\\name), V(IIS APPPOOL\\name), V(RESTRICTED SERVICES\\name), V(DOMAIN\\name),
        V(name@domain) or V(.\\name). A bare name is refused, because it is ambiguous and differs between languages.
      - The SID of a service or pool follows from its name, so that it need not exist. Where the host knows none of that name the result says so and names
        similar ones. Outside ASCII the host is asked for the SID.
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
      - A name that the host cannot resolve, a deleted account or a typing error say, is an error of that host before anything is judged, because whoever it
        means may hold the right. Name a deleted account by its SID.
    type: list
    elements: str
    default: []
"""
