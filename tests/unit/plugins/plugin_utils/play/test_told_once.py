# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failure is raised, so that ansible-core prints it once, only where nothing of the task looks at it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleAction, AnsibleActionFail, AnsibleConnectionFailure

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.told_once import Unreachable, told_once

SINCE_2_19 = pytest.mark.skipif(not hasattr(AnsibleAction, "omit_exception_key"), reason="prints a failure once by itself")
FAILED = {"failed": True, "changed": False, "msg": "cannot be read", "status": "error"}


def run(result, **keywords):
    """What a task with these keywords gets of an action that returns the result."""
    action = SimpleNamespace(
        _task=SimpleNamespace(**{"failed_when": [], "changed_when": [], "until": [], "retries": None, **keywords})
    )
    return told_once(lambda _action, _tmp, _task_vars: dict(result))(action)


@SINCE_2_19
@pytest.mark.parametrize(
    ("more", "keywords"),
    [
        pytest.param({}, {}, id="a host that was not read"),
        pytest.param({"warnings": []}, {}, id="a refused host: it says that there is no warning"),
        pytest.param({}, {"changed_when": [False]}, id="a plan, which changes nothing whatever is said of the task"),
    ],
)
def test_a_failure_keeps_its_result(more, keywords):
    with pytest.raises(AnsibleActionFail) as raised:
        run({**FAILED, **more}, **keywords)

    assert raised.value.omit_exception_key
    assert (raised.value.message, raised.value.result["status"]) == ("cannot be read", "error")


@pytest.mark.parametrize(
    ("result", "keywords"),
    [
        pytest.param({**FAILED, "failed": False}, {}, id="no failure"),
        pytest.param({**FAILED, "changed": True}, {}, id="something was changed"),
        pytest.param({**FAILED, "warnings": ["look"]}, {}, id="with a warning"),
        pytest.param(FAILED, {"failed_when": ["false"]}, id="failed_when has a say"),
        pytest.param(FAILED, {"changed_when": ["result.status == 'error'"]}, id="changed_when has a say"),
        pytest.param(FAILED, {"changed_when": [True]}, id="changed_when says that it is a change"),
        pytest.param(FAILED, {"until": ["result is success"]}, id="until has a say"),
        pytest.param(FAILED, {"retries": 3}, id="retries have a say"),
    ],
)
def test_what_the_task_looks_at_is_returned(result, keywords):
    assert run(result, **keywords) == result


def test_a_host_that_was_not_reached_stays_so():
    def lost(_action, _tmp, _task_vars):
        raise AnsibleConnectionFailure("refused")

    with pytest.raises(Unreachable, match="refused"):
        told_once(lost)(None)
