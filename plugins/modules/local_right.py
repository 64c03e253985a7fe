# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: local_right
short_description: Bring the holders of SeImpersonatePrivilege to the policy of the host's role
version_added: 0.1.0
description:
  - Gives the right C(SeImpersonatePrivilege) to the accounts that are missing and takes it from the unexpected ones, as O(policy) says for the host's role,
    or as O(holders), O(required), O(permitted) and O(forbidden) say without a policy.
  - The comparison runs on the controller. The host is only told which holders are expected there, what to add and what to remove. It adds before it removes,
    reads again and compares. When anything fails it undoes what it did, reads again and says what is left.
  - The holders before the change are written to O(snapshot_dir) on the controller before anything is sent. O(restore) brings them back.
  - Check mode reads the host and refuses exactly what the run would refuse. It sends no change and writes no snapshot.
  - C(Administrators), C(SERVICE), C(LOCAL SERVICE) and C(NETWORK SERVICE) are never removed. A task that would is refused before anything is sent,
    because the LSA does not remove the last two (0xC00000BB) and Windows breaks without the first two.
  - An account that something on the host is known to need (C(IIS_IUSRS) with IIS, the service of Integration Services, the account of an application pool with
    C(manualGroupMembership)) is not removed for want of a name in O(policy), O(holders) or O(permitted). The task is refused until it is in one of them, in
    O(exceptions) or in O(forbidden). So it is where the host cannot say whether it has what needs the account. A restore brings back what was there.
  - Without O(policy), O(holders) and O(permitted) close the list, so that every other holder is unexpected. O(required) and O(forbidden) alone leave others
    as they are.
  - A holder that has the name of a required, permitted or excepted account under another SID (SID history, an account that was made again) is a finding, but it
    is not removed. The task is refused until the SID itself is in O(permitted), O(exceptions) or O(forbidden).
  - Nothing is restarted. RV(restart) lists the services and application pools for which the change takes effect at their next start.
notes:
  - Whether Windows writes a change of the right on a domain controller into the Default Domain Controllers Policy is not known. RV(notes) says so there.
  - The account that connects must be a member of Administrators of the host with its full token.
  - A task is one remote command where nothing has to change, and two where something has.
author:
  - Winrights Authors (@winrights)
extends_documentation_fragment:
  - winrights.seimpersonate._attributes
  - winrights.seimpersonate._from_variables
  - winrights.seimpersonate._policy
attributes:
  check_mode:
    support: full
  delegation:
    support: none
    description:
      - A task with C(delegate_to) is refused before anything is sent, since it would change one host and keep its holders under the name of another, where a
        restore would bring them to the wrong host.
  diff_mode:
    support: full
  platform:
    support: full
    platforms: windows
