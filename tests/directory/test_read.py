# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What gpo_right_info reads of GPOs on a domain controller."""

from __future__ import annotations

import base64

import pytest

from directory.conftest import CSE, HOST, REALM, digest, gpt_ini, template

pytestmark = pytest.mark.directory
AUTHENTICATED_USERS = "S-1-5-11"
DEFAULTS = ("{31B2F340-016D-11D2-945F-00C04FB984F9}", "{6AC1786C-016F-11D2-945F-00C04FB984F9}")


def test_one_gpo_with_all_that_is_told_of_it(directory, make_gpo, ask):
    content = template()
    gpo = make_gpo(content, name="Web servers")

    answer = ask(gpo.guid)

    assert answer["changed"] is False
    assert answer["controller"] == {
        "name": HOST,
        "dns_name": f"{HOST.lower()}.{REALM}",
        "machine_role": 5,
        "read_only": False,
        "domain": REALM,
        "domain_dn": directory.dn,
        "domain_sid": directory.sid,
        "pdc_emulator": f"{HOST.lower()}.{REALM}",
        "is_pdc_emulator": True,
    }
    assert answer["asked"] == [{"asked": gpo.guid, "found": [gpo.guid]}]
    (row,) = answer["gpos"]
    security = row.pop("security")
    assert row == {
        "guid": gpo.guid,
        "name": "Web servers",
        "flags": 0,
        "version": 0x10001,
        "extensions": CSE,
        "path": rf"\\{REALM}\sysvol\{REALM}\Policies\{gpo.guid}",
        "wmi_filter": None,
        "template": {"status": "read", "bytes": base64.b64encode(content).decode(), "sha256": digest(content), "error": None},
        "gpt_ini": {"status": "read", "bytes": base64.b64encode(gpt_ini(0x10001)).decode(), "error": None},
        "journal": None,
    }
    assert {"sid": AUTHENTICATED_USERS, "allowed": True, "inherited": False} in security
    assert (answer["others"], answer["unread"], answer["truncated"]) == ([], [], False)
    assert (answer["links"], answer["links_truncated"]) == ([], False)
    assert [(one["asked"], one["found"]) for one in answer["accounts"]] == [
        ("*S-1-5-19", True), ("*S-1-5-20", True), ("*S-1-5-32-544", True), ("*S-1-5-6", True),
    ]  # fmt: skip
    assert answer["lookup_status"] == "0x00000000"


def test_all_gpos_of_the_domain(directory, make_gpo, ask):
    right, other, absent = make_gpo(), make_gpo(template(None)), make_gpo(None)
    denied, large = make_gpo(), make_gpo(template() + b"\0" * (1 << 20))
    denied.template.unlink()
    denied.template.symlink_to(directory.configuration)

    answer = ask()

    told = {row["guid"]: row for row in answer["gpos"]}
    assert {right.guid, *DEFAULTS} <= set(told)
    assert told[DEFAULTS[0]]["template"]["status"] == "absent"
    assert {other.guid, absent.guid} <= set(answer["others"])
    assert {row["guid"]: row["error"] for row in answer["unread"]} == {
        denied.guid: "GptTmpl.inf is a link.",
        large.guid: f"{len(template()) + (1 << 20)} bytes",
    }
    assert (answer["asked"], answer["truncated"]) == ([], False)


@pytest.mark.parametrize(
    "encoding",
    ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-8", "cp1252"],
)
def test_the_right_is_found_in_every_encoding(encoding, make_gpo, ask):
    text = '[Privilege Rights]\nseimpersonateprivilege=*S-1-5-19 , "*S-1-5-20" ,\tno such name\n; \xfcber\n'
    gpo = make_gpo(text.encode(encoding))

    answer = ask(gpo.guid)
    everything = ask()

    assert gpo.guid in {row["guid"] for row in everything["gpos"]}
    assert {one["asked"]: (one["sid"], one["found"]) for one in answer["accounts"]} == {
        "*S-1-5-19": ("S-1-5-19", True),
        "*S-1-5-20": ("S-1-5-20", True),
        "no such name": (None, False),
    }


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(r"\\sim.test\sysvol\sim.test\Policies\{guid}\..\{other}", id="up"),
        pytest.param(r"\\evil.example\sysvol\sim.test\Policies\{guid}", id="another server"),
        pytest.param(r"\\sim.test\sysvol\other.test\Policies\{guid}", id="another domain"),
        pytest.param(r"\\sim.test\c$\sim.test\Policies\{guid}", id="another share"),
        pytest.param(r"\\sim.test\sysvol\sim.test\Policies\{other}", id="the folder of another GPO"),
        pytest.param(r"C:\Windows\SYSVOL\sysvol\sim.test\Policies\{guid}", id="a local path"),
        pytest.param("\\\\sim.test\\sysvol\\sim.test\\Policies\\{guid}\n", id="a newline"),
        pytest.param("x", id="no path"),
    ],
)
def test_a_path_that_leads_elsewhere_is_not_followed(path, directory, make_gpo, ask):
    other = make_gpo()
    gpo = make_gpo()
    directory.ask("set", gpo.dn, {"gPCFileSysPath": path.replace("{guid}", gpo.guid).replace("{other}", other.guid)})

    asked, everything = ask(gpo.guid), ask()

    (row,) = asked["gpos"]
    assert row["template"] == {"status": "unreadable", "bytes": None, "sha256": None, "error": "gPCFileSysPath leads elsewhere."}
    assert row["gpt_ini"]["status"] == "unreadable"
    assert everything["unread"] == [{"guid": gpo.guid, "error": "gPCFileSysPath leads elsewhere."}]


