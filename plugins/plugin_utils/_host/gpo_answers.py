# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer of a domain controller about its GPOs -> facts, each value of its type and within its limits. Pure."""

from __future__ import annotations

import binascii
import dataclasses
import hashlib
import typing as t
from collections.abc import Callable, Mapping

from .._gpo.facts import GUID_FORM, DomainFacts, GpoFacts, Link, Som, TemplateAccount, UnreadGpo
from .._input.categories import ErrorCategory
from . import limits
from .answers import TooLarge, refuse_large, refuse_long, typed
from .failures import HostError, answer_error

Row = t.TypeVar("Row")

NO_CONTROLLER = "machine role"
"""The call that a host which is no domain controller names in its failure; it has no directory to read."""


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
    """The facts of an answer. Raises KeyError for a part that is missing; AttributeError, TypeError or ValueError for one of another form
    or that contradicts itself; TooLarge.

    Who may edit one GPO or one OU of the domain writes texts of it: an odd row is unread, an odd link left out, and the answer says so.
    """
    refuse_large(answer)
    told = {field.name: answer[field.name] for field in dataclasses.fields(DomainFacts)}
    gpos, odd = _each(GpoFacts, told["gpos"], _check)
    unread, nameless = _each(UnreadGpo, [*_list(told["unread"]), *({"guid": _guid(row), "error": why} for row, why in odd)])
    others = [guid for guid in _list(told["others"]) if isinstance(guid, str) and GUID_FORM.compiled.fullmatch(guid)]
    links, broken = _links(told["links"])
    accounts, _unknown = _each(TemplateAccount, told["accounts"])
    facts = typed(DomainFacts, {**told, "gpos": [], "others": others, "unread": [], "links": None, "accounts": []})
    facts = dataclasses.replace(
        facts,
        gpos=gpos,
        unread=unread,
        truncated=facts.truncated or bool(nameless) or len(others) < len(_list(told["others"])),
        links=links,
        links_truncated=facts.links_truncated or broken,
        accounts=accounts,
    )
    guids = [*(gpo.guid for gpo in facts.gpos), *facts.others, *(row.guid for row in facts.unread)]
    if len({guid.upper() for guid in guids}) < len(guids):
        raise ValueError("a GPO is named twice")
    return facts


def _each(
    kind: type[Row], data: object, check: Callable[[Row], None] = lambda row: None
) -> tuple[tuple[Row, ...], list[tuple[object, str]]]:
    """The rows that can be understood, and those that cannot with the reason."""
    rows, odd = [], []
    refuse_long(kind.__name__, _list(data), limits.ROWS)
    for one in _list(data):
        try:
            row = typed(kind, one)
            check(row)
        except (AttributeError, KeyError, TypeError, ValueError, TooLarge) as error:
            odd.append((one, f"its answer cannot be understood ({error})"))
        else:
            rows.append(row)
    return tuple(rows), odd


def _links(data: object) -> tuple[tuple[Som, ...] | None, bool]:
    """Where GPOs are linked, and whether something of it could not be understood."""
    if data is None:
        return None, False
    places, odd = _each(Som, [{**one, "links": []} if isinstance(one, Mapping) else one for one in _list(data)])
    links_of = {one["som"]: one.get("links") for one in _list(data) if isinstance(one, Mapping) and isinstance(one.get("som"), str)}
    read = []
    for place in places:
        links, broken = _each(Link, links_of[place.som])
        read.append(dataclasses.replace(place, links=links))
        odd += broken
    return tuple(read), bool(odd)


def _guid(row: object) -> object:
    return row.get("guid") if isinstance(row, Mapping) else None


def _list(data: object) -> list[t.Any]:
    """Raises TypeError for anything else."""
    if not isinstance(data, list):
        raise TypeError(f"{type(data).__name__} instead of a list")
    return data


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
