# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that a host calls its own leaves it, and what is left says the same."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import struct
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from proofs import KINDS, full, host

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.answers import read_facts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import recording as recordings
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import service_control
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.comparing import compared
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.recording import (
    NotRedacted,
    recorded,
    sources_of,
    table_of,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.redaction import Redaction, sid_bytes
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.tokens import Tokens
from fleet.windows.grouppolicy import Setting

MADE = {"kind": "simulated", "made": "2026-06-15T12:00:00Z", "version": "0.1.0"}


def record(its, policy, *hosts):
    return recorded(its.payload, its.sources, policy, **MADE, hosts=hosts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_says_what_its_host_said_and_none_of_its_words(kind, policy):
    its = host(KINDS[kind]())
    made = record(its, policy, its.machine.name, "10.1.2.3")
    text = json.dumps(made, ensure_ascii=False).lower()

    for word in (
        its.machine.netbios,
        "sim.example",
        "svc-shop",
        "helper",
        "auditor",
        "10.1.2.3",
        "baseline",
        its.machine.sid[9:],
        "program files",
    ):
        assert word.lower() not in text
    assert "S-1-5-32-544" in json.dumps(made["payload"]["holders"])
    again = compared(read_facts(made["payload"]), sources_of(made))
    assert table_of(again) == made["table"]
    assert [row.verdict for row in again] == [row.verdict for row in compared(its.facts, its.sources)]


def test_well_known_names_prove_the_language(policy):
    made = record(host(KINDS["German"]()), policy)

    assert "VORDEFINIERT\\Administratoren" in [one["name"] for one in made["payload"]["holders"]]
    assert "NT-AUTORITÄT" in next(row["out"]["text"] for row in made["sources"] if row["source"] == "whoami_groups")


def test_of_a_source_only_what_is_compared_is_kept(policy):
    made = {row["source"]: row for row in record(host(full()), policy)["sources"]}

    assert "SeBackupPrivilege" not in made["secedit"]["file"]["text"]
    assert "BINARY_PATH_NAME" not in made["sc_qc ShopSync"]["out"]["text"]
    assert "password" not in made["appcmd"]["out"]["text"].lower()
    assert "Device Name" not in made["dsregcmd"]["out"]["text"]


@pytest.mark.parametrize(
    "comment",
    [
        pytest.param("Only for Gertrude of payroll", id="a comment"),
        pytest.param("", id="none"),
        pytest.param("--- of Gertrude", id="one that begins with dashes"),
    ],
)
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_the_comment_of_a_group_stays_on_the_host(comment, end, policy):
    its = host(full())
    sources = its.sources
    name = "net Administrators"
    out = sources[name].out.replace(b"\r\n", end.encode()).replace(b"Comment        ", f"Comment        {comment}".encode())
    sources[name] = dataclasses.replace(sources[name], out=out)
    made = recorded(its.payload, sources, policy, **MADE)
    kept = next(row["out"]["text"] for row in made["sources"] if row["source"] == name)

    assert kept.startswith("-----")
    assert "gertrude" not in json.dumps(made).lower()
    assert [row["verdict"] for row in made["table"] if row["source"] == "net localgroup"] == ["agrees"]


@pytest.mark.parametrize(
    ("source", "printed", "kept"),
    [
        pytest.param("sc_qc ShopSync", "[SC] OpenService FAILED 5:\r\n\r\nAccess is denied.\r\n", "FAILED 5", id="sc"),
        pytest.param("sc_queryex", "[SC] EnumQueryServicesStatus FAILED 5:\r\n", "FAILED 5", id="sc queryex"),
        pytest.param("appcmd", "ERROR ( message:Cannot read SIM\\svc-shop )\r\n", "Cannot read DOM1\\USER", id="appcmd"),
        pytest.param("secedit", "The task has completed with an error.\r\n", "with an error", id="secedit"),
        pytest.param("gpresult", "INFO: SIM\\svc-shop does not have RSoP data.\r\n", "does not have RSoP data", id="gpresult"),
        pytest.param("wevtutil", "Failed to read events. Access is denied.\r\n", "Failed to read", id="wevtutil"),
        pytest.param("dsregcmd", "DsrCLI: denied\r\n", "denied", id="dsregcmd"),
        pytest.param("net Administrators", "System error 5 has occurred.\r\n", "System error 5", id="net"),
    ],
)
def test_why_a_program_failed_is_kept_and_redacted(source, printed, kept, policy):
    its = host(full())
    sources = its.sources
    sources[source] = dataclasses.replace(sources[source], out=printed.encode(), file=None, exit_code=5)
    made = recorded(its.payload, sources, policy, **MADE)

    assert kept in next(row["out"]["text"] for row in made["sources"] if row["source"] == source)
    assert "svc-shop" not in json.dumps(made)
    reasons = [row["why"] for row in made["table"] if row["verdict"] == "not asked" or "not asked:" in row["why"]]
    assert any("ended with 5: " in one and "left out" not in one for one in reasons)


def test_of_a_program_that_failed_no_long_text_is_kept(policy):
    its = host(full())
    sources = its.sources
    long = b"x" * 50_000
    sources["wevtutil"] = dataclasses.replace(sources["wevtutil"], out=long, err=long, exit_code=5)
    made = recorded(its.payload, sources, policy, **MADE)
    row = next(row for row in made["sources"] if row["source"] == "wevtutil")

    assert len(row["out"]["text"]) == len(row["err"]["text"]) == 1_000


def test_a_password_of_a_pool_never_comes_to_the_controller(member):
    assert b"Simulated-7" not in member.sources["appcmd"].out


def test_names_that_are_words_of_a_format_are_refused_and_not_half_redacted(policy):
    machine = full()
    machine.grant(machine.add_account("SERVICE_START_NAME", rid=1777))
    its = host(machine)

    with pytest.raises(NotRedacted) as refused:
        record(its, policy)
    assert "service_start_name" not in str(refused.value).lower()  # messages go to logs


def test_a_name_that_is_a_word_of_sc_is_redacted_where_its_place_tells_the_same(policy):
    machine = full()
    machine.grant(machine.add_account("SERVICE_NAME", rid=1777))

    assert "service_name" not in json.dumps(record(host(machine), policy)).lower()


def test_the_account_of_a_service_on_a_spanish_host_is_redacted(policy):
    """Names of the fields by a public output (tests/recorded/public-6-sc.json)."""
    its = host(full())
    names = (
        "TIPO",
        "TIPO_INICIO",
        "CONTROL_ERROR",
        "NOMBRE_RUTA_BINARIO",
        "GRUPO_ORDEN_CARGA",
        "ETIQUETA",
        "NOMBRE_MOSTRAR",
        "DEPENDENCIAS",
    )
    lines = [
        "[SC] QueryServiceConfig CORRECTO",
        "",
        "NOMBRE_SERVICIO: ShopSync",
        *(f"        {name} : gertrude's" for name in names),
    ]
    answer = its.sources["sc_qc ShopSync"]
    told = "\r\n".join([*lines, "        NOMBRE_INICIO_SERVICIO: HIDDEN\\gertrude", ""]).encode()
    sources = {**its.sources, answer.source: dataclasses.replace(answer, out=told)}

    made = recorded(its.payload, sources, policy, **MADE, hosts=["web01"])

    assert "gertrude" not in json.dumps(made).lower()
    kept = next(row["out"]["text"] for row in made["sources"] if row["source"] == answer.source)
    assert "NOMBRE_RUTA_BINARIO :\r\n" in kept
    assert service_control.start_name(kept).startswith("DOM")


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param(lambda sid, name: name.upper(), id="another case"),
        pytest.param(lambda sid, name: f"https://x/{name}/y", id="in a URL"),
        pytest.param(lambda sid, name: f"SQLUser${name}", id="after a sign"),
        pytest.param(lambda sid, name: name.encode("utf-16-le").hex(), id="UTF-16 in hexadecimal"),
        pytest.param(lambda sid, name: base64.b64encode(b"x" + name.encode()).decode(), id="in base64"),
        pytest.param(lambda sid, name: sid, id="a SID"),
        pytest.param(lambda sid, name: sid_bytes(sid).hex("-").upper(), id="a SID as bytes"),
        pytest.param(lambda sid, name: base64.b64encode(b"ab" + sid_bytes(sid) + b"z").decode(), id="a SID in base64"),
    ],
)
def test_the_search_finds_what_is_left(hidden):
    sid, name = "S-1-5-21-11-22-33-1105", "gertrude"
    tokens = Tokens()
    tokens.account(f"CORP\\{name}", sid)
    redaction = Redaction(tokens)
    redaction.text(sid)

    assert redaction.left_in(f"before {hidden(sid, name)} after")
    assert redaction.left_in("USER1 DOM1 gertrudes " + redaction.sid(sid)) == []


