# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demos: the real ansible-playbook against the simulated fleet over real WinRM, every result compared with what it should be."""

from __future__ import annotations

import argparse
import functools
import json
import os
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import yaml

from fleet import demo
from fleet.__main__ import BACK_ENDS, back_end
from fleet.screen import Screen, command_lines, environment, fitted, plan_of, summary_of
from fleet.simulation import Fleet

Report = dict[str, t.Any]


class Stage:
    """A fleet, its inventory, and a folder for reports; runs playbooks, and keeps their output in files beside the reports."""

    def __init__(self, fleet: Fleet, reports: Path, screen: Screen) -> None:
        self._inventory = fleet.write_inventory(reports / "fleet.yml")
        self._options = reports / "options.yml"
        options = {
            "impersonate_report_dir": str(reports),
            "impersonate_snapshot_dir": str(reports / "snapshots"),
            "impersonate_exceptions": demo.exceptions(),
        }
        self._options.write_text(yaml.safe_dump(options, sort_keys=False), encoding="utf-8")
        self.reports, self.screen = reports, screen

    def play(self, name: str, *options: str, whole: bool = False, plan: int = 0, aloud: bool = True) -> tuple[int, Report]:
        """Run one of our playbooks as a user would; returns the exit code and the report.

        ``whole``: show the summary and not its verdict alone. ``plan``: lines of the plan that are shown. ``aloud``: show anything at all.
        """
        command = [
            "ansible-playbook",
            "-i",
            str(self._inventory),
            f"winrights.seimpersonate.{name}",
            "-e",
            f"@{self._options}",
            *options,
        ]
        first, *rest = command_lines(command)
        (self.screen.say if aloud else self.screen.detail)([f"$ {first}", *rest])
        before = set(self.reports.glob("*.json"))
        # The forks only shorten the wait for slow hosts; the verdicts are the same with any number.
        environment = {**os.environ, "ANSIBLE_FORKS": "10", "NO_PROXY": "127.0.0.0/8"}
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.screen.detail(ran.stdout.splitlines())
        written = set(self.reports.glob("*.json")) - before
        if len(written) != 1:
            sys.exit(f"ansible-playbook ended with {ran.returncode} and left {len(written)} reports:\n{ran.stdout[-3_000:]}")
        shown = [*plan_of(ran.stdout)[:plan], *summary_of(ran.stdout, whole)]
        if aloud:
            self.screen.say(shown)  # as wide as a screen already
        return ran.returncode, json.loads(written.pop().read_text(encoding="utf-8"))


def by_status(report: Report) -> list[str]:
    """The hosts by status, a line each."""
    found: dict[str, list[str]] = {}
    for record in report["hosts"]:
        found.setdefault(record["status"], []).append(record["host"])
    return [f"{status:12} {len(names):3}  {', '.join(names)}" for status, names in sorted(found.items())]


def audit(stage: Stage, fleet: Fleet, hosts: list[demo.Host]) -> list[str]:
    """Audit every kind of host; returns what is not as it should be."""
    code, report = stage.play("audit", "-e", "impersonate_report_name=fleet", whole=True)
    wrong = [] if code == 2 else [f"ansible-playbook ended with {code} instead of 2"]
    records = {record["host"]: record for record in report["hosts"]}
    commands = 0
    for host in hosts:
        name = host.machine.name
        record = records.get(name, {"status": "missing", "reason": ""})
        if record["status"] != host.status or host.words not in record["reason"]:
            wrong.append(f"{name}: {record['status']} ({record['reason']}) instead of {host.status} ({host.words})")
        sent = len(fleet.commands(name))
        commands += sent
        if sent != (host.status != "unreachable"):
            wrong.append(f"{name}: {sent} remote commands")
    states = [(one["account"], one["state"]) for one in report["summary"]["exceptions"]]
    if sorted(state for _unused, state in states) != ["expired", "unused", "used"]:
        wrong.append(f"the exceptions are {states}")
    wrong += [
        f"{host.machine.name}: set by {records[host.machine.name]['controller']} instead of {host.controller}"
        for host in hosts
        if host.status in ("compliant", "waived", "drift") and records[host.machine.name]["controller"]["kind"] != host.controller
    ]
    stage.screen.say([""])
    stage.screen.detail([*by_what_is_there(report), *who_sets_it(report), *by_status(report)])
    wrong += other_policies(stage, hosts, report)
    wrong += who_and_what(stage, hosts)
    stage.screen.say([f"{len(hosts)} hosts, {commands} of them read with one remote command each; nothing was written on them."])
    return wrong


