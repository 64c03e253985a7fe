# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The payload on Samba's domain controller and the emulator on the model of a domain give the same answers."""

from __future__ import annotations

import pytest

from directory.conftest import CSE, REALM, SECEDIT, USER, b64, gpt_ini, template
from fleet.backends.emulator.gpo_change import gpo_right
from fleet.backends.emulator.gpo_report import gpo_right_info
from fleet.windows.directory import Apply, Container, Directory
from fleet.windows.domain import Replica
from fleet.windows.machine import Token

pytestmark = pytest.mark.directory
APPLY = "(OA;;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)"


def modelled(directory, *gpos, links=()):
    """The domain controller with a model of these GPOs: (GPO, further fields of its container)."""
    machine = directory.machine()
    replica = machine.replica = Replica(Directory(directory.dn, pdc_emulator=machine.dns_name))
    for gpo, fields in gpos:
        directory.ask("sddl", gpo.dn, f"D:P(A;;0xf00fe;;;BA){APPLY}")
        path = rf"\\{REALM}\sysvol\{REALM}\Policies\{gpo.guid}"
        told = {"version": 0x10001, "extensions": CSE, "security": (Apply(),), **fields}
        replica.directory.gpos[gpo.guid] = Container(gpo.guid, gpo.name, path, **told)
        for place in (SECEDIT / "GptTmpl.inf", SECEDIT / gpo.journal.name, gpo.ini.relative_to(gpo.folder)):
            if (gpo.folder / place).exists():
                replica.sysvol.write(path + "\\" + "\\".join(place.parts), (gpo.folder / place).read_bytes())
    for dn, text, options in links:
        som = replica.directory.som(dn)
        som.gp_link, som.gp_options = text, options
    return machine


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        pytest.param(template(), {}, id="a list"),
        pytest.param(template(""), {"flags": 2}, id="nobody"),
        pytest.param(template(None), {"version": 0, "extensions": None}, id="not defined"),
        pytest.param(None, {}, id="no template"),
        pytest.param(template(" *S-1-5-19 , Administrators,\"no such name\",*S-1-x,SIM\\gone,*S-1-5-21-1-2-3-4"), {}, id="names"),
    ],
)  # fmt: skip
def test_a_read(content, fields, directory, make_gpo, tell):
    told = {"flags": "flags", "version": "versionNumber"}
    gpo = make_gpo(content, version=fields.get("version", 0x10001), extensions=fields.get("extensions", CSE))
    directory.ask(
        "set", gpo.dn, {"versionNumber": "65537"} | {told[name]: str(value) for name, value in fields.items() if name in told}
    )
    gpo.journal.parent.mkdir(parents=True, exist_ok=True)
    gpo.journal.write_text("{}")
    other = make_gpo()
    ou = f"OU=Same {gpo.guid[1:9]},{directory.dn}"
    link = f"[LDAP://{gpo.dn};0][LDAP://{other.dn};2][LDAP://CN={gpo.guid},CN=Policies,CN=System,DC=other,DC=test;1]"
    directory.ask("add", ou, {"objectClass": "organizationalUnit", "gPLink": link})
    machine = modelled(directory, (gpo, fields), (other, {}), links=[(ou, link, 0)])
    asked = {"gpos": [gpo.name, "nobody knows it", gpo.guid]}
    try:
        answer = tell(machine, "gpo_right_info", **asked)
    finally:
        directory.ask("remove", ou)

    assert answer == gpo_right_info(machine, USER, Token.ADMINISTRATOR, asked)


@pytest.mark.parametrize("fault", [None, "version", "guid"])
def test_a_change(fault, directory, make_gpo, tell):
    gpo = make_gpo()
    machine = modelled(directory, (gpo, {}))
    ini, undo = gpt_ini(0x10002), gpt_ini(0x10003)
    change = {
        "guid": "{00000000-0000-0000-0000-000000000000}" if fault == "guid" else gpo.guid,
        "expected": {**gpo.state, **({"version": 5} if fault == "version" else {})},
        "template": b64(template("")),
        "version": 0x10002,
        "extensions": CSE,
        "gpt_ini": b64(ini),
        "undo": {"version": 0x10003, "gpt_ini": b64(undo)},
    }

    answer = tell(machine, "gpo_right", change=change)

    assert answer == gpo_right(machine, USER, Token.ADMINISTRATOR, {"change": change})
    assert gpo.template.read_bytes() == machine.replica.template(gpo.guid)
    assert gpo.ini.read_bytes() == machine.replica.gpt_ini(gpo.guid)


@pytest.mark.parametrize("module", ["gpo_right_info", "gpo_right"])
def test_a_host_that_is_no_domain_controller(module, directory, tell):
    machine = directory.machine()
    machine.machine_role = 3
    args = {} if module == "gpo_right_info" else {"change": {"undo": {"version": 1, "gpt_ini": ""}}}

    assert tell(machine, module, **args) == {"gpo_right_info": gpo_right_info, "gpo_right": gpo_right}[module](
        machine, USER, Token.ADMINISTRATOR, args
    )


def test_a_gpo_without_its_folder(directory, make_gpo, tell):
    gpo = make_gpo(None, ini=None)
    machine = modelled(directory, (gpo, {}))
    change = {"guid": gpo.guid, "expected": gpo.state, "template": b64(template("")), "version": 0x10002, "extensions": CSE}
    change |= {"gpt_ini": b64(gpt_ini(0x10002)), "undo": {"version": 0x10003, "gpt_ini": b64(gpt_ini(0x10003))}}
    gpo.folder.rmdir()
    try:
        read, changed = tell(machine, "gpo_right_info", gpos=[gpo.guid]), tell(machine, "gpo_right", change=change)
    finally:
        gpo.folder.mkdir(exist_ok=True)

    assert read == gpo_right_info(machine, USER, Token.ADMINISTRATOR, {"gpos": [gpo.guid]})
    assert changed == gpo_right(machine, USER, Token.ADMINISTRATOR, {"change": change})


def test_what_is_odd(directory, make_gpo, tell):
    """Texts of a template, links, a filter and a name that the answer has no room for, or no form."""
    sids = "*S-1-5-032-544,*s-1-5-6,*S-1-5,*S-1-0x000000000005-19,*S-1-281474976710661-6,*S-1-5-+20"
    gpo, filtered = make_gpo(template(f"{sids},{'n' * 1025},Nobody,nobody")), make_gpo(gPCWQLFilter="f" * 1025)
    ou = f"OU=Odd {gpo.guid[1:9]},{directory.dn}"
    cn = "{------------------------------------}"
    link = f"[LDAP://{gpo.dn};2][LDAP://{gpo.dn};4294967296][LDAP://CN={cn},{directory.base};0][LDAP://{gpo.dn};x]"
    directory.ask("add", ou, {"objectClass": "organizationalUnit", "gPLink": link})
    directory.ask("add", f"CN={cn},{directory.base}", {"objectClass": "groupPolicyContainer", "displayName": "Odd one"})
    machine = modelled(directory, (gpo, {}), (filtered, {"wmi_filter": "f" * 1025}), links=[(ou, link, 0)])
    machine.replica.directory.gpos[cn] = Container(cn, "Odd one", "")
    asked = {"gpos": [gpo.guid, filtered.guid, "Odd one"]}
    try:
        answer = tell(machine, "gpo_right_info", **asked)
    finally:
        directory.ask("remove", ou)
        directory.ask("remove", f"CN={cn},{directory.base}")

    assert answer == gpo_right_info(machine, USER, Token.ADMINISTRATOR, asked)
    assert (answer["truncated"], answer["links_truncated"]) == (True, True)
