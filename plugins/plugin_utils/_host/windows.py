# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only file that runs anything on a host. What the host answers is typed in answers, failures and changes."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ansible.errors import AnsibleConnectionFailure

from .._facts.facts import HostFacts
from .._gpo.facts import DomainFacts
from .._gpo.plan import GpoPlan
from .._input.categories import ErrorCategory
from .._verdict.plan import Plan
from .ahead import find_parts_of_payloads
from .answers import TooLarge, read_facts
from .changes import Change, LostContact, change_of
from .failures import HostError, answer_error, exchange_error, failure_of, lacks_resources, resources_sentence, words_of
from .gpo_answers import domain_facts_of, gpo_failure
from .gpo_changes import GpoChange, gpo_change_of

READ = "winrights.seimpersonate.local_right_info"
CHANGE = "winrights.seimpersonate.local_right"
SOURCES = "winrights.seimpersonate.prove"
LAB = "winrights.seimpersonate.prove_change"
READ_GPOS = "winrights.seimpersonate.gpo_right_info"
CHANGE_GPO = "winrights.seimpersonate.gpo_right"


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What a read brings besides: who really has the right (``exposure``), members of groups (``expand``), events of so many hours."""

    exposure: bool = False
    expand: bool = False
    events: int | None = None


RIGHT_ALONE = ReadRequest()


class WindowsHost:
    """Runs the payload over the connection that the inventory chose."""

    def __init__(self, execute_module: Callable[..., Mapping[str, object]], task_vars: Mapping[str, object]) -> None:
        self._execute_module = execute_module
        self._task_vars = task_vars

    @classmethod
    def behind(
        cls, connection: t.Any, execute_module: Callable[..., Mapping[str, object]], task_vars: Mapping[str, object]
    ) -> WindowsHost:
        """The host at the end of a connection. Raises HostError (``not_windows``) when the connection leads to none."""
        if not getattr(connection._shell, "_IS_WINDOWS", False):
            raise HostError(ErrorCategory.NOT_WINDOWS, f"the connection {connection.transport} does not lead to a Windows host")
        return cls(execute_module, task_vars)

    def read(self, names: Iterable[str] = (), request: ReadRequest = RIGHT_ALONE) -> HostFacts:
        """Read the right in one command and look up ``names`` on the host.

        Raises HostError; a failed read is never an empty right.
        """
        return self._facts(READ, {"accounts": list(names), **dataclasses.asdict(request)})

    def read_for_change(self, names: Iterable[str] = ()) -> HostFacts:
        """The same with what runs on the host, for the list of what must restart. Its payload can also write; here it only reads."""
        return self._facts(CHANGE, {"read": {"accounts": list(names), **dataclasses.asdict(ReadRequest(exposure=True))}})

    def answer(self, request: ReadRequest) -> Mapping[str, object]:
        """What the payload answers to a read, as it came. Raises HostError."""
        return self._answer(READ, {"accounts": [], **dataclasses.asdict(request)})

    def sources(self, module_args: dict[str, object]) -> Mapping[str, object]:
        """What other sources of the host answer to a script that is no part of the payload, as it came. Raises HostError."""
        return self._answer(SOURCES, module_args)

    def try_out(self, module_args: dict[str, object]) -> Mapping[str, object]:
        """What a lab host answers to a change that is taken back, as it came. Raises HostError."""
        return self._answer(LAB, module_args)

    def read_gpos(self, gpos: Iterable[str] = ()) -> DomainFacts:
        """Read the GPOs of the domain, or those that are named, in one command on a domain controller. Raises HostError."""
        return self._domain(READ_GPOS, {"gpos": list(gpos)})

    def read_gpos_for_change(self, gpos: Iterable[str]) -> DomainFacts:
        """The same by the payload that can also write; here it only reads."""
        return self._domain(CHANGE_GPO, {"read": {"gpos": list(gpos)}})

    def _domain(self, module: str, module_args: dict[str, object]) -> DomainFacts:
        try:
            answer = self._answer(module, module_args)
        except HostError as error:
            raise gpo_failure(error) from None
        return domain_facts_of(answer)

    def change_gpo(self, plan: GpoPlan) -> GpoChange:
        """Carry out the plan of a GPO in one command: compare, write template, container and gpt.ini, re-read, undo what fails.

        Raises LostContact when it cannot be known what the domain controller has done.
        """
        return gpo_change_of(self._sent(CHANGE_GPO, {"change": plan.change}), plan)

    def _facts(self, module: str, module_args: dict[str, object]) -> HostFacts:
        return facts_of(self._answer(module, module_args))

    def _answer(self, module: str, module_args: dict[str, object]) -> Mapping[str, object]:
        try:
            answer = self._execute_module(module_name=module, module_args=module_args, task_vars=self._task_vars)
        except AnsibleConnectionFailure as error:  # core calls it unreachable
            if not lacks_resources(str(error)):
                raise
            raise AnsibleConnectionFailure(resources_sentence(str(error))) from None
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # core, client libraries, a time limit of the task: all of it is an error of this host alone
            raise exchange_error(error) from error
        if answer.get("failed") or answer.get("unreachable"):
            raise failure_of(answer)
        return answer

    def apply(self, plan: Plan) -> Change:
        """Carry out a plan in one command: the host compares the pre-image, adds, removes, re-reads, and undoes when anything fails.

        Raises LostContact when it cannot be known what the host has done.
        """
        return change_of(
            self._sent(CHANGE, {"expected": list(plan.before), "add": list(plan.add), "remove": list(plan.remove)}), plan
        )

    def _sent(self, module: str, module_args: dict[str, object]) -> Mapping[str, object]:
        """The answer to something that writes. Raises LostContact."""
        try:
            return self._execute_module(module_name=module, module_args=module_args, task_vars=self._task_vars)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # whatever ended the exchange, a time-out of the task too: the host may have begun
            raise LostContact(words_of(str(error)) or type(error).__name__) from error


def facts_of(answer: Mapping[str, object]) -> HostFacts:
    """The payload's answer as facts. Raises HostError (``payload_error``, ``answer_too_large``) for one that cannot be read."""
    try:
        return read_facts(answer)
    except (AttributeError, KeyError, TypeError, ValueError, TooLarge) as error:
        raise answer_error(error) from None


find_parts_of_payloads()
