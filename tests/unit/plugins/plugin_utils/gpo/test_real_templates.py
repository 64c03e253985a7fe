# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security templates as they are found in public: the line of the right word for word, and what surrounds it in files of several writers.

Each is read, written as it is to the same bytes, and given another list with every other line as it was.
"""

from __future__ import annotations

import codecs
import configparser
import io

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.template import State, read_template, write_template

SERVICE, LOCAL, NETWORK, ADMINISTRATORS, IIS = "S-1-5-6", "S-1-5-19", "S-1-5-20", "S-1-5-32-544", "S-1-5-32-568"
FOUR = [SERVICE, LOCAL, NETWORK, ADMINISTRATORS]
NEW = "*S-1-5-6,*S-1-5-19,*S-1-5-20,*S-1-5-32-544,*S-1-5-32-568"
ATTACKER = "S-1-5-21-1861388480-899987619-2527135411-1104"

LINES = [
    pytest.param("*S-1-5-32-544,*S-1-5-19,*S-1-5-20,*S-1-5-6", FOUR, id="nsacyber/Windows-Secure-Host-Baseline"),
    pytest.param("*S-1-5-32-544,*S-1-5-6,*S-1-5-19,*S-1-5-20", FOUR, id="microsoft/BaselineManagement, a GPO"),
    pytest.param("*S-1-5-20,*S-1-5-19,*S-1-5-6,*S-1-5-32-544", FOUR, id="microsoft/BaselineManagement, a sample"),
    pytest.param("*S-1-5-6,*S-1-5-20,*S-1-5-19,*S-1-5-32-544", FOUR, id="the STIG of domain controllers 2016 and 2019"),
    pytest.param("*S-1-5-19,*S-1-5-20,*S-1-5-32-544,*S-1-5-6", FOUR, id="dsccommunity/SecurityPolicyDsc, an export"),
    pytest.param("*S-1-5-6,*S-1-5-32-544", [SERVICE, ADMINISTRATORS], id="bts-hehe/nj, without two of the floor"),
    pytest.param(f"*S-1-5-6,*{ATTACKER},*S-1-5-32-544", [SERVICE, ADMINISTRATORS, ATTACKER], id="Group3r TestSysvol, an attack"),
    pytest.param("*S-1-5-19,*S-1-5-20,*S-1-5-32-544,*S-1-5-32-568,*S-1-5-6", [*FOUR, IIS], id="a host with IIS"),
    pytest.param(
        "*S-1-5-19,ASPNET,*S-1-5-32-544,*S-1-5-6", [SERVICE, LOCAL, ADMINISTRATORS, "ASPNET"], id="an old export with ASPNET"
    ),
    pytest.param(
        "*S-1-5-19,*S-1-5-20,SQLServerDTSUser$HOST01,*S-1-5-32-544,*S-1-5-32-568,*S-1-5-6",
        [*FOUR, IIS, "SQLServerDTSUser$HOST01"],
        id="an old export with a group of SQL Server",
    ),
    pytest.param(
        "Administrators, LOCAL SERVICE, NETWORK SERVICE, SERVICE",
        ["Administrators", "LOCAL SERVICE", "NETWORK SERVICE", "SERVICE"],
        id="ansible-lockdown, English names",
    ),
]
"""Values of the right in files of public repositories, with the accounts."""

HEAD = ["[Unicode]", "Unicode=yes"]
VERSION = ["[Version]", 'signature="$CHICAGO$"', "Revision=1"]
RIGHTS = [
    "SeAssignPrimaryTokenPrivilege = *S-1-5-20,*S-1-5-19", "SeAuditPrivilege = *S-1-5-20,*S-1-5-19", "SeTcbPrivilege =", "SeLockMemoryPrivilege=",
    "SeSystemTimePrivilege = *S-1-5-19,*S-1-5-32-544,*S-1-5-32-549",
]  # fmt: skip


def text_of(*sections, newline="\r\n", end=True):
    return newline.join(row for section in sections for row in section) + (newline if end else "")


def rights(*lines):
    return ["[Privilege Rights]", *RIGHTS, *lines]


def with_configparser(line):
    """As Python's ConfigParser writes the file, of which samba-tool makes UTF-8 without a mark."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string(text_of(HEAD, VERSION, ["[Privilege Rights]", "SeTcbPrivilege = "], newline="\n"))
    if line is not None:
        key, _equals, value = line.partition(" = ")
        parser["Privilege Rights"][key] = value
    out = io.StringIO()
    parser.write(out)
    return out.getvalue().encode()


