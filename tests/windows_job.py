# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two halves of the job on a Windows of a public forge that run elsewhere: what is fed to Windows PowerShell, and the comparison.

    python tests/windows_job.py build FOLDER        writes for each module its command line and its stdin
    python tests/windows_job.py compare FOLDER      reads what Windows printed, prints the table, writes a recording; 1 where a fact differs

Between the two .github/workflows/windows.yml starts Windows PowerShell with both, and does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
os.environ.setdefault("ANSIBLE_COLLECTIONS_PATH", str(CHECKOUT / ".build" / "collections"))

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder  # noqa: E402

_AnsibleCollectionFinder(paths=[os.environ["ANSIBLE_COLLECTIONS_PATH"]])._install()

from policy_tables import shipped_policies  # noqa: E402

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _utc  # noqa: E402
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.answers import read_facts  # noqa: E402
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.loading import load_policy  # noqa: E402
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import asked, table  # noqa: E402
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.answers import read_answers  # noqa: E402
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.comparing import compared  # noqa: E402
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.recording import recorded  # noqa: E402
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.rows import Verdict  # noqa: E402
from fleet.built import built  # noqa: E402

PAYLOAD, SOURCES = "local_right_info", "prove"
READ = {"accounts": [], "exposure": True, "expand": True, "events": asked.HOURS}
# The second module is built before the first has answered: it asks for what an English Windows Server of such a forge has.
SIDS = ("S-1-5-6", "S-1-5-19", "S-1-5-20", "S-1-5-32-544", "S-1-5-32-568", "S-1-5-17")
SERVICES = ("W3SVC", "WAS", "Dnscache", "Dhcp", "EventLog", "LanmanServer", "Schedule", "Winmgmt")
GROUPS = {"S-1-5-32-544": "Administrators", "S-1-5-32-568": "IIS_IUSRS"}


def questions() -> dict[str, object]:
    """Arguments of the independent script, whatever the host is."""
    return {
        "sids": list(SIDS), "names": [], "services": list(SERVICES), "groups": list(GROUPS), "group_names": list(GROUPS.values()),
        "server": True, "registry": asked.registry(), "hours": asked.HOURS,
        "classes": [list(one) for one in asked.CLASSES],
    }  # fmt: skip


def build(folder: Path) -> None:
    """Write what Windows PowerShell gets."""
    folder.mkdir(parents=True, exist_ok=True)
    for module, arguments in ((PAYLOAD, READ), (SOURCES, questions())):
        received = built(module, "runner", **arguments)
        (folder / f"{module}.cmd").write_text(received.command_line + "\n", encoding="ascii", newline="\r\n")
        (folder / f"{module}.stdin").write_bytes(received.stdin)


def compare(folder: Path, kind: str = "host") -> int:
    """Print the table of a host and write its recording; 1 where a fact differs."""
    payload, sources = (json.loads((folder / f"{module}.json").read_bytes().decode("utf-8-sig")) for module in (PAYLOAD, SOURCES))
    answers = read_answers(sources)
    rows = compared(read_facts(payload), answers)
    recording = recorded(
        payload, answers, load_policy(shipped_policies()["microsoft"]), kind=kind, made=_utc.written(_utc.now()), version="checkout"
    )
    (folder / "recording.json").write_text(json.dumps(recording, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print("\n".join(table.lines(folder.name, table.rows_from(recording["table"]))))
    return int(any(row.verdict is Verdict.DIFFERS for row in rows))


def main(arguments: list[str] | None = None) -> int:
    """Run one half."""
    parser = argparse.ArgumentParser(prog="python tests/windows_job.py", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("half", choices=["build", "compare"])
    parser.add_argument("folder", type=Path)
    half = parser.parse_args(arguments)
    if half.half == "compare":
        return compare(half.folder)
    build(half.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
