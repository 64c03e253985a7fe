# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo of Group Policy: read the GPOs of a simulated domain, plan with its impact, change one, let the hosts refresh, take it back."""

from __future__ import annotations

import functools
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import typing as t
from pathlib import Path

import yaml

from fleet import gpo_demo
from fleet.__main__ import back_end
from fleet.screen import Screen, command_lines, fitted
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.machine import FLOOR
from fleet.windows.policyclient import accounts_of, file_version, refreshed

if t.TYPE_CHECKING:
    from fleet.windows.domain import PolicyDomain

Report = dict[str, t.Any]
MOST_LINES = 39
HOSTS = ("web01", "web02", "app01", "file01")
IMPACT = re.compile(r"^  impact by .*$|^    \d+ (?:would|run|have|keep) .*$", re.M)
REACHED = [
    "  it sets the right on 2 audited hosts, and lost against another GPO on 0",
    "    2 would gain BUILTIN\\IIS_IUSRS (S-1-5-32-568)",
    "    2 run IIS: web01, web02",
]
CHANGED = ["+  BUILTIN\\IIS_IUSRS (S-1-5-32-568)", "-version 65540", "+version 65541"]
OLD, NEW = sorted(FLOOR), sorted([*FLOOR, names.IIS_IUSRS])


class Stage:
    """A fleet, its inventory and a folder; runs playbooks and keeps what they print; counts what is not as it should be."""

    def __init__(self, fleet: Fleet, folder: Path, screen: Screen) -> None:
        self.folder, self.screen, self.wrong = folder, screen, list[str]()
        self._inventory = fleet.write_inventory(folder / "fleet.yml")
        self._options = folder / "options.yml"
        options = {
            "impersonate_report_dir": str(folder),
            "impersonate_snapshot_dir": str(folder / "snapshots"),
            "impersonate_report_previous": str(folder / "before.json"),
            "impersonate_gpo": gpo_demo.WEB,
            "impersonate_gpo_state": "defined",
            "impersonate_gpo_accounts": ["administrators", "service", "local_service", "network_service", "iis_iusrs"],
        }
        self._options.write_text(yaml.safe_dump(options, sort_keys=False), encoding="utf-8")

    def play(self, words: str, name: str, limit: str, *options: str, code: int, aloud: bool = True) -> str:
        """Run one of our playbooks as a user would; returns what it printed. ``aloud``: say so."""
        command = ["ansible-playbook", "-i", str(self._inventory), f"winrights.seimpersonate.{name}"]
        command += ["-e", f"@{self._options}", "--limit", limit, *options]
        (self.screen.say if aloud else self.screen.detail)([f"=== {words}"])
        self.screen.detail([f"$ {line}" for line in command_lines(command)])
        environment = {**os.environ, "NO_PROXY": "127.0.0.0/8", "ANSIBLE_NOCOLOR": "1"}
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.screen.detail(ran.stdout.splitlines())
        if ran.returncode != code:
            self.wrong.append(f"{words}: ansible-playbook ended with {ran.returncode} instead of {code}")
        return ran.stdout

    def audit(self, words: str, name: str, *options: str, code: int) -> dict[str, Report]:
        """Audit the member servers; returns the record of each."""
        self.play(words, "audit", ",".join(HOSTS), "-e", f"impersonate_report_name={name}", *options, code=code)
        path = self.folder / f"{name}.json"
        if not path.exists():
            sys.exit(f"{words}: there is no report {path}; all output is in {self.folder}/demo.log")
        report: Report = json.loads(path.read_text(encoding="utf-8"))
        records = {record["host"]: record for record in report["hosts"]}
        told: dict[str, list[str]] = {}
        for host, record in sorted(records.items()):
            told.setdefault(record["status"], []).append(host)
        self.screen.say(["  " + "; ".join(f"{status}: {', '.join(its)}" for status, its in sorted(told.items()))])
        return records

    def expect(self, words: str, value: object, should: object) -> None:
        """Compare a value with what it should be, and say so."""
        self.screen.say([fitted(f"  {'yes' if value == should else 'NO'}: {words}")])
        if value != should:
            self.wrong.append(f"{words}: {value} instead of {should}")


def shown(output: str, begin: str, most: int, without: tuple[str, ...] = ()) -> list[str]:
    """A line of what a run printed that begins so, and at most so many indented ones below it, but for those that begin with ``without``."""
    lines = output.splitlines()
    start = next((place for place, line in enumerate(lines) if line.startswith(begin)), len(lines))
    below = itertools.takewhile(lambda line: line.startswith("  "), lines[start + 1 :])
    return [
        part
        for line in [*lines[start : start + 1], *itertools.islice(below, most)]
        if not line.lstrip().startswith(without)
        for part in textwrap.wrap(f"  {line}", 100, subsequent_indent=" " * (6 + len(line) - len(line.lstrip())))
    ]


def briefly(row: Report) -> str:
    """A GPO with one of its findings, the shortest, and how many more it has."""
    first, *more = sorted((finding["text"] for finding in row["findings"]), key=len)
    return f"    {row['name']}: {first}{f'; {len(more)} more' if more else ''}"


def in_domain(domain: PolicyDomain, name: str = gpo_demo.WEB) -> tuple[list[str] | None, int | None, int | None]:
    """What the domain has of a GPO: accounts, version of the container, version of gpt.ini."""
    replica = domain.replica
    gpo = next(one for one in replica.directory.gpos.values() if one.name == name)
    accounts = accounts_of(replica.template(gpo.guid))
    sids = None if accounts is None else sorted(account.removeprefix("*") for account in accounts)
    return sids, gpo.version, file_version(replica.gpt_ini(gpo.guid))