def windows(*sections):
    return codecs.BOM_UTF16_LE + text_of(*sections).encode("utf-16-le")


FILES = {
    "UTF-16LE with its mark, the version before the rights": lambda line: windows(HEAD, VERSION, rights(line)),
    "the version last, as a domain controller has it": lambda line: windows(HEAD, rights(line), VERSION),
    "plain ASCII with LF": lambda line: text_of(HEAD, VERSION, rights(line), newline="\n").encode("ascii"),
    "no newline at the end": lambda line: codecs.BOM_UTF16_LE + text_of(HEAD, VERSION, rights(line), end=False).encode("utf-16-le"),
    "samba-tool": with_configparser,
    "ansible-lockdown, with sections that nobody knows": lambda line: text_of(
        HEAD, VERSION, ["[Audit Policy]", "X = 1"], rights(line), ["[Advanced Audit Policy]", "Y = 2"], newline="\n"
    ).encode("ascii"),
}
"""Who wrote the file -> its bytes with a line."""


@pytest.mark.parametrize("writer", FILES)
@pytest.mark.parametrize(("value", "accounts"), LINES)
def test_a_line_that_is_found_in_public(writer, value, accounts):
    data = FILES[writer](f"SeImpersonatePrivilege = {value}")

    template = read_template(data)

    assert sorted(entry.sid or entry.text for entry in template.entries) == sorted(accounts)
    assert write_template(template, [*FOUR, IIS]) in (FILES[writer](f"SeImpersonatePrivilege = {NEW}"), data)
    if all(account.startswith("S-1-") for account in accounts):
        assert write_template(template, accounts) == data


CONTROLLERS = [
    f"Se{name} = *S-1-5-32-544" for name in (
        "AssignPrimaryTokenPrivilege", "AuditPrivilege", "BackupPrivilege", "BatchLogonRight", "ChangeNotifyPrivilege", "CreatePagefilePrivilege",
        "DebugPrivilege", "EnableDelegationPrivilege", "IncreaseBasePriorityPrivilege", "IncreaseQuotaPrivilege", "InteractiveLogonRight",
        "LoadDriverPrivilege", "MachineAccountPrivilege", "NetworkLogonRight", "ProfileSingleProcessPrivilege", "RemoteShutdownPrivilege",
        "RestorePrivilege", "SecurityPrivilege", "ShutdownPrivilege", "SystemEnvironmentPrivilege", "SystemProfilePrivilege", "SystemTimePrivilege",
        "TakeOwnershipPrivilege", "UndockPrivilege",
    )
]  # fmt: skip
DOMAIN = [
    ["[System Access]", "MinimumPasswordAge = 1", "MaximumPasswordAge = 42"],
    ["[Kerberos Policy]", "MaxTicketAge = 10"],
    ["[Registry Values]", r"MACHINE\System\CurrentControlSet\Control\Lsa\NoLMHash=4,1"],
]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(windows(HEAD, *DOMAIN, VERSION), id="Default Domain Policy, without a section of rights"),
        pytest.param(
            windows(HEAD, ["[Privilege Rights]", *CONTROLLERS], VERSION), id="Default Domain Controllers Policy, with 24 others"
        ),
    ],
)
def test_the_two_default_gpos_do_not_define_the_right(data):
    template = read_template(data)

    assert (template.state, template.entries) == (State.NOT_DEFINED, ())
    assert write_template(template, None) == data
    written = write_template(template, FOUR)
    assert write_template(read_template(written), None) in (data, data + windows(["[Privilege Rights]"])[2:])


@pytest.mark.parametrize("blank", [" ", ""])
def test_an_empty_value_is_nobody_in_both_spellings(blank):
    data = windows(HEAD, rights(f"SeImpersonatePrivilege{blank}="), VERSION)

    assert read_template(data).state is State.NOBODY
    assert write_template(read_template(data), []) == data
