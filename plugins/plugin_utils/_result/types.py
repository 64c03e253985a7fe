# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract: what a record, a report and a line of JSON Lines hold, as plain data. No code.

The check of what is written and read (check.py) and the JSON Schema (docs/schemas/report-2.schema.json) are made from these types.
"""

from __future__ import annotations

import typing as t

from .._accounts.sids import Sid
from .._facts.account_kinds import AccountKind
from .._facts.evidence import ControllerKind
from .._facts.facts import Resolution
from .._facts.provenance import Coverage
from .._facts.roles import HostRole
from .._input.forms import LATER, Form, Least, Says, Words
from .._policy.exceptions import State
from .._policy.policy import Compare
from .._verdict.advice import Place
from .._verdict.expectation import Standing
from .._verdict.findings import FindingKind
from .._verdict.outcome import Outcome
from .._verdict.rank import Rank
from .._verdict.status import Status
from .gpo_types import Gpos

Time = t.Annotated[
    str,
    Form(
        r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z",
        "a time; a time reads 2026-01-31T08:15:00Z",
    ),
]
LaterGpos = t.Annotated[
    Gpos | None, LATER, Says("Group Policy Objects that gpo_right_info read; null where the report was given none.")
]
Day = t.Annotated[str, Form(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day; a day reads 2026-01-31")]
Digest = t.Annotated[str, Form(r"[0-9a-f]{64}", "a digest of SHA-256")]
Count = t.Annotated[int, Least(0)]
Percent = t.Annotated[float, Least(0)]
StatusWord = t.Annotated[str, Words.of(Status)]
KindWord = t.Annotated[str, Words.of(AccountKind)]
StateWord = t.Annotated[str, Words.of(State)]
RoleWord = t.Annotated[str, Words.of(HostRole)]
SourceWord = t.Annotated[str, Words(("detected", "declared")), Says("detected on the host, or declared for it.")]
ExpectedBy = t.Annotated[
    str,
    Form(r"play|merged|(group|file) .+", "a source of hosts"),
    Says("Who says which hosts are expected: play, group NAME, file PATH (or both, with and), or merged."),
]
ACTIONS: t.Final = ("enforce", "restore", "audit")
"""What a run can do; of several the first counts: what changed hosts must not pass for a look at them."""
GATE_WORDS: t.Final = ("drift", "unreachable", "error", "not_checked", "not_applicable", "expired_exception")
"""What a gate can fail on."""
GateWord = t.Annotated[str, Words(GATE_WORDS)]
Tolerance = t.Annotated[str, Form(r"[0-9]{1,7}|[0-9]{1,3}([.][0-9]{1,3})? *%", "a tolerance")]
Tolerances = t.Annotated[
    dict[str, Tolerance],
    Words(GATE_WORDS),
    Says("How many there may be of what the gate fails on: 5, or 2.5% of the expected hosts."),
]
LaterText = t.Annotated[str | None, LATER]
LaterNumber = t.Annotated[int | None, LATER]
LaterFlag = t.Annotated[bool | None, LATER]


# What a host is and has.


class Computer(t.TypedDict):
    """The machine, by its own account."""

    name: str
    machine_role: int | None
    role_status: int
    read_only: bool
    role_pending: bool
    domain: LaterText
    dns_domain: LaterText
    entra_joined: LaterFlag
    sid: t.Annotated[Sid | None, LATER, Says("Of the domain of the machine's own accounts; on a domain controller the domain's.")]


class Windows(t.TypedDict):
    """The release, as the registry has it."""

    product_type: LaterText
    sku: LaterNumber
    build: LaterNumber
    revision: LaterNumber
    edition: LaterText
    caption: LaterText
    installation_type: LaterText
    display_version: LaterText


class Session(t.TypedDict):
    """The logon that read the right."""

    user: t.Annotated[Sid | None, LATER]
    administrator: LaterFlag
    filtered: LaterFlag
    elevated: LaterFlag
    language_mode: LaterText
    powershell: LaterText
    bits: LaterNumber
    windows_bits: LaterNumber


class Pool(t.TypedDict):
    """An application pool of IIS."""

    name: str
    identity: str
    account: LaterText
    sid: t.Annotated[Sid | None, LATER]
    manual: bool


class Iis(t.TypedDict):
    """Internet Information Services: traces of it, and what follows from them."""

    services: t.Annotated[list[str] | None, LATER]
    version: LaterText
    components: list[str]
    readable: bool
    installed: bool | None
    source: SourceWord
    pools: list[Pool] | None
    pools_status: str


class Feature(t.TypedDict):
    """Something that a policy allows accounts for."""

    present: bool | None
    source: SourceWord
    because: str | None
    found: list[str]


# Who has the right, and how it came to be.


class Holder(t.TypedDict):
    """An account that holds the right."""

    sid: Sid
    name: str | None
    resolved: t.Annotated[str, Words.of(Resolution), Says("How its name was found; failed says nothing about the account.")]
    kind: KindWord
    standing: t.Annotated[str | None, Words.of(Standing), Says("Where it stands; null where the policy does not apply.")]
    why: str


class Gpo(t.TypedDict):
    """A Group Policy Object that defines the right."""

    name: str | None
    guid: str | None
    link: t.Annotated[str | None, Says("Where it is linked.")]
    precedence: t.Annotated[int | None, Says("1 won.")]
    status: t.Annotated[str | None, Says("Whether it was applied.")]
    error: int | None


class Controller(Gpo):
    """Who sets the right: the winner at the top, the losers below."""

    kind: t.Annotated[str, Words.of(ControllerKind)]
    provider: t.Annotated[str | None, Says("Enrolment of a management service.")]
    evidence: str
    as_of: str | None
    why: str
    losers: list[Gpo]
    version: t.Annotated[
        LaterNumber,
        Says("Of the winner, as the last run of Group Policy on the host saw it; its lower 16 bits count changes for computers."),
    ]
    pending: t.Annotated[
        LaterFlag,
        Says(
            "The domain has a later list or version of the winner, which the host has not applied yet; null where that is not known."
        ),
    ]
    extra: t.Annotated[list[Sid] | None, Says("Holders that the winner does not name; null where that cannot be compared.")]
    lacking: list[Sid] | None


class User(t.TypedDict):
    """A service or an application pool."""

    kind: t.Annotated[str, Words(("service", "app pool"))]
    name: str
    account: str | None
    sid: Sid | None
    has: t.Annotated[bool | None, Says("Whether its process has the right; null where that is not known.")]
    through: t.Annotated[list[Sid], Says("The entries by which it has it; S-1-5-18 has it by itself.")]
    why: str
    pid: int | None


class Exposure(t.TypedDict):
    """Which processes have the right."""

    complete: bool
    users: list[User]
    excluded: list[User]
    unknown: list[User]
    notes: list[str]


class Member(t.TypedDict):
    """A member of a group."""

    sid: Sid
    name: str | None
    broad: t.Annotated[bool, Says("Nearly every account is in it.")]


class Group(Member):
    """A group that holds the right, or is in one."""

    status: str
    members: t.Annotated[list[Member] | None, Says("Null where none is known; an empty list only where the status is read.")]


class Event(t.TypedDict):
    """A change of the right that the security log has."""

    time: str
    event: int
    given: bool
    target: Sid
    target_name: str | None
    by: t.Annotated[str, Words(("machine", "account"))]
    subject: Sid
    subject_name: str | None
    logon: str | None


class Provenance(t.TypedDict):
    """Who changed the right, by the security log."""

    window_hours: int
    coverage: t.Annotated[str, Words.of(Coverage)]
    why: str
    oldest: str | None
    events: list[Event]


# How it was judged.


class Document(t.TypedDict):
    """What a row of a policy was taken from."""

    title: str
    publisher: str | None
    version: str | None
    date: str | None
    url: str | None
    differs: str | None


class Citation(t.TypedDict):
    """The row of the policy that judged the host."""

    row: str
    benchmark_id: str | None
    rule: str | None
    source: str
    document: Document | None


class Finding(t.TypedDict):
    """A difference between host and policy."""

    kind: t.Annotated[str, Words.of(FindingKind)]
    sid: Sid
    name: str | None
    text: str
    rank: t.Annotated[
        str | None, LATER, Words.of(Rank), Says("How grave it is, by the rule of the guide; null from an earlier release.")
    ]
    place: t.Annotated[str | None, LATER, Words.of(Place), Says("Where something is to be done about it.")]
    advice: t.Annotated[LaterText, Says("What is to be done, and where.")]
    since: t.Annotated[
        Time | None,
        LATER,
        Says("Start of the first of the reports without a gap that have it; null where there was none to compare with."),
    ]


class Declared(t.TypedDict):
    """An exception as it was declared."""

    account: t.Annotated[str, Says("As declared: a name, a symbol or a SID.")]
    reason: str
    owner: str
    ticket: str | None
    approved_by: str | None
    expires: t.Annotated[Day | None, Says("The last day on which it holds.")]
    hosts: list[str]
    groups: list[str]
    host_roles: list[str]
    features: list[str]


class Applied(Declared):
    """An exception on a host that it is meant for."""

    sid: Sid | None
    state: StateWord


class Failure(t.TypedDict):
    """Why a host was not read or judged."""

    category: str
    message: str
    call: str | None
    status: str | None


# What a run to enforce or to restore did.


class Step(t.TypedDict):
    """A call that writes."""

    op: t.Annotated[str, Words(("add", "remove"))]
    sid: Sid
    status: t.Annotated[str, Says("NTSTATUS of the call.")]


class Restart(t.TypedDict):
    """What has other rights at its next start."""

    kind: t.Annotated[str, Words(("service", "app pool", "logon"))]
    name: str
    account: str | None
    effect: t.Annotated[str, Words(("gains", "loses"))]
    through: LaterText


class Change(t.TypedDict):
    """What a run to enforce or restore did."""

    outcome: t.Annotated[str, Words.of(Outcome)]
    status_after: StatusWord | None
    changes: list[str] | None
    before: list[Sid] | None
    after: list[Sid] | None
    added: list[Sid] | None
    removed: list[Sid] | None
    left: list[Sid] | None
    unhandled: list[str] | None
    attempted: list[Step] | None
    done: list[Step] | None
    undone: list[Step] | None
    restart: t.Annotated[
        list[Restart] | None,
        Says("Who must start again before the change is effective; null where the host could not list it."),
    ]
    snapshot: str | None
    changed_as: t.Annotated[
        str | None,
        LATER,
        Says("The name in the inventory under which the run changes the machine, where this is another one."),
    ]


# One host, one run, one fleet.


class Record(t.TypedDict):
    """One host. Every key is always there; null and empty where a host was not read."""

    host: t.Annotated[str, Says("Its name in the inventory.")]
    reason: t.Annotated[str, Says("Why the host has its status, in one line.")]
    status: StatusWord
    policy: str | None
    transport: t.Annotated[str | None, Says("The connection plugin; null where the host did not answer.")]
    checked_at: Time | None
    host_role: RoleWord | None
    role_source: SourceWord | None
    citation: Citation | None
    holders: t.Annotated[list[Holder], Says("Who holds the right, sorted by SID.")]
    required: t.Annotated[list[Sid] | None, Says("Who must hold the right on this host; null where it was not judged.")]
    permitted: t.Annotated[
        list[Sid] | None,
        Says("Who may hold it besides, whether they do or not; null where the host was not judged."),
    ]
    missing: list[Sid]
    unexpected: list[Sid]
    waived: list[Sid]
    notes: list[str]
    findings: t.Annotated[list[Finding], Says("Each difference as a sentence.")]
    exceptions: t.Annotated[list[Applied], Says("The exceptions that are meant for this host.")]
    controller: Controller | None
    exposure: t.Annotated[Exposure | None, Says("Null when not asked for.")]
    groups: t.Annotated[list[Group] | None, Says("Members of groups that hold the right; null when not asked for.")]
    provenance: t.Annotated[Provenance | None, Says("Null when not asked for.")]
    features: dict[str, Feature] | None
    iis: Iis | None
    computer: Computer | None
    windows: Windows | None
    session: Session | None
    duration_ms: Count | None
    error: Failure | None
    change: t.Annotated[Change | None, Says("Null in an audit.")]


class Generator(t.TypedDict):
    """What wrote the report."""

    name: str
    version: t.Annotated[str, Says("Release of the collection; unknown where it could not be read.")]
    ansible_core: str
    python: str


class Reference(t.TypedDict):
    """A control of a document."""

    framework: t.Annotated[str, Says("Title of the document.")]
    id: t.Annotated[str, Says("Number of the control, with that of the rule where there is one.")]
    title: t.Annotated[str, Says("The row of the policy.")]


class PolicyHead(t.TypedDict):
    """The policy that judged, by its digest."""

    name: str
    title: str
    version: t.Annotated[str | None, Says("Of its document, where it is one.")]
    compare: t.Annotated[str, Words.of(Compare)]
    sha256: Digest
    document: t.Annotated[dict[str, object], Says("What the whole policy was taken from, where it is one document.")]
    documents: t.Annotated[dict[str, object], Says("Its documents, where each row names one.")]
    gpos: t.Annotated[dict[str, object], Says("The GPOs that a document ships, by its names of them.")]
    references: t.Annotated[list[Reference], Says("The controls of its documents, sorted, none twice.")]


class RunHead(t.TypedDict):
    """One run of a playbook, as it says of itself."""

    id: str
    started: Time
    finished: Time
    duration_s: Count
    check_mode: bool
    action: t.Annotated[str, Words(ACTIONS)]
    limit: t.Annotated[str | None, Says("The pattern of --limit; null without one.")]
    hosts: t.Annotated[str | None, Says("impersonate_hosts where it takes not all; null otherwise.")]
    forks: t.Annotated[int | None, Least(1)]
    restored: t.Annotated[LaterText, Says("What a restore brings back: a run, or the path that it was given; null for other runs.")]
    awx: t.Annotated[dict[str, str], Says("What AWX said of the job; empty elsewhere.")]


class GateOptions(t.TypedDict):
    """What a gate fails on, and how many it lets pass."""

    fail_on: list[GateWord]
    tolerate: Tolerances


class _Besides(GateOptions):
    policy: PolicyHead | None
    generator: Generator
    source: ExpectedBy
    exceptions: list[Declared]
    gpos: LaterGpos


class MergedRun(_Besides):
    """What one of the runs of a merged report says besides its records."""

    run: RunHead


class Run(RunHead, total=False):
    """One run, or several that were merged."""

    merged: t.Annotated[list[MergedRun], Says("Only in a merged report: what each of the runs said of itself.")]


class Head(_Besides):
    """What a run says besides its records."""

    run: Run


class Header(Head):
    """The first line of JSON Lines; every other line until the next header is a record."""

    schema_version: t.Literal["2"]
    kind: t.Literal["run"]
    expected: t.Annotated[list[str], Says("The hosts of the run.")]


class Scope(t.TypedDict):
    """The hosts that the report accounts for."""

    expected: Count
    source: ExpectedBy
    hosts_without_result: t.Annotated[list[str], Says("Expected hosts that were not checked.")]


class AccountCount(t.TypedDict):
    """An account, and on how many hosts it was found."""

    sid: Sid
    name: str | None
    hosts: Count


class UnexpectedAccount(AccountCount):
    """An account that holds the right and should not. Of a local account: the SID of the first host, and the name without the host's."""

    kind: KindWord


