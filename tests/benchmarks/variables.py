# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU of what is looked at once for every host: by fleet_check names of variables and what must not differ, by fleet_report the results.

PYTHONPATH=tests:.build/collections python tests/benchmarks/variables.py [--hosts 10000]
The hosts have variables of their own and of two groups, as an inventory file gives them.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
import time
import typing as t
from collections.abc import Callable
from pathlib import Path

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

UTILS = "ansible_collections.winrights.seimpersonate.plugins.plugin_utils"
SAME = [f"impersonate_{name}" for name in ("fail_on", "tolerate", "report_dir", "report_formats", "snapshot_dir", "expected_group")]
CHECK = {"run_id": "r", "started": "2026-01-31T08:15:00Z"}
LIMIT = "limit for 10,000: < 2 s CPU for the names of variables, < 2 s for the results"
INVENTORY = """all:
  vars: {{ansible_connection: winrm, impersonate_report_dir: reports, impersonate_permitted: ['.\\svc']}}
  children:
    web: {{hosts: {{{web}}}, vars: {{impersonate_iis: true, site: berlin}}}}
    all_servers: {{hosts: {{{web}}}, vars: {{backup: nightly, impersonate_host_role: member_server}}}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=10_000)
    hosts = parser.parse_args().hosts
    task_vars = play_of(hosts)
    variables, fleet = (importlib.import_module(f"{UTILS}.{name}") for name in ("_play.variables", "_play.fleet_run"))
    print(f"{hosts:,} hosts; {LIMIT}")
    same = fleet.Same(SAME)
    alone = cpu(lambda: [same.look(host, task_vars["hostvars"][host]) for host in task_vars["ansible_play_hosts_all"]])
    both = cpu(lambda: variables.check(task_vars, [], [], fleet.Same(SAME).look))
    print(f"what must not differ{alone:7.2f} s CPU, nearly all of it ansible-core's")
    print(f"names of variables  {both - alone:7.2f} s CPU more in the same look")
    for host in task_vars["ansible_play_hosts_all"]:
        task_vars["hostvars"]._variable_manager.set_nonpersistent_facts(host, {"audit": result()})
    print(f"registered results  {cpu(lambda: fleet.results_of(task_vars, 'audit', CHECK)):7.2f} s CPU")


def play_of(hosts: int) -> dict[str, t.Any]:
    """Variables of a task in a play of so many hosts, from an inventory file."""
    loader = DataLoader()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inventory.yml"
        path.write_text(INVENTORY.format(web=", ".join(f"web{number:05}: {{ansible_host: 10.0.0.1}}" for number in range(hosts))))
        inventory = InventoryManager(loader=loader, sources=[str(path)])
        manager = VariableManager(loader=loader, inventory=inventory)
        names = [host.name for host in inventory.get_hosts()]
        hostvars = HostVars(inventory=inventory, variable_manager=manager, loader=loader)
        return {"hostvars": hostvars, "ansible_play_hosts_all": names}


def result() -> dict[str, t.Any]:
    """As large as what an audit registers: eight holders with six texts each, and as many other keys."""
    holders = [{f"key-{key}": f"a text of a host, {number}" for key in range(6)} for number in range(8)]
    return {"run_id": "r", "status": "compliant", "holders": holders, "windows": dict.fromkeys("abcdefgh", 1), "findings": []}


def cpu(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


if __name__ == "__main__":
    main()
