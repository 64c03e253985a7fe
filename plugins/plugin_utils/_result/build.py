# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts + verdict -> the result of a task. The only place that shapes results; the same keys whatever the verdict."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Mapping

from .._accounts.parsing import shown
from .._accounts.sids import NAMES, sort_key
from .._facts.account_kinds import AccountKind
from .._facts.claims import GpoSetting
from .._facts.controller import Controller
from .._facts.facts import EventLog, Group, HostFacts
from .._facts.features import Feature, FeatureName, unsure_pools
from .._facts.processes import users_of
from .._facts.provenance import by_machine, given, provenance
from .._host.enforcement import Job, JobResult, Verdicts
from .._host.windows import ReadRequest
from .._input.categories import ErrorCategory
from .._policy.exceptions import ExceptionUse, too_wide
from .._policy.policy import Row
from .._verdict.advice import advice_on
from .._verdict.expectation import Standing
from .._verdict.findings import OF_STANDING, OF_STATE, FindingKind
from .._verdict.judgement import Judgement
from .._verdict.outcome import Outcome
from .._verdict.plan import Plan, by_number
from .._verdict.rank import order, rank_of, tier_of
from .._verdict.restarts import restarts
from .._verdict.status import Status
from .._verdict.verdict import Judged
from .._wording import MESSAGE, some, visible
from .._wording import message as said

_SENTENCES = frozenset(("why", "text", "advice", "notes", "because", "evidence", "changes", "warnings", "msg", "message"))
_WITH_MEMBERS = (2, 4)  # SID_NAME_USE of a group and of an alias


def host_result(judgement: Judgement, restored: str = "") -> dict[str, t.Any]:
    """The result of a judged host: plain data, lists sorted by SID. ``restored``: the run whose holders were asked for, in a restore."""
    facts, verdict, controller = judgement.facts, judgement.verdict, judgement.controller
    return _harmless(
        {
            "status": verdict.status.value,
            "compliant": verdict.status.good,
            "policy": judgement.policy.name,
            "host_role": verdict.circumstances.role.value if verdict.circumstances.role else None,
            "role_source": _source(verdict.circumstances.role_declared),
            "holders": [_holder(judged) for judged in verdict.holders],
            "required": list(verdict.required),
            "permitted": list(verdict.permitted),
            "missing": [missing.sid for missing in verdict.missing],
            "unexpected": [judged.holder.sid for judged in verdict.unexpected],
            "findings": _findings(judgement, restored),
            "waived": [judged.holder.sid for judged in verdict.holders if judged.standing is Standing.WAIVED],
            "exceptions": [_exception_use(use) for use in verdict.exception_uses],
            "citation": _citation(verdict.row),
            "controller": _controller(controller),
            "notes": [
                *verdict.notes,
                *([controller.why] if controller.from_outside else []),
                *controller.notes,
                *_not_asked(facts),
                *_not_sure(facts),
            ],
            "features": {name.value: _feature(feature) for name, feature in verdict.circumstances.features.items()},
            "iis": {
                **_plain(facts.iis),
                "installed": verdict.circumstances.features[FeatureName.IIS].present,
                "source": _source(verdict.circumstances.features[FeatureName.IIS].declared),
                "pools": [_plain(pool) for pool in facts.pools] if facts.pools is not None else None,
                "pools_status": facts.pools_status,
            },
            "computer": _plain(facts.computer),
            "windows": _plain(facts.windows),
            "session": _plain(facts.session),
            "error": None,
        }
    )