def by_what_is_there(report: Report) -> list[str]:
    """Whom a feature of the host, its build or an exception allows to hold the right."""
    lines = [
        f"  {record['host']:8} {holder['name'] or holder['sid']}: {holder['why']}"
        for record in report["hosts"]
        for holder in record["holders"]
        if holder["standing"] not in ("floor", None) and record["status"] != "drift"
    ]
    return ["Allowed by what a host has, or by an exception:", *lines, ""]


def who_sets_it(report: Report) -> list[str]:
    """Who sets the right: where somebody does or nobody knows, and one of the hosts where nobody does."""
    lines = ["Who sets the right:"]
    read = [record for record in report["hosts"] if record["controller"] and record["holders"]]
    local = next((record["host"] for record in read if record["controller"]["kind"] == "local"), None)
    for record in read:
        its = record["controller"]
        if its["kind"] != "local" or record["host"] == local:
            lines.append(f"  {record['host']:8} {its['kind']:8} {its['why']}")
        lines += [f"  {'':17} {note}" for note in record["notes"] if "does not have what" in note]
    alike = sum(record["controller"]["kind"] == "local" for record in read) - 1
    return [*lines, f"  {alike} more hosts are like {local}", ""]


def other_policies(stage: Stage, hosts: list[demo.Host], report: Report) -> list[str]:
    """Audit some hosts by other policies, and show the verdicts side by side; returns what is not as it should be."""
    wrong = []
    some = [host for host in hosts if host.others]
    verdicts = {"microsoft": {record["host"]: record for record in report["hosts"]}}
    for policy in sorted({policy for host in some for policy in host.others}):
        limit = ",".join(host.machine.name for host in some)
        _code, its = stage.play("audit", "-e", f"impersonate_policy={policy}", "--limit", limit)
        verdicts[policy] = {record["host"]: record for record in its["hosts"]}
        for host in some:
            record, (status, words) = verdicts[policy][host.machine.name], host.others[policy]
            whole = " ".join([record["reason"], *(holder["why"] for holder in record["holders"])])
            if record["status"] != status or words not in whole:
                wrong.append(f"{host.machine.name} by {policy}: {record['status']} ({whole}) instead of {status} ({words})")
    lines = ["The same machines by three documents:"]
    for host in some:
        for policy, records in verdicts.items():
            record = records[host.machine.name]
            number = (record["citation"] or {}).get("benchmark_id") or "-"
            findings = "; ".join(finding["text"].partition(",")[0] for finding in record["findings"]) or "no finding"
            lines.append(fitted(f"  {host.machine.name:8} {policy:10} {number:17} {record['status']:10} {findings}"))
    stage.screen.detail([*lines, ""])
    stage.screen.say(
        ["The same machines by three documents:", *(fitted(side_by_side(host.machine.name, verdicts)) for host in some), ""]
    )
    return wrong


def side_by_side(host: str, verdicts: dict[str, dict[str, Report]]) -> str:
    """The status of a host by each policy, on one line."""
    said = []
    for policy, records in verdicts.items():
        number = (records[host]["citation"] or {}).get("benchmark_id")
        said.append(f"{policy}{f' {number}' if number else ''}: {records[host]['status']}")
    return f"  {host:8} {', '.join(said)}"


def who_and_what(stage: Stage, hosts: list[demo.Host]) -> list[str]:
    """Audit some hosts with exposure and events, and show who has the right and who gave it; returns what is not as it should be."""
    some = [host for host in hosts if host.traces]
    limit = ",".join(host.machine.name for host in some)
    _code, report = stage.play(
        "audit", "-e", "impersonate_exposure=true", "-e", "impersonate_events=7d", "--limit", limit, aloud=False
    )
    records = {record["host"]: record for record in report["hosts"]}
    wrong = []
    lines = ["Who really has the right, and who gave it:"]
    for host in some:
        record = records[host.machine.name]
        for part, words in host.traces.items():
            if words not in json.dumps(record[part]):
                wrong.append(f"{host.machine.name}: {part} does not say {words!r}: {record[part]}")
        for user in (record["exposure"] or {"users": []})["users"]:
            lines.append(f"  {host.machine.name:8} {user['kind']} {user['name']} ({user['account']}): {user['why']}")
        for user in (record["exposure"] or {"excluded": []})["excluded"]:
            lines.append(f"  {host.machine.name:8} {user['kind']} {user['name']} has it not: {user['why']}")
        for event in (record["provenance"] or {"events": []})["events"]:
            did = "given to" if event["given"] else "taken from"
            target = event["target_name"] or event["target"]
            lines.append(f"  {host.machine.name:8} {event['time'][:16]} {did} {target} by {event['subject_name']} ({event['by']})")
        lines.append(f"  {host.machine.name:8} {record['provenance']['why']}")
    stage.screen.detail([*lines, ""])
    return wrong


