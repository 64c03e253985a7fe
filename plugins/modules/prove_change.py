# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: prove_change
short_description: Try out on a lab host what Windows answers when the right is given and taken
version_added: 0.2.0
description:
  - Gives C(SeImpersonatePrivilege) to C(NT SERVICE\winrights-proof), a service that does not exist, reads, takes the right away, and does the same in the ways
    that must fail, such as twice, with a misspelt right, by a handle that may do less, and as a user who is no administrator.
  - Each answer is compared with what the documents of Windows say of the call. A table of at most 100 columns is printed, and a recording without any name or
    SID of the host is written to a file on the controller.
  - At the end the right is taken away whatever happened, and the holders are read once more. The task fails when they are not as before, or when an answer
    is not as documented.
  - Refused on domain controllers, on hosts where a GPO or a management service sets the right, where a service of that name exists, and without O(lab=true).
notes:
  - The account that connects must be a member of Administrators of the host with its full token.
  - The change is seen by what watches the host; the security log has the events 4704 and 4705 where that is audited.
author:
  - Winrights Authors (@winrights)
extends_documentation_fragment:
  - winrights.seimpersonate._attributes
attributes:
  check_mode:
    support: full
    details: Nothing is given or taken, and no recording is written.
  diff_mode:
    support: none
    description: The holders are the same afterwards.
  delegation:
    support: none
    description: A task with C(delegate_to) is refused before anything is sent, since it would change one host and report it under the name of another.
  platform:
    support: full
    platforms: windows
options:
  lab:
    description:
      - Says that this is a host of a lab, on which a right may be given and taken for a moment.
    type: bool
    default: false
  dest:
    description:
      - Folder on the controller for the file C(prove-change-<host>.json).
    type: path
    default: .
  kind:
    description:
      - What was recorded, V(host) for a real one. The test bed of this collection says V(simulated).
    type: str
    choices: [host, simulated]
    default: host
seealso:
  - module: winrights.seimpersonate.prove
"""

EXAMPLES = r"""
- name: Try out a change on a lab host
  winrights.seimpersonate.prove_change:
    lab: true
    dest: proofs
"""

RETURN = r"""
rows:
  description: The table, a row for each step and a last one that says whether the right is as before.
  returned: always
  type: list
  elements: dict
  sample:
    - fact: take again
      source: LsaRemoveAccountRights
      verdict: agrees
      payload: "0xC0000034"
      answer: "0xC0000034"
      why: ""
  contains:
    fact:
      description: The step.
      type: str
      returned: always
      sample: take again
    source:
      description: The call that answers.
      type: str
      returned: always
      sample: LsaRemoveAccountRights
    verdict:
      description: V(agrees), V(differs), V(not asked) or V(shown).
      type: str
      returned: always
      sample: agrees
    payload:
      description: What the documents say.
      type: str
      returned: always
      sample: "0xC0000034"
    answer:
      description: What the host answered.
      type: str
      returned: always
      sample: "0xC0000034"
    why:
      description: What differs, or why it is not judged.
      type: str
      returned: always
      sample: ""
counts:
  description: How many rows have each verdict.
  returned: always
  type: dict
  sample:
    agrees: 10
    differs: 0
    not asked: 0
    shown: 3
path:
  description: File with the recording, null where none was written.
  returned: always
  type: str
  sample: /home/admin/prove-change-lab01.json
"""