def enforced(job: Job, facts: HostFacts, job_result: JobResult) -> dict[str, t.Any]:
    """The result of an enforcing task: how the holders at the end were judged, and what was done; the same keys whatever happened.

    Decides nothing: a change is behind it, and must not be lost.
    """
    if isinstance(job_result.ending, Verdicts):  # a plan has changed nothing yet: a planned host is judged by the holders it has
        judgement = job_result.ending.current if job_result.outcome is Outcome.PLANNED else job_result.ending.planned
        result = host_result(judgement, job.pre_image["run_id"] if job.pre_image else "")
        status_after = job_result.ending.planned.verdict.status.value
    else:
        result = error(job_result.ending.category, job_result.ending.message, facts=facts) | {
            "controller": _controller(job_result.controller)
        }
        status_after = None
    done = job_result.outcome in (Outcome.APPLIED, Outcome.PLANNED)
    in_doubt = job_result.outcome in (Outcome.UNDO_FAILED, Outcome.UNKNOWN)
    ended = job_result.change.after if job_result.change and job_result.outcome is Outcome.UNDO_FAILED else None
    left = by_number(set(job_result.plan.before) ^ set(ended)) if ended is not None else ()
    effective = job_result.plan if done or in_doubt else Plan(job_result.plan.before, (), (), ())
    restart = restarts(facts, effective, job_result.names_by_sid)
    return _harmless(
        {
            **result,
            "changed": done or in_doubt,
            "outcome": job_result.outcome.value,
            "changed_as": job_result.changed_as,
            "status_after": status_after,
            "before": list(job_result.plan.before),
            "after": None if job_result.after is None else list(job_result.after),
            "added": list(job_result.plan.add) if done else [],
            "removed": list(job_result.plan.remove) if done else [],
            "changes": _changes(job_result) if done else [],
            "names": {
                sid: job_result.names_by_sid.get(sid) or NAMES.get(sid) for sid in (*job_result.plan.before, *job_result.plan.add)
            },
            "unhandled": list(job_result.plan.unhandled),
            "attempted": [dataclasses.asdict(step) for step in job_result.change.attempted] if job_result.change else [],
            "done": [dataclasses.asdict(step) for step in job_result.change.attempted if step.done] if job_result.change else [],
            "undone": [dataclasses.asdict(step) for step in job_result.change.undone] if job_result.change else [],
            "left": list(left),
            "restart": None if restart is None else [dataclasses.asdict(row) for row in restart],
            "snapshot": str(job.snapshot) if job_result.outcome.sent else None,
            "notes": [*job_result.notes, *_cut_short(facts, effective), *result.get("notes", [])],
            "warnings": [job_result.warning] if job_result.warning else [],
        }
    )


def _cut_short(facts: HostFacts, felt: Plan) -> list[str]:
    """A note where the list of what must restart cannot be complete."""
    cut = facts.services_truncated and not felt.empty
    return ["there are more running services than are read, so that more may have to restart than are listed"] if cut else []


def _changes(job_result: JobResult) -> list[str]:
    """What changed, or would change, as sentences."""
    words = ("added", "removed") if job_result.outcome is Outcome.APPLIED else ("would add", "would remove")
    pairs = zip(words, (job_result.plan.add, job_result.plan.remove), strict=True)
    return [f"{word}: {shown(sid, job_result.names_by_sid.get(sid))}" for word, sids in pairs for sid in sids]


def nothing_to_restore(why: str) -> dict[str, t.Any]:
    """The result of a host that the run to restore did not change; ``why`` is the sentence that says so."""
    return {
        "changed": False,
        "status": Status.NOT_APPLICABLE.value,
        "compliant": False,
        "outcome": "nothing_to_restore",
        "notes": [why],
        "error": None,
    }


def diff(host: str, names_by_sid: Mapping[str, str | None], before: Iterable[str], after: Iterable[str]) -> dict[str, str]:
    """Holders before and after, one per line, so that a unified diff reads as account gone, account come."""

    def text(sids: Iterable[str]) -> str:
        return "".join(f"{sid}  {visible(names_by_sid.get(sid) or NAMES.get(sid) or '?')}\n" for sid in sorted(sids, key=sort_key))

    header = f"SeImpersonatePrivilege on {visible(host)}"
    return {"before_header": header, "after_header": header, "before": text(before), "after": text(after)}


def error(
    category: ErrorCategory, message: str, call: str | None = None, status: str | None = None, facts: HostFacts | None = None
) -> dict[str, object]:
    """The result of a host that could not be read or judged: failed, and never compliant. ``facts``: if it answered at all."""
    words = said(message)
    return {
        **(
            {"computer": _plain(facts.computer), "windows": _plain(facts.windows), "session": _plain(facts.session)}
            if facts
            else {}
        ),
        "failed": True,
        "msg": words,
        "status": Status.ERROR.value,
        "compliant": False,
        "error": {"category": category.value, "message": words, "call": call, "status": status},
    }


def _holder(judged: Judged) -> dict[str, object]:
    holder = judged.holder
    return {
        "sid": holder.sid,
        "name": holder.name,
        "resolved": holder.resolved.value,
        "kind": judged.kind.value,
        "standing": judged.standing.value if judged.standing else None,
        "why": judged.why,
    }


def _source(declared: bool) -> str:
    return "declared" if declared else "detected"


def _feature(feature: Feature) -> dict[str, object]:
    return {
        "present": feature.present,
        "source": _source(feature.declared),
        "because": feature.because if feature.present is not False else None,
        "found": list(feature.found),
    }


