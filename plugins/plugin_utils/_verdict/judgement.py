# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host, judged: its facts, where its holders stand, and who sets the right. Decided here once, and shaped into a result elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from .._facts.controller import Controller, controller_on
from .._facts.facts import HostFacts
from .._policy.policy import Policy
from .expectation import Tailoring
from .verdict import Verdict, judge


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known and decided of a host with these holders."""

    facts: HostFacts
    policy: Policy
    verdict: Verdict
    controller: Controller


def judged(facts: HostFacts, policy: Policy, tailoring: Tailoring, declared: Controller | None = None) -> Judgement:
    """Judge a host. ``declared``: who sets the right, where the task states it. Raises CannotJudge."""
    return Judgement(facts, policy, judge(facts, policy, tailoring), controller_on(facts, declared))