options:
  holders:
    description:
      - The whole list of accounts that are to hold the right. Everybody else loses it, holders whose account was deleted among them unless O(orphans) says
        otherwise.
      - Not together with O(policy), O(restore), O(required) and O(permitted). With O(forbidden) it also takes what something on the host is known to need.
    type: list
    elements: str
  restore:
    description:
      - Brings back the holders that a snapshot has, namely the path of a snapshot file, the path of a run's folder, the name of a run below O(snapshot_dir),
        or V(latest) for the newest snapshot of this host there. A run that restored is never the latest, so that a restore can be repeated.
      - It is planned like any other change, so that a restore which would remove one of the four accounts that Windows needs is refused.
      - A host of which the run has no snapshot, or that it left as it was, is left alone.
      - The whole list comes back, so that what others changed since then goes as well; the result says so in RV(notes).
      - It is refused where the snapshot was taken on another machine, or on one that was installed anew since then. Name and SID of the computer are compared,
        and RV(notes) says where one of them is not known.
    type: str
  plan:
    description:
      - What the planning task of M(winrights.seimpersonate.fleet_plan) registered for this host, or M(winrights.seimpersonate.fleet_read) for all of them.
        The task then adds and removes nothing beyond it, and is refused when the host would need more, because the fleet was looked at before somebody
        changed the host.
    type: dict
  unexpected:
    description:
      - Whether unexpected holders lose the right or are only reported.
    type: str
    choices: [remove, report]
    default: remove
  missing:
    description:
      - Whether required accounts get the right or are only reported.
    type: str
    choices: [add, report]
    default: add
  orphans:
    description:
      - What becomes of holders whose account was deleted. V(keep) leaves them and takes them for no finding, V(report) leaves them as a finding,
        V(remove) takes the right from them.
      - By default V(remove) with O(holders) and O(restore), where the whole list is given, and V(keep) otherwise. RV(notes) names the ones that stay.
      - A holder is an orphan only when the host itself says that no account has its SID. A failed look-up makes none.
    type: str
    choices: [keep, report, remove]
  on_controlled:
    description:
      - What happens when a GPO or a management service sets the right, which would bring its own value back.
      - The read tells who does. O(controlled_by) overrides it.
    type: str
    choices: [refuse, warn, apply]
    default: refuse
  controlled_by:
    description:
      - Who sets the right on this host from outside, where you know better than what the host itself says of Group Policy and management services.
    type: dict
    suboptions:
      kind:
        description: V(local) is the host alone.
        type: str
        choices: [local, gpo, mdm]
        required: true
      name:
        description: Name of the GPO or of the service.
        type: str
      guid:
        description: GUID of the GPO.
        type: str
  snapshot_dir:
    description:
      - Folder on the controller for the snapshots, one file per host and run. It is made when it is missing.
    type: path
    default: impersonate-snapshots
  snapshots_may_be_lost:
    description:
      - Whether a job of AWX may change anything though O(snapshot_dir) ends with its container, so that nothing could be restored.
      - Without it that is refused before the host is read. With it there is a warning. Outside of AWX it has no meaning.
    type: bool
    version_added: 0.2.0
    default: false
  run_id:
    description:
      - Name of the run in O(snapshot_dir). By default the time at which the task began on the host.
      - The role gives all hosts of a run the same one.
    type: str
  progress:
    description:
      - Whether a run of 20 hosts and more prints a line now and then. Needs O(run_id).
    type: bool
    default: true
seealso:
  - module: winrights.seimpersonate.local_right_info
"""

EXAMPLES = r"""
- name: Show what would change to bring a host to Microsoft's defaults, change nothing
  winrights.seimpersonate.local_right:
    policy: microsoft
  check_mode: true
  diff: true

- name: Bring it there; somebody answers for one account, which keeps the right until a day
  winrights.seimpersonate.local_right:
    policy: microsoft
    exceptions:
      - account: CORP\svc-backup
        reason: the nightly backup impersonates the owners of the files
        owner: Backup team
        expires: "2099-12-31"
  register: change

- name: Tell what has to restart before the change is effective
  ansible.builtin.debug:
    var: change.restart
  when: change is changed

- name: Let the backup service keep the right, on every host
  winrights.seimpersonate.local_right:
    policy: microsoft
    permitted:
      - NT SERVICE\BackupAgent

- name: Give the right to one more account, whoever else holds it
  winrights.seimpersonate.local_right:
    required: [CORP\svc-app]

- name: Take it from one account, whoever else holds it
  winrights.seimpersonate.local_right:
    forbidden: [CORP\svc-old]

- name: Only these accounts
  winrights.seimpersonate.local_right:
    holders: [administrators, local_service, network_service, service, iis_iusrs]

- name: Bring back the holders from before the last run
  winrights.seimpersonate.local_right:
    restore: latest
"""

RETURN = r"""
outcome:
  description:
    - V(unchanged) when nothing had to be done, V(planned) in check mode, V(applied) after a verified change, V(nothing_to_restore) for a
      host without a snapshot.
    - V(same_machine) when the run (O(run_id)) changes the machine under another name of the inventory, so that nothing was sent under this one.
    - V(refused) when the plan must not be sent. V(changed_meanwhile) and V(not_started) when nothing was done, V(undone) when a failed change was put back.
    - V(undo_failed) and V(unknown) when the host may be in between.
  returned: when the host answered
  type: str
  sample: applied
status:
  description:
    - The verdict on the holders at the end, as in M(winrights.seimpersonate.local_right_info), or V(error).
    - In check mode it is the verdict on the holders that the host has.
  returned: always
  type: str
  sample: compliant
status_after:
  description: The verdict on the holders at the end, in check mode as planned. Null when it is not known.
  returned: when the host answered
  type: str
  sample: compliant