def statuses(records: dict[str, Report]) -> dict[str, str]:
    """Status of each host."""
    return {host: record["status"] for host, record in records.items()}


def pending(records: dict[str, Report]) -> list[str]:
    """Hosts that have not taken yet what a GPO says in the domain."""
    return sorted(host for host, record in records.items() if record["controller"]["pending"])


def tell(stage: Stage, domain: PolicyDomain, fleet: Fleet) -> None:
    """All of it."""
    drift = {host: "drift" if host.startswith("web") else "compliant" for host in HOSTS}
    green = dict.fromkeys(HOSTS, "compliant")

    before = stage.audit("1. audit: two web servers drift, and a GPO sets the right there", "before", code=2)
    stage.expect("both lack IIS_IUSRS, the others are compliant", statuses(before), drift)
    winners = {record["controller"]["name"] for host, record in before.items() if host.startswith("web")}
    stage.expect(f"the GPO {gpo_demo.WEB} sets it on them", winners, {gpo_demo.WEB})

    kept = ("-e", f"impersonate_gpo_file={stage.folder / 'gpos.json'}")
    said = stage.play("2. gpo_audit: the GPOs of the domain", "gpo_audit", "dc01", *kept, code=2)
    stage.screen.say(shown(said, "Group Policy Objects of", 0))
    rows = json.loads((stage.folder / "gpos.json").read_text())["gpos"]
    found = {row["name"]: sorted({one["kind"] for one in row["findings"]}) for row in rows}
    stage.screen.say(fitted(briefly(row)) for row in rows if row["findings"])
    asked = len(fleet.commands("dc01"))
    stage.expect(
        "found with one remote command is what is wrong with each, and nothing else", (found, asked), (gpo_demo.FINDINGS, 1)
    )

    said = stage.play(
        "3. gpo_enforce --check --diff: look first, with the impact on the hosts of that audit",
        "gpo_enforce",
        "dc01",
        "--check",
        "--diff",
        code=0,
    )
    stage.screen.say(shown(said, "GPO Web servers", 12, without=("before:", "after:")))
    reached = [re.sub(r"^  impact by the audit [^:]*: ", "  ", line) for line in IMPACT.findall(said.replace("\r", ""))]
    stage.expect("that is the whole impact", reached, REACHED)
    changed = [line for line in said.splitlines() if re.match(r"[+-](?:version|  )", line)]
    stage.expect("the diff has one account more, and the next version", changed, CHANGED)
    stage.expect("the domain is as before", in_domain(domain), (OLD, 0x10004, 0x10004))

    stage.play("4. gpo_enforce: change it", "gpo_enforce", "dc01", code=0)
    stage.expect("the GPO has the new list, and both versions are one higher", in_domain(domain), (NEW, 0x10005, 0x10005))
    stage.play("gpo_audit: what the domain has now, for the audits of the hosts", "gpo_audit", "dc01", *kept, code=2, aloud=False)

    waiting = stage.audit("5. audit: before the hosts refreshed", "waiting", *kept, code=2)
    stage.expect("the hosts still have the old list", statuses(waiting), drift)
    stage.expect("that of the web servers is pending, and no other drift", pending(waiting), ["web01", "web02"])
    took = len(refreshed(domain, *HOSTS))
    after = stage.audit(
        f"6. audit: after {took} hosts refreshed, as gpupdate or 90 to 120 minutes make them", "after", *kept, code=0
    )
    stage.expect("all are compliant, and nothing is pending", (statuses(after), pending(after)), (green, []))
    stage.expect("the hosts hold what the GPO says", [domain.members[host][0].holders() for host in HOSTS], [NEW, NEW, OLD, OLD])

    latest = ("gpo_restore", "dc01", "-e", "impersonate_restore=latest")
    stage.play("7. gpo_restore: it would leave out IIS_IUSRS on web servers, and is refused", *latest, code=2)
    stage.expect("the domain is as before", in_domain(domain), (NEW, 0x10005, 0x10005))
    stage.play("8. gpo_restore: take it back all the same", *latest, "-e", "impersonate_gpo_allow=without_iis_iusrs", code=0)
    stage.expect("the old list is back, with a new version, which the hosts will see", in_domain(domain), (OLD, 0x10006, 0x10006))
    refreshed(domain, *HOSTS)
    stage.expect("after a refresh the hosts are as at first", [domain.members[host][0].holders() for host in HOSTS], [OLD] * 4)


def main() -> int:
    """Run the demo; 0 when everything is as it should be."""
    folder = Path(".build", "demo-gpo").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    everything = folder / "demo.log"
    domain = gpo_demo.make()
    with everything.open("w", encoding="utf-8") as log, Fleet([], back_end("emulator")) as fleet:
        for machine, _dn in domain.members.values():
            fleet.add(machine)
        seen = list[str]()

        def show(line: str) -> None:
            seen.append(line)
            print(line, flush=True)

        screen = Screen(show, functools.partial(print, file=log), bool(os.environ.get("VERBOSE")))
        screen.say([f"{len(domain.members)} simulated Windows hosts of one domain answer on loopback, over WinRM with NTLM."])
        stage = Stage(fleet, folder, screen)
        tell(stage, domain, fleet)
        wrong = stage.wrong + fleet.errors()
        if len(seen) + 2 > MOST_LINES and not os.environ.get("VERBOSE"):
            wrong.append(f"{len(seen) + 2} lines on the screen instead of at most {MOST_LINES}")
        for sentence in wrong:
            print("WRONG:", sentence, file=sys.stderr)
        if not wrong:
            screen.end(["The demo ended as it should.", f"Each command and all output: {everything}; VERBOSE=1 shows them here."])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
