# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A payload that asks for what no directory has, or for more than it needs, does not pass: each case spoils its text in one place."""

from __future__ import annotations

import json

import pytest

from directory.conftest import USER, b64, gpt_ini, template
from fleet.backends.engine.spoilt import spoil
from fleet.built import built

pytestmark = pytest.mark.directory
READ, CHANGE = "plugins/module_utils/_GpoReport.psm1", "plugins/module_utils/_GpoChange.psm1"

READING = [
    pytest.param("'gPCWQLFilter' }", "'gPCWqlFilters' }", "has no attribute gPCWqlFilters", id="an attribute that is not there"),
    pytest.param("'(objectClass=groupPolicyContainer)'", "'(objectClass=gpo)'", "has no class gpo", id="a class that is not there"),
    pytest.param("ReferralChasing = 'None'", "ReferralChasing = 'All'", "follows referrals", id="follows referrals"),
    pytest.param("ProtocolVersion = 3", "ProtocolVersion = 2", "old protocol", id="an old protocol"),
    pytest.param("$env:COMPUTERNAME, 389", "'sim.test', 389", "which is another machine", id="whatever controller answers"),
    pytest.param("$env:COMPUTERNAME, 389", "$env:COMPUTERNAME, 3268", "which is another machine", id="the global catalogue"),
    pytest.param("    $request.TimeLimit = [TimeSpan]::FromSeconds(60)\n", "", "without a time limit", id="without a time limit"),
    pytest.param("if ($Scope -ne 'Base')", "if ($false)", "A search without pages", id="without pages"),
    pytest.param("-Attribute 'nTSecurityDescriptor' -Dacl", "-Attribute 'nTSecurityDescriptor'", "whole security descriptor", id="more than the DACL"),
    pytest.param(
        "Services\\Netlogon\\Parameters", "Services\\Netlogon\\Params", "Windows has no key", id="a registry key that is not there"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "breach"), READING)
def test_a_read(good, bad, breach, directory, make_gpo, powershell):
    gpo = make_gpo()

    output = spoil(powershell, (READ, good, bad)).run(directory.machine(), built("gpo_right_info", USER, gpos=[gpo.guid]))

    refused(output, breach)


WRITING = [
    pytest.param(CHANGE, "$one.Operation = $name, 'Replace'", "$one.Operation = $name, 'Add'", "Add of versionNumber", id="adds"),
    pytest.param(
        CHANGE,
        "foreach ($name in 'versionNumber', 'gPCMachineExtensionNames') {\n        $one = ",
        "foreach ($name in @('versionNumber')) {\n        $one = ",
        "which is not that of one version",
        id="one attribute alone",
    ),
    pytest.param(
        CHANGE,
        "foreach ($name in 'versionNumber', 'gPCMachineExtensionNames') {\n        $one = ",
        "foreach ($name in 'versionNumber', 'gPCMachineExtensionNames', 'displayName') {\n        $one = ",
        "which is not that of one version",
        id="a third attribute",
    ),
]


@pytest.mark.parametrize(("path", "good", "bad", "breach"), WRITING)
def test_a_change(path, good, bad, breach, directory, make_gpo, powershell):
    gpo = make_gpo()
    ini = b64(gpt_ini(0x10002))
    change = {"guid": gpo.guid, "expected": gpo.state, "template": b64(template("")), "version": 0x10002, "extensions": "[{x}]"}

    output = spoil(powershell, (path, good, bad)).run(
        directory.machine(),
        built("gpo_right", USER, change={**change, "gpt_ini": ini, "undo": {"version": 0x10003, "gpt_ini": ini}}),
    )

    refused(output, breach)


def test_a_read_before_a_change_must_not_write(directory, make_gpo, powershell):
    gpo = make_gpo()
    bad = "$null = Write-Container @{ connection = $Connection; dn = $entry.DistinguishedName } -Version 9; $one = Read-Gpo $Connection"
    text = "$one = Read-Gpo $Connection"

    output = spoil(powershell, (READ, text, bad)).run(directory.machine(), built("gpo_right", USER, read={"gpos": [gpo.guid]}))

    refused(output, "A read changes CN=")


def refused(output, breach):
    answer = json.loads(output.stdout)
    assert answer["failed"]
    assert answer["msg"].startswith("the payload misused Windows: ")
    assert breach in answer["msg"]
