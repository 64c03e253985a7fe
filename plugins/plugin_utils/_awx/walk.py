# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a workflow of AWX to the jobs that ran in it, through workflows in workflows and slices."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .controller import Controller, Object

JOBS, WORKFLOWS = "/api/v2/jobs/{}/", "/api/v2/workflow_jobs/{}/"


@dataclass(slots=True)
class Found:
    """Jobs of a workflow by their numbers, in the order of the nodes, none twice; and nodes that left no job."""

    jobs: list[int] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)


def jobs_of(controller: Controller, workflows: Iterable[int], without: int | None) -> Found:
    """The jobs of workflows. ``without``: the job that asks. Raises ControllerError."""
    found, seen = Found(), set()
    waiting = list(workflows)
    while waiting:
        workflow = waiting.pop(0)
        if workflow in seen:
            continue
        seen.add(workflow)
        for node in controller.all(WORKFLOWS.format(workflow) + "workflow_nodes/", order_by="id"):
            number, kind = _of_node(node)
            if kind == "workflow_job" and number is not None:
                waiting.append(number)
            elif kind == "job" and number is not None:
                if number != without and number not in found.jobs:
                    found.jobs.append(number)
            elif number is None and not node.get("do_not_run"):
                found.silent.append(str(node.get("identifier") or node.get("id")))
    return found


def _of_node(node: Object) -> tuple[int | None, str]:
    """Number and kind of what a node ran."""
    number = node.get("job")
    said = node.get("summary_fields")
    job = said.get("job") if isinstance(said, dict) else None
    return (number if isinstance(number, int) else None), str(job.get("type", "")) if isinstance(job, dict) else ""


def hosts_of(controller: Controller, inventory: int) -> Iterator[tuple[str, bool]]:
    """Hosts of an inventory, and whether each is enabled. Raises ControllerError."""
    for host in controller.all(f"/api/v2/inventories/{inventory}/hosts/", order_by="name"):
        yield str(host.get("name")), bool(host.get("enabled"))


def settled(controller: Controller, job: int, seconds: float, pause: t.Callable[[float], object]) -> tuple[Object, bool]:
    """A job once all its events are there, or as it is when the time is up; and whether they are. Raises ControllerError."""
    waited, step = 0.0, 2.0
    while True:
        about = controller.get(JOBS.format(job))
        if about.get("event_processing_finished"):
            return about, True
        if waited >= seconds:
            return about, False
        pause(step)
        waited += step
