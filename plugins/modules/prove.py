# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: prove
short_description: Compare what this collection reads from a host with what Windows' own programs say there
version_added: 0.2.0
description:
  - Runs the reading payload of M(winrights.seimpersonate.local_right_info) with everything it can read, then a plain PowerShell script that shares nothing with
    it and asks other sources of the same host, such as C(secedit), C(whoami), C(sc.exe), C(gpresult) and C(Get-CimClass).
  - Both answers are compared on the controller. Each fact C(agrees), C(differs), could not be asked (C(not asked), with the reason), or is C(shown) without a
    judgement where the two need not say the same.
  - A table of at most 100 columns is printed, and a recording is written to a file on the controller. Names, SIDs, GUIDs, URLs and paths of the host are
    replaced by invented ones before anything is printed or written. Nothing is sent anywhere.
  - Nothing is changed on the host. C(secedit) and C(gpresult) answer into files, in a temporary folder that is removed at the end.
  - The task fails when a fact differs, and when a word of the host would be left in the recording.
notes:
  - The account that connects must be a member of Administrators of the host with its full token.
  - It takes from a few seconds to some minutes. Every source has a time limit, and one that fails does not end the others.
author:
  - Winrights Authors (@winrights)
extends_documentation_fragment:
  - winrights.seimpersonate._attributes
  - winrights.seimpersonate._attributes.read_only
  - winrights.seimpersonate._names
attributes:
  check_mode:
    details: No recording is written in check mode.
  delegation:
    support: none
    description: A task with C(delegate_to) is refused before anything is sent, since it would read one host and report it under the name of another.
  platform:
    support: full
    platforms: windows
options:
  policy:
    description:
      - The policy by which the recording notes a verdict. The playbook C(winrights.seimpersonate.prove) hands over the shipped policy C(microsoft).
    type: raw
    default: microsoft
  dest:
    description:
      - Folder on the controller for the file C(prove-<host>.json).
    type: path
    default: .
  kind:
    description:
      - What was recorded, V(host) for a real one. The test bed of this collection says V(simulated).
    type: str
    choices: [host, simulated]
    default: host
seealso:
  - module: winrights.seimpersonate.local_right_info
"""

EXAMPLES = r"""
- name: Prove what the collection reads
  winrights.seimpersonate.prove:
    policy: microsoft
    dest: proofs
"""

RETURN = r"""
rows:
  description: The table. All words of the host are redacted.
  returned: always
  type: list
  elements: dict
  sample:
    - fact: holders
      source: secedit /export
      verdict: agrees
      payload: "4"
      answer: "4"
      why: ""
  contains:
    fact:
      description: What is compared.
      type: str
      returned: always
      sample: holders
    source:
      description: What was asked beside the payload.
      type: str
      returned: always
      sample: secedit /export
    verdict:
      description: V(agrees), V(differs), V(not asked) or V(shown).
      type: str
      returned: always
      sample: agrees
    payload:
      description: What the payload said, or how many it listed.
      type: str
      returned: always
      sample: "4"
    answer:
      description: What the source said.
      type: str
      returned: always
      sample: "4"
    why:
      description: What differs, why the source could not be asked, or why it is not judged.
      type: str
      returned: always
      sample: ""
counts:
  description: How many rows have each verdict.
  returned: always
  type: dict
  sample:
    agrees: 25
    differs: 0
    not asked: 2
    shown: 3
path:
  description: File with the recording, null where none was written.
  returned: always
  type: str
  sample: /home/auditor/prove-web01.json
"""
