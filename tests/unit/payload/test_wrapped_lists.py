# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No list in a PSObject may reach ConvertTo-Json: Windows PowerShell 5.1 prints it as {"value": [...], "Count": n}, the engine does not."""

from __future__ import annotations

import json

import pytest

from fleet.backends.engine import engine_process, pwsh
from fleet.windows import names
from fleet.windows.machine import Machine

REPORT = "plugins/module_utils/_RightReport.psm1"
PIPED = ", @(1, 2) | Where-Object -FilterScript { $true }"

CASES = [
    pytest.param("@{ a = @(1, 2); b = @{ c = @('x' | Sort-Object); d = @() } }", [], id="none"),
    pytest.param(
        "@{ a = 1 | Sort-Object; b = 'text' | Sort-Object; c = @(@{ d = 1 } | Sort-Object) }", [], id="what is wrapped is no list"
    ),
    pytest.param("@{ a = " + PIPED + " }", ["$.a"], id="a list out of a pipeline"),
    pytest.param("@{ a = @{ b = @(1, (" + PIPED + ")) } }", ["$.a.b[1]"], id="deeper"),
    pytest.param("@{ a = @(" + PIPED + ") }", ["$.a[0]"], id="in a list"),
    pytest.param("[pscustomobject] @{ a = " + PIPED + " }", ["$.a"], id="in an object"),
    pytest.param("@{ a = New-Object -TypeName 'object[]' -ArgumentList 2 }", ["$.a"], id="a list that a cmdlet made"),
    pytest.param("(" + PIPED + ")", ["$"], id="the whole"),
]


@pytest.mark.engine
@pytest.mark.parametrize(("value", "places"), CASES)
def test_where_such_a_list_is_found(value, places, ran):
    output, breaches = ran(f"ConvertTo-Json -InputObject ({value}) -Depth 8 -Compress")

    assert json.loads(output.stdout) is not None
    assert breaches == [f"ConvertTo-Json gets a list in a PSObject at {place}" for place in places]


@pytest.mark.engine
@pytest.mark.parametrize("script", ["1, 'two', @{ a = @($null) } | ConvertTo-Json -Compress", "ConvertTo-Json @(1, @(2)) -Depth 3"])
def test_what_it_prints_otherwise(script, ran):
    stands_in, breaches = ran(script)

    assert breaches == []
    assert stands_in == ran(script.replace("ConvertTo-Json", "Microsoft.PowerShell.Utility\\ConvertTo-Json"))[0]


@pytest.mark.engine
def test_what_windows_powershell_does_not_have_is_refused(ran):
    output, _unused = ran("ConvertTo-Json -InputObject 1 -AsArray")

    assert output.exit_code == 1


@pytest.fixture
def ran(powershell, tmp_path):
    """Run a script with the stand-ins; its output, and the breaches that were noted."""

    def run(script):
        told = tmp_path / "services.json"
        environment = {**powershell.surroundings(), "HOME": str(tmp_path), "FLEET_SERVICES": str(told)}
        words = ("-NoProfile", "-NonInteractive", "-EncodedCommand", pwsh.encoded(script))
        output = engine_process.run(powershell.program, engine_process.Command(words, b"", environment, tmp_path), 120)
        noted = tmp_path / "services.json.breaches"
        return output, noted.read_text().splitlines() if noted.exists() else []

    return run


@pytest.mark.engine
@pytest.mark.parametrize(
    "machine",
    [
        pytest.param(Machine.member_server("HOST01"), id="several holders"),
        pytest.param(Machine.member_server("HOST01", holders=[names.ADMINISTRATORS]), id="one"),
    ],
)
def test_a_payload_that_pipes_a_list_through_a_cmdlet(machine, powershell, ask, spoilt):
    piped = "$Report.holders = , $Report.holders | Where-Object -FilterScript { $true }"
    answer = ask(spoilt(powershell, (REPORT, "$json = ConvertTo-Json", f"{piped}\n    $json = ConvertTo-Json")), machine)

    assert answer["failed"]
    assert answer["msg"] == "the payload misused Windows: ConvertTo-Json gets a list in a PSObject at $.holders"
