# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts + verdict -> the result of a task. The only place that shapes results; the same keys whatever the verdict."""

from __future__ import annotations

import dataclasses
import typing as t

from ._policy.accounts import shown
from ._policy.facts import HostFacts
from ._policy.policy import Policy
from ._policy.sids import NAMES
from ._policy.verdict import Judged, Status, Verdict


def report(facts: HostFacts, policy: Policy, verdict: Verdict) -> dict[str, t.Any]:
    """The result of a judged host: plain data, lists sorted by SID."""
    return {
        "status": verdict.status.value,
        "compliant": verdict.status in (Status.COMPLIANT, Status.WAIVED),
        "policy": policy.name,
        "host_role": verdict.here.role.value,
        "role_source": "declared" if verdict.here.role_declared else "detected",
        "holders": [_holder(judged) for judged in verdict.holders],
        "missing": [missing.sid for missing in verdict.missing],
        "unexpected": [judged.holder.sid for judged in verdict.unexpected],
        "findings": _findings(verdict),
        "notes": list(verdict.notes),
        "iis": {
            **_plain(facts.iis),
            "installed": verdict.here.iis,
            "source": "declared" if verdict.here.iis_declared else "detected",
        },
        "computer": _plain(facts.computer),
        "windows": _plain(facts.windows),
        "session": _plain(facts.session),
        "error": None,
    }


def error(
    category: str, message: str, call: str | None = None, status: str | None = None, facts: HostFacts | None = None
) -> dict[str, t.Any]:
    """The result of a host that could not be read or judged: failed, and never compliant. ``facts``: if it answered at all."""
    return {
        **(
            {"computer": _plain(facts.computer), "windows": _plain(facts.windows), "session": _plain(facts.session)}
            if facts
            else {}
        ),
        "failed": True,
        "msg": message,
        "status": Status.ERROR.value,
        "compliant": False,
        "error": {"category": category, "message": message, "call": call, "status": status},
    }


def _holder(judged: Judged) -> dict[str, t.Any]:
    holder = judged.holder
    return {
        "sid": holder.sid,
        "name": holder.name,
        "resolved": holder.resolved.value,
        "kind": judged.kind.value,
        "standing": judged.standing.value if judged.standing else None,
        "why": judged.why,
    }


def _findings(verdict: Verdict) -> list[dict[str, t.Any]]:
    """Each difference as one row with a sentence: first what is missing, then what should not be there."""
    absent = [_finding("missing", missing.sid, missing.name, missing.why) for missing in verdict.missing]
    return absent + [
        _finding(judged.standing.value, judged.holder.sid, judged.holder.name, judged.why)
        for judged in verdict.unexpected
        if judged.standing
    ]


def _finding(kind: str, sid: str, name: str | None, why: str) -> dict[str, t.Any]:
    return {"kind": kind, "sid": sid, "name": name or NAMES.get(sid), "text": f"{kind}: {shown(sid, name)}, {why}"}


def _plain(facts: t.Any) -> dict[str, t.Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in dataclasses.asdict(facts).items()}
