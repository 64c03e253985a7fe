# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU of the task that makes the report of a fleet from what each host registered, with the default formats.

PYTHONPATH=tests:.build/collections python tests/benchmarks/fleet_report.py [--hosts 10000]
Ansible itself is not in it, and neither is making the results.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import tempfile
import time

from action_runs import run_action
from browser import samples
from role_options import role_options

LIMIT = "limit for 10,000: <= 5 s CPU"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=10_000)
    count = parser.parse_args().hosts
    plugin = importlib.import_module("ansible_collections.winrights.seimpersonate.plugins.action.fleet_report").ActionModule
    results = samples.results(count)
    check = {
        "run_id": samples.RUN["id"],
        "started": samples.RUN["started"],
        "policy": samples.POLICY,
        "exceptions": [],
        "expected": [],
    }
    hosts = list(results)
    task_vars = {
        "hostvars": {host: {"__impersonate_audit": result} for host, result in results.items()},
        "groups": {"all": hosts},
        **dict.fromkeys(("ansible_play_hosts_all", "ansible_play_hosts", "ansible_play_batch"), hosts),
    }
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, contextlib.redirect_stdout(io.StringIO()):
        options = role_options("audit", "fleet_report", impersonate_report_dir=folder, __impersonate_check=check)
        began = time.process_time()
        result = run_action(plugin, lambda module, _args: f"{module} is sent to no host", task_vars=task_vars, **options)
        seconds = time.process_time() - began
    print(f"{result['verdict'].partition('.')[0]}\n{count:,} hosts: {seconds:.2f} s CPU; {LIMIT}")


if __name__ == "__main__":
    main()
