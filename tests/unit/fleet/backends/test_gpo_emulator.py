# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulator of the GPO modules tells and does, and what is there after each fault at each step."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import bounds
from benchmarks.gpo_read import domain_of
from fleet.backends.emulator.gpo_change import gpo_right
from fleet.backends.emulator.gpo_report import gpo_right_info
from fleet.backends.emulator.gpo_steps import Killed, Places
from fleet.windows import inf, names
from fleet.windows.directory import BUSY, INSUFFICIENT_RIGHTS, PAIR, SERVER_DOWN, Container
from fleet.windows.domain import DEFAULT_CONTROLLERS, DEFAULT_DOMAIN, KILLED, PolicyDomain
from fleet.windows.machine import FLOOR, Machine, Token
from fleet.windows.sysvol import DENIED, DISK_FULL, SHARING, UNABLE_TO_MOVE

DEFAULTS = tuple(f"*{sid}" for sid in FLOOR)
NEW = inf.written({"Privilege Rights": ("SeImpersonatePrivilege = *S-1-5-19,*S-1-5-32-568",)}).encode("utf-16")
ADMIN = ("SIM\\auditor", Token.ADMINISTRATOR)


def sha(content):
    return None if content is None else hashlib.sha256(content).hexdigest()


def b64(content):
    return base64.b64encode(content).decode()


def ini(version):
    return f"[General]\r\nVersion={version}\r\n".encode()


@pytest.fixture
def domain():
    made = PolicyDomain()
    made.add_controller("dc01")
    return made


@pytest.fixture
def guid(domain):
    made = domain.add_gpo("Servers", accounts=DEFAULTS, version=5)
    domain.link(made, domain.ou("Servers"))
    return made


def controller(domain, place=0):
    return list(domain.controllers.values())[place]


def read(domain, *gpos, place=0, token=Token.ADMINISTRATOR):
    return gpo_right_info(controller(domain, place), "SIM\\auditor", token, {"gpos": list(gpos)})


def state(domain, guid):
    """The three parts as they are."""
    container = domain.replica.directory.gpo(guid)
    return domain.replica.template(guid), (container.version, container.extensions), domain.replica.gpt_ini(guid)


def beside(domain, guid):
    """Names of files that a run has left beside the GPO's own."""
    return [path.rpartition("\\")[2] for path in domain.replica.sysvol.below(domain.replica.folder(guid)) if "~" in path]


def change(domain, guid, *, template=NEW, version=6, extensions=PAIR, **more):
    """The arguments of a change from what is there now."""
    old, (number, pair), old_ini = state(domain, guid)
    expected = {"template_sha256": sha(old), "version": number, "extensions": pair, "gpt_ini_sha256": sha(old_ini)}
    wanted = {"template": b64(template), "version": version, "extensions": extensions, "gpt_ini": b64(ini(version))}
    undo = {"version": version + 1, "gpt_ini": b64(ini(version + 1))}
    return {"change": {"guid": guid, "expected": expected, **wanted, "undo": undo, **more}}


def apply(domain, args, token=Token.ADMINISTRATOR, place=0):
    return gpo_right(controller(domain, place), "SIM\\auditor", token, args)


AFTER = (NEW, (6, PAIR), ini(6))


# -- reading -------------------------------------------------------------------------------------------------------


