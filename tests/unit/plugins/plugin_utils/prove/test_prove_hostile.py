# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a source answers spoils its own rows and nothing else, and what cannot be recorded is refused and never an error of ours."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proofs import full, host

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.comparing import compared
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.recording import NotRedacted, recorded
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.rows import Verdict
from fleet.windows.grouppolicy import Setting

MADE = {"kind": "simulated", "made": "2026-06-15T12:00:00Z", "version": "0.1.0"}
LONG = "9" * 5_000  # int() refuses so many digits
UTF16 = "\ufeff"
RSOP = (
    "<Rsop xmlns='x'><ComputerResults><ExtensionData><Extension><UserRightsAssignment><GPO><Identifier>g</Identifier></GPO>"
    "<Precedence>{}</Precedence><Name>SeImpersonatePrivilege</Name></UserRightsAssignment></Extension></ExtensionData></ComputerResults></Rsop>"
)
EVENT = "<Event><System><EventID>{}</EventID><TimeCreated SystemTime='{}'/></System><EventData><Data Name='PrivilegeList'>{}</Data></EventData></Event>"
VALUE = "\r\nK\r\n    UBR    REG_DWORD    {}\r\n"
BUILD = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"


@pytest.mark.parametrize(
    ("source", "out"),
    [
        pytest.param("whoami_user", '"' + "x" * 200_000 + '","S-1-5-18"\r\n' * 2, id="a field that is too long"),
        pytest.param("whoami_groups", "a,b\rc,d\r\ne,f\r\n", id="a line that ends in the middle"),
        pytest.param("whoami_priv", "a,\0b\r\nc,d\r\n", id="a zero"),
        pytest.param("auditpol", "a,b\rc,d\r\n" + "x" * 200_000 + ",f\r\n", id="a table of auditpol"),
        pytest.param("ver", f"Microsoft Windows [Version 10.0.{LONG}.{LONG}]", id="a long version"),
        pytest.param("sc_queryex", f"SERVICE_NAME: W3SVC\r\n        PID                : {LONG}\r\n", id="a long PID"),
        pytest.param("sc_queryex", "SERVICE_NAME: W3SVC\r\n        PID                : \u00b2\r\n", id="a PID that is a power"),
        pytest.param("wevtutil", EVENT.format(LONG, "x", "SeImpersonatePrivilege"), id="a long number of an event"),
        pytest.param("wevtutil", EVENT.format("\u00b2", "x", ""), id="a power as the number of an event"),
        pytest.param("wevtutil", EVENT.format("4704", "2026-06-15T12+02:00", "SeImpersonatePrivilege"), id="a time with its zone"),
        pytest.param("wevtutil", EVENT.format("4704", "0001-01-01T00:00:00", "SeImpersonatePrivilege"), id="the first day"),
        pytest.param("wevtutil", "<a>" * 60_000, id="a deep document"),
        pytest.param("appcmd", "<appcmd>\0</appcmd>", id="a zero in XML"),
        pytest.param("gpresult", UTF16 + RSOP.format(LONG), id="a long precedence"),
        pytest.param("gpresult", UTF16 + RSOP.format("\u00b2"), id="a power as precedence"),
        pytest.param(f"reg {BUILD}|UBR", VALUE.format("0xZZ"), id="a number that is none"),
        pytest.param(f"reg {BUILD}|UBR", VALUE.format("0x"), id="a number without digits"),
        pytest.param("operating_system", '[{"BuildNumber": Infinity, "ProductType": NaN, "OperatingSystemSKU": 1e999}]', id="infinity"),
        pytest.param("operating_system", f'[{{"BuildNumber": "{LONG}"}}]', id="a long number in a text"),
        pytest.param("translate", "[" * 600 + "]" * 600, id="deep JSON"),
        pytest.param("translate", "[" * 100_000 + "]" * 100_000, id="JSON of any depth"),
        pytest.param("translate", '[{"sid": "S-1-5-18", "name": "\\ud800gertrude"}]', id="half a character"),
        pytest.param("computer_system", '[{"Name": "gert\\udfffrude", "Domain": ["x"], "DomainRole": true}]', id="half a host"),
        pytest.param("ground", '[{"console": 99999999999999999999, "oem": true, "ansi": -1, "powershell": [], "language": {}}]', id="code pages"),
        pytest.param("net Administrators", "-" * 79 + "\r\n", id="a list that ends"),
    ],
)  # fmt: skip
def test_whatever_a_source_answers_spoils_its_own_rows(source, out, policy):
    its = host(full())
    sources = its.sources
    before = {(row.fact, row.source): row.verdict for row in compared(its.facts, sources)}
    part = "file" if out.startswith(UTF16) else "out"
    sources[source] = dataclasses.replace(sources[source], **{part: out.encode("utf-16" if part == "file" else "utf-8")})
    now = compared(its.facts, sources)

    assert sum(before[(row.fact, row.source)] is not row.verdict for row in now) <= 5
    try:
        made = recorded(its.payload, sources, policy, **MADE)
    except NotRedacted:
        return
    json.dumps(made, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("544", id="a number of a SID"),
        pytest.param("S", id="the letter of SIDs"),
        pytest.param("2026", id="a year"),
        pytest.param("Event", id="an element of XML"),
        pytest.param("4704", id="the number of an event"),
    ],
)
def test_a_name_that_is_a_word_of_a_format_is_refused(name, policy):
    machine = full()
    machine.grant(machine.add_account(name, domain="SIM", rid=1777))
    its = host(machine)

    with pytest.raises(NotRedacted):
        recorded(its.payload, its.sources, policy, **MADE)


def test_a_gpo_that_is_called_as_an_element_is_refused(policy):
    """There is one row less then."""
    its = host(full(gpos=(Setting("Precedence"),)))

    with pytest.raises(NotRedacted):
        recorded(its.payload, its.sources, policy, **MADE)


def test_a_payload_that_is_too_deep_is_refused(member, policy):
    deep: list = []
    for _unused in range(100_000):
        deep = [deep]
    payload = {**member.payload, "not_asked": deep}

    with pytest.raises(NotRedacted, match="nested"):
        recorded(payload, member.sources, policy, **MADE)


NAMES = sorted(host(full()).sources)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(("S-1-5-18", '"', ",", "\r\n", "\r", "<Event>", ":", "-" * 20, "[", "{", "0x", "=", "²"))).map(
        "".join
    ),
)


@given(
    source=st.sampled_from(NAMES), text=TEXTS, part=st.sampled_from(("out", "err", "file")), code=st.sampled_from((None, 0, 1, 5))
)
def test_no_answer_is_an_error_of_ours(source, text, part, code, policy):
    its = host(full())
    sources = its.sources
    raw = text.encode("utf-8", "surrogatepass")
    sources[source] = dataclasses.replace(sources[source], exit_code=code, **{part: raw})

    assert all(isinstance(row.verdict, Verdict) for row in compared(its.facts, sources))
    try:
        made = recorded(its.payload, sources, policy, **MADE)
    except NotRedacted:
        return
    json.dumps(made, ensure_ascii=False).encode()
