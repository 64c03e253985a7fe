# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  reader:
    description:
      - Who reads the hosts of an audit, and those of the look at the fleet before a change. With V(host) each has a task of its own; with V(fleet) one task
        reads all of them; V(auto) is V(fleet) from 50 hosts on that can be read in threads, outside AWX, unless more hosts than those need a process each.
      - The guide on large fleets tells what differs.
    type: str
    version_added: 0.2.0
    choices: [auto, host, fleet]
    default: host
  reader_threads:
    description:
      - With one task for all hosts, how many of them each process reads at once. While the process has time to spare, since its threads wait
        for their hosts, up to eight times as many.
    type: int
    version_added: 0.2.0
    default: 16
  reader_processes:
    description:
      - With one task for all hosts, the number of processes. V(0) is one for each processor.
    type: int
    version_added: 0.2.0
    default: 0
  reader_host_timeout:
    description:
      - With one task for all hosts, how many seconds one try at a host may take. A host that takes longer is V(unreachable).
    type: float
    version_added: 0.2.0
    default: 300.0
  reader_fleet_timeout:
    description:
      - With one task for all hosts, how many seconds all of them may take. Those that were not read by then are V(not_checked). V(0) is no limit.
    type: float
    version_added: 0.2.0
    default: 0.0
  reader_retries:
    description:
      - With one task for all hosts, how often a host that was not reached is tried again, after all others. A refused login
        is never tried again.
    type: int
    version_added: 0.2.0
    default: 0
"""
