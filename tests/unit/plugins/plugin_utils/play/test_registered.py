# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts registered is plain data, whatever types ansible-core wraps it in."""

from __future__ import annotations

import datetime

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.fleet_run import results_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.results_file import ResultsFile, place_of

CHECK = {"run_id": "r", "started": "2026-01-31T08:15:00Z"}
"""What fleet_check returned."""


class Unsafe(str):
    """As the unsafe text of ansible-core up to 2.18: its ``str`` is itself."""

    __slots__ = ()

    def __str__(self):
        return self


class Tagged(int):
    """As a number of ansible-core from 2.19 on that knows where it stands."""


def types(value):
    """Types of everything in a value."""
    if isinstance(value, dict):
        return {type(value)}.union(*map(types, value), *map(types, value.values()))
    return {type(value)}.union(*map(types, value)) if isinstance(value, list) else {type(value)}


@pytest.mark.parametrize(
    "registered",
    [
        pytest.param({"status": Unsafe("drift"), "run_id": "r"}, id="a text"),
        pytest.param({Unsafe("status"): "drift", "run_id": "r"}, id="a key"),
        pytest.param({"holders": [{"sid": Unsafe("S-1-5-6"), "use": 5, "name": None}], "run_id": "r"}, id="deep inside"),
        pytest.param({"build": Tagged(20348), "run_id": "r"}, id="a number"),
        pytest.param({"notes": (Unsafe("a"), True), "run_id": Unsafe("r")}, id="a tuple"),
    ],
)
def test_texts_are_texts_and_nothing_else(registered):
    results = results_of({"hostvars": {"web01": {"audit": registered}}, "ansible_play_hosts_all": ["web01"]}, "audit", CHECK)

    assert types(results["web01"]) <= {dict, list, str, int, bool, type(None)}
    assert results["web01"] == {key: list(value) if isinstance(value, tuple) else value for key, value in registered.items()}


def test_a_result_that_is_plain_is_not_copied():
    registered = {"holders": [{"sid": "S-1-5-6", "use": 5, "name": None}], "share": 0.5, "complete": True, "run_id": "r"}

    results = results_of({"hostvars": {"web01": {"audit": registered}}, "ansible_play_hosts_all": ["web01"]}, "audit", CHECK)

    assert results["web01"] is registered


class Asked(HostVars):
    """Ansible's own variables of hosts, which say for whom they were put together."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.asked = []

    def __getitem__(self, host):
        self.asked.append(host)
        return super().__getitem__(host)


def test_variables_are_put_together_only_for_hosts_of_which_no_plain_result_is_kept():
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=["web01,web02,web03,web04,"])
    manager = VariableManager(loader=loader, inventory=inventory)
    hostvars = Asked(inventory=inventory, variable_manager=manager, loader=loader)
    good = {"status": "compliant", "run_id": "r"}
    manager.set_nonpersistent_facts("web01", {"audit": good})
    manager.set_nonpersistent_facts("web02", {"another": good})
    manager.set_nonpersistent_facts("web04", {"audit": {**good, "odd": datetime.date(2026, 1, 31)}})

    results = results_of({"hostvars": hostvars, "ansible_play_hosts_all": ["web01", "web02", "web03", "web04"]}, "audit", CHECK)
    odd = results.pop("web04")

    assert results == {"web01": good, "web02": None, "web03": None}
    assert (odd["failed"], "not plain data" in odd["msg"]) == (True, True)
    assert hostvars.asked == ["web02", "web03", "web04"]


def test_what_the_reader_of_the_fleet_kept_counts_and_hosts_without_it_have_none(tmp_path):
    kept = ResultsFile(place_of(str(tmp_path), "r"))
    kept.begin()
    kept.keep("web01", {"status": "drift"})
    kept.keep("another", {"status": "drift"})
    check = {**CHECK, "reader": {"name": "fleet", "results": place_of(str(tmp_path), "r")}}
    hostvars = {host: {"audit": {"status": "compliant", "run_id": "r"}} for host in ("web01", "web02")}

    results = results_of({"hostvars": hostvars, "ansible_play_hosts_all": ["web01", "web02"]}, "audit", check)

    assert results == {"web01": {"status": "drift"}, "web02": None}


def test_a_run_that_kept_nothing_has_no_result(tmp_path):
    check = {**CHECK, "reader": {"name": "fleet", "results": place_of(str(tmp_path), "r")}}

    assert results_of({"hostvars": {}, "ansible_play_hosts_all": ["web01"]}, "audit", check) == {"web01": None}