@pytest.mark.parametrize(
    ("text", "made"),
    [
        pytest.param(r"C:\Users\gertrude\x.inf", "PATH1", id="a path"),
        pytest.param(r"C:\Windows\System32\svchost.exe", r"C:\Windows\System32\svchost.exe", id="a path of Windows"),
        pytest.param(r"\\fs01\share\a", "PATH1", id="a share"),
        pytest.param("https://mdm.corp.example/enrol?x=1", "https://URL1.invalid", id="a URL"),
        pytest.param("OU=Web,DC=corp,DC=example", "OU=OU1,DC=DC1,DC=DC2", id="a place in the directory"),
        pytest.param("{3E9A5D10-7C44-4B53-9F27-2B1D6C0A8E11}", "{00000000-0000-0000-0000-000000000001}", id="a GUID"),
        pytest.param("{31b2f340-016d-11d2-945f-00c04fb984f9}", "{31b2f340-016d-11d2-945f-00c04fb984f9}", id="a well-known GUID"),
        pytest.param("S-1-5-21-1-2-3-512", "S-1-5-21-1000000001-1000000001-1000000001-512", id="a RID below 1000"),
        pytest.param("S-1-5-21-1-2-3-4711", "S-1-5-21-1000000001-1000000001-1000000001-1001", id="another RID"),
        pytest.param("S-1-12-1-1-2-3-4", "S-1-12-1-1000000001-1000000001-1000000001-1000000001", id="of Entra ID"),
        pytest.param("S-1-5-32-544", "S-1-5-32-544", id="a well-known SID"),
        pytest.param("CORP\\Gertrude; corp\\gertrude; gertrudes", "DOM1\\USER1; DOM1\\USER1; gertrudes", id="names"),
    ],
)
def test_what_becomes_of_a_text(text, made):
    tokens = Tokens()
    tokens.account("CORP\\gertrude", "S-1-5-21-1-2-3-1105")

    assert Redaction(tokens).text(text) == made


