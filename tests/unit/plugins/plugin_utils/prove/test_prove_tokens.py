# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which SIDs and names every Windows has, and which are a host's own."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proofs import full, host

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import NAMES, app_pool_sid, service_sid
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import private
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.comparing import compared
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.recording import recorded
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.redaction import Redaction, sid_bytes
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.tokens import Tokens

MADE = {"kind": "simulated", "made": "2026-06-15T12:00:00Z", "version": "0.1.0"}
LIVE = "S-1-11-96-3623454863-58364-18864-2661722203-1597581903-1111111111-2222222222-3333333333-444444444"
VM = "S-1-5-83-1-1111111111-2222222222-3333333333-444444444"


@pytest.mark.parametrize(
    "sid",
    [
        *(pytest.param(sid, id=name) for sid, name in NAMES.items()),
        pytest.param("S-1-5-5-0-123456", id="a logon"),
        pytest.param("S-1-5-64-10", id="NTLM"),
        pytest.param("S-1-15-2-1", id="all application packages"),
        pytest.param("S-1-16-12288", id="an integrity level"),
        pytest.param("S-1-18-1", id="asserted by an authority"),
        pytest.param("S-1-5-83-0", id="all virtual machines"),
        pytest.param(service_sid("Dnscache"), id="a service"),
        pytest.param(app_pool_sid("shop"), id="a pool"),
    ],
)
def test_a_sid_that_stays(sid):
    assert not private.is_private(sid)
    assert Redaction(Tokens()).text(f"x {sid},y") == f"x {sid},y"
    assert Redaction(Tokens()).text(sid_bytes(sid).hex("-").upper()) == sid_bytes(sid).hex("-").upper()


@pytest.mark.parametrize(
    ("sid", "made"),
    [
        pytest.param("S-1-5-21-1-2-3-1105", "S-1-5-21-1000000001-1000000001-1000000001-1001", id="an account"),
        pytest.param("S-1-12-1-1-2-3-4", "S-1-12-1" + 4 * "-1000000001", id="of Entra ID"),
        pytest.param(LIVE, "S-1-11-96" + 9 * "-1000000001", id="a Microsoft account"),
        pytest.param(VM, "S-1-5-83" + 5 * "-1000000001", id="a virtual machine, whose GUID it has"),
        pytest.param("S-1-5-87-1-2-3-4-5", "S-1-5-87" + 5 * "-1000000001", id="a task"),
        pytest.param("S-1-5-94-3", "S-1-5-94-1000000001", id="a virtual account of WinRM"),
        pytest.param("S-1-22-1-1000", "S-1-22-1-1000000001", id="a Unix user of Samba"),
        pytest.param("S-1-15-2-1-2-3-4-5-6-7", "S-1-15-2" + 7 * "-1000000001", id="an application package"),
        pytest.param("S-1-5-32-4711", "S-1-5-32-1000000001", id="an alias of the host's own"),
    ],
)
def test_a_sid_that_is_replaced(sid, made):
    redaction = Redaction(Tokens())

    assert redaction.text(f"x {sid},y") == f"x {made},y"
    assert redaction.text(sid_bytes(sid).hex("-").upper()) == sid_bytes(made).hex("-").upper()
    assert redaction.left_in(f"x {sid}") == [sid]
    assert redaction.left_in(f"x {made}") == []


