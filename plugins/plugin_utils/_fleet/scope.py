# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts a report must account for, and what a reader must know where it does not speak of all of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from .._accounts.parsing import shown
from .._facts.declared import contradictions
from .._result.types import Record, RunHead, Scope
from .._verdict.status import Status
from .._wording import hosts_in_words, some
from .awx import is_slice

PLAY, MERGED = "play", "merged"
"""Where expected hosts come from when no more are named."""
LIMITS = 3
"""How many limits a sentence names."""


def source_of(group: str | None, file: str | None, otherwise: str = PLAY) -> str:
    """Where the expected hosts come from, in words: ``play``, ``group NAME``, ``file PATH``, or both of the latter."""
    return " and ".join([*([f"group {group}"] if group else []), *([f"file {file}"] if file else [])]) or otherwise


def scope_of(records: Iterable[Record], source: str) -> Scope:
    """How many hosts were expected, who says so, and the hosts that gave no result."""
    hosts = list(records)
    idle = sorted(record["host"] for record in hosts if record["status"] == Status.NOT_CHECKED.value)
    return {"expected": len(hosts), "source": source, "hosts_without_result": idle}


def absent(expected: Iterable[str], hosts: Collection[str]) -> list[str]:
    """Expected hosts that are not among these, sorted. Windows does not tell names by their case, so neither does this."""
    known = {host.casefold() for host in hosts}
    missing: dict[str, str] = {}
    for host in sorted(expected):
        if host.casefold() not in known:
            missing.setdefault(host.casefold(), host)
    return sorted(missing.values())


def narrowing(runs: Iterable[RunHead]) -> list[str]:
    """What narrowed the hosts of runs (their ``run``), in words, sorted; empty when all of them took every host."""
    return sorted({_words(run) for run in runs if _narrowed(run)})


def of_all_hosts(runs: Sequence[RunHead]) -> bool:
    """Whether the runs of a report took every host of their inventory, as far as they say: one of them did, or several slices together."""
    return any(not _narrowed(run) and not is_slice(run["awx"]) for run in runs) or (len(runs) > 1 and not any(map(_narrowed, runs)))


def left_out(runs: Sequence[RunHead]) -> str:
    """What narrowed the hosts of the runs of a report, in words; empty where every host was taken."""
    return "" if of_all_hosts(runs) else some(narrowing(runs), LIMITS) or "a slice of a job"


def notes_of(heads: Sequence[tuple[RunHead, str]]) -> list[str]:
    """Sentences on runs that did not take every host. ``heads``: run and source of each."""
    narrowed = [(run, source) for run, source in heads if _narrowed(run)]
    if not narrowed:
        return []
    sources = sorted({source for _run, source in narrowed} - {PLAY, MERGED})
    unless = f", unless they are expected by {some(sources, LIMITS)}" if sources else ""
    who = "the run was" if len(heads) == 1 else f"{len(narrowed)} of {len(heads)} runs {'was' if len(narrowed) == 1 else 'were'}"
    limits = some(narrowing(run for run, _source in narrowed), LIMITS)
    return [f"{who} limited to {limits}: other hosts of the inventory are in no number here{unless}"]


def other_policies(policy: str | None, judged_by: Iterable[str | None]) -> list[str]:
    """A sentence where the policy at the head of a report judged no host. ``judged_by``: the policy of each host, if it was judged."""
    others = sorted({name for name in judged_by if name})
    if policy is None or not others or policy in others:
        return []
    return [f"no host was judged by {policy}, the policy of this report: the hosts were judged by {some(others, LIMITS)}"]


def same_machines(computers: Iterable[tuple[str, Mapping[str, object] | None]]) -> list[str]:
    """Sentences on machines that answered under several names of the inventory: each name has a row, and a change is made once.

    ``computers``: name in the inventory, and what the host said of itself, if it did.
    A machine is known by the SID of its own accounts and by its name: copies of one installation share the SID, and so do the domain
    controllers of a domain.
    """
    hosts: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for host, computer in computers:
        sid, name = (computer.get("sid"), computer.get("name")) if computer else (None, None)
        if sid and isinstance(sid, str) and name and isinstance(name, str):
            hosts.setdefault((sid, name.casefold()), []).append((host, name))
    twice = sorted(((found, sid) for (sid, _name), found in hosts.items() if len(found) > 1), key=lambda pair: pair[0][0])
    lines = [
        f"{some([host for host, _name in found], LIMITS)} are the same machine ({shown(sid, found[0][1])}), which counts once for each name"
        for found, sid in twice[:LIMITS]
    ]
    return lines + ([f"so are the names of {len(twice) - LIMITS} more machines"] if len(twice) > LIMITS else [])


def declared_otherwise(notes: Iterable[tuple[str, Iterable[str] | None]]) -> list[str]:
    """A sentence on hosts that show the contrary of what is declared of them. ``notes``: host, and its notes if it has any."""
    hosts = [host for host, its in notes if contradictions(its)]
    if not hosts:
        return []
    shows, was = ("shows", "was") if len(hosts) == 1 else ("show", "were")
    return [
        f"{hosts_in_words(len(hosts))} {shows} the contrary of what is declared of host role or features, and {was} judged by the "
        f"declaration: {some(hosts, LIMITS)}"
    ]


def _narrowed(run: RunHead) -> bool:
    return bool(run["limit"] or run["hosts"])


def _words(run: RunHead) -> str:
    return " of ".join(repr(text) for text in (run["limit"], run["hosts"]) if text)