def enforce(stage: Stage, fleet: Fleet, hosts: list[demo.Host]) -> list[str]:
    """Audit, look at the change, make it, audit, bring the old holders back, audit; returns what is not as it should be."""
    wrong = []

    def holders() -> dict[str, list[str]]:
        return {host.machine.name: host.machine.holders() for host in hosts}

    def act(words: str, name: str, *options: str, code: int, plan: int = 0) -> Report:
        stage.screen.say(["", f"=== {words}"])
        ended, report = stage.play(name, *options, plan=plan)
        if ended != code:
            wrong.append(f"{words}: ansible-playbook ended with {ended} instead of {code}")
        return report

    def expect(words: str, good: bool) -> None:
        stage.screen.say([f"  {'yes' if good else 'NO'}: {words}"])
        if not good:
            wrong.append(f"not so: {words}")

    orphans = ("-e", "impersonate_orphans=remove")
    at_first = holders()
    first = act("1. Audit: who drifted?", "audit", code=2)
    act("2. Look: what would change?", "enforce", "--check", "--diff", *orphans, code=0, plan=6)
    expect("the hosts are as before", holders() == at_first)
    act("3. Enforce: a canary first, then the rest, batch by batch", "enforce", *orphans, code=0)
    act("4. Audit: green?", "audit", code=0)
    floor = {"app03"}  # it had lost SERVICE; giving that back is no wish that is ever fulfilled
    restored = act("5. Restore: the holders as they were", "restore", "-e", "impersonate_orphans=report", code=2)
    refused = {record["host"] for record in restored["hosts"] if (record["change"] or {}).get("outcome") == "refused"}
    expect("only the host that would lose an account of the floor was refused", refused == floor)
    expect("all others are as at first", {host for host, its in holders().items() if its != at_first[host]} == floor)
    last = act("6. Audit: as at first?", "audit", code=2)
    statuses = [
        {record["host"]: record["status"] for record in report["hosts"] if record["host"] not in floor} for report in (first, last)
    ]
    expect("every verdict is the first one again, but that of the refused host", statuses[0] == statuses[1])
    return wrong


STORIES = {"audit": (audit, False), "enforce": (enforce, True)}


def main(arguments: list[str] | None = None) -> int:
    """Run a demo; 0 when everything is as it should be."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("story", choices=sorted(STORIES), nargs="?", default="audit")
    parser.add_argument("--backend", choices=sorted(BACK_ENDS), default="emulator")
    asked = parser.parse_args(arguments)
    story, alive = STORIES[asked.story]
    reports = Path(".build", f"demo-{asked.story}")
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)
    everything = reports / "demo.log"
    with everything.open("w", encoding="utf-8") as log, Fleet([], back_end(asked.backend)) as fleet:
        screen = Screen(functools.partial(print, flush=True), functools.partial(print, file=log), bool(os.environ.get("VERBOSE")))
        hosts = demo.fill(fleet, alive)
        screen.say([f"{len(hosts)} simulated Windows hosts answer on loopback, over WinRM with NTLM.", ""])
        wrong = story(Stage(fleet, reports, screen), fleet, hosts) + fleet.errors()
        for sentence in wrong:
            print("WRONG:", sentence, file=sys.stderr)
        if not wrong:
            screen.end(ending(reports, everything, alive))
    return 1 if wrong else 0


def ending(reports: Path, everything: Path, alive: bool) -> list[str]:
    """The last word of a demo in which all was well: where to look, and how to repeat a command."""
    pages = sorted(reports.resolve().glob("*.html"), key=lambda page: page.name)
    again = f"make fleet INVENTORY={reports / 'fleet.yml'}{' ALIVE=yes' if alive else ''}"
    return [
        "The demo ended as it should; what drifts here drifts on purpose.",
        f"Report of the fleet: {pages[0] if pages else reports.resolve()}",
        f"All that ansible-playbook printed is in {everything}; VERBOSE=1 shows it here.",
        f"To repeat a command: {again}",
        "and in another terminal, before the command:",
        *(f"  {line}" for line in environment(Path.cwd())),
    ]


if __name__ == "__main__":
    sys.exit(main())
