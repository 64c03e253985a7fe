# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: gpo_right_info
short_description: Tell which Group Policy Objects of a domain define SeImpersonatePrivilege, for whom, and what is wrong with them
version_added: 0.2.0
description:
  - Reads the Group Policy Objects (GPOs) of a domain from one domain controller, in one remote command. Nothing is changed.
  - Of each GPO whose security template C(GptTmpl.inf) names the right it tells the state of the right, the accounts, where it is linked, and
    what is wrong.
  - The judgement is made on the controller of Ansible, by SIDs. A file that could not be read or understood is never taken for one that does not define the
    right.
notes:
  - The account that connects must be able to read the policies folder of SYSVOL and the directory, as every account of the domain can by default, and must be
    an administrator of the domain controller, since WinRM lets only those in.
  - Of the row I(Default Domain Controller Policy) of Microsoft's page, RV(gpos[].documented) tells what the page prints and what is observed. It is never
    a finding, because the GPO of a real domain does not define it.
author:
  - Winrights Authors (@winrights)
extends_documentation_fragment:
  - winrights.seimpersonate._attributes
  - winrights.seimpersonate._attributes.read_only
  - winrights.seimpersonate._from_variables
  - winrights.seimpersonate._names
attributes:
  delegation:
    support: none
    description: A task with C(delegate_to) is refused before anything is sent, since it would read one host and report it under the name of another.
  platform:
    support: full
    platforms: windows
options:
  policy:
    description:
      - The policy that judges, as data or by its name (V(microsoft), V(cis), V(stig) or one of O(policies)).
      - A GPO is for many hosts, so that an account which any row of the policy allows is allowed in it.
    type: raw
    default: microsoft
  policies:
    description:
      - Policies as data, by their names. O(policy) may name one or extend one.
    type: dict
    default: {}
  gpos:
    description:
      - The GPOs to read, each by its GUID, with or without braces, or by a name that no other GPO has. Empty means all of the domain.
    type: list
    elements: str
    default: []
  previous:
    description:
      - An earlier JSON report of an audit, or a folder with some, of which the newest of all hosts counts, or else the newest. Hosts with
        IIS on which a GPO defines the right make the absence of C(IIS_IUSRS) a finding.
    type: path
  gpo_file:
    description:
      - A file on the controller of Ansible that keeps what was read. The report of a fleet shows it where M(winrights.seimpersonate.fleet_report) is given
        the same file.
      - Changes that M(winrights.seimpersonate.gpo_right) noted in it stay as long as their GPO is as before the change, in the middle of
        it or as after it; those that were undone, or of which it is not known how they ended, until the next one.
    type: path
seealso:
  - module: winrights.seimpersonate.gpo_right
  - module: winrights.seimpersonate.local_right_info
"""

EXAMPLES = r"""
- name: Which GPOs of the domain define the right?
  winrights.seimpersonate.gpo_right_info:
    policy: microsoft
  register: gpos

- name: Look at one of them
  winrights.seimpersonate.gpo_right_info:
    policy: microsoft
    gpos:
      - Web servers
"""

RETURN = r"""
domain:
  description: DNS name of the domain.
  returned: success
  type: str
  sample: corp.example
controller:
  description: The domain controller that answered.
  returned: success
  type: str
  sample: dc01.corp.example
policy:
  description: Name of the policy that judged.
  returned: success
  type: str
  sample: microsoft
read_at:
  description: When the GPOs were read, in UTC.
  returned: success
  type: str
  sample: "2026-01-31T08:15:00Z"
complete:
  description: Whether every GPO and every link could be read.
  returned: success
  type: bool
  sample: true
compliant:
  description: Whether all GPOs were read and no finding but notes about links was made.
  returned: success
  type: bool
  sample: true
not_defining:
  description: How many GPOs were read and do not define the right.
  returned: success
  type: int
  sample: 41
unread:
  description: GPOs that could not be read, with the reason.
  returned: success
  type: list
  elements: dict
  sample: []
path:
  description: The file of O(gpo_file), null without one.
  returned: success
  type: str
  sample: /srv/reports/gpos.json
refused:
  description: V(no_such_gpo) or V(ambiguous_name), where one of O(gpos) is not the name of one GPO.
  returned: failure
  type: str
  sample: ambiguous_name
changes:
  description: Changes of these GPOs that O(gpo_file) has, the last one of each, as M(winrights.seimpersonate.gpo_right) noted them.
  returned: success
  type: list
  elements: dict
  sample: []
gpos:
  description: GPOs that define the right, those of O(gpos), the two that every domain has, and others with a finding.
  returned: success
  type: list
  elements: dict
  contains:
    guid:
      description: Its GUID, in braces.
      returned: always
      type: str
      sample: "{6AC1786C-016F-11D2-945F-00C04FB984F9}"
    name:
      description: Its display name.
      returned: always
      type: str
      sample: Web servers
    state:
      description: V(defined), V(nobody), V(not_defined), or null where the template could not be read or understood.
      returned: always
      type: str
      sample: defined
    holders:
      description: The accounts of its line, each with C(text), C(sid), C(name), C(standing) and C(why).
      returned: always
      type: list
      elements: dict
    findings:
      description:
        - What is wrong with it, each with C(kind), C(sid) and C(text).
        - Kinds are V(defined_against_policy), V(floor_missing) (an account without which Windows breaks),
          V(unexpected), V(name), V(unknown_sid), V(without_iis_iusrs), V(duplicate), V(not_understood),
          V(unreadable), V(versions_differ), V(versions_zero), V(extension_missing), V(extensions_out_of_order), V(link_without_effect), V(not_linked) and
          V(unfinished_change).
      returned: always
      type: list
      elements: dict
    compliant:
      description: No finding but notes about links.
      returned: always
      type: bool
      sample: true
    documented:
      description: What the document of the policy says of one of the two default GPOs, beside what is observed.
      returned: always
      type: str
      sample: "documented: not defined; observed: not defined"
    links:
      description: Where it is linked, each with C(som), C(kind), C(order), C(enforced), C(disabled), C(effective) and C(why). Null where that is not known.
      returned: always
      type: list
      elements: dict
    filters:
      description: What narrows it to some computers.
      returned: always
      type: list
      elements: str
    version:
      description: Version of its container in the directory.
      returned: always
      type: int
      sample: 65541
    folder_version:
      description: Version of its folder in SYSVOL, from C(gpt.ini).
      returned: always
      type: int
      sample: 65541
    extensions:
      description: Its attribute C(gPCMachineExtensionNames).
      returned: always
      type: str
    template_sha256:
      description: SHA-256 of its C(GptTmpl.inf), null where there is none.
      returned: always
      type: str
"""