def test_the_whole_answer(domain, guid):
    answer = read(domain)

    assert list(answer) == [
        "changed", "controller", "asked", "gpos", "others", "unread", "truncated", "links", "links_truncated", "accounts", "lookup_status",
    ]  # fmt: skip
    assert answer["controller"] == {
        "name": "DC01",
        "dns_name": "dc01.sim.example",
        "machine_role": 5,
        "read_only": False,
        "domain": "sim.example",
        "domain_dn": "DC=sim,DC=example",
        "domain_sid": names.domain_sid("SIM"),
        "pdc_emulator": "dc01.sim.example",
        "is_pdc_emulator": True,
    }
    assert [row["guid"] for row in answer["gpos"]] == sorted([DEFAULT_DOMAIN, DEFAULT_CONTROLLERS, guid], key=str.upper)
    row = next(row for row in answer["gpos"] if row["guid"] == guid)
    assert row == {
        "guid": guid,
        "name": "Servers",
        "flags": 0,
        "version": 5,
        "extensions": PAIR,
        "path": f"\\\\sim.example\\sysvol\\sim.example\\Policies\\{guid}",
        "wmi_filter": None,
        "template": {
            "status": "read",
            "bytes": b64(domain.replica.template(guid)),
            "error": None,
            "sha256": sha(domain.replica.template(guid)),
        },
        "gpt_ini": {"status": "read", "bytes": b64(ini(5)), "error": None},
        "journal": None,
        "security": [{"sid": "S-1-5-11", "allowed": True, "inherited": False}],
    }
    assert {one["asked"]: (one["sid"], one["found"]) for one in answer["accounts"]} == {one: (one[1:], True) for one in DEFAULTS}
    assert answer["links"] == [
        {
            "som": "DC=sim,DC=example",
            "kind": "domain",
            "block": False,
            "links": [{"guid": DEFAULT_DOMAIN, "order": 1, "options": 0}],
        },
        {
            "som": "OU=Domain Controllers,DC=sim,DC=example",
            "kind": "ou",
            "block": False,
            "links": [{"guid": DEFAULT_CONTROLLERS, "order": 1, "options": 0}],
        },
        {"som": "OU=Servers,DC=sim,DC=example", "kind": "ou", "block": False, "links": [{"guid": guid, "order": 1, "options": 0}]},
    ]
    assert json.dumps(answer).isascii()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param(lambda guid: guid, ["Servers"], id="guid"),
        pytest.param(lambda guid: guid[1:-1].lower(), ["Servers"], id="guid-without-braces"),
        pytest.param(lambda _guid: "sErVeRs", ["Servers"], id="name-in-another-case"),
        pytest.param(lambda _guid: "Twice", ["Twice", "Twice"], id="ambiguous"),
        pytest.param(lambda _guid: "{00000000-0000-0000-0000-000000000000}", [], id="guid-without-gpo"),
        pytest.param(lambda _guid: "nothing", [], id="no-such-name"),
    ],
)
def test_what_a_text_means(domain, guid, asked, found):
    for number in (1, 2):
        domain.add_gpo("Twice", f"{{11111111-1111-1111-1111-11111111111{number}}}", accounts=DEFAULTS)

    answer = read(domain, asked(guid))

    assert [row["name"] for row in answer["gpos"]] == found
    assert [one["found"] for one in answer["asked"]] == [[row["guid"] for row in answer["gpos"]]]


def test_a_gpo_of_other_settings_is_only_counted(domain):
    other = domain.add_gpo("Audit", sections={"Event Audit": ("AuditLogonEvents = 3",)})
    empty = domain.add_gpo("Desktop")

    answer = read(domain)

    assert sorted(answer["others"]) == sorted([other, empty])
    assert {row["guid"] for row in answer["gpos"]} == {DEFAULT_DOMAIN, DEFAULT_CONTROLLERS}


@pytest.mark.parametrize("code", [DENIED, SHARING])
def test_what_cannot_be_read_is_told_and_never_counted_as_another(domain, guid, code):
    other = domain.add_gpo("Audit", sections={"Event Audit": ("AuditLogonEvents = 3",)})
    domain.replica.faults["read template"] = code

    answer = read(domain)

    assert answer["others"] == []
    kind = "UnauthorizedAccessException" if code == DENIED else "IOException"
    told = {"status": "unreadable", "bytes": None, "sha256": None, "error": f"read failed: {kind} 0x8007{code:04X}."}
    assert answer["unread"] == [{"guid": one, "error": told["error"]} for one in sorted([guid, other])]
    assert [(row["guid"], row["template"]) for row in answer["gpos"]] == [(DEFAULT_DOMAIN, told), (DEFAULT_CONTROLLERS, told)]