changed_as:
  description: The name in the inventory under which the run changes the machine, where RV(outcome) is V(same_machine); null otherwise.
  returned: when the host answered
  type: str
  sample: null
added:
  description: SIDs that got the right, or would get it in check mode.
  returned: when the host answered
  type: list
  elements: str
  sample: [S-1-5-32-568]
removed:
  description: SIDs that lost the right, or would lose it in check mode.
  returned: when the host answered
  type: list
  elements: str
  sample: [S-1-5-32-545]
changes:
  description: The same as sentences with names, for services and pools that the host cannot name those that were written.
  returned: when the host answered
  type: list
  elements: str
  sample: ["removed: BUILTIN\\Users (S-1-5-32-545)"]
names:
  description: Names of the SIDs in RV(before) and RV(added), null where none is known.
  returned: when the host answered
  type: dict
  sample: {"S-1-5-32-544": "BUILTIN\\Administrators"}
unhandled:
  description: SIDs of findings that O(unexpected), O(missing) or O(orphans) leave as they are.
  returned: when the host answered
  type: list
  elements: str
  sample: []
before:
  description: SIDs of the holders before.
  returned: when the host answered
  type: list
  elements: str
  sample: [S-1-5-6, S-1-5-19, S-1-5-20, S-1-5-32-544, S-1-5-32-545]
after:
  description: SIDs of the holders at the end, from a second read, or from the plan in check mode. Null when it is not known.
  returned: when the host answered
  type: list
  elements: str
  sample: [S-1-5-6, S-1-5-19, S-1-5-20, S-1-5-32-544]
attempted:
  description: Every call that changed something or tried to, with C(op), C(sid) and the NTSTATUS as C(status).
  returned: when the host answered
  type: list
  elements: dict
  sample: [{op: remove, sid: S-1-5-32-545, status: "0x00000000"}]
done:
  description: The calls of RV(attempted) that changed something.
  returned: when the host answered
  type: list
  elements: dict
  sample: [{op: remove, sid: S-1-5-32-545, status: "0x00000000"}]
left:
  description: SIDs by which the holders differ from those before, where a failed change could not be undone completely.
  returned: when the host answered
  type: list
  elements: str
  sample: []
notes:
  description: What a reader should know, such as what became of an earlier run that lost this host.
  returned: when the host answered
  type: list
  elements: str
  sample: []
undone:
  description: Every call that put something back, in the same form.
  returned: when the host answered
  type: list
  elements: dict
  sample: []
restart:
  description:
    - Services and application pools whose account or own SID (C(NT SERVICE\name), C(IIS APPPOOL\name)) changed, with C(kind), C(name), C(account), C(effect)
      (V(gains) or V(loses)) and C(through), the group (C(SERVICE), C(IIS_IUSRS), C(Everyone), ...) or the other entry by which the process has the right before
      and after, or null when there is none such.
    - C(kind) V(logon) is an account that runs neither, whose next logon has other rights.
    - Null when the host could not list them.
  returned: when the host answered
  type: list
  elements: dict
  sample: [{kind: app pool, name: web, account: CORP\web, effect: loses, through: null}]
snapshot:
  description: Path of the snapshot on the controller, null when nothing was sent.
  returned: when the host answered
  type: str
  sample: /srv/impersonate-snapshots/20260131T081500Z/web01.json
holders:
  description: Every holder at the end with its standing, as in M(winrights.seimpersonate.local_right_info). So are C(findings), C(missing) and C(unexpected).
  returned: success
  type: list
  elements: dict
  sample: [{sid: S-1-5-32-544, name: BUILTIN\Administrators, standing: floor}]
controller:
  description: Who sets the right, as in M(winrights.seimpersonate.local_right_info).
  returned: when the host answered
  type: dict
  sample: {kind: gpo, name: Servers baseline, guid: "{6AC1786C-016F-11D2-945F-00C04fB984F9}"}
bad_input:
  description: True when an option is wrong, so that the host was not touched. Whatever else fails has C(error).
  returned: when an option is wrong
  type: bool
  sample: true
error:
  description: Null, or C(category), C(message) and, where the host said so, the failed C(call) and its NTSTATUS as C(status).
  returned: always
  type: dict
  sample: null
"""
