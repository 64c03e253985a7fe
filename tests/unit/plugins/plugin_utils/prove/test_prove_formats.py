# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Formats of the programs: texts in the forms of public documents, and texts that are no such form."""

from __future__ import annotations

import base64
import gzip

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import answers, documents, programs, service_control
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.answers import Unasked, Unreadable
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.texts import decoded

EXPORT = "[Unicode]\r\nUnicode=yes\r\n[Privilege Rights]\r\nSeTcbPrivilege = \r\nSeImpersonatePrivilege = {}\r\n[Version]\r\n"
# Namespaces and places of the elements are those of a public file of gpresult.
RSOP = """<?xml version="1.0" encoding="utf-16"?>
<Rsop xmlns="http://www.microsoft.com/GroupPolicy/Rsop" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><ComputerResults>
<GPO><Name>Baseline</Name><Path><Identifier xmlns="http://www.microsoft.com/GroupPolicy/Types">{8cf3a9b6-b5f9-52ab-9631-b728b3d498d7}</Identifier></Path></GPO>
<ExtensionData><Extension xmlns:q1="http://www.microsoft.com/GroupPolicy/Settings/Security" xsi:type="q1:SecuritySettings">
<q1:UserRightsAssignment><GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings/Base">
<Identifier xmlns="http://www.microsoft.com/GroupPolicy/Types">{8cf3a9b6-b5f9-52ab-9631-b728b3d498d7}</Identifier></GPO>
<Precedence xmlns="http://www.microsoft.com/GroupPolicy/Settings/Base">1</Precedence><q1:Name>SeImpersonatePrivilege</q1:Name>
<q1:Member><Name xmlns="http://www.microsoft.com/GroupPolicy/Types">Authenticated Users</Name></q1:Member></q1:UserRightsAssignment>
</Extension></ExtensionData></ComputerResults></Rsop>"""
GUID = "{8CF3A9B6-B5F9-52AB-9631-B728B3D498D7}"