@pytest.mark.parametrize(
    ("accounts", "text", "made"),
    [
        pytest.param(
            [("MicrosoftAccount\\jane.doe@outlook.com", LIVE)],
            "MicrosoftAccount\\jane.doe@outlook.com; jane.doe; OUTLOOK.COM",
            "MicrosoftAccount\\USER1; USER2; DOM1",
            id="a Microsoft account",
        ),
        pytest.param(
            [("NT SERVICE\\sqlprod", service_sid("sqlprod")), ("CONTOSO\\sqlprod", "S-1-5-21-1-2-3-1105")],
            "NT SERVICE\\sqlprod CONTOSO\\sqlprod",
            "NT SERVICE\\USER1 DOM1\\USER1",
            id="a service and an account of one name",
        ),
        pytest.param(
            [("IIS APPPOOL\\contoso", app_pool_sid("contoso")), ("CONTOSO\\jane", "S-1-5-21-1-2-3-1105")],
            "IIS APPPOOL\\contoso CONTOSO\\jane",
            "IIS APPPOOL\\DOM1 DOM1\\USER1",
            id="a pool and a domain of one name",
        ),
        pytest.param(
            [("NT SERVICE\\Dnscache", service_sid("Dnscache"))],
            "NT SERVICE\\Dnscache",
            "NT SERVICE\\Dnscache",
            id="a service alone",
        ),
        pytest.param(
            [("NT TASK\\nightly-payroll", "S-1-5-87-1-2-3-4-5")], "NT TASK\\nightly-payroll", "NT TASK\\USER1", id="a task"
        ),
        pytest.param(
            [("BUILTIN\\Users", "S-1-5-32-545"), ("USERS\\jane", "S-1-5-21-1-2-3-1105")],
            "USERS\\jane",
            "DOM1\\USER1",
            id="a domain that is called as a well-known group",
        ),
        pytest.param([("DRS\\jane", "S-1-5-21-1-2-3-1105")], "DRS\\jane", "DOM1\\USER1", id="a domain that is called as a service"),
        pytest.param(
            [("CORP\\CORP", "S-1-5-21-1-2-3-513")],
            "CORP\\CORP",
            "DOM1\\DOM1",
            id="a group of a low RID that is called as its domain",
        ),
        pytest.param(
            [("VORDEFINIERT\\Benutzer", "S-1-5-32-545"), ("Jeder", "S-1-1-0")],
            "VORDEFINIERT\\Benutzer Jeder",
            "VORDEFINIERT\\Benutzer Jeder",
            id="well-known ones in German",
        ),
    ],
)
def test_what_becomes_of_names(accounts, text, made):
    tokens = Tokens()
    for name, sid in accounts:
        tokens.account(name, sid)
    redaction = Redaction(tokens)

    assert redaction.text(text) == made
    assert redaction.left_in(made) == []


def test_a_host_that_is_called_as_a_service_of_windows():
    tokens = Tokens()
    tokens.hosts["spooler"] = None

    assert Redaction(tokens).text("spooler") == "HOST1"


PART = st.text(st.sampled_from("abcdeö"), min_size=3, max_size=8)


@given(name=PART, mail=PART, number=st.integers(1, 2**32 - 1))
def test_no_microsoft_account_is_left(name, mail, number):
    tokens = Tokens()
    sid = f"S-1-11-96-{number}-{number}-7-8-9"
    tokens.account(f"MicrosoftAccount\\{name}.x@{mail}.example", sid)
    redaction = Redaction(tokens)
    text = f'"MicrosoftAccount\\{name}.x@{mail}.example","User","{sid}" {name}.x {sid_bytes(sid).hex()}'

    made = redaction.text(text)
    assert redaction.left_in(made) == []
    assert f"{name}.x" not in made
    assert made.startswith('"MicrosoftAccount\\USER1","User","S-1-11-96-')


@given(name=PART, derive=st.sampled_from((service_sid, app_pool_sid)), as_domain=st.booleans())
def test_a_service_or_pool_does_not_keep_an_equal_name(name, derive, as_domain):
    authority = "NT SERVICE" if derive is service_sid else "IIS APPPOOL"
    named = [(f"{authority}\\{name}", derive(name)), (f"{name}\\q" if as_domain else f"D\\{name}", "S-1-5-21-1-2-3-1105")]
    for order in (named, named[::-1]):
        tokens = Tokens()
        for one, sid in order:
            tokens.account(one, sid)
        redaction = Redaction(tokens)

        assert redaction.left_in(f"x {name.upper()} y")
        assert name not in redaction.text(f"{authority}\\{name} {name}")


def test_a_host_with_a_microsoft_account_and_a_service_of_an_accounts_name(policy):
    """The way from answers to a recording: whoami alone lists the first, and what is left says the same."""
    machine = full()
    machine.grant(service_sid("sqlprod"))
    machine.running["sqlprod"] = "SIM\\sqlprod"
    machine.add_account("sqlprod", domain="SIM", rid=1444)
    its = host(machine)
    sources = its.sources
    groups = sources["whoami_groups"]
    row = f'"MicrosoftAccount\\jane.doe@outlook.com","User","{LIVE}","Mandatory group"\r\n'
    sources["whoami_groups"] = dataclasses.replace(groups, out=groups.out + row.encode())

    made = recorded(its.payload, sources, policy, **MADE)
    text = json.dumps(made).lower()
    assert [word for word in ("jane", "outlook", "sqlprod", "3623454863") if word in text] == []
    assert [row["verdict"] for row in made["table"]] == [row.verdict.value for row in compared(its.facts, its.sources)]