class ControllingGpo(t.TypedDict):
    """A GPO, and the number of hosts on which it sets the right."""

    guid: str | None
    name: str | None
    hosts: Count


class Used(Declared):
    """An exception, with what became of it."""

    state: StateWord
    used_by: t.Annotated[list[str], Says("Hosts.")]
    wanted_by: t.Annotated[list[str], Says("Hosts where it would be used if it held.")]
    meant_for: t.Annotated[
        int | None, LATER, Least(0), Says("How many of the judged hosts it is meant for; null from an earlier release.")
    ]


class Gate(GateOptions):
    """Whether the run may end well."""

    passed: bool
    reasons: list[str]


class EarlierRun(t.TypedDict):
    """The run to compare with."""

    id: str | None
    started: Time
    policy: str | None


class Changed(t.TypedDict):
    """What is different since an earlier report."""

    previous: EarlierRun
    notes: t.Annotated[list[str], Says("What limits the comparison.")]
    came: t.Annotated[list[str], Says("Hosts that drift, and did not in the earlier report.")]
    left: t.Annotated[list[str], Says("Hosts that drifted and were judged otherwise now.")]
    unclear: t.Annotated[list[str], Says("Hosts that drifted and were not read now.")]
    new: t.Annotated[list[str], Says("Hosts that only this report expects.")]
    gone: t.Annotated[list[str], Says("Hosts that only the earlier report expects.")]
    new_holders: t.Annotated[
        list[AccountCount],
        Says("Accounts that held the right on no host of the earlier report; none where that one was limited to other hosts."),
    ]