@pytest.mark.parametrize(
    ("place", "made"),
    [
        pytest.param(r"OU=Payroll\, Berlin,DC=corp", "OU=OU1,DC=DC1", id="an escaped comma"),
        pytest.param(r"OU=a\=payroll,DC=corp", "OU=OU1,DC=DC1", id="an escaped equals sign"),
        pytest.param("OU=a=payroll,DC=corp", "OU=OU1,DC=DC1", id="one that is not"),
        pytest.param(r"OU=\\payroll\\,DC=corp", "OU=OU1,DC=DC1", id="backslashes"),
        pytest.param(r"OU=\"pay\" \<roll\>,DC=corp", "OU=OU1,DC=DC1", id="quotation marks and brackets"),
        pytest.param(r"OU=pay\2Croll\2c x,DC=corp", "OU=OU1,DC=DC1", id="hexadecimal"),
        pytest.param("OU=\\ payroll\\ , DC=corp", "OU=OU1,DC=DC1", id="blanks at the ends"),
        pytest.param(r"OU=Payroll\, Berlin,OU=payroll\, berlin,DC=corp", "OU=OU1,OU=OU1,DC=DC1", id="in another case"),
        pytest.param('"OU=a\\,b,DC=c"', '"OU=OU1,DC=DC1"', id="between quotation marks"),
    ],
)
def test_places_with_escapes(place, made):
    assert Redaction(Tokens()).text(place) == made


