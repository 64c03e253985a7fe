# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy that a task chooses, by a name or as data. Each one is parsed once in a run, whatever the number of its hosts."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import pickle
import secrets
import typing as t
from collections.abc import Callable, Mapping
from pathlib import Path

from ansible import constants
from ansible.module_utils.common.yaml import yaml_load

from .._input import checks
from .._input.errors import BadInput
from .._policy.extending import SHIPPED
from .._policy.loading import load_policy
from .._policy.policy import Policy


@functools.cache
def shipped(name: str) -> Mapping[str, object]:
    """The data of a policy that the role ships."""
    file = Path(__file__).parents[3] / "roles" / "impersonate" / "vars" / "main" / f"policy_{name}.yml"
    with file.open(encoding="utf-8") as text:
        data: Mapping[str, object] = yaml_load(text)
    return t.cast(Mapping[str, object], data[f"__impersonate_policy_{name}"])


def policy_from(chosen: object, own: Mapping[str, object]) -> Policy:
    """The policy that is chosen. ``own``: the policies of the task, by their names; one may be chosen, extended, or extend another.

    A policy in ``own`` is called by its key, and counts before a shipped one of that name. Raises BadInput.
    """
    if not isinstance(chosen, str):
        return _once([chosen, own], lambda: load_policy(chosen, _library(own)))
    if chosen in own:
        data = {**checks.mapping(f"policies.{chosen}", own[chosen]), "name": chosen}
        return _once([data, own], lambda: load_policy(data, _library(own)))
    if chosen in SHIPPED:
        return _once(chosen, lambda: load_policy(shipped(chosen), _library(own)))
    raise BadInput(
        "policy",
        "is not a policy",
        value=chosen,
        expected=f"there are {', '.join(sorted({*SHIPPED, *own}))}",
        near=checks.close(chosen, {*SHIPPED, *own}),
    )


def _library(own: Mapping[str, object]) -> dict[str, object]:
    return {**{name: shipped(name) for name in SHIPPED if name not in own}, **own}


def _once(data: object, load: Callable[[], Policy]) -> Policy:
    """The policy as another process of this run has parsed it from the same data, or else parsed and kept for the others.

    It is kept in ansible-core's folder for temporary files, which is made for one run and which only its user can open; what stands
    there was written by this code. Where nothing can be kept, each process parses.
    """
    try:
        key = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    except (TypeError, ValueError):  # a date, a key that is no text: the parser says what is wrong with it
        return load()
    path = Path(constants.DEFAULT_LOCAL_TMP) / f"impersonate-policy-{key}"
    with contextlib.suppress(OSError):
        return t.cast(Policy, pickle.loads(path.read_bytes()))
    policy = load()
    with contextlib.suppress(OSError):
        half = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        half.write_bytes(pickle.dumps(policy, pickle.HIGHEST_PROTOCOL))
        os.replace(half, path)
    return policy