@pytest.mark.parametrize("path", ["\\\\elsewhere\\share\\x", "\\\\sim.example\\sysvol\\sim.example\\Policies\\..\\x", "C:\\x"])
def test_a_path_that_leads_elsewhere_is_not_followed(domain, guid, path):
    domain.replica.directory.gpo(guid).path = path

    (row,) = read(domain, guid)["gpos"]

    assert (row["template"]["status"], row["gpt_ini"]["status"]) == ("unreadable", "unreadable")


@pytest.mark.parametrize(
    ("text", "sid", "name", "found"),
    [
        pytest.param("*S-1-5-32-568", "S-1-5-32-568", "BUILTIN\\IIS_IUSRS", True, id="sid"),
        pytest.param("BUILTIN\\IIS_IUSRS", "S-1-5-32-568", "BUILTIN\\IIS_IUSRS", True, id="name"),
        pytest.param("SIM\\gone", None, None, False, id="name-of-nobody"),
        pytest.param("*S-1-5-21-1-2-3-1104", "S-1-5-21-1-2-3-1104", None, False, id="sid-of-nobody"),
        pytest.param("*S-1-x", None, None, False, id="no-sid"),
        pytest.param("*S-1-5-032-568", "S-1-5-32-568", "BUILTIN\\IIS_IUSRS", True, id="sid-with-a-leading-zero"),
        pytest.param("*S-1-5", None, None, False, id="authority-alone"),
    ],
)
def test_whom_the_lines_name(domain, text, sid, name, found):
    guid = domain.add_gpo("Names", accounts=(text,))

    (row,) = read(domain, guid)["accounts"]

    assert (row["asked"], row["sid"], row["name"], row["found"]) == (text, sid, name, found)


def test_what_is_odd_is_left_out_and_told(domain, guid):
    odd = "{------------------------------------}"
    domain.replica.directory.gpos[odd] = Container(odd, "Odd one", "")
    filtered = domain.add_gpo("Filtered", accounts=DEFAULTS, wmi_filter="f" * 1025)
    domain.replica.directory.gpo(guid).wmi_filter = "f"
    som = domain.replica.directory.som(domain.ou("Servers"))
    som.gp_link += f"[LDAP://cn={guid},cn=policies,cn=system,{domain.dn};4294967296]"

    everything, one = read(domain), read(domain, guid)

    assert odd not in [row["guid"] for name in ("gpos", "unread") for row in everything[name]] + everything["others"]
    assert everything["unread"] == [{"guid": filtered, "error": "gPCWQLFilter is too long."}]
    assert [answer["truncated"] for answer in (everything, one)] == [True, False]
    assert one["links_truncated"] is True
    assert all(link["options"] < 1 << 31 for place in one["links"] for link in place["links"])


@pytest.mark.size
def test_the_answer_of_a_large_domain_is_small():
    answer = read(domain_of(2000))

    assert (len(answer["gpos"]), len(answer["others"]), answer["truncated"]) == (5, 1995, False)
    assert len(json.dumps(answer, separators=(",", ":"))) <= bounds.GPO_BYTES_BACK


def test_links_have_their_order_and_what_blocks_below_is_told(domain, guid):
    second = domain.add_gpo("Second", accounts=DEFAULTS)
    domain.link(second, domain.ou("Servers"), enforced=True)
    domain.block(domain.ou("Servers", "Lab"))
    domain.block(domain.ou("Clients"))

    found = {som["som"]: som for som in read(domain, guid)["links"]}

    assert found == {
        "OU=Lab,OU=Servers,DC=sim,DC=example": {
            "som": "OU=Lab,OU=Servers,DC=sim,DC=example",
            "kind": "ou",
            "block": True,
            "links": [],
        },
        "OU=Servers,DC=sim,DC=example": {
            "som": "OU=Servers,DC=sim,DC=example",
            "kind": "ou",
            "block": False,
            "links": [{"guid": guid, "order": 1, "options": 0}, {"guid": second, "order": 2, "options": 2}],
        },
    }


