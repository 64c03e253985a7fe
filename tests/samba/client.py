# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs sequences of calls on the LSA of a real server: JSON on standard input, answers as JSON on standard output.

A program of its own, for the system's Python, whose package `impacket` it needs: python3-samba raises the success code SOME_NOT_MAPPED as
an error, and its answer is lost. Calls are those of [MS-LSAD] and [MS-LSAT] that the Windows functions of the same name make.
"""

from __future__ import annotations

import json
import sys
import typing as t

from impacket.dcerpc.v5 import lsad, lsat, rpcrt, transport
from impacket.dcerpc.v5.dtypes import NULL, RPC_SID, RPC_UNICODE_STRING
from impacket.smbconnection import SMBConnection


def _sid(text: str) -> RPC_SID:
    sid = RPC_SID()
    sid.fromCanonical(text)
    return sid


def _text(text: str) -> RPC_UNICODE_STRING:
    string = RPC_UNICODE_STRING()
    string["Data"] = text
    return string


def _rights(request: t.Any, rights: list[str]) -> None:
    request["UserRights"]["EntriesRead"] = len(rights)
    for right in rights:
        request["UserRights"]["UserRights"].append(_text(right))


def _domains(answer: t.Any) -> list[list[str]]:
    if not answer["ReferencedDomains"]:
        return []
    return [[domain["Name"], domain["Sid"].formatCanonical()] for domain in answer["ReferencedDomains"]["Domains"]]


def _referenced(domains: list[list[str]], index: int) -> list[str] | None:
    return domains[index] if 0 <= index < len(domains) else None


class Client:
    """One logon's connection to \\pipe\\lsarpc, and the handle that it opened last."""

    def __init__(self, port: int, user: str, password: str, domain: str) -> None:
        connection = SMBConnection("127.0.0.1", "127.0.0.1", sess_port=port)
        connection.login(user, password, domain)
        pipe = transport.SMBTransport("127.0.0.1", filename=r"\lsarpc", smb_connection=connection)
        self._dce = pipe.get_dce_rpc()
        self._dce.connect()
        self._dce.bind(lsat.MSRPC_UUID_LSAT)
        self._handle: t.Any = NULL

    def _request(self, request: t.Any) -> tuple[t.Any, t.Any]:
        if "PolicyHandle" in dict(request.structure):
            request["PolicyHandle"] = self._handle
        try:
            answer = self._dce.request(request, checkError=False)
        except rpcrt.DCERPCException as error:
            return f"fault {error}", None  # the call itself was refused, no NTSTATUS came
        return answer["ErrorCode"], answer

    def open_policy(self, access: int) -> list[t.Any]:
        request = lsad.LsarOpenPolicy2()
        request["SystemName"] = NULL
        request["ObjectAttributes"]["RootDirectory"] = NULL
        request["ObjectAttributes"]["ObjectName"] = NULL
        request["ObjectAttributes"]["SecurityDescriptor"] = NULL
        request["ObjectAttributes"]["SecurityQualityOfService"] = NULL
        request["DesiredAccess"] = access
        status, answer = self._request(request)
        if answer is not None and status == 0:
            self._handle = answer["PolicyHandle"]
        return [status]

    def close(self) -> list[t.Any]:
        request = lsad.LsarClose()
        request["ObjectHandle"] = self._handle
        return [self._request(request)[0]]

    def query_account_domain(self) -> list[t.Any]:
        request = lsad.LsarQueryInformationPolicy2()
        request["InformationClass"] = lsad.POLICY_INFORMATION_CLASS.PolicyAccountDomainInformation
        status, answer = self._request(request)
        if status:
            return [status, None]
        domain = answer["PolicyInformation"]["PolicyAccountDomainInfo"]
        return [status, [domain["DomainName"], domain["DomainSid"].formatCanonical()]]

    def enumerate_accounts_with_user_right(self, right: str) -> list[t.Any]:
        request = lsad.LsarEnumerateAccountsWithUserRight()
        request["UserRight"] = right  # a pointer: it takes the text itself
        status, answer = self._request(request)
        found = answer["EnumerationBuffer"]["Information"] if answer is not None and not status else []
        return [status, sorted(entry["Sid"].formatCanonical() for entry in found)]

    def add_account_rights(self, sid: str, rights: list[str]) -> list[t.Any]:
        request = lsad.LsarAddAccountRights()
        request["AccountSid"] = _sid(sid)
        _rights(request, rights)
        return [self._request(request)[0]]

    def remove_account_rights(self, sid: str, all_rights: bool, rights: list[str]) -> list[t.Any]:
        request = lsad.LsarRemoveAccountRights()
        request["AccountSid"] = _sid(sid)
        request["AllRights"] = int(all_rights)
        _rights(request, rights)
        return [self._request(request)[0]]

    def enumerate_account_rights(self, sid: str) -> list[t.Any]:
        request = lsad.LsarEnumerateAccountRights()
        request["AccountSid"] = _sid(sid)
        status, answer = self._request(request)
        found = answer["UserRights"]["UserRights"] if answer is not None and not status else []
        return [status, sorted(right["Data"] for right in found or [])]

    def lookup_sids2(self, sids: list[str]) -> list[t.Any]:
        request = lsat.LsarLookupSids2()
        request["SidEnumBuffer"]["Entries"] = len(sids)
        for sid in sids:
            item = lsat.LSAPR_SID_INFORMATION()
            item["Sid"].fromCanonical(sid)
            request["SidEnumBuffer"]["SidInfo"].append(item)
        request["TranslatedNames"]["Names"] = NULL
        request["LookupLevel"] = lsat.LSAP_LOOKUP_LEVEL.LsapLookupWksta
        request["LookupOptions"], request["ClientRevision"] = 0, 2
        status, answer = self._request(request)
        if answer is None:
            return [status, []]
        domains, names = _domains(answer), answer["TranslatedNames"]["Names"] or []
        return [status, [[name["Use"], name["Name"], _referenced(domains, name["DomainIndex"])] for name in names]]

    def lookup_names2(self, flags: int, names: list[str]) -> list[t.Any]:
        request = lsat.LsarLookupNames3()
        request["Count"] = len(names)
        for name in names:
            request["Names"].append(_text(name))
        request["TranslatedSids"]["Sids"] = NULL
        request["LookupLevel"] = lsat.LSAP_LOOKUP_LEVEL.LsapLookupWksta
        request["LookupOptions"], request["ClientRevision"] = flags, 2
        status, answer = self._request(request)
        if answer is None:
            return [status, []]
        domains, sids = _domains(answer), answer["TranslatedSids"]["Sids"] or []
        return [
            status,
            [
                [sid["Use"], sid["Sid"].formatCanonical() if sid["Sid"] else None, _referenced(domains, sid["DomainIndex"])]
                for sid in sids
            ],
        ]


def main() -> None:
    """Answer each sequence with the list of its steps' answers."""
    asked = json.load(sys.stdin)
    answers = {}
    for name, steps in asked["sequences"].items():
        clients: dict[str, Client] = {}
        answers[name] = []
        for user, call, arguments in steps:
            if user not in clients:
                clients[user] = Client(asked["port"], user, asked["passwords"][user], asked["domain"])
            answers[name].append(getattr(clients[user], call)(*arguments))
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
