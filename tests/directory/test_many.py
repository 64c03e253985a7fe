# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain with thousands of GPOs is read by one command, and its answer stays small."""

from __future__ import annotations

import json
import shutil

import pytest

from directory.conftest import CSE, REALM, SECEDIT, gpt_ini, template

pytestmark = pytest.mark.directory
MANY = 2000


@pytest.fixture
def many(directory):
    """GPOs of which three define the right."""
    guids = [f"{{0000{number:04X}-0000-4000-8000-000000000000}}" for number in range(MANY)]
    dns = {guid: f"CN={guid},{directory.base}" for guid in guids}
    objects = {
        dn: {
            "objectClass": "groupPolicyContainer",
            "displayName": f"Policy {guid}",
            "versionNumber": "65537",
            "flags": "0",
            "gPCFileSysPath": rf"\\{REALM}\sysvol\{REALM}\Policies\{guid}",
            "gPCMachineExtensionNames": CSE,
        }
        for guid, dn in dns.items()
    }
    directory.ask("add_all", objects)
    for number, guid in enumerate(guids):
        folder = directory.policies / guid
        (folder / SECEDIT).mkdir(parents=True)
        (folder / "gpt.ini").write_bytes(gpt_ini(65537))
        (folder / SECEDIT / "GptTmpl.inf").write_bytes(template() if number % 700 == 0 else template(None))
    yield guids
    directory.ask("remove_all", [*dns.values()])
    for guid in guids:
        shutil.rmtree(directory.policies / guid)


def test_two_thousand_gpos_of_which_three_define_the_right(many, directory, send):
    before = directory.ask("get", directory.dn, ["gPLink"])
    directory.ask("set", directory.dn, {"gPLink": "".join(f"[LDAP://CN={guid},{directory.base};0]" for guid in many[:1000])})
    try:
        output = send(directory.machine(), "gpo_right_info", gpos=[])
    finally:
        directory.ask("set", directory.dn, before)

    answer = json.loads(output.stdout)
    assert [row["guid"] for row in answer["gpos"] if row["guid"].startswith("{0000")] == [many[0], many[700], many[1400]]
    assert (len(answer["others"]), answer["unread"], answer["truncated"]) == (MANY - 3, [], False)
    assert [len(som["links"]) for som in answer["links"] if som["kind"] == "domain"] == [1000]
    assert len(output.stdout) <= 200_000