def test_a_link_to_a_gpo_of_another_domain_keeps_its_place(domain, guid):
    som = domain.replica.directory.som(domain.ou("Servers"))
    som.gp_link += f"[LDAP://cn={guid},cn=policies,cn=system,DC=other,DC=example;0]"

    (found,) = read(domain, guid)["links"]

    assert found["links"] == [{"guid": None, "order": 1, "options": 0}, {"guid": guid, "order": 2, "options": 0}]


def test_another_domain_controller_says_who_the_pdc_emulator_is(domain):
    domain.add_controller("dc02")
    domain.add_controller("rodc01", read_only=True)

    told = [read(domain, place=place)["controller"] for place in (0, 1, 2)]

    assert [(one["is_pdc_emulator"], one["read_only"], one["pdc_emulator"]) for one in told] == [
        (True, False, "dc01.sim.example"),
        (False, False, "dc01.sim.example"),
        (False, True, "dc01.sim.example"),
    ]


@pytest.mark.parametrize(
    ("prepare", "call", "status"),
    [
        pytest.param(lambda d: d.replica.faults.update({"ldap search": BUSY}), "ldap search", "51", id="busy"),
        pytest.param(
            lambda d: setattr(controller(d), "language_mode", "ConstrainedLanguage"), "language mode", None, id="constrained"
        ),
        pytest.param(lambda d: setattr(controller(d), "machine_role", 3), "machine role", None, id="member-server"),
    ],
)
def test_what_cannot_be_answered_at_all(domain, prepare, call, status):
    prepare(domain)

    answer = read(domain)

    assert (answer["failed"], answer["changed"], answer["error"]) == (True, False, {"call": call, "status": status})


# -- changing ------------------------------------------------------------------------------------------------------


def test_a_change(domain, guid):
    answer = apply(domain, change(domain, guid))

    assert (answer["changed"], answer["outcome"], answer["error"], answer["undone"]) == (True, "applied", None, [])
    assert answer["attempted"] == ["template", "container", "gpt_ini"]
    assert answer["after"] == {"template_sha256": sha(NEW), "version": 6, "extensions": PAIR, "gpt_ini_sha256": sha(ini(6))}
    assert state(domain, guid) == AFTER
    assert beside(domain, guid) == []


def test_a_template_where_none_was(domain):
    guid = domain.add_gpo("Empty", version=5)

    answer = apply(domain, change(domain, guid))

    assert (answer["outcome"], state(domain, guid)) == ("applied", AFTER)
    assert beside(domain, guid) == []


def test_a_template_that_shall_be_gone(domain, guid):
    args = change(domain, guid, extensions=None)
    args["change"]["template"] = None

    assert apply(domain, args)["outcome"] == "applied"
    assert (state(domain, guid), beside(domain, guid)) == ((None, (6, None), ini(6)), [])


def test_a_template_that_is_gone_comes_back_when_a_later_step_fails(domain, guid):
    args, before = change(domain, guid, extensions=None), state(domain, guid)
    args["change"]["template"] = None
    domain.replica.faults["ldap modify"] = BUSY

    assert apply(domain, args)["outcome"] == "undone"
    assert (state(domain, guid), beside(domain, guid)) == (before, [])


@pytest.mark.parametrize("part", ["template_sha256", "version", "extensions", "gpt_ini_sha256"])
def test_nothing_is_written_when_a_part_is_not_the_expected_one(domain, guid, part):
    args = change(domain, guid)
    args["change"]["expected"][part] = {"version": 4, "extensions": None}.get(part, "0" * 64)
    before = state(domain, guid)

    answer = apply(domain, args)

    assert (answer["outcome"], answer["changed"], answer["attempted"], answer["error"]["call"]) == (
        "not_started",
        False,
        [],
        "compare",
    )
    assert (state(domain, guid), beside(domain, guid)) == (before, [])