@pytest.mark.parametrize("link", ["folder", "Machine", "SecEdit", "GptTmpl.inf"])
def test_a_link_is_not_followed(link, directory, make_gpo, ask):
    gpo, elsewhere = make_gpo(), make_gpo()
    place = {"folder": gpo.folder, "Machine": gpo.folder / "Machine", "SecEdit": gpo.template.parent, "GptTmpl.inf": gpo.template}[
        link
    ]
    real = elsewhere.folder / place.relative_to(gpo.folder)
    place.rename(place.with_name("moved"))
    place.symlink_to(real)
    try:
        (row,) = ask(gpo.guid)["gpos"]
    finally:
        place.unlink()
        place.with_name("moved").rename(place)

    assert row["template"]["status"] == "unreadable"
    assert row["template"]["error"].endswith(" is a link.")


def test_a_gpo_by_its_name_by_a_bare_guid_and_one_that_is_not_there(make_gpo, ask):
    first, second = make_gpo(name="Twins"), make_gpo(name="twins")
    bare = make_gpo(name="Bare")

    answer = ask("TWINS", bare.guid.strip("{}").lower(), "{00000000-0000-0000-0000-000000000000}", "*", "")

    assert [sorted(one["found"]) for one in answer["asked"]] == [sorted([first.guid, second.guid]), [bare.guid], [], [], []]
    assert [row["guid"] for row in answer["gpos"]] == sorted([first.guid, second.guid, bare.guid])
    assert (answer["others"], answer["unread"]) == ([], [])


def test_links_with_their_order_their_options_and_who_blocks(directory, make_gpo, ask):
    one, two = make_gpo(), make_gpo()
    web, app = f"OU=Web {one.guid[1:9]},{directory.dn}", f"OU=Other {one.guid[1:9]},{directory.dn}"
    inner = f"OU=Inner,{web}"
    for dn in (web, app, inner):
        directory.ask("add", dn, {"objectClass": "organizationalUnit"})
    site = f"CN=Site-{one.guid[1:9]},CN=Sites,{directory.configuration_dn}"
    foreign = f"CN={one.guid},CN=Policies,CN=System,DC=other,DC=test"
    try:
        directory.ask("set", web, {"gPLink": f"[LDAP://{one.dn};2][LDAP://{two.dn.lower()};1][LDAP://{foreign};0]"})
        directory.ask("set", app, {"gPOptions": "1"})
        directory.ask("set", inner, {"gPOptions": "1"})
        without_site = ask(one.guid)["links"]
        directory.ask("add", site, {"objectClass": "site", "gPLink": f"[LDAP://{one.dn};0]"})
        with_site = ask(one.guid)["links"]
    finally:
        for dn in (inner, web, app):
            directory.ask("remove", dn)
        directory.ask("remove", site)

    links = [
        {"guid": None, "order": 1, "options": 0},
        {"guid": two.guid.lower(), "order": 2, "options": 1},
        {"guid": one.guid, "order": 3, "options": 2},
    ]
    assert without_site == [
        {"som": inner, "kind": "ou", "block": True, "links": []},
        {"som": web, "kind": "ou", "block": False, "links": links},
    ]
    assert {row["som"]: row["kind"] for row in with_site} == {inner: "ou", web: "ou", app: "ou", site: "site"}