NAMES = (
    st.text(st.sampled_from('abcäöüßéЖ日-. 1&<"'), min_size=2, max_size=9)
    .map(str.strip)
    .filter(lambda one: len(one) > 1 and one[0] not in '-. &<"')
)
PLACES = st.sampled_from(("{}", "x {} y", "\\{}", "{}@", "https://host/{}/a", "C:\\Users\\{}\\b", "CN={},DC=a", "({})", "{}$"))


@given(
    st.lists(NAMES, min_size=1, max_size=5, unique_by=str.casefold),
    st.lists(st.tuples(PLACES, st.integers(0, 4), st.booleans(), st.sampled_from((str, escape, quoteattr))), max_size=8),
)
def test_no_name_is_left_wherever_it_stands(names, uses):
    """Also of names that are parts of each other, in another case, with umlauts, in URLs, paths and places of a directory."""
    tokens = Tokens()
    for at, name in enumerate(names):
        tokens.account(f"D\\{name}", f"S-1-5-21-1-2-3-{1100 + at}")
    redaction = Redaction(tokens)
    text = "\n".join(
        place.format(written(name.upper() if loud else name))
        for place, number, loud, written in uses
        for name in [names[number % len(names)]]
    )

    assert redaction.left_in(redaction.text(text)) == []


@given(st.lists(NAMES, min_size=2, max_size=4, unique_by=str.casefold))
def test_equal_words_become_equal_and_others_do_not(names):
    assume(len({one.casefold().strip(". ") for one in names}) == len(names))
    tokens = Tokens()
    for at, name in enumerate(names):
        tokens.account(f"CORP\\{name}", f"S-1-5-21-1-2-3-{1100 + at}")
    redaction = Redaction(tokens)
    made = [redaction.text(f"CORP\\{name}") for name in names]

    assert made == [redaction.text(f"CORP\\{name}") for name in names]
    assert len(set(made)) == len(names)


WORD = st.text(st.sampled_from('xyz ,=\\"<>+;#'), min_size=1, max_size=9).filter(lambda one: set(one) & set("xyz"))


def escaped(value):
    """A value in a distinguished name (RFC 4514 2.4): a backslash before each sign that has a meaning."""
    return "".join(f"\\{one}" if one in ',=\\"<>+;#' else one for one in value)


@given(st.lists(WORD, min_size=1, max_size=4))
def test_nothing_of_a_place_is_left(names):
    place = ",".join([*(f"OU={escaped(one)}" for one in names), "DC=xyz"])
    made = Redaction(Tokens()).text(f'"{place}"')

    assert not set(made) & set("xyz")
    assert made.count("OU=OU") == len(names)


RIDS = st.integers(0, 2**32 - 1)


@given(st.lists(st.tuples(st.integers(1, 3), RIDS), min_size=1, max_size=6))
def test_sids_keep_what_they_have_in_common_in_every_form(parts):
    """The same domain stays the same, RIDs below 1000 stay, and bytes become the bytes of the same invented SID."""
    redaction = Redaction(Tokens())
    sids = [f"S-1-5-21-{domain}-77-88-{rid}" for domain, rid in parts]
    made = [redaction.text(sid) for sid in sids]

    for sid, other in zip(sids, made, strict=True):
        assert redaction.text(sid_bytes(sid).hex("-").upper()) == sid_bytes(other).hex("-").upper()
        if int(sid.rpartition("-")[2]) < 1000:
            assert other.rpartition("-")[2] == sid.rpartition("-")[2]
    assert len(set(made)) == len(set(sids))
    domains = {sid.rpartition("-")[0]: other.rpartition("-")[0] for sid, other in zip(sids, made, strict=True)}
    assert len(set(domains.values())) == len(domains)


