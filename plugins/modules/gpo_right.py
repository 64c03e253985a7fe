# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: gpo_right
short_description: Say in one Group Policy Object who holds SeImpersonatePrivilege
version_added: 0.2.0
description:
  - Brings one Group Policy Object (GPO) to a list of accounts, to nobody, or to not defining the right, or takes back what a run of this module did.
  - Only the line of the right in the security template C(GptTmpl.inf) is changed, byte for byte, with what moves with it, which are the version of the GPO in
    the directory and in C(gpt.ini), and the security settings in C(gPCMachineExtensionNames).
  - Before anything is sent, the files and attributes as they are are kept on the controller of Ansible. The domain controller compares them again, writes,
    reads all of it again, and undoes the change where a step fails.
  - A run that was ended in the middle leaves a journal beside the template. The next run finishes the change or, with O(restore), takes it back, and says so.
    Where somebody else has changed the GPO since, it is refused until a person has looked (O(allow=unfinished_change)).
  - In check mode the plan is made and shown, and nothing is written.
notes:
  - The host must be the PDC emulator of the domain. Another domain controller is refused with the name of that one.
  - Hosts take the change at their next refresh, which is C(gpupdate), or by default within 90 to 120 minutes, on domain controllers within 5 minutes.
  - A GPO that no longer defines the right may leave its last list on hosts. Audit them again.
  - Never allowed are a list that leaves out an account without which Windows breaks, and names, which clients may not be able to look up.
author:
  - Winrights Authors (@winrights)
extends_documentation_fragment:
  - winrights.seimpersonate._attributes
  - winrights.seimpersonate._from_variables
  - winrights.seimpersonate._names
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  delegation:
    support: none
    description: A task with C(delegate_to) is refused before anything is sent.
  platform:
    support: full
    platforms: windows
options:
  gpo:
    description:
      - The GPO, by its GUID, with or without braces, or by a name that no other GPO has. Required.
    type: str
  state:
    description:
      - V(defined) gives the right to O(accounts) and to nobody else.
      - V(nobody) defines it with an empty list.
      - V(not_defined) takes the line away.
    type: str
    choices: [defined, nobody, not_defined]
  accounts:
    description:
      - The whole list for O(state=defined), as symbols such as V(administrators), as SIDs, or as C(NT SERVICE\name), C(IIS APPPOOL\name) or
        C(RESTRICTED SERVICES\name), whose SIDs follow from their names. Other names are refused.
    type: list
    elements: str
    default: []
  allow:
    description:
      - Refusals that are overruled for this task.
      - V(default_domain_policy) changes the I(Default Domain Policy), which should not define the right.
      - V(without_iis_iusrs) lets a list leave out C(IIS_IUSRS) although audited hosts of the GPO run IIS.
      - V(duplicates) makes one line of several that set the right.
      - V(many_hosts) goes beyond O(max_hosts_per_account).
      - V(unfinished_change) begins anew with what is there, where a run was ended in the middle and somebody else has changed the GPO since, or where what it
        left cannot be understood. Look at the GPO first.
    type: list
    elements: str
    choices: [default_domain_policy, without_iis_iusrs, duplicates, many_hosts, unfinished_change]
    default: []
  previous:
    description:
      - An earlier JSON report of an audit, or a folder with some, of which the newest of all hosts counts, or where there is none the newest. The plan then
        says which audited hosts the GPO reaches, what each gains and loses, which would drift, and which run IIS, SSIS or AD FS. Without it the impact is not
        known, and the plan says so.
    type: path
  max_hosts_per_account:
    description:
      - From how many hosts of the report of O(previous) the change may take the same account, and to how many it may give one that their policy does not
        allow. V(0) is no limit.
      - Hosts of that report of which it is not known who sets the right count.
      - A right that is no longer defined counts on each host on which the GPO sets it, since what they lose cannot be known before.
    type: int
    default: 10
  restore:
    description:
      - Takes back what a run did, given by its name, by the path of a snapshot, or as V(latest). Bytes and attributes are put back, under a new version.
      - It is refused where the template was changed since, and, as any change, where audited hosts run IIS and the list would leave out C(IIS_IUSRS), or
        where it would take an account from too many of them (O(allow)). Nothing else is asked, since it brings back what was there.
    type: str
  snapshot_dir:
    description:
      - Folder on the controller of Ansible. Snapshots of GPOs are in its folder C(gpos).
    type: path
    default: impersonate-snapshots
  snapshots_may_be_lost:
    description:
      - Whether a job of AWX may change anything though O(snapshot_dir) ends with its container, so that nothing could be restored.
      - Without it that is refused before the host is read. With it there is a warning. Outside of AWX it has no meaning.
    type: bool
    default: false
  gpo_file:
    description:
      - The file in which M(winrights.seimpersonate.gpo_right_info) kept the GPOs. What is planned, also in check mode, or changed is noted in it with its
        impact on hosts, the last change of each GPO. The report of a fleet shows it where M(winrights.seimpersonate.fleet_report) is given the same file.
      - A plan that is refused for audited hosts is noted as refused.
      - Where it is not there yet, or is of another domain, a warning says so.
    type: path
  run_id:
    description:
      - Name of the run. Made where it is not given.
    type: str
