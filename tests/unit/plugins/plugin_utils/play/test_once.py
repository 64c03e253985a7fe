# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts of one process share is made once, and no host gets what was made for another one."""

from __future__ import annotations

import types

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.once import _MOST, Once, payload


def test_equal_keys_share_and_others_do_not():
    once, made = Once(), []

    def make(key):
        made.append(key)
        return object()

    first = [once.get(key, lambda key=key: make(key)) for key in ("a", "b", "a", None, None)]

    assert made == ["a", "b", None, None]
    assert first[0] is first[2]
    assert len(set(map(id, first))) == 4


def test_what_failed_is_tried_again_and_not_everything_is_kept():
    once = Once()
    with pytest.raises(ValueError, match="no"):
        once.get("a", lambda: int("no"))

    assert [once.get(str(number), lambda number=number: number) for number in range(3 * _MOST)] == list(range(3 * _MOST))
    assert once.get("a", lambda: 1) == 1
    assert len(once._made) <= _MOST


class Action:
    """As much of an action as says what its payload depends on."""

    def __init__(self, become=None, environment=None, shell="powershell"):
        self._connection = types.SimpleNamespace(become=become, _shell=types.SimpleNamespace(_load_name=shell))
        self._environment = environment or {}

    def _compute_environment_string(self, raw):
        raw.update(self._environment)


@pytest.mark.parametrize(
    ("action", "args", "task_vars", "shared"),
    [
        pytest.param(Action(), {"accounts": []}, {"ansible_password": "other"}, True, id="another password"),
        pytest.param(Action(), {"accounts": ["x"]}, {}, False, id="other arguments"),
        pytest.param(Action(), {"accounts": object()}, {}, False, id="arguments that cannot be compared"),
        pytest.param(Action(environment={"A": "b"}), {"accounts": []}, {}, False, id="another environment"),
        pytest.param(Action(shell="cmd"), {"accounts": []}, {}, False, id="another shell"),
        pytest.param(Action(become="runas"), {"accounts": []}, {}, False, id="become"),
        pytest.param(Action(), {"accounts": []}, {"ansible_powershell_interpreter": "pwsh"}, False, id="another interpreter"),
    ],
)
def test_a_payload_is_shared_where_nothing_in_it_differs(action, args, task_vars, shared):
    marker = object()
    first = payload(Action(), {"accounts": [], "marker": str(id(marker))}, {}, object)

    assert (payload(action, {**args, "marker": str(id(marker))}, task_vars, object) is first) == shared