@given(names=st.lists(NAMES, min_size=3, max_size=3, unique_by=str.casefold), rid=st.integers(1001, 2**31))
def test_a_random_host_is_recorded_without_its_words_and_says_the_same(names, rid, policy):
    machine = full()
    machine.name = "srv" + names[0].replace(" ", "").replace(".", "")[:5]
    machine.grant(machine.add_account(names[1], domain="SIM", rid=rid))
    machine.grant(machine.add_account(names[2], rid=rid + 1))
    its = host(machine)
    try:
        made = record(its, policy, machine.name)
    except NotRedacted as refused:
        assume(str(refused) == "")  # a name that is a word of a format or of our own sentences: nothing is written then

    again = compared(read_facts(made["payload"]), sources_of(made))
    assert [row.verdict for row in again] == [row.verdict for row in compared(its.facts, its.sources)]


def test_what_is_left_after_all_is_not_written(member, policy, monkeypatch):
    """The search is the last gate: were the replacing broken, nothing would be written."""
    monkeypatch.setattr(recordings.Redaction, "text", lambda self, text: text)

    with pytest.raises(NotRedacted, match="would be left"):
        record(member, policy)


def test_a_recording_does_not_depend_on_the_host_behind_it(member, policy):
    made = record(member, policy)
    other = copy.deepcopy(member)
    for machine in (other.machine, other.other):
        machine.accounts = {sid: dataclasses.replace(one, name=f"x{one.name}y") for sid, one in machine.accounts.items()}
        machine.running["ShopSync"] = dataclasses.replace(machine.running["ShopSync"], account="SIM\\xsvc-shopy")
        machine.iis = dataclasses.replace(
            machine.iis, pools=("DefaultAppPool", dataclasses.replace(machine.iis.pools[1], account="SIM\\xsvc-shopy"))
        )
        machine.events = ()
    made_other = record(other, policy)

    assert made_other["payload"]["holders"] == made["payload"]["holders"]


def _payload(*path, value):
    def change(payload, sources):
        at = payload
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return change


def _out(source, old, new, part="out"):
    def change(payload, sources):
        raw = getattr(sources[source], part)
        coded = "utf-16-le" if raw.startswith(b"\xff\xfe") else "utf-8"
        assert old.encode(coded) in raw
        sources[source] = dataclasses.replace(sources[source], **{part: raw.replace(old.encode(coded), new.encode(coded), 1)})

    return change


