# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What gpo_right_info reads of GPOs on a domain controller."""

from __future__ import annotations

import base64

import pytest

from directory.conftest import CSE, HOST, REALM, digest, gpt_ini, template

pytestmark = pytest.mark.directory
AUTHENTICATED_USERS = "S-1-5-11"


def test_one_gpo_with_all_that_is_told_of_it(directory, make_gpo, ask):
    content = template()
    gpo = make_gpo(content, name="Web servers")

    answer = ask(gpo.guid)

    assert answer["changed"] is False
    assert answer["controller"] == {
        "name": HOST,
        "dns_name": f"{HOST.lower()}.{REALM}",
        "machine_role": 5,
        "read_only": False,
        "domain": REALM,
        "domain_dn": directory.dn,
        "domain_sid": directory.sid,
        "pdc_emulator": f"{HOST.lower()}.{REALM}",
        "is_pdc_emulator": True,
    }
    assert answer["asked"] == [{"asked": gpo.guid, "found": [gpo.guid]}]
    (row,) = answer["gpos"]
    security = row.pop("security")
    assert row == {
        "guid": gpo.guid,
        "name": "Web servers",
        "flags": 0,
        "version": 0x10001,
        "extensions": CSE,
        "path": rf"\\{REALM}\sysvol\{REALM}\Policies\{gpo.guid}",
        "wmi_filter": None,
        "template": {"status": "read", "bytes": base64.b64encode(content).decode(), "sha256": digest(content), "error": None},
        "gpt_ini": {"status": "read", "bytes": base64.b64encode(gpt_ini(0x10001)).decode(), "error": None},
        "journal": None,
    }
    assert {"sid": AUTHENTICATED_USERS, "allowed": True, "inherited": False} in security
    assert (answer["others"], answer["unread"], answer["truncated"]) == ([], [], False)
    assert (answer["links"], answer["links_truncated"]) == ([], False)
    assert [(one["asked"], one["found"]) for one in answer["accounts"]] == [
        ("*S-1-5-19", True), ("*S-1-5-20", True), ("*S-1-5-32-544", True), ("*S-1-5-6", True),
    ]  # fmt: skip
    assert answer["lookup_status"] == "0x00000000"
