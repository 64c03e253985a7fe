# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command of README and docs runs as printed: from an empty folder, with the collection installed from its archive.

Only hosts, account and password are those of simulated hosts. A command that is new on a page has no row here and fails.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from fleet.backends.emulator.emulator import Emulator
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.domain import PolicyDomain
from fleet.windows.machine import FLOOR, Logon, Machine

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = [CHECKOUT / "README.md", CHECKOUT / "roles/impersonate/README.md",
         *sorted((CHECKOUT / "docs/docsite/rst").glob("*.rst"))]  # fmt: skip
BLOCK = re.compile(r"```(?:shell|console)?\n(.*?)```|\.\. code-block:: (?:shell|console)\n\n((?: {3}.*\n|\n)+)", re.DOTALL)
PROGRAMS = ("ansible-playbook", "ansible-galaxy", "ansible-doc", "ansible", "make", "pip", "git", "cd", "export", "ansible-test")
PLAY = "winrights.seimpersonate."
DOMAIN = ".corp.example"


def commands():
    """Each command that a page shows, once, on one line."""
    found = {}
    for page in PAGES:
        for block in BLOCK.finditer(page.read_text()):
            lines = re.sub(r"\\\n\s*", "", block[1] or block[2]).splitlines()
            for line in filter(None, map(str.strip, lines)):
                if line.split()[0] in PROGRAMS:
                    found.setdefault(" ".join(line.split()), page.name)
    return found


SHOWN = commands()


@dataclass(frozen=True)
class Row:
    """What a command is expected to do: its exit code and a text that it prints; what lies in the folder before."""

    ends: int
    prints: str = ""
    before: dict[str, str] = field(default_factory=dict)


SERVERS = re.search(r"( {3}# web_servers\.yml\n(?: {3}.+\n)+)", (CHECKOUT / "docs/docsite/rst/guide_gpo.rst").read_text())[1]
DRIFT = Row(2, "1 drift")
PLAYS = {
    "audit": DRIFT,
    "audit -e impersonate_policy=cis": DRIFT,
    "audit -e impersonate_expected_file=cmdb.txt": Row(2, "not_checked", {"cmdb.txt": "web01.corp.example\nlost01.corp.example\n"}),
    "audit -e impersonate_report_previous=reports": DRIFT,
    "audit -e impersonate_exposure=true": DRIFT,
    "audit -e impersonate_events=7d": DRIFT,
    "enforce --check --diff": Row(0, "would"),
    "enforce": Row(0, "changed"),
    "restore": Row(0, "1 of 3 hosts have their earlier holders"),
    "prove --limit web01.corp.example -e prove_dir=proofs": Row(0, "agrees"),
    "gpo_audit -e impersonate_hosts=dc01.corp.example": Row(0, "define the right"),
    "gpo_enforce --check --diff -e impersonate_hosts=dc01.corp.example -e @web_servers.yml": Row(
        0, "version 1 becomes 2", {"web_servers.yml": SERVERS}
    ),
    "gpo_enforce -e impersonate_hosts=dc01.corp.example -e @web_servers.yml": Row(
        0, "version 1 becomes 2", {"web_servers.yml": SERVERS}
    ),
    "gpo_restore -e impersonate_hosts=dc01.corp.example -e @web_servers.yml": Row(
        0, "nothing to restore", {"web_servers.yml": SERVERS}
    ),
    "prove --limit lab01.corp.example -e prove_change=true -e prove_lab=true": Row(0, "the right is as before"),
}
"""By the part of the command behind the inventory."""
ELSEWHERE = {
    "make": "a target of the Makefile",
    "git clone": "the clone in which all of this is tried",
    "cd": "the same",
    "pip install": "requirements of the tests",
    "export": "for the command behind it",
    "ansible-galaxy collection install winrights.seimpersonate": "the archive is installed for these tests",
    "ansible-galaxy collection install -r playbooks/awx/requirements.yml": "tests/awx has an environment of its own",
    "ansible-playbook playbooks/awx/": "tests/awx/test_configure.py",
    "ansible-playbook winrights.seimpersonate.report_from_awx": "tests/awx",
    "ansible-playbook winrights.seimpersonate.merge_reports": "test_reports_of_sites_become_one",
}


def of_play(command):
    """The part behind the inventory, None for another command."""
    match = re.fullmatch(rf"ansible-playbook -i inventory\.yml (?:-k )?{re.escape(PLAY)}(.+)", command)
    return match and match[1]