@pytest.mark.parametrize(
    ("sddl", "security"),
    [
        pytest.param("(A;;0x30094;;;AU)", [], id="may read only"),
        pytest.param(
            "(OA;;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;S-1-5-32-568)", [("S-1-5-32-568", True, False)], id="may apply"
        ),
        pytest.param("(OD;;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;S-1-5-7)", [("S-1-5-7", False, False)], id="may not"),
        pytest.param("(OA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;AU)", [], id="another extended right"),
        pytest.param("(OA;;CR;;;AU)", [("S-1-5-11", True, False)], id="every extended right"),
        pytest.param("(A;;0x100;;;S-1-5-21-1-2-3-1104)", [("S-1-5-21-1-2-3-1104", True, False)], id="every extended right, plain"),
        pytest.param("(A;CIIO;0x100;;;AU)", [], id="for objects below only"),
        pytest.param(
            "(OA;;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;bf967aba-0de6-11d0-a285-00aa003049e2;AU)",
            [("S-1-5-11", True, False)],
            id="with an inherited type",
        ),
    ],
)
def test_who_may_apply_it(sddl, security, directory, make_gpo, ask):
    gpo = make_gpo()
    directory.ask("sddl", gpo.dn, f"D:P(A;;0xf00fe;;;BA){sddl}")

    (row,) = ask(gpo.guid)["gpos"]

    told = [(one["sid"], one["allowed"], one["inherited"]) for one in row["security"]]
    assert told == security


def test_a_journal_is_told_and_makes_a_gpo_one_of_ours(make_gpo, ask):
    gpo = make_gpo(template(None))
    gpo.journal.write_text('{"guid": "x"}')

    (row,) = [one for one in ask()["gpos"] if one["guid"] == gpo.guid]

    assert row["journal"] == '{"guid": "x"}'


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        pytest.param({"call": "bind", "when": "before", "status": 81}, ("ldap bind", "81"), id="no directory"),
        pytest.param({"call": "search", "when": "before", "on": 1, "status": 51}, ("ldap search", "51"), id="busy at once"),
        pytest.param({"call": "search", "when": "before", "on": 3, "status": 85}, ("ldap search", "85"), id="no answer"),
    ],
)
def test_a_directory_that_fails(fault, status, directory, make_gpo, tell):
    make_gpo()

    answer = tell(directory.machine(faults=[fault]), "gpo_right_info", gpos=[])

    assert (answer["failed"], answer["error"]) == (True, dict(zip(("call", "status"), status, strict=True)))
    assert answer["msg"] == f"The GPOs of the domain cannot be read: {status[0]} failed with {status[1]}."
    assert "gpos" not in answer


def test_a_wrong_password_is_the_directorys_own_refusal(directory, tell):
    answer = tell(directory.machine(password="wrong"), "gpo_right_info", gpos=[])

    assert answer["error"] == {"call": "ldap bind", "status": "49"}


def test_links_that_cannot_be_read_are_not_known(directory, make_gpo, ask):
    gpo = make_gpo()

    answer = ask(gpo.guid, machine=directory.machine(faults=[{"call": "search", "when": "before", "on": 5, "status": 50}]))

    assert (answer["links"], answer["links_truncated"]) == (None, False)


def test_a_registry_that_does_not_tell_where_sysvol_is(directory, tell):
    machine = directory.machine()
    machine.sysvol = None

    answer = tell(machine, "gpo_right_info", gpos=[])

    assert (answer["failed"], answer["error"]) == (True, {"call": "SysVol", "status": None})


def test_a_role_that_is_not_known(directory, tell):
    machine = directory.machine()
    machine.role_status = 0x6BA

    answer = tell(machine, "gpo_right_info", gpos=[])

    assert (answer["failed"], answer["error"]["call"]) == (True, "DsRoleGetPrimaryDomainInformation")
    assert answer["controller"]["machine_role"] is None


@pytest.mark.parametrize("role", [0, 1, 2, 3])
def test_a_host_that_is_no_domain_controller_is_asked_nothing(role, directory, tell):
    machine = directory.machine(faults=[{"call": "bind", "when": "before", "kill": True}])
    machine.machine_role = role

    answer = tell(machine, "gpo_right_info", gpos=[])

    assert (answer["error"], answer["controller"]["machine_role"]) == ({"call": "machine role", "status": None}, role)


def test_another_domain_controller_names_the_pdc_emulator(other_pdc, make_gpo, ask):
    controller = ask(make_gpo().guid)["controller"]

    assert (controller["pdc_emulator"], controller["is_pdc_emulator"]) == (other_pdc, False)


NO_FOLDER = "the folder is not in SYSVOL."