def requested(facts: HostFacts, request: ReadRequest) -> dict[str, object]:
    """What was read besides: who really has the right, members of groups, events. Null what was not asked for."""
    return _harmless(
        {
            "exposure": _exposure(facts) if request.exposure else None,
            "groups": _groups(facts) if request.expand else None,
            "provenance": None if request.events is None else _provenance(facts, request.events),
        }
    )


def _harmless(result: dict[str, object]) -> dict[str, object]:
    """The result with its sentences fit for a terminal, since words of a host are in them. Names stay as they are, for other programs."""
    return {key: _visible(value, key in _SENTENCES) for key, value in result.items()}


def _visible(value: object, sentence: bool) -> object:
    if isinstance(value, str):
        return visible(value, MESSAGE) if sentence else value
    if isinstance(value, dict):
        return {key: _visible(item, key in _SENTENCES) for key, item in value.items()}
    return [_visible(item, sentence) for item in value] if isinstance(value, list) else value


def _exposure(facts: HostFacts) -> dict[str, object]:
    """Services and application pools by whether their processes have the right."""
    users = [{**dataclasses.asdict(user), "through": list(user.through)} for user in users_of(facts, facts.sids)]
    known = facts.services is not None and facts.pools is not None and not facts.services_truncated
    return {
        "complete": known,
        "users": [user for user in users if user["has"]],
        "excluded": [user for user in users if user["has"] is False],
        "unknown": [user for user in users if user["has"] is None],
        "notes": [
            *(["the running services could not be listed"] if facts.services is None else []),
            *(["the application pools could not be read"] if facts.pools is None else []),
            *(["there are more running services than are read"] if facts.services_truncated else []),
        ],
    }


def _not_asked(facts: HostFacts) -> list[str]:
    if not facts.not_asked:
        return []
    return [
        f"looking names up took too long, so the host did not ask for {some(facts.not_asked)}: what it says of them is not known"
    ]


def _not_sure(facts: HostFacts) -> list[str]:
    pools = [visible(name) for name in unsure_pools(facts)]
    whose = f"the application pool{'s' if len(pools) > 1 else ''} {some(pools)}"
    return (
        [f"the SID of {whose} is taken from the name, which is not sure outside ASCII; the host was not asked for it"]
        if pools
        else []
    )


def _groups(facts: HostFacts) -> list[dict[str, object]]:
    """Groups that hold the right; those of nearly everybody that have no list of members are told as such."""
    holders = [Group(account.sid, account.name, "failed") for account in facts.holders if account.use in _WITH_MEMBERS]
    read = facts.groups if facts.groups is not None else holders  # an answer that cannot be understood: no members are known
    known = {group.sid for group in read}
    everybody = [
        Group(sid, name or NAMES.get(sid), "everybody")
        for sid, name in facts.names_by_sid.items()
        if too_wide(sid) and sid not in known
    ]
    return [_group(group) for group in (*read, *everybody)]


def _group(group: Group) -> dict[str, object]:
    """Members that are not known are null, never an empty list; a member without a SID makes the list incomplete."""
    members = [{"sid": member.sid, "name": member.name, "broad": too_wide(member.sid)} for member in group.members if member.sid]
    status = "incomplete" if group.status == "read" and len(members) < len(group.members) else group.status
    known = members if members or status == "read" else None
    return {"sid": group.sid, "name": group.name, "status": status, "broad": too_wide(group.sid), "members": known}


def _provenance(facts: HostFacts, hours: int) -> dict[str, object]:
    found = provenance(facts.events or EventLog(error="failed"), facts.control.now, hours)
    names_by_sid = facts.names_by_sid
    events = [
        {
            "time": event.time,
            "event": event.id,
            "given": given(event),
            "target": event.target,
            "target_name": names_by_sid.get(event.target) or NAMES.get(event.target),
            "by": "machine" if by_machine(event) else "account",
            "subject": event.subject,
            "subject_name": event.subject_name,
            "logon": event.logon,
        }
        for event in found.log.events
    ]
    return {"window_hours": hours, "coverage": found.coverage.value, "why": found.why, "oldest": found.log.oldest, "events": events}