class TrendPoint(t.TypedDict):
    """One audit of a series."""

    id: str
    started: Time
    by_status: t.Annotated[dict[str, Count], Words.of(Status)]


class Summary(t.TypedDict):
    """Numbers of the fleet."""

    expected: t.Annotated[Count, Says("All hosts; percentages are of these.")]
    by_status: t.Annotated[dict[str, Count], Words.of(Status, every=True)]
    by_outcome: t.Annotated[dict[str, Count], Says("Of a change, hosts by how it ended; empty in an audit.")]
    by_role: t.Annotated[
        dict[str, t.Annotated[dict[str, Count], Words.of(Status)]],
        Words((*(role.value for role in HostRole), "unknown")),
        Says("Hosts by role and status; unknown where a host was not read."),
    ]
    by_rank: t.Annotated[
        dict[str, Count],
        Words.of(Rank, every=True),
        Says("Findings of hosts that drift by rank; a holder with an exception that does not hold counts once."),
    ]
    coverage_percent: Percent
    compliance_percent: Percent
    unexpected_accounts: t.Annotated[
        list[UnexpectedAccount], Says("The most frequent first; a local account of several hosts is one.")
    ]
    by_controller: t.Annotated[dict[str, Count], Words.of(ControllerKind), Says("Hosts by who sets the right on them.")]
    controlling_gpos: list[ControllingGpo]
    exceptions: t.Annotated[list[Used], Says("Every exception once.")]
    gate: Gate
    changed: t.Annotated[Changed | None, Says("Null where there was nothing to compare with.")]
    trend: t.Annotated[
        list[TrendPoint] | None,
        Says(
            "Earlier audits of the folder by the same policy and with the same limit, the oldest first; null where none was looked for."
        ),
    ]


class Report(t.TypedDict):
    """The JSON report of a fleet. A line of the JSON Lines file is #/$defs/line."""

    schema_version: t.Literal["2"]
    generator: Generator
    run: Run
    policy: PolicyHead | None
    scope: Scope
    notes: t.Annotated[list[str], Says("What a reader must know: that hosts were left out, and doubts of a merge.")]
    summary: Summary
    gpos: LaterGpos
    hosts: t.Annotated[list[Record], Says("One record a host, sorted by host.")]