ROW = {"sid": "S-1-5-21-4-5-6-1888", "name": "CORP\\canary", "use": 1}
SETTING = {
    "gpo": "cn={3E9A5D10-7C44-4B53-9F27-2B1D6C0A8E11},cn=policies,cn=system,DC=canary,DC=x", "som": "OU=canary,DC=x", "precedence": 1,
    "status": 1, "error": 0, "accounts": ["CORP\\canary"], "created": None,
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_payload("holders", 0, "domain", value="canary"), id="the domain of an unmapped holder"),
        pytest.param(_payload("groups", 0, "members", value=[ROW]), id="a member that the payload alone has"),
        pytest.param(
            _payload("control", "templates", value=[{"file": "gpt00000.dom", "gpo": "", "value": "CORP\\canary,*S-1-5-6"}]),
            id="a template",
        ),
        pytest.param(_payload("control", "rsop", "settings", value=[SETTING]), id="a setting of a GPO and its place"),
        pytest.param(
            _payload("control", "rsop", "gpos", value=[{"id": "x", "guid": "{1}", "name": "The canary GPO"}]),
            id="the name of a GPO",
        ),
        pytest.param(_payload("control", "mdm", "value", value="CORP\\canary\uf000*S-1-5-6"), id="a name that MDM sets"),
        pytest.param(_payload("not_asked", value=["CORP\\canary"]), id="a name that was not looked up"),
        pytest.param(_payload("events", "events", 0, "subject_name", value="CORP\\canary"), id="who changed it"),
        pytest.param(_payload("computer", "dns_domain", value="canary.example"), id="the domain"),
        pytest.param(_out("net Administrators", "SIM\\ops", "CORP\\canary"), id="a member that net alone has"),
        pytest.param(_out("net Administrators", "SIM\\ops", "canary"), id="a local one"),
        pytest.param(_out("appcmd", "svc-shop", "canary"), id="the account of a pool"),
        pytest.param(_out("sc_qc ShopSync", "SIM\\svc-shop", ".\\canary"), id="the account of a service"),
        pytest.param(_out("secedit", "*S-1-5-19", "canary", part="file"), id="a bare name in an export"),
        pytest.param(
            _out("whoami_groups", 'BUILTIN\\Users","Well-known group","S-1-5-32-545', 'CORP\\canary","x","S-1-5-21-7-7-7-1500'),
            id="a group of the session",
        ),
        pytest.param(_out("computer_system", "sim.example", "canary.example"), id="the domain by WMI"),
        pytest.param(_out("auditpol", "WEB01", "canary"), id="the host by auditpol"),
        pytest.param(_out("translate", "SIM\\\\svc-shop", "CORP\\\\canary"), id="a translated name"),
    ],
)
def test_a_name_that_one_place_alone_has_is_not_left(change, member, policy):
    payload, sources = member.payload, member.sources
    change(payload, sources)
    made = recorded(payload, sources, policy, **MADE)

    assert "canary" not in json.dumps(made, ensure_ascii=False).lower()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("R&D canary", id="an ampersand"),
        pytest.param("<canary> & co", id="brackets"),
        pytest.param('the "canary"', id="quotation marks"),
        pytest.param("canary\tone", id="a tab"),
    ],
)
def test_names_that_xml_escapes_are_not_left(name, policy):
    """gpresult writes names of GPOs as texts, appcmd those of accounts as attributes."""
    gpos = (Setting(name), Setting("R&D", precedence=2))
    its = host(full(gpos=gpos))
    sources = its.sources
    appcmd = sources["appcmd"].out.replace(b'"SIM\\svc-shop"', quoteattr(f"SIM\\{name}").encode())
    sources["appcmd"] = dataclasses.replace(sources["appcmd"], out=appcmd)
    made = recorded(its.payload, sources, policy, **MADE)

    assert "canary" not in json.dumps(made)
    assert "R&amp;D" not in json.dumps(made)


@pytest.mark.parametrize("text", ["R&amp;D", "r&amp;d", "&#82;&#38;D", "R&D"])
def test_the_search_finds_what_xml_escaped(text):
    tokens = Tokens(gpos={"R&D": None})

    assert Redaction(tokens).left_in(f"<Name>{text}</Name>")


@pytest.mark.parametrize("taken", ["USER1", "HOST1", "DOM1", "DC1", "OU1", "PATH1"])
def test_an_invented_word_is_none_of_the_host(taken, policy):
    """A host may well be called DC1, and an account user1."""
    machine = full()
    machine.grant(machine.add_account(taken.lower(), domain="SIM", rid=1900))
    machine.gpos = (Setting("Baseline", link="OU=Web,DC=sim,DC=example"),)
    machine.name = "dc1" if taken == "DC1" else machine.name

    made = record(host(machine), policy, machine.name)
    assert taken not in {one["name"].rpartition("\\")[2] for one in made["payload"]["holders"]}


def test_bytes_of_a_sid_that_is_none_stay():
    assert Redaction(Tokens()).text("01-02-03") == "01-02-03"
    assert struct.unpack("<2I", sid_bytes("S-1-5-32-544")[8:]) == (32, 544)