def test_a_gpo_without_its_folder_is_unread(make_gpo, ask):
    """Not "not defined": what its template says is not known here."""
    gpo = make_gpo(None, ini=None)
    gpo.folder.rmdir()
    try:
        (row,) = ask(gpo.guid)["gpos"]
        everything = ask()
    finally:
        gpo.folder.mkdir()

    assert row["template"] == {"status": "unreadable", "bytes": None, "sha256": None, "error": NO_FOLDER}
    assert row["gpt_ini"] == {"status": "unreadable", "bytes": None, "error": NO_FOLDER}
    assert everything["unread"] == [{"guid": gpo.guid, "error": NO_FOLDER}]
    assert gpo.guid not in everything["others"]


ODD_GUID = "{------------------------------------}"


@pytest.mark.parametrize("cn", ["Nobody's", ODD_GUID])
def test_a_container_whose_name_is_no_guid_is_left_out(cn, directory, make_gpo, ask):
    gpo = make_gpo()
    dn = f"CN={cn},{directory.base}"
    directory.ask("add", dn, {"objectClass": "groupPolicyContainer", "displayName": "Odd one", "versionNumber": "1"})
    try:
        everything, asked, by_name = ask(), ask(gpo.guid), ask("odd one")
    finally:
        directory.ask("remove", dn)

    told = [*everything["gpos"], *everything["unread"], *({"guid": guid} for guid in everything["others"])]
    assert cn not in [row["guid"] for row in told]
    assert gpo.guid in [row["guid"] for row in told]
    assert [answer["truncated"] for answer in (everything, asked, by_name)] == [True, False, True]
    assert by_name["asked"] == [{"asked": "odd one", "found": []}]


def test_a_link_that_cannot_be_understood_is_left_out(directory, make_gpo, ask):
    one = make_gpo()
    ou = f"OU=Odd {one.guid[1:9]},{directory.dn}"
    odd = one.dn.replace(one.guid, ODD_GUID)
    texts = [f"[LDAP://{one.dn};4294967296]", f"[LDAP://{one.dn};x]", f"[LDAP://{odd};0]", f"[LDAP://{one.dn};1]"]
    directory.ask("add", ou, {"objectClass": "organizationalUnit", "gPLink": "".join(texts)})
    try:
        answer = ask(one.guid)
        directory.ask("set", ou, {"gPLink": f"[LDAP://{one.dn};0] "})
        sound = ask(one.guid)
    finally:
        directory.ask("remove", ou)

    (som,) = answer["links"]
    assert som == {"som": ou, "kind": "ou", "block": False, "links": [
        {"guid": one.guid, "order": 1, "options": 1}, {"guid": None, "order": 2, "options": 0},
    ]}  # fmt: skip
    assert (answer["links_truncated"], sound["links_truncated"]) == (True, False)


@pytest.mark.parametrize(
    ("text", "sid"),
    [
        pytest.param("*S-1-5-032-544", "S-1-5-32-544", id="a leading zero"),
        pytest.param("*s-1-5-32-544", "S-1-5-32-544", id="a small letter"),
        pytest.param("*S-1-0x000000000005-32-544", "S-1-5-32-544", id="an authority in hexadecimal digits"),
        pytest.param("*S-1-0x0100000000AB-7", "S-1-0x0100000000AB-7", id="a large authority"),
        pytest.param("*S-1-5", None, id="an authority alone"),
        pytest.param("*S-1-281474976710661-32-544", None, id="an authority that is too large"),
        pytest.param("*S-1-5-+32-544", None, id="a sign"),
        pytest.param("*S-1-5-32-4294967296", None, id="a part that is too large"),
    ],
)
def test_a_sid_is_told_in_the_form_that_windows_prints(text, sid, make_gpo, ask):
    (row,) = ask(make_gpo(template(text)).guid)["accounts"]

    assert (row["asked"], row["sid"], row["found"]) == (text, sid, bool(sid) and "0x" not in sid)


def test_texts_have_the_length_that_is_read(directory, make_gpo, ask):
    long, small = "n" * 1025, "n" * 1024
    names = make_gpo(template(f"{long},{small}"), path=long)
    names_told = make_gpo(template(f"{long},{small},N,n"))
    filtered = make_gpo(gPCWQLFilter=long)
    kept = make_gpo(gPCWQLFilter=small)

    answer = ask(names.guid, names_told.guid, filtered.guid, kept.guid)

    rows = {row["guid"]: row for row in answer["gpos"]}
    assert sorted(rows) == sorted([names.guid, names_told.guid, kept.guid])
    assert (rows[names.guid]["path"], rows[kept.guid]["wmi_filter"]) == (None, small)
    assert answer["unread"] == [{"guid": filtered.guid, "error": "gPCWQLFilter is too long."}]
    assert {row["asked"] for row in answer["accounts"] if row["asked"][0] != "*"} == {small, "N", "n"}