seealso:
  - module: winrights.seimpersonate.gpo_right_info
  - module: winrights.seimpersonate.local_right
"""

EXAMPLES = r"""
- name: Web servers keep the right for IIS, and nobody else gets it
  winrights.seimpersonate.gpo_right:
    gpo: Web servers
    state: defined
    accounts: [administrators, service, local_service, network_service, iis_iusrs]
    previous: reports

- name: Take that back
  winrights.seimpersonate.gpo_right:
    gpo: Web servers
    restore: latest
"""

RETURN = r"""
guid:
  description: The GPO.
  returned: when a plan was made
  type: str
  sample: "{5F8D0B0E-4B7B-4C56-9E0C-0C7E0E2D8F11}"
name:
  description: Its display name.
  returned: when a plan was made
  type: str
  sample: Web servers
outcome:
  description:
    - V(unchanged), V(planned) (in check mode), V(refused), V(applied), V(undone) (a step failed, and the GPO is as before), V(not_started) or
      V(unknown) (contact was lost; the next run finds out).
  returned: when the GPOs could be read, and where it was refused
  type: str
  sample: applied
refused:
  description:
    - Why nothing was sent.
    - V(not_a_domain_controller), V(not_the_pdc_emulator), V(read_only_domain_controller), V(no_such_gpo), V(ambiguous_name), V(unreadable), V(not_understood),
      V(floor) (an account would be left out without which Windows breaks),
      V(default_domain_policy), V(without_iis_iusrs), V(duplicates), V(many_hosts), V(unfinished_change) or V(changed_since).
  returned: when it was refused
  type: str
  sample: not_the_pdc_emulator
plan:
  description: What changes, as accounts of the line (null for not defined), versions, extensions and digests, each before and after.
  returned: when a plan was made
  type: dict
  contains:
    before:
      description: The accounts of the line.
      returned: always
      type: list
      elements: str
    after:
      description: The accounts of the line afterwards.
      returned: always
      type: list
      elements: str
    version_before:
      description: The version of the container.
      returned: always
      type: int
    version_after:
      description: The version afterwards.
      returned: always
      type: int
    extensions_before:
      description: C(gPCMachineExtensionNames).
      returned: always
      type: str
    extensions_after:
      description: The same afterwards.
      returned: always
      type: str
    template_sha256_before:
      description: SHA-256 of C(GptTmpl.inf).
      returned: always
      type: str
    template_sha256_after:
      description: The same afterwards.
      returned: always
      type: str
    finishes:
      description: Whether it finishes the change of a run that was ended in the middle.
      returned: always
      type: bool
impact:
  description:
    - Audited hosts that name the GPO, each with C(host), C(wins), C(gains), C(loses), C(drifts), C(features) and C(own_accounts). Null without a report,
      and where hosts cannot have named the GPO yet, since it does not define the right or they do not get as far as its security settings.
    - C(wins) is null where the host names the GPO as one of several and none as the winner; the rest is then what happens if this one won.
    - What cannot be known before, such as what hosts do with a right that is no longer defined, is null.
  returned: when a plan was made
  type: list
  elements: dict
impact_accounts:
  description: Who would gain (C(op=add)) and lose (C(op=remove)) the right, each with C(sid), C(name) and on how many C(hosts). Null where RV(impact) is.
  returned: when a plan was made
  type: list
  elements: dict
impact_unseen:
  description: Hosts of the report of which it is not known who sets the right, so that they may be more. Null where RV(impact) is.
  returned: when a plan was made
  type: int
  sample: 0
impact_of:
  description: The report that the impact is taken from, with the limit that it had, or why it is not known, then with the links of the GPO.
  returned: when a plan was made
  type: str
  sample: the audit 20260131T081500Z-1a2b3c
notes:
  description: What a reader must know besides, such as what became of an earlier run.
  returned: when a plan was made
  type: list
  elements: str
snapshot:
  description: The file with what was there before, null where nothing was sent.
  returned: when a plan was made
  type: str
  sample: /srv/impersonate-snapshots/gpos/20260131T081500Z-1a2b3c/corp.example/%7B5F8D0B0E-4B7B-4C56-9E0C-0C7E0E2D8F11%7D.json
attempted:
  description: The parts that were written, of C(template), C(container) and C(gpt_ini).
  returned: when a plan was made
  type: list
  elements: str
undone:
  description: The parts that were put back after a step failed.
  returned: when a plan was made
  type: list
  elements: str
run_id:
  description: Name of the run.
  returned: success
  type: str
  sample: 20260131T081500Z-1a2b3c
"""
