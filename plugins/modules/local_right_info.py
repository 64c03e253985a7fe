# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: local_right_info
short_description: Read who holds SeImpersonatePrivilege and judge it by the host's role
version_added: 0.1.0
description:
  - Reads from a Windows host who holds the right C(SeImpersonatePrivilege) ("Impersonate a client after authentication"), together with what kind of host
    it is, and says for every holder where it stands and why.
  - Nothing is written on the host. One task is one remote command.
  - The comparison runs on the controller and compares SIDs, so that the language of the host does not matter.
  - A host that drifted is no failure of this module. A host that could not be read or judged is one; it is never taken for a host without holders.
notes:
  - The account that connects must be a member of Administrators of the host with its full token, since Windows lets no other account list the holders.
  - Works with the connections P(ansible.builtin.winrm#connection) and P(ansible.builtin.psrp#connection).
author:
  - Winrights Authors (@winrights)
extends_documentation_fragment:
  - winrights.seimpersonate._attributes
  - winrights.seimpersonate._attributes.read_only
  - winrights.seimpersonate._from_variables
  - winrights.seimpersonate._policy
  - winrights.seimpersonate._more
attributes:
  delegation:
    support: none
    description: A task with C(delegate_to) is refused before anything is sent, since it would read one host and report it under the name of another.
  platform:
    support: full
    platforms: windows
options:
  policy:
    default: microsoft
  run_id:
    description:
      - Name of the run, as M(winrights.seimpersonate.fleet_check) returned it. The result carries it, so that M(winrights.seimpersonate.fleet_report) does not
        take the result of an earlier run for one of this run.
    type: str
  progress:
    description:
      - Whether a run of 20 hosts and more prints a line now and then. Needs O(run_id).
    type: bool
    default: true
seealso:
  - module: winrights.seimpersonate.local_right
  - module: winrights.seimpersonate.fleet_report
"""

EXAMPLES = r"""
- name: Audit a host by Microsoft's defaults
  winrights.seimpersonate.local_right_info:
  register: audit

- name: Tell who should not hold the right, or does not and should, and what to do
  ansible.builtin.debug:
    msg: "{{ audit.findings | map(attribute='text') | zip(audit.findings | map(attribute='advice')) }}"
  when: not audit.compliant

- name: Judge it by the STIG; the backup service may hold the right as well
  winrights.seimpersonate.local_right_info:
    policy: stig
    permitted:
      - NT SERVICE\BackupAgent

- name: Somebody answers for an account, until a day
  winrights.seimpersonate.local_right_info:
    exceptions:
      - account: CORP\svc-backup
        reason: the nightly backup impersonates the owners of the files
        owner: Backup team
        expires: "2099-12-31"

- name: Judge it by a policy of our own, which is Microsoft's but for one row
  winrights.seimpersonate.local_right_info:
    policy:
      name: ours
      title: Our servers
      extends: microsoft
      host_roles:
        member_server:
          required: [administrators, local_service, network_service, service]
          permitted: [CORP\svc-app]
          source: our handbook, section 4

- name: Go on where a host answers and cannot be read
  block:
    - winrights.seimpersonate.local_right_info:
      register: audit
  rescue:
    - ansible.builtin.debug:
        msg: "{{ ansible_failed_result.error.category }}: {{ ansible_failed_result.msg }}"

- name: Keep also a host in the play that does not answer
  winrights.seimpersonate.local_right_info:
  register: audit
  ignore_unreachable: true
"""

RETURN = r"""
status:
  description:
    - V(compliant), V(waived) (no finding that an exception does not answer for), V(drift) or V(not_applicable) for a host that was judged,
      V(error) for one that
      could not be.
  returned: always
  type: str
  sample: drift
compliant:
  description: Whether there is no finding that no exception answers for, so that it is true for V(compliant) and V(waived).
  returned: always
  type: bool
  sample: false
policy:
  description: Name of the policy.
  returned: success
  type: str
  sample: microsoft
host_role:
  description: The role by which the host was judged.
  returned: success
  type: str
  sample: member_server
role_source:
  description: Whether the host role was V(detected) on the host or V(declared) by O(host_role).
  returned: success
  type: str
  sample: detected
holders:
  description: Every holder of the right, sorted by SID.
  returned: success
  type: list
  elements: dict
  contains:
    sid:
      description: The SID.
      type: str
      sample: S-1-5-32-544
    name:
      description: The name that the host gives it, in the host's language, or null.
      type: str
      sample: BUILTIN\Administrators
    resolved:
      description: V(lsa) when the host named it, V(unmapped) when the host said that no account has this SID, V(failed) when the look-up failed.
      type: str
      sample: lsa
    kind:
      description: V(well-known), V(builtin), V(local), V(domain), V(service), V(app pool), V(virtual) (users of containers and of
        WinRM sessions), V(entra), V(capability), V(orphan) or V(unknown).
      type: str
      sample: builtin
    standing:
      description:
        - For holders that are no finding V(floor) (Windows needs it, and it is never taken away), V(required) (the policy or an option asks for it), V(default)
          (Windows gives the right to it by default), V(permitted) (it may hold the right) or V(waived) (an exception answers for it).
        - Otherwise V(orphan) (its account was deleted), V(legacy) (it has the name of an account of IIS 6 or ASP.NET 1.x) or V(unexpected) (neither the
          policy nor an exception names it).
        - Null when the policy does not apply to the host.
      type: str
      sample: floor
    why:
      description: The row of the policy, the feature, the build, the exception or the option behind the standing, as a sentence.
      type: str
      sample: required on a member server (Member Server Effective Default Settings, policy page of the right)
required:
  description: SIDs that must hold the right on this host, by the policy and the options.
  returned: success
  type: list
  elements: str
  sample: [S-1-5-6, S-1-5-19, S-1-5-20, S-1-5-32-544]
permitted:
  description: SIDs that may hold the right besides, whether they do or not. Names that the host does not know are not among them.
  returned: success
  type: list
  elements: str
  sample: [S-1-5-18]
missing:
  description: SIDs that must hold the right and do not.
  returned: success
  type: list
  elements: str
  sample: [S-1-5-6]
unexpected:
  description: SIDs that hold the right and should not, orphans and legacy accounts among them.
  returned: success
  type: list
  elements: str
  sample: [S-1-5-32-545]
waived:
  description: SIDs of holders that an exception answers for.
  returned: success
  type: list
  elements: str
  sample: [S-1-5-21-1004336348-1177238915-682003330-1201]
exceptions:
  description:
    - The exceptions that are meant for this host, with their C(state) on it, and the C(sid) of their account, or null.
    - V(used), V(unused) (nothing here needs it), V(expired), V(too_wide) (its account is a group of nearly everybody) or V(unknown) (it
      could not be looked up), or V(not_foreseen) (O(waive) is V(documented), and the rule that judges the host foresees no exception).
  returned: success
  type: list
  elements: dict
  sample: [{account: CORP\svc-backup, sid: S-1-5-21-1004336348-1177238915-682003330-1201, state: used, owner: Backup team, reason: nightly backup}]
citation:
  description:
    - The row of the policy for this kind of host, as C(row), with C(benchmark_id) and C(rule), the document's own numbers, C(source) and C(document).
    - Null when no policy judges.
  returned: success
  type: dict
  sample: {row: operating_systems.server_2022.member_server, benchmark_id: V-254503, rule: SV-254503r958726, source: check text of WN22-UR-000130}
features:
  description:
    - Every feature that the read looks for, each with C(present) (null when that cannot be known), C(source) (V(detected) or V(declared)), C(because), and
      what was C(found).
  returned: success
  type: dict
  sample: {ssis: {present: true, source: detected, because: "Integration Services are installed: MsDtsServer150", found: [MsDtsServer150]}}
findings:
  description: One row for every missing and every unexpected account, and for every exception that does not hold and whose account holds the right.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: V(missing), V(unexpected), V(orphan), V(legacy), V(exception_expired) or V(exception_too_wide).
      type: str
      sample: missing
    sid:
      description: The SID.
      type: str
      sample: S-1-5-6
    name:
      description: Its name, or null.
      type: str
      sample: NT AUTHORITY\SERVICE
    text:
      description: The finding as a sentence.
      type: str
      sample: "missing: NT AUTHORITY\\SERVICE (S-1-5-6), required on a member server (Member Server Effective Default Settings, policy page of the right)"
    rank:
      description:
        - V(critical), V(high), V(medium) or V(low), by the rule of R(the guide, ansible_collections.winrights.seimpersonate.docsite.guide_report.rank).
        - The gravest finding is first.
      type: str
      sample: low
    place:
      description: Where something is to be done - V(gpo), V(mdm), V(host), V(exceptions), V(policy) or V(unknown).
      type: str
      sample: host
    advice:
      description: What is to be done, and where, as a sentence; C(HOST) in a command stands for the host.
      type: str
      sample: ansible-playbook winrights.seimpersonate.enforce --limit HOST --check --diff, then without --check
    since:
      description: Null here; the report of the fleet has the time of the first report with the finding.
      type: str
      sample: null
notes:
  description: What a reader should know besides, such as that the host is a read-only domain controller.
  returned: success
  type: list
  elements: str
  sample: [read-only domain controller]
controller:
  description:
    - Who sets the right on this host. C(kind) is V(local) (the host alone), V(gpo), V(mdm) (a management service), V(stale) (what is known is too old) or
      V(unknown), and C(why) says so in a sentence.
    - C(name), C(guid), C(link), C(precedence) and C(status) are those of the GPO that won, C(losers) the others that define the right.
    - C(evidence) is V(rsop), V(templates), V(mdm), V(stated) or V(none). C(as_of) is when Group Policy last ran.
    - C(version) is that of the GPO that won, as the last run of Group Policy on the host saw it; null where RSoP has none.
    - C(pending) is set by a report that knows the GPOs of the domain, and null otherwise.
    - C(extra) and C(lacking) are SIDs by which the holders differ from what that GPO or the management service asks for, null where that cannot be compared.
  returned: success
  type: dict
  sample: {kind: gpo, name: Servers baseline, guid: "{6AC1786C-016F-11D2-945F-00C04fB984F9}", link: "OU=Servers,DC=corp,DC=example",
    precedence: 1, status: applied}
exposure:
  description:
    - Null without O(exposure). Otherwise C(users), the services and application pools that have the right, with C(through), the SIDs by which they have it, and
      C(why); C(excluded), those that have not; C(unknown), those of which it is not known; C(complete) and C(notes).
  returned: success
  type: dict
  sample: {complete: true, users: [{kind: service, name: MSSQLSERVER, account: "NT Service\\MSSQLSERVER", through: [S-1-5-6], pid: 2480}],
    excluded: [], unknown: []}
groups:
  description:
    - Null without O(expand_groups). Otherwise every group that holds the right, and every group in one, with its C(members) and C(status) (V(read), V(failed),
      V(limit) where there are more than are read, V(incomplete) where the host told some without a SID, or all of them through WMI, which does not tell every
      kind of member of a group of a domain, V(not_told) for such a group that answered with
      no members, as it does to a session that may not look into the directory, or V(everybody) for groups such as Everyone, which have no list of members).
      C(broad) marks groups that nearly everybody is in.
    - Members of a group of the machine itself are told by SID, whether they have a name or not. C(members) is null where none is known; an
      empty list is a group
      without members, and its status is V(read).
  returned: success
  type: list
  elements: dict
  sample: [{sid: S-1-5-32-544, name: BUILTIN\\Administrators, status: read, broad: false, members: [{sid: S-1-5-21-1-2-3-512, name:
    CORP\\Domain Admins, broad: false}]}]
provenance:
  description:
    - Null without O(events). Otherwise the C(events) of the window, newest first, each with C(time), C(given) or taken, C(target), C(by) (V(machine), as when a
      policy is applied, or V(account)) and C(subject).
    - C(coverage) says how far the log can be relied on, V(whole), V(wrapped) (it begins later than the window), V(limited), V(unknown),
      V(silent) (no event, which proves
      nothing), V(denied) or V(failed); where several hold it is the gravest, and C(why) says all of them in words.
  returned: success
  type: dict
  sample: {window_hours: 24, coverage: whole, events: [{time: "2026-06-15T08:00:00.0000000Z", given: true, target: S-1-5-32-545, by:
    account, subject_name: CORP\\admin}]}
iis:
  description:
    - Traces of IIS, with C(installed) and C(source) (V(detected) or V(declared)), C(version), C(services), C(components) and C(readable).
    - C(pools) are its application pools with C(name), C(identity), C(account), C(sid) and C(manual) (manualGroupMembership), null when they could not be read.
      C(pools_status) says why (V(elsewhere), V(locked), V(denied), V(malformed), V(many), V(unreadable)).
  returned: success
  type: dict
  sample: {installed: true, source: detected, version: "10.0", services: [W3SVC, WAS], components: [ASPNET45], readable: true, pools: [], pools_status: read}
computer:
  description:
    - Name, domain and machine role of the host as DsRole tells them.
    - C(sid) is the SID of the machine's own account domain, by which the same machine is known under two names. A domain controller has that of its domain, as
      all domain controllers of the domain have. Null where the LSA did not tell it.
  returned: when the host answered
  type: dict
  sample: {name: WEB01, machine_role: 3, domain: CORP, dns_domain: corp.example, read_only: false, sid: S-1-5-21-1-2-3}
windows:
  description: Version, build and edition of Windows.
  returned: when the host answered
  type: dict
  sample: {caption: Windows Server 2022 Standard, build: 20348, sku: 7, product_type: ServerNT}
session:
  description: The logon that read the right, with C(administrator), C(filtered), C(elevated), C(language_mode), C(powershell) and C(bits).
  returned: when the host answered
  type: dict
  sample: {administrator: true, filtered: false, elevated: true, language_mode: FullLanguage, powershell: 5.1.20348.2340, bits: 64}
run_id:
  description: O(run_id).
  returned: always
  type: str
  sample: 20260131T081500Z-3f2a91
transport:
  description: The connection plugin over which the host was asked.
  returned: always
  type: str
  sample: winrm
checked_at:
  description: When the host was asked, in UTC.
  returned: always
  type: str
  sample: "2026-01-31T08:15:00Z"
duration_ms:
  description: How long the host took to answer, in milliseconds.
  returned: always
  type: int
  sample: 1840
bad_input:
  description: True when an option is wrong, so that the host was not touched. Whatever else fails has C(error).
  returned: when an option is wrong
  type: bool
  sample: true
error:
  description: Null for a host that was judged. Otherwise C(category), C(message) and, where the host said so, the failed C(call) and its NTSTATUS as C(status).
  returned: always
  type: dict
  sample: {category: uac_filtered, message: the token is filtered, call: LsaEnumerateAccountsWithUserRight, status: "0xC0000022"}
"""