def _controller(controller: Controller) -> dict[str, object]:
    """Who sets the right: the winner's name, GUID and link at the top, the losers below."""
    winner = (
        _gpo(controller.winner) if controller.winner else dict.fromkeys(("name", "guid", "link", "precedence", "status", "error"))
    )
    return {
        "kind": controller.kind.value,
        **winner,
        "provider": controller.provider,
        "evidence": controller.evidence,
        "as_of": controller.as_of,
        "why": controller.why,
        "losers": [_gpo(claim) for claim in controller.losers],
        "version": controller.winner.version if controller.winner else None,
        "pending": None,
        "extra": None if controller.extra is None else list(controller.extra),
        "lacking": None if controller.lacking is None else list(controller.lacking),
    }


def _gpo(claim: GpoSetting) -> dict[str, object]:
    return {key: getattr(claim, key) for key in ("name", "guid", "link", "precedence", "status", "error")}


def _citation(row: Row | None) -> dict[str, object] | None:
    """The row of the policy for this kind of host, by the numbers of its document."""
    if row is None:
        return None
    document = row.document
    return {
        "row": row.where,
        "benchmark_id": row.benchmark_id or None,
        "rule": row.rule or None,
        "source": row.source,
        "document": {key: value or None for key, value in dataclasses.asdict(document).items()} if document else None,
    }


def _exception_use(use: ExceptionUse) -> dict[str, object]:
    return {**use.exception.plain, "sid": use.sid, "state": use.state.value}


def _findings(judgement: Judgement, restored: str) -> list[dict[str, object]]:
    """Each difference as one row with a sentence, its rank and what to do: what is missing, what should not be there, and exceptions
    that do not hold there. The gravest first.
    """
    verdict, finding = judgement.verdict, _Findings(judgement, restored)
    absent = [finding.row(FindingKind.MISSING, missing.sid, missing.name, missing.why) for missing in verdict.missing]
    present = [
        finding.row(
            OF_STANDING[judged.standing],
            judged.holder.sid,
            judged.holder.name,
            judged.why,
            namesake=judged.namesake,
            needed=judged.needed,
        )
        for judged in verdict.unexpected
        if judged.standing
    ]
    names_by_sid = {judged.holder.sid: judged.holder.name for judged in verdict.unexpected}
    refused = [
        finding.row(
            OF_STATE[use.state],
            use.sid,
            names_by_sid[use.sid],
            f"{use.exception.where}: {use.exception.words}",
            exception=use.exception.label,
        )
        for use in verdict.exception_uses
        if use.state in OF_STATE and use.sid in names_by_sid
    ]
    return sorted(absent + present + refused, key=lambda finding_row: order(str(finding_row["rank"])))


class _Findings:
    """What is known of a host whose findings are shaped, looked up once."""

    def __init__(self, judgement: Judgement, restored: str) -> None:
        facts, circumstances = judgement.facts, judgement.verdict.circumstances
        self._controller = judgement.controller
        self._policy = judgement.policy.name
        self._verdict = judgement.verdict
        self._restored = restored
        self._tier = tier_of(
            circumstances.role.value if circumstances.role else None, circumstances.features[FeatureName.ADFS].present
        )
        self._kinds = {judged.holder.sid: judged.kind for judged in judgement.verdict.holders}
        found = judgement.verdict.missing or judgement.verdict.unexpected
        self._running = {user.sid for user in users_of(facts, facts.sids) if user.has is not False} if found else set()
        self._crowded = {group.sid for group in facts.groups or () if any(too_wide(member.sid or "") for member in group.members)}

    def row(
        self,
        kind: FindingKind,
        sid: str,
        name: str | None,
        why: str,
        *,
        exception: str = "",
        namesake: bool = False,
        needed: bool = False,
    ) -> dict[str, object]:
        """One finding. ``since`` is for who has an earlier report."""
        account = self._kinds.get(sid, AccountKind.UNKNOWN)
        rank = rank_of(kind, sid, account, self._tier, crowded=sid in self._crowded, running=sid in self._running)
        waivable = self._verdict.takes_exceptions and sid not in self._verdict.forbidden
        advice = advice_on(
            kind,
            sid,
            self._controller,
            policy=self._policy,
            exception=exception,
            namesake=namesake,
            needed=needed,
            waivable=waivable,
            restored=self._restored,
        )
        return {
            "kind": kind.value,
            "sid": sid,
            "name": name or NAMES.get(sid),
            "text": f"{kind.words}: {shown(sid, name)}, {why}",
            "rank": rank.value,
            "place": advice.place.value,
            "advice": advice.text,
            "since": None,
        }


def _plain(facts: t.Any) -> dict[str, t.Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in dataclasses.asdict(facts).items()}
