# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal says what happened, by names and sizes only."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from fleet.winrm.journal import Journal, Record


def record(action: str, *, host: str = "A", **facts) -> Record:
    return Record(host=host, connection=1, action=action, status=200, received=10, sent=3, **facts)


def test_a_command_has_the_module_that_its_input_turned_out_to_be():
    journal = Journal()
    journal.add(record("Command", command="1"))
    journal.add(record("Send", command="1", module="a.b.c", check=True, become=False))
    journal.add(record("Command", command="2"))

    assert [(r.module, r.check) for r in journal.commands("A")] == [("a.b.c", True), (None, None)]
    assert journal.commands("B") == []


def test_bytes_are_counted_per_host():
    journal = Journal()
    for host in "AAB":
        journal.add(record("Send", host=host))

    assert (journal.exchanged("A"), journal.exchanged("B"), journal.exchanged("C")) == ((20, 6), (10, 3), (0, 0))


def test_records_are_found_by_host_and_action():
    journal = Journal()
    for host, action in (("A", "Create"), ("A", "Delete"), ("B", "Create")):
        journal.add(record(action, host=host))

    assert [len(journal.records(*by)) for by in ((), ("A",), ("A", "Create"), (None, "Create"))] == [3, 2, 1, 2]
    journal.clear()
    assert journal.records() == []


def test_a_file_gets_one_line_per_record_from_any_thread(tmp_path):
    journal = Journal(tmp_path / "journal")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: journal.add(record("Send", host=str(number))), range(200)))

    lines = (tmp_path / "journal").read_text().splitlines()
    assert {json.loads(line)["host"] for line in lines} == {str(number) for number in range(200)}
    assert sorted(lines) == sorted(journal.dump().splitlines())