@pytest.mark.parametrize(
    ("parse", "text", "found"),
    [
        pytest.param(programs.secedit_holders, EXPORT.format("*S-1-5-19,*S-1-5-6, Gast"), ["S-1-5-19", "S-1-5-6", "Gast"], id="export"),
        pytest.param(programs.secedit_holders, EXPORT.format(""), [], id="export of nobody"),
        pytest.param(programs.secedit_holders, "[Privilege Rights]\nSeTcbPrivilege =\n", None, id="export without the right"),
        pytest.param(
            programs.secedit_holders, "[Other]\nSeImpersonatePrivilege = x\n[privilege rights]\nseimpersonateprivilege=*S-1-5-6\n",
            ["S-1-5-6"], id="sections and keys in any case",
        ),
        pytest.param(programs.whoami_sids, '"User Name","SID"\r\n"sim\\auditor","S-1-5-21-1-2-3-1001"\r\n', ["S-1-5-21-1-2-3-1001"], id="whoami"),
        pytest.param(
            programs.whoami_sids, '"Gruppenname","Typ","SID","Attribute"\r\n"Jeder","Bekannte Gruppe","S-1-1-0","x, y"\r\n', ["S-1-1-0"],
            id="whoami in German",
        ),
        pytest.param(programs.version_of, "\r\nMicrosoft Windows [Version 10.0.20348.2340]\r\n", (20348, 2340), id="ver"),
        pytest.param(programs.version_of, "Microsoft Windows [版本 10.0.19045]", (19045, None), id="ver in Chinese"),
        pytest.param(programs.entra_of, "             AzureAdJoined : YES\r\n          EnterpriseJoined : NO\r\n", True, id="dsregcmd"),
        pytest.param(
            service_control.running, "\r\nSERVICE_NAME: Dhcp\r\nDISPLAY_NAME: DHCP: Client\r\n        PID                : 812\r\n", {"Dhcp": 812},
            id="sc queryex",
        ),
        pytest.param(service_control.start_name, "        SERVICE_START_NAME : NT AUTHORITY\\LocalService\r\n", "NT AUTHORITY\\LocalService", id="sc qc"),
        pytest.param(service_control.start_name, "        SERVICE_START_NAME : \r\n", "", id="sc qc of a driver"),
        pytest.param(
            service_control.running, "Имя_службы: a\r\n        ID_процесса        : 8\r\nИмя_службы: b\r\nВыводимое_имя: 12\r\n        ID_процесса  : 9\r\n",
            {"a": 8, "b": 9}, id="sc queryex in Russian, without empty lines",
        ),
        pytest.param(
            service_control.privileges, "Имя_службы: w\r\n        Права            : SeAuditPrivilege\r\n                         : SeTcbPrivilege\r\n",
            ["SeAuditPrivilege", "SeTcbPrivilege"], id="sc qprivs with another word",
        ),
        pytest.param(service_control.sid_type, "Имя_службы: NONE\r\n        Тип_SID:  RESTRICTED\r\n", 3, id="sc qsidtype with another word"),
        pytest.param(
            service_control.privileges,
            "SERVICE_NAME: w\r\n        PRIVILEGES       : SeAuditPrivilege\r\n                         : SeImpersonatePrivilege\r\n",
            ["SeAuditPrivilege", "SeImpersonatePrivilege"], id="sc qprivs",
        ),
        pytest.param(service_control.sid_type, "SERVICE_NAME: x\r\nSERVICE_SID_TYPE:  UNRESTRICTED\r\n", 1, id="sc qsidtype"),
        pytest.param(
            programs.net_members, "Members\r\n\r\n" + "-" * 79 + "\r\nAdministrator\r\nSIM\\ops\r\nThe command completed successfully.\r\n\r\n",
            ["Administrator", "SIM\\ops"], id="net localgroup",
        ),
        pytest.param(programs.net_members, "Members\r\n\r\n" + "-" * 79 + "\r\nDer Befehl wurde ausgef\u00fchrt.\r\n", [], id="an empty group"),
        pytest.param(programs.audited, "Machine Name,Policy Target,Subcategory,GUID,In,Ex\r\n\r\nWEB01,System,X,{G},Success,\r\n", "Success", id="auditpol"),
        pytest.param(programs.hex_sid, "01-02-00-00-00-00-00-05-20-00-00-00-20-02-00-00", "S-1-5-32-544", id="bytes of a SID"),
        pytest.param(documents.resultant, RSOP, documents.Resultant(((1, GUID),), {GUID: "Baseline"}), id="gpresult"),
        pytest.param(documents.events, "", documents.Events(0, []), id="no event"),
        pytest.param(
            documents.events,
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><EventID>4704</EventID>"
            "<TimeCreated SystemTime='2015-10-02T22:08:07.136050600Z'/></System><EventData><Data Name='SubjectUserSid'>S-1-5-18</Data>"
            "<Data Name='TargetSid'>S-1-5-6</Data><Data Name='PrivilegeList'>SeAuditPrivilege\n\t\t\tSeImpersonatePrivilege</Data></EventData></Event>",
            documents.Events(1, [documents.Event(4704, "2015-10-02T22:08:07", "S-1-5-18", "S-1-5-6")]), id="an event among other rights",
        ),
        pytest.param(
            documents.pools,
            '<?xml version="1.0" encoding="UTF-8"?>\n<appcmd><APPPOOL APPPOOL.NAME="s" state="Started"><add name="s">'
            '<processModel identityType="SpecificUser" userName="u" /></add></APPPOOL></appcmd>',
            {"s": {"identityType": "SpecificUser", "userName": "u"}}, id="appcmd",
        ),
    ],
)  # fmt: skip
def test_a_form_of_a_document(parse, text, found):
    assert parse(text) == found


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        pytest.param(
            "\r\nHKEY_LOCAL_MACHINE\\A\r\n    UBR    REG_DWORD    0x924\r\n\r\n", "UBR", ("REG_DWORD", "0x924"), id="a number"
        ),
        pytest.param(
            "K\r\n    Product Name    REG_SZ    Windows Server\r\n", "Product Name", ("REG_SZ", "Windows Server"), id="blanks"
        ),
        pytest.param("K\r\n    Empty    REG_SZ\r\n", "Empty", ("REG_SZ", ""), id="an empty text"),
    ],
)
def test_a_value_of_reg(text, name, found):
    assert programs.registry_value(text, name) == found


