# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a playbook of the project as AWX does: packed here, run by a worker, its events unpacked and kept."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
WHEELS = CHECKOUT / ".build/wheels"
PROJECT = CHECKOUT / "playbooks/awx/project"

# What AWX tells every job (see the extra variables of a real one in AWX 24.6.1).
EXTRA = {
    "awx_job_id": 42,
    "awx_job_template_id": 7,
    "awx_job_template_name": "SeImpersonate audit",
    "awx_job_launch_type": "workflow",
    "awx_workflow_job_id": 41,
    "awx_workflow_job_name": "SeImpersonate nightly",
    "awx_inventory_name": "Windows",
}


class _Unsafe(yaml.SafeDumper):
    """Writes texts as AWX writes what it does not know from a template itself: nothing in them is filled in."""


_Unsafe.add_representer(str, lambda dumper, text: dumper.represent_scalar("!unsafe", text, style="'"))


def variables(extra: Mapping[str, t.Any], handed: Mapping[str, t.Any]) -> str:
    """The file of the extra variables of a job. ``handed``: artifacts of the nodes before it."""
    return yaml.safe_dump(dict(extra)) + (yaml.dump(dict(handed), Dumper=_Unsafe) if handed else "")


OWN = ".".join(importlib.metadata.version("ansible-core").split(".")[:2])
"""The ansible-core of the environment of these tests."""


def asked() -> list[str]:
    """The cores of this run: `make test-awx CORES="2.16 2.18 2.19 2.21"`. Without being told it is our own."""
    return os.environ.get("CORES", "").split() or [OWN]


def made() -> list[str]:
    """Our own core, and those that `make matrix` or CORES have made."""
    return [
        OWN,
        *(
            folder.name.removeprefix("core")
            for folder in sorted((CHECKOUT / ".build").glob("core2.*"))
            if folder.name != f"core{OWN}"
        ),
    ]


def folder_of(core: str) -> Path:
    """The folder with the ansible-playbook of a core."""
    folder = Path(sys.executable).parent if core == OWN else CHECKOUT / f".build/core{core}/bin"
    assert (folder / "ansible-playbook").exists(), (
        f"ansible-core {core} is not there: make test-awx CORES={core} makes it, where its Python is"
    )
    return folder


@dataclass(frozen=True)
class Job:
    """What AWX would store of a job."""

    status: str
    events: list[dict[str, t.Any]] = field(repr=False)

    @property
    def stdout(self) -> str:
        """What a person reads."""
        return "\n".join(event["stdout"] for event in self.events if event["stdout"])

    @property
    def stats(self) -> dict[str, t.Any]:
        """The last event: counters of the hosts, and the artifacts."""
        return next(event["event_data"] for event in self.events if event["event"] == "playbook_on_stats")

    @property
    def artifacts(self) -> dict[str, t.Any]:
        """`job.artifacts`."""
        return self.stats.get("artifact_data", {})

    def counted(self, what: str) -> set[str]:
        """Hosts by a counter of the recap: ok, changed, failures, dark."""
        return set(self.stats.get(what) or {})


def run(
    folder: Path,
    playbook: str,
    inventory: Mapping[str, t.Any],
    extra: Mapping[str, t.Any],
    *,
    handed: Mapping[str, t.Any] | None = None,
    check: bool = False,
    core: str = OWN,
    oldest_runner: bool = False,
) -> Job:
    """Run a playbook of the project skeleton in a folder of the test's own.

    ``inventory``: as JSON; ``extra``: with or without EXTRA; ``handed``: artifacts of earlier nodes of the workflow.
    """
    private = folder / "private"
    shutil.copytree(PROJECT, private / "project")
    for name, text in (("inventory/hosts.json", json.dumps(inventory)), ("env/extravars", variables(extra, handed or {}))):
        (private / name).parent.mkdir(exist_ok=True)
        (private / name).write_text(text)
    if check:
        (private / "env/cmdline").write_text("--check --diff")
    python = [str(Path(sys.executable)), "-m", "ansible_runner"]
    environment = {
        **os.environ,
        "PATH": f"{folder_of(core)}{os.pathsep}{os.environ['PATH']}",
        "no_proxy": "127.0.0.0/8",
        "NO_PROXY": "127.0.0.0/8",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORKS": "5",
    }
    if oldest_runner:
        environment["PYTHONPATH"] = f"{WHEELS / 'runner'}{os.pathsep}{environment.get('PYTHONPATH', '')}"
    (folder / "worker").mkdir()

    def step(*words: str, given: bytes = b"") -> bytes:
        ran = subprocess.run(
            [*python, *words], input=given, capture_output=True, env=environment, cwd=folder, timeout=300, check=False
        )
        assert ran.returncode == 0 or words[0] != "transmit", ran.stderr.decode()  # a failed job is a failed worker
        return ran.stdout

    packed = step("transmit", str(private), "-p", playbook, "-i", "job")
    streamed = step("worker", "--private-data-dir", str(folder / "worker"), given=packed)
    step("process", str(folder / "done"), "-i", "job", given=streamed)
    kept = folder / "done/artifacts/job"
    events = [json.loads(path.read_text()) for path in (kept / "job_events").glob("*.json")]
    return Job((kept / "status").read_text(), sorted(events, key=lambda event: event["counter"]))