@pytest.mark.parametrize(
    ("place", "words"), [pytest.param(1, "not the PDC emulator", id="another"), pytest.param(2, "read-only", id="read-only")]
)
def test_only_the_pdc_emulator_writes(domain, guid, place, words):
    domain.add_controller("dc02")
    domain.add_controller("rodc01", read_only=True)
    before = state(domain, guid)

    answer = apply(domain, change(domain, guid), place=place)

    assert (answer["outcome"], answer["error"]) == ("not_started", {"call": "controller", "status": None})
    assert words in answer["msg"]
    assert "dc01.sim.example" in answer["msg"]
    assert state(domain, guid) == before


@pytest.mark.parametrize("token", [Token.USER, Token.FILTERED])
def test_who_is_no_administrator_writes_nothing(domain, guid, token):
    before = state(domain, guid)

    answer = apply(domain, change(domain, guid), token)

    assert (answer["outcome"], answer["error"]["status"]) == ("not_started", "0x80070005")
    assert (state(domain, guid), beside(domain, guid)) == (before, [])


FAULTS = [
    *(("write journal", code, "not_started") for code in (DENIED, DISK_FULL)),
    *(("write template", code, "not_started") for code in (DENIED, SHARING, DISK_FULL)),
    *(("replace template", code, "undone") for code in (DENIED, SHARING, UNABLE_TO_MOVE)),
    *(("ldap modify", code, "undone") for code in (BUSY, INSUFFICIENT_RIGHTS, SERVER_DOWN)),
    *(("write gpt_ini", code, "undone") for code in (DENIED, SHARING, DISK_FULL)),
    *(("replace gpt_ini", code, "undone") for code in (DENIED, SHARING, UNABLE_TO_MOVE)),
]


@pytest.mark.parametrize(
    ("step", "code", "outcome"), FAULTS, ids=[f"{step}-{code}".replace(" ", "-") for step, code, _outcome in FAULTS]
)
def test_a_fault_at_a_step_is_undone(domain, guid, step, code, outcome):
    before = state(domain, guid)
    domain.replica.faults[step] = code

    answer = apply(domain, change(domain, guid))

    assert (answer["outcome"], answer["error"]["call"]) == (outcome, step)
    template, (version, extensions), gpt_ini = state(domain, guid)
    written = "gpt_ini" in step  # the container had been changed: clients must see one more change
    assert (template, extensions) == (before[0], before[1][1])
    assert (version, gpt_ini) == ((7, ini(7)) if written else (5, ini(5)))
    assert beside(domain, guid) == []


def test_a_modify_that_was_done_although_it_failed_is_undone_with_a_new_version(domain, guid):
    domain.replica.after["ldap modify"] = SERVER_DOWN
    before = state(domain, guid)

    answer = apply(domain, change(domain, guid))

    assert (answer["outcome"], answer["undone"]) == ("undone", ["gpt_ini", "container", "template"])
    assert state(domain, guid) == (before[0], (7, PAIR), ini(7))


def test_who_comes_between_reading_and_replacing_keeps_his_file(domain, guid):
    path = Places(domain.replica.folder(guid)).template
    domain.replica.meddle["compare template"] = lambda replica: replica.sysvol.write(path, b"theirs")

    answer = apply(domain, change(domain, guid))

    assert (answer["outcome"], answer["attempted"], answer["error"]["call"]) == ("not_started", [], "compare template")
    assert (state(domain, guid), beside(domain, guid)) == ((b"theirs", (5, PAIR), ini(5)), [])


def test_a_gpo_without_its_folder_is_unread_and_gets_none(domain, guid):
    args = change(domain, guid)
    domain.replica.sysvol.remove_folder(domain.replica.folder(guid))

    answer, (row,), everything = apply(domain, args), read(domain, guid)["gpos"], read(domain)

    assert (answer["outcome"], answer["error"]) == ("not_started", {"call": "compare", "status": None})
    assert answer["msg"] == "The GPO was not changed: the folder is not in SYSVOL."
    assert not domain.replica.sysvol.has_folder(domain.replica.folder(guid))
    assert {row[part]["status"] for part in ("template", "gpt_ini")} == {"unreadable"}
    assert everything["unread"] == [{"guid": guid, "error": "the folder is not in SYSVOL."}]


