# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of all modules: types, choices and defaults, as Ansible checks them."""

from __future__ import annotations

from .._facts.roles import HostRole
from .._formats.names import DEFAULT_FORMATS, DEFAULT_NAME, FORMATS
from .._gpo.refusal import OVERRULED
from .._gpo.template import State
from .._result.types import GATE_WORDS
from .._verdict.expectation import Waive
from .._verdict.plan import Absent, OnControlled, Orphans, Unexpected
from .._verdict.status import Status

Spec = dict[str, dict[str, object]]

_TAILORING: Spec = {
    "host_role": {"type": "str", "choices": [role.value for role in HostRole]},
    "iis": {"type": "bool"},
    "features": {"type": "dict", "default": {}},
    "exceptions": {"type": "raw", "default": []},
    "waive": {"type": "str", "choices": [choice.value for choice in Waive], "default": "any"},
    "required": {"type": "list", "elements": "str", "default": []},
    "permitted": {"type": "list", "elements": "str", "default": []},
    "forbidden": {"type": "list", "elements": "str", "default": []},
}
_POLICIES: Spec = {"policies": {"type": "dict", "default": {}}}
_POLICY: Spec = {"policy": {"type": "raw", "default": "microsoft"}}
_JUDGEMENT: Spec = {**_POLICY, **_POLICIES, **_TAILORING}

_HANDLING: Spec = {
    "unexpected": {"type": "str", "choices": [choice.value for choice in Unexpected], "default": "remove"},
    "missing": {"type": "str", "choices": [choice.value for choice in Absent], "default": "add"},
    "orphans": {"type": "str", "choices": [choice.value for choice in Orphans]},
    "on_controlled": {"type": "str", "choices": [choice.value for choice in OnControlled], "default": "refuse"},
    "controlled_by": {
        "type": "dict",
        "options": {
            "kind": {"type": "str", "choices": ["local", "gpo", "mdm"], "required": True},
            "name": {"type": "str"},
            "guid": {"type": "str"},
        },
    },
}

_FAIL_ON = [Status.DRIFT.value, Status.UNREACHABLE.value, Status.ERROR.value, Status.NOT_CHECKED.value]
"""What a gate fails on by default: a run with an unread host is never green by accident."""

_REPORT: Spec = {
    "fail_on": {"type": "list", "elements": "str", "choices": list(GATE_WORDS), "default": _FAIL_ON},
    "tolerate": {"type": "dict", "default": {}},
    "report_dir": {"type": "path", "required": True},
    "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": list(DEFAULT_FORMATS)},
    "name": {"type": "str", "default": DEFAULT_NAME},
}

_MORE: Spec = {
    "exposure": {"type": "bool", "default": False},
    "expand_groups": {"type": "bool", "default": False},
    "events": {"type": "str"},
}

_GPO_FILE: Spec = {"gpo_file": {"type": "path"}}
_FLEET: Spec = {
    "previous": {"type": "path"},
    "expected_group": {"type": "str"},
    "expected_file": {"type": "path"},
}

_ACTION: Spec = {"action": {"type": "str", "choices": ["audit", "enforce", "restore"], "default": "audit"}}
_FROM: Spec = {"from_variables": {"type": "bool", "default": False}}
_NAMES: Spec = {"allow_unknown": {"type": "raw"}}
_RUN: Spec = {"run_id": {"type": "str"}, "progress": {"type": "bool", "default": True}}

