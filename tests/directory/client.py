# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes, changes and reads objects of Samba's directory, and reads files with Samba's own readers: run by Debian's Python, not by pytest.

Each line of the input is a list, the name of a function here and its arguments as JSON; each line of the output is what it returned, or its failure.
"""

from __future__ import annotations

import base64
import json
import sys
import typing as t

import ldb

from samba.auth import system_session
from samba.dcerpc import security
from samba.gp_parse.gp_inf import GptTmplInfParser
from samba.ndr import ndr_pack
from samba.param import LoadParm
from samba.samdb import SamDB


class Directory:
    def __init__(self, configuration: str, url: str) -> None:
        lp = LoadParm()
        lp.load(configuration)
        self._db = SamDB(url=url, session_info=system_session(), lp=lp)

    def domain(self) -> dict[str, str]:
        return {
            "dn": str(self._db.domain_dn()),
            "sid": str(self._db.domain_sid),
            "configuration": str(self._db.get_config_basedn()),
        }

    def add(self, dn: str, attributes: dict[str, t.Any], controls: list[str] | None = None) -> None:
        self._db.add({"dn": dn, **attributes}, controls)

    def add_all(self, objects: dict[str, dict[str, t.Any]]) -> None:
        self._db.transaction_start()
        for dn, attributes in objects.items():
            self.add(dn, attributes)
        self._db.transaction_commit()

    def remove_all(self, dns: list[str]) -> None:
        self._db.transaction_start()
        for dn in dns:
            self._db.delete(dn)
        self._db.transaction_commit()

    def set(self, dn: str, attributes: dict[str, str | None]) -> None:
        message = ldb.Message(ldb.Dn(self._db, dn))
        for name, value in attributes.items():
            message[name] = ldb.MessageElement([] if value is None else [value], ldb.FLAG_MOD_REPLACE, name)
        self._db.modify(message)

    def sddl(self, dn: str, text: str) -> None:
        descriptor = security.descriptor.from_sddl(text, security.dom_sid(self._db.get_domain_sid()))
        message = ldb.Message(ldb.Dn(self._db, dn))
        message["nTSecurityDescriptor"] = ldb.MessageElement([ndr_pack(descriptor)], ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
        self._db.modify(message, controls=["sd_flags:1:4"])

    def get(self, dn: str, names: list[str]) -> dict[str, str | None]:
        found = self._db.search(base=dn, scope=ldb.SCOPE_BASE, attrs=names)[0]
        return {name: str(found[name][0]) if name in found else None for name in names}

    def remove(self, dn: str) -> None:
        self._db.delete(dn, ["tree_delete:1"])

    def user(self, name: str, password: str) -> None:
        self._db.newuser(name, password)

    def template(self, bytes64: str) -> dict[str, list[t.Any]]:
        """Section -> what Samba's reader of security templates has of it: pairs of a key and a value or a list of accounts."""
        parser = GptTmplInfParser()
        parser.parse(base64.b64decode(bytes64))
        return {name: section.param_list for name, section in parser.sections.items()}


def main() -> None:
    directory = Directory(*sys.argv[1:])
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        try:
            answer = {"returned": getattr(directory, name)(*arguments)}
        except Exception as error:  # noqa: BLE001 - told to the test, which fails
            answer = {"failed": repr(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
