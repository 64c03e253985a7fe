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
    """Jobs of a workflow by their numbers, in the order of the nodes, none twice; and nodes that left no job and should have."""

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
        nodes = [_bare(node) for node in controller.all(WORKFLOWS.format(workflow) + "workflow_nodes/", order_by="id")]
        later = _behind(nodes, without)
        for node in nodes:
            number, kind = _of_node(node)
            if kind == "workflow_job" and number is not None:
                waiting.append(number)
            elif kind == "job" and number is not None:
                if number != without and number not in found.jobs:
                    found.jobs.append(number)
            elif number is None and not node["do_not_run"] and node["id"] not in later:
                found.silent.append(str(node.get("identifier") or node.get("id")))
    return found


_LINKS = ("success_nodes", "failure_nodes", "always_nodes")
_KEPT = ("id", "identifier", "job", "do_not_run", *_LINKS, "summary_fields")


def _bare(node: Object) -> dict[str, t.Any]:
    """What is asked of a node; the rest of a thousand of them need not be in memory."""
    return {key: node.get(key) for key in _KEPT}


def _behind(nodes: Iterable[Object], own: int | None) -> set[object]:
    """Numbers of the nodes that only run when the job that asks has ended."""
    links = {node["id"]: [child for link in _LINKS for child in node[link] or ()] for node in nodes}
    waiting = [node["id"] for node in nodes if own is not None and node["job"] == own]
    behind: set[object] = set()
    while waiting:
        children = [child for child in links.get(waiting.pop(), ()) if child not in behind]
        behind.update(children)
        waiting += children
    return behind


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
