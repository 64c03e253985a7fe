# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands at the head of reports that tests make up."""

from __future__ import annotations

RUN = {
    "id": "20260131T081500Z-5014ea",
    "started": "2026-01-31T08:15:00Z",
    "finished": "2026-01-31T08:16:00Z",
    "duration_s": 60,
    "check_mode": False,
    "action": "audit",
    "limit": None,
    "hosts": None,
    "forks": 5,
    "restored": None,
    "awx": {},
}
UNRANKED = {"rank": "medium", "place": "host", "advice": "enforce", "since": None}
"""Keys of a finding about which a test does not care."""
GENERATOR = {"name": "winrights.seimpersonate", "version": "0.1.0", "ansible_core": "2.19.14", "python": "3.11.7"}