@pytest.mark.parametrize("step", ["write journal", "ldap modify"])
def test_an_undo_back_to_a_half_state_keeps_the_journal_that_was_there(domain, guid, step):
    domain.replica.after["replace template"] = KILLED
    with pytest.raises(Killed):
        apply(domain, change(domain, guid))
    domain.replica.after.clear()
    half, journal = state(domain, guid), read(domain, guid)["gpos"][0]["journal"]
    domain.replica.faults[step] = BUSY if step == "ldap modify" else DISK_FULL

    answer = apply(domain, change(domain, guid, version=9))

    assert (answer["outcome"], answer["error"]["call"]) == ("undone" if step == "ldap modify" else "not_started", step)
    assert (state(domain, guid), read(domain, guid)["gpos"][0]["journal"]) == (half, journal)


@pytest.mark.parametrize(
    ("step", "error", "extensions"),
    [
        pytest.param("ldap compare container", "compare container", PAIR, id="before the modify"),
        pytest.param("re-read", "re-read", PAIR, id="after it"),
    ],
)
def test_who_changes_the_container_meanwhile_keeps_his_version(domain, guid, step, error, extensions):
    def theirs(replica):
        replica.directory.gpo(guid).version = 0x20007

    domain.replica.meddle[step] = theirs
    before = state(domain, guid)

    answer = apply(domain, change(domain, guid))

    assert (answer["outcome"], answer["error"]) == ("unknown", {"call": error, "status": None})
    assert state(domain, guid) == (before[0], (0x20007, extensions), ini(5))
    assert "container" not in answer["undone"]
    assert "~winrights-seimpersonate.tmp" in beside(domain, guid)


def test_who_comes_after_the_last_write_is_found_by_the_second_reading_and_keeps_his_file(domain, guid):
    path = Places(domain.replica.folder(guid)).template
    domain.replica.meddle["re-read"] = lambda replica: replica.sysvol.write(path, b"theirs")

    answer = apply(domain, change(domain, guid))

    assert (answer["outcome"], answer["error"]["call"], answer["undone"]) == ("unknown", "re-read", ["gpt_ini", "container"])
    assert state(domain, guid) == (b"theirs", (7, PAIR), ini(7))
    assert "~winrights-seimpersonate.tmp" in beside(domain, guid)


@pytest.mark.parametrize("step", ["undo template", "undo gpt_ini", "ldap undo"])
def test_what_cannot_be_put_back_is_told_and_the_journal_stays(domain, guid, step):
    domain.replica.faults.update({"replace gpt_ini": SHARING, step: SERVER_DOWN if "ldap" in step else SHARING})
    domain.replica.after["replace gpt_ini"] = SHARING

    answer = apply(domain, change(domain, guid))

    assert (answer["outcome"], answer["changed"]) == ("unknown", True)
    assert step.rpartition(" ")[2] not in answer["undone"]
    assert "~winrights-seimpersonate.tmp" in beside(domain, guid)


KILLS = [
    (when, step)
    for step in ("write journal", "write template", "replace template", "ldap modify", "write gpt_ini", "replace gpt_ini")
    for when in ("faults", "after")
]


@pytest.mark.parametrize(
    ("when", "step"), KILLS, ids=[f"{'before' if when == 'faults' else when}-{step}".replace(" ", "-") for when, step in KILLS]
)
def test_a_killed_run_leaves_its_journal_and_the_next_one_finishes(domain, guid, when, step):
    args = change(domain, guid)
    getattr(domain.replica, when)[step] = KILLED
    with pytest.raises(Killed):
        apply(domain, args)
    getattr(domain.replica, when).clear()
    row = read(domain, guid)["gpos"][0]
    assert (row["journal"] is None) == ((when, step) == ("faults", "write journal"))

    again = apply(domain, change(domain, guid))

    assert (again["outcome"], state(domain, guid), beside(domain, guid)) == ("applied", AFTER, [])