_READER: Spec = {
    "reader": {"type": "str", "choices": ["auto", "host", "fleet"], "default": "host"},
    "reader_threads": {"type": "int", "default": 16},
    "reader_processes": {"type": "int", "default": 0},
    "reader_host_timeout": {"type": "float", "default": 300.0},
    "reader_fleet_timeout": {"type": "float", "default": 0.0},
    "reader_retries": {"type": "int", "default": 0},
}
_SNAPSHOTS: Spec = {
    "snapshot_dir": {"type": "path", "default": "impersonate-snapshots"},
    "snapshots_may_be_lost": {"type": "bool", "default": False},
}
LOCAL_RIGHT_INFO: Spec = {**_FROM, **_JUDGEMENT, **_MORE, **_RUN}
LOCAL_RIGHT: Spec = {
    **_FROM,
    "policy": {"type": "raw"},
    **_POLICIES,
    **_TAILORING,
    "holders": {"type": "list", "elements": "str"},
    "restore": {"type": "str"},
    "plan": {"type": "dict"},
    **_HANDLING,
    **_SNAPSHOTS,
    **_RUN,
}
GPO_RIGHT_INFO: Spec = {
    **_FROM,
    **_POLICY,
    **_POLICIES,
    "gpos": {"type": "list", "elements": "str", "default": []},
    "previous": {"type": "path"},
    **_GPO_FILE,
    **_NAMES,
}
GPO_RIGHT: Spec = {
    **_FROM,
    "gpo": {"type": "str"},
    "state": {"type": "str", "choices": [state.value for state in State]},
    "accounts": {"type": "list", "elements": "str", "default": []},
    "allow": {"type": "list", "elements": "str", "choices": [reason.value for reason in OVERRULED], "default": []},
    "previous": {"type": "path"},
    "max_hosts_per_account": {"type": "int", "default": 10},
    "restore": {"type": "str"},
    **_SNAPSHOTS,
    **_GPO_FILE,
    "run_id": {"type": "str"},
    **_NAMES,
}
EXCLUSIVE = [["policy", "holders", "restore"]]
OF_A_HOST = frozenset((*_JUDGEMENT, *_MORE))
"""Options that a host may have a value of its own for. All others of fleet_check are the whole fleet's."""
FLEET_CHECK: Spec = {
    **_FROM,
    **_JUDGEMENT,
    **_MORE,
    **_READER,
    "progress": _RUN["progress"],
    **_REPORT,
    **_FLEET,
    **_GPO_FILE,
    **_ACTION,
    **_NAMES,
    "serial": {"type": "raw"},
    "max_hosts_per_account": {"type": "int", "default": 10},
    "approved_plan": {"type": "str"},
    "compared": {"type": "bool", "default": True},
    "planning": {"type": "bool", "default": False},
    "restore": {"type": "str"},
    **_SNAPSHOTS,
    "same_for_all": {"type": "list", "elements": "str", "default": []},
}
FLEET_READ: Spec = {"check": {"type": "raw", "required": True}}
FLEET_PLAN: Spec = {
    **_FROM,
    "results": {"type": "str", "required": True},
    "check": {"type": "dict", "required": True},
    "max_hosts_per_account": {"type": "int", "default": 10},
    "approved_plan": {"type": "str"},
}
FLEET_MERGE: Spec = {
    **_FROM,
    "sources": {"type": "list", "elements": "path", "required": True},
    **_REPORT,
    **_FLEET,
    "fail_on": {"type": "list", "elements": "str", "choices": list(GATE_WORDS)},
    "tolerate": {"type": "dict"},
    **_NAMES,
}
POLICY_PAGE: Spec = {
    "policies": {"type": "dict", "required": True},
    "own_policies": {"type": "raw", "default": {}},
    "dest": {"type": "path"},
    **_NAMES,
}
FLEET_MARK: Spec = {
    "results": {"type": "str", "required": True},
    "check": {"type": "raw", "required": True},
    "gate_passed": {"type": "bool", "required": True},
    "fail_on": {"type": "list", "elements": "str", "choices": list(GATE_WORDS), "default": _FAIL_ON},
}
FLEET_GATE: Spec = {"passed": {"type": "bool", "required": True}, "verdict": {"type": "str", "required": True}}
PROVE: Spec = {
    **_POLICY,
    "dest": {"type": "path", "default": "."},
    "kind": {"type": "str", "choices": ["host", "simulated"], "default": "host"},
    **_NAMES,
}
PROVE_CHANGE: Spec = {"lab": {"type": "bool", "default": False}, "dest": PROVE["dest"], "kind": PROVE["kind"]}
REPORT_FROM_AWX: Spec = {
    **_FROM,
    "jobs": {"type": "list", "elements": "int", "default": []},
    "workflow_job": {"type": "int"},
    "wait": {"type": "int", "default": 300},
    "report_dir": _REPORT["report_dir"],
}
FLEET_REPORT: Spec = {
    **_FROM,
    **_REPORT,
    **_FLEET,
    **_GPO_FILE,
    **_ACTION,
    "results": {"type": "str", "required": True},
    "check": {"type": "dict", "required": True},
    "plan": {"type": "str"},
}