@pytest.mark.parametrize(
    "parse",
    [
        programs.secedit_holders, programs.whoami_sids, programs.version_of, programs.entra_of, service_control.running, service_control.start_name,
        service_control.privileges, service_control.sid_type, programs.net_members, programs.audited, programs.hex_sid, documents.resultant,
        documents.events, documents.pools,
    ],
)  # fmt: skip
@pytest.mark.parametrize("text", ["Zugriff verweigert", "<a>", "\n", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_another_text_is_no_answer(parse, text):
    if parse is documents.events and not text.strip():
        return
    with pytest.raises(Unasked):
        parse(text)


def test_a_report_without_the_computer_says_nothing_of_its_settings():
    """gpresult leaves ComputerResults out where the session may not read them: this is not a host without settings."""
    with pytest.raises(Unasked, match="nothing of the computer"):
        documents.resultant("<Rsop><UserResults><Name>HOST1</Name></UserResults></Rsop>")


@pytest.mark.parametrize(
    ("raw", "pages", "text", "encoding"),
    [
        pytest.param("ä".encode("utf-16"), (), "ä", "utf-16", id="UTF-16 with a mark"),
        pytest.param("ab".encode("utf-16-le"), (), "ab", "utf-16-le", id="UTF-16 without"),
        pytest.param(b"\xef\xbb\xbfx", (), "x", "utf-8-sig", id="UTF-8 with a mark"),
        pytest.param(
            "NT-AUTORITÄT".encode("cp850"), (65001, 850, 1252), "NT-AUTORITÄT", "cp850", id="the code page of the console"
        ),
        pytest.param(b"\x8e", (12345,), "\x8e", "latin-1", id="a page that Python lacks"),
    ],
)
def test_bytes_are_read_in_the_encoding_that_they_have(raw, pages, text, encoding):
    assert decoded(raw, pages) == (text, encoding)
    assert text.encode(encoding) == raw


def packed(content):
    return base64.b64encode(gzip.compress(content)).decode()


ROW = {
    "source": packed(b"ver"), "asked": packed(b"cmd /c ver"), "seconds": 0.1, "exit_code": 0, "problem": None, "cut": False,
    "out": None, "err": None, "file": None,
}  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"answers": {}}, id="no list"),
        pytest.param({"answers": ["x"]}, id="no objects"),
        pytest.param({"answers": [ROW] * 1_001}, id="too many"),
        pytest.param({"answers": [{**ROW, "source": None}]}, id="no source"),
        pytest.param({"answers": [{**ROW, "exit_code": "0"}]}, id="an exit code that is a text"),
        pytest.param({"answers": [{**ROW, "exit_code": True}]}, id="an exit code that is a flag"),
        pytest.param({"answers": [{**ROW, "seconds": None}]}, id="no seconds"),
        pytest.param({"answers": [{**ROW, "out": "%%%"}]}, id="no base64"),
        pytest.param({"answers": [{**ROW, "out": base64.b64encode(b"plain").decode()}]}, id="no gzip"),
        pytest.param({"answers": [{**ROW, "out": packed(b"x" * 100)[:-12] + "=" * 4}]}, id="half a gzip"),
        pytest.param({"answers": [{**ROW, "out": packed(b"\0" * 5_000_000)}]}, id="a bomb"),
    ],
)
def test_an_answer_of_another_form_is_refused(answer):
    with pytest.raises(Unreadable):
        answers.read_answers(answer)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"problem": packed(b"timeout after 30 seconds")}, "timeout after 30 seconds", id="time is up"),
        pytest.param(
            {"exit_code": 5, "err": packed(b"Access is\r\ndenied.")}, "ended with 5: Access is denied.", id="an exit code"
        ),
        pytest.param({"cut": True}, "answered more than is read", id="too long"),
    ],
)
def test_why_a_source_has_no_answer(change, why):
    with pytest.raises(Unasked, match=why):
        answers.program(answers.read_answers({"answers": [{**ROW, **change}]}), "ver")


def test_a_program_that_printed_nothing():
    """The base64 of what .NET's GZipStream makes of nothing is nothing."""
    assert answers.program(answers.read_answers({"answers": [{**ROW, "out": ""}]}), "ver") == ""


def test_a_source_that_was_not_asked():
    with pytest.raises(Unasked, match="was not asked"):
        answers.program({}, "ver")