@pytest.mark.parametrize("second", ["ldap modify", "replace gpt_ini"])
def test_the_journal_of_the_first_run_outlives_a_second_kill(domain, guid, second):
    domain.replica.after["replace template"] = KILLED
    with pytest.raises(Killed):
        apply(domain, change(domain, guid))
    first = read(domain, guid)["gpos"][0]["journal"]
    domain.replica.after.clear()
    domain.replica.faults[second] = KILLED

    with pytest.raises(Killed):
        apply(domain, change(domain, guid))

    assert read(domain, guid)["gpos"][0]["journal"] == first
    domain.replica.faults.clear()
    assert (apply(domain, change(domain, guid))["outcome"], state(domain, guid)) == ("applied", AFTER)


def test_a_finishing_run_that_fails_keeps_the_journal(domain, guid):
    domain.replica.after["replace template"] = KILLED
    with pytest.raises(Killed):
        apply(domain, change(domain, guid))
    domain.replica.after.clear()
    domain.replica.faults["ldap modify"] = BUSY

    answer = apply(domain, change(domain, guid))

    assert (answer["outcome"], state(domain, guid)) == ("undone", (NEW, (5, PAIR), ini(5)))
    assert beside(domain, guid)[:1] == ["~winrights-seimpersonate.tmp"]


def test_a_journal_that_cannot_be_removed_is_told(domain, guid):
    domain.replica.faults["remove journal"] = SHARING

    answer = apply(domain, change(domain, guid))

    assert (answer["outcome"], answer["error"]) == ("applied", {"call": "remove journal", "status": "0x80070020"})
    assert state(domain, guid) == AFTER


def test_reading_by_the_module_that_changes(domain, guid):
    assert apply(domain, {"read": {"gpos": [guid]}}) == read(domain, guid)


def test_a_member_server_changes_nothing():
    answer = gpo_right(Machine.member_server("app01"), *ADMIN, {"change": {}})

    assert (answer["outcome"], answer["error"]) == ("not_started", {"call": "machine role", "status": None})


STEPS = (
    "write journal", "write template", "compare template", "replace template", "ldap modify", "write gpt_ini", "compare gpt_ini",
    "replace gpt_ini", "re-read", "undo template", "undo gpt_ini", "ldap undo", "re-read after undo", "remove backup", "remove journal",
)  # fmt: skip
CODES = st.sampled_from([KILLED, DENIED, SHARING, DISK_FULL, UNABLE_TO_MOVE])
TROUBLE = st.dictionaries(st.sampled_from(STEPS), CODES, max_size=3)


@given(runs=st.lists(st.tuples(TROUBLE, TROUBLE), min_size=1, max_size=3))
def test_whatever_goes_wrong_the_next_good_run_ends_it(runs):
    """After any sequence of faults and kills: the template was never half written, what is told is so, and one good run brings the goal."""
    domain = PolicyDomain()
    domain.add_controller("dc01")
    guid = domain.add_gpo("Servers", accounts=DEFAULTS, version=5)
    old = domain.replica.template(guid)
    version = 6
    for faults, after in runs:
        args, before = change(domain, guid, version=version), state(domain, guid)
        domain.replica.faults, domain.replica.after = dict(faults), dict(after)
        try:
            answer = apply(domain, args)
        except Killed:
            answer = None
        domain.replica.faults, domain.replica.after = {}, {}
        template, (number, extensions), _gpt_ini = state(domain, guid)
        assert template in (old, NEW) or (template is None and any("old" in name for name in beside(domain, guid)))
        assert (number >= before[1][0], extensions) == (True, PAIR)
        if answer and answer["outcome"] == "applied":
            assert state(domain, guid) == (NEW, (version, PAIR), ini(version))
        elif answer and answer["outcome"] == "not_started":
            assert state(domain, guid) == before
        elif answer and answer["outcome"] == "undone":
            assert (template, number in (before[1][0], version + 1)) == (before[0], True)
        version = max(version, number + (template != NEW or number != version))

    assert apply(domain, change(domain, guid, version=version))["outcome"] == "applied"
    assert state(domain, guid) == (NEW, (version, PAIR), ini(version))
    assert beside(domain, guid) == []
