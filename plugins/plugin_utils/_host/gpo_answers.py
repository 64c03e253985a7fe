# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer of a domain controller about its GPOs -> facts, each value of its type and within its limits. Pure."""

from __future__ import annotations

import binascii
import dataclasses
import hashlib
from collections.abc import Mapping

from .._gpo.facts import DomainFacts, GpoFacts
from .._input.categories import ErrorCategory
from .answers import TooLarge, refuse_large, typed
from .failures import HostError, answer_error


def domain_facts_of(answer: Mapping[str, object]) -> DomainFacts:
    """The payload's answer as facts. Raises HostError (``payload_error``, ``answer_too_large``) for one that cannot be read."""
    try:
        return read_domain(answer)
    except (AttributeError, KeyError, TypeError, ValueError, TooLarge) as error:
        raise answer_error(error) from None


def gpo_failure(error: HostError) -> HostError:
    """Why the GPOs could not be read, by a word that fits: what failed is a call of the directory or of SYSVOL and not of the LSA."""
    if error.category is ErrorCategory.LSA_ERROR:
        return HostError(ErrorCategory.READ_FAILED, str(error), error.call, error.status)
    return error


def read_domain(answer: Mapping[str, object]) -> DomainFacts:
    """The facts of an answer. Raises KeyError for a key that is missing; AttributeError, TypeError or ValueError for a value of another
    form or one that contradicts itself; TooLarge.
    """
    refuse_large(answer)
    facts = typed(DomainFacts, {field.name: answer[field.name] for field in dataclasses.fields(DomainFacts)})
    guids = [*(gpo.guid for gpo in facts.gpos), *facts.others, *(row.guid for row in facts.unread)]
    if len({guid.upper() for guid in guids}) < len(guids):
        raise ValueError("a GPO is named twice")
    for gpo in facts.gpos:
        _check(gpo)
    return facts


def _check(gpo: GpoFacts) -> None:
    """Files that are told in two ways are told alike. Raises ValueError."""
    for name, file in (("template", gpo.template), ("gpt_ini", gpo.gpt_ini)):
        try:
            data = file.data
        except binascii.Error:
            raise ValueError(f"{name} of {gpo.guid} is not Base64") from None
        if (data is not None) is not (file.status == "read"):
            raise ValueError(f"{name} of {gpo.guid} is {file.status}, and {'has' if data is not None else 'lacks'} its bytes")
    template = gpo.template.data
    if gpo.template.sha256 != (None if template is None else hashlib.sha256(template).hexdigest()):
        raise ValueError(f"the bytes of the template of {gpo.guid} have another SHA-256 than the answer says")