def test_each_command_of_a_page_has_a_row():
    others = [command for command in SHOWN if of_play(command) not in PLAYS and not any(map(command.startswith, ELSEWHERE))]

    assert others == []
    assert {part for part in map(of_play, SHOWN) if part} == PLAYS.keys()


def test_the_targets_are_there():
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    shown = {command.split()[1] for command in SHOWN if command.startswith("make ")}

    assert shown
    assert shown <= targets


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Where the collection is installed from its archive."""
    folder = tmp_path_factory.mktemp("installed")
    run(["ansible-galaxy", "collection", "build", str(CHECKOUT), "--output-path", str(folder)], folder)
    (archive,) = folder.glob("winrights-seimpersonate-*.tar.gz")
    run(
        ["ansible-galaxy", "collection", "install", "--offline", "--no-deps", str(archive), "-p", str(folder / "collections")],
        folder,
    )
    return folder / "collections"


def run(words, folder, collections=None):
    """A program beside this Python, in a folder."""
    environment = {**os.environ, "NO_PROXY": "127.0.0.0/8", "no_proxy": "127.0.0.0/8", "ANSIBLE_NOCOLOR": "1", "HOME": str(folder)}
    environment["ANSIBLE_COLLECTIONS_PATH"] = str(collections or folder)
    environment.pop("PYTHONPATH", None)
    program = Path(sys.executable).with_name(words[0])
    return subprocess.run([program, *words[1:]], cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def hosts(request):
    """A server as installed, a lab host, and one that drifts; for commands about GPOs a domain controller besides."""
    part = request.node.callspec.params.get("part", "") if hasattr(request.node, "callspec") else ""
    logons = {"SIM\\auditor": Logon("Simulated-1")}
    return [
        Machine.member_server("web01", logons=logons),
        Machine.standalone_server("lab01", logons={"auditor": Logon("Simulated-1")}),
        Machine.member_server("file01", also=[names.USERS], logons=logons),
        *([a_domain_controller()] if part.startswith("gpo_") else []),
    ]


def a_domain_controller():
    """The PDC emulator of a domain with one GPO that defines the right."""
    domain = PolicyDomain()
    machine = domain.add_controller("dc01", logons={"SIM\\auditor": Logon("Simulated-1")})
    domain.link(domain.add_gpo("Web servers", accounts=[f"*{sid}" for sid in FLOOR]), domain.ou("Web"))
    return machine


@pytest.fixture
def empty(tmp_path, hosts, installed):
    """An empty folder with the inventory; gives what runs a command there."""
    with Fleet(hosts, Emulator(), scheme="https") as fleet:
        windows = fleet.inventory()["all"]
        windows["hosts"] = {
            f"{name}{DOMAIN}": its for name, its in windows["hosts"].items()
        }  # whole names, as README and examples have them
        (tmp_path / "inventory.yml").write_text(yaml.safe_dump({"windows": windows}))

        def typed(command):
            return run([word for word in shlex.split(command) if word != "-k"], tmp_path, installed)

        typed.folder = tmp_path
        yield typed


@pytest.mark.parametrize("part", PLAYS)
def test_a_playbook_runs_as_printed(part, empty, hosts):
    row = PLAYS[part]
    for name, text in row.before.items():
        (empty.folder / name).write_text(text)
    if part == "restore":
        empty(f"ansible-playbook -i inventory.yml {PLAY}enforce")
        assert names.USERS not in hosts[2].holders()
    if "report_previous" in part:
        empty(f"ansible-playbook -i inventory.yml {PLAY}audit")
    (command,) = [command for command in SHOWN if of_play(command) == part][:1]

    ran = empty(command)

    assert ran.returncode == row.ends, ran.stdout + ran.stderr
    assert row.prints in ran.stdout
    assert (names.USERS in hosts[2].holders()) is (part != "enforce")


def test_reports_of_sites_become_one(empty):
    (command,) = [command for command in SHOWN if "merge_reports" in command]
    for site in ("site1", "site2"):
        empty(f"ansible-playbook -i inventory.yml {PLAY}audit -e impersonate_report_dir=reports/{site}")

    ran = empty(command)

    assert ran.returncode == 2, ran.stdout + ran.stderr
    (merged,) = (empty.folder / "reports/merged").glob("*.json")
    assert {record["host"] for record in json.loads(merged.read_text())["hosts"]} == {
        f"{name}{DOMAIN}" for name in ("web01", "lab01", "file01")
    }
