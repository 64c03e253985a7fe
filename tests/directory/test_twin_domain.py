# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain of the model beside Samba's, GPO by GPO: what both modules answer and leave behind, with faults and after a killed run."""

from __future__ import annotations

import copy
import json

import pytest

from directory.conftest import CSE, HOST, REALM, USER, b64, digest, gpt_ini, template
from fleet.backends.emulator.gpo_change import gpo_right
from fleet.backends.emulator.gpo_report import gpo_right_info
from fleet.backends.emulator.gpo_steps import Killed
from fleet.built import built
from fleet.windows.directory import Apply
from fleet.windows.domain import DEFAULT_CONTROLLERS, DEFAULT_DOMAIN, KILLED, PolicyDomain
from fleet.windows.machine import Token

pytestmark = pytest.mark.directory
OTHERS = template(None)
NEW = template("*S-1-5-19,*S-1-5-32-568")


class Twin:
    """A domain of the model, with a copy of each GPO that a test makes in Samba's directory."""

    def __init__(self):
        self.domain = PolicyDomain(REALM, "SIM")
        self.machine = self.domain.add_controller(HOST)
        self.machine.dns_domain, self.machine.host_name = REALM, HOST.lower()
        self.domain.replica.directory.pdc_emulator = self.machine.dns_name

    def copy(self, gpo, content, *, version=0x10001, extensions=CSE, ini=b"", **more):
        """The same GPO in the model."""
        self.domain.add_gpo(gpo.name, gpo.guid, content, version=version, extensions=extensions, **more)
        self.domain.replica.directory.gpo(gpo.guid).extensions = extensions
        folder = self.domain.replica.folder(gpo.guid)
        if ini is None:
            self.domain.replica.sysvol.remove(f"{folder}\\gpt.ini")
        elif ini:
            self.domain.replica.sysvol.write(f"{folder}\\gpt.ini", ini)
        return gpo

    def read(self, *gpos):
        return gpo_right_info(self.machine, "SIM\\auditor", Token.ADMINISTRATOR, {"gpos": list(gpos)})

    def change(self, change):
        return gpo_right(self.machine, "SIM\\auditor", Token.ADMINISTRATOR, {"change": change})


@pytest.fixture
def twin():
    return Twin()


def masked(answer):
    """Without what differs by nature: order of the directory's objects, who may apply a GPO by default, words of an exception."""
    answer = copy.deepcopy(answer)
    for row in answer.get("gpos", ()):
        row["security"] = None
        for part in ("template", "gpt_ini"):
            row[part]["error"] = bool(row[part]["error"])
        if row["journal"] is not None:
            row["journal"] = json.loads(row["journal"])
    for name in ("gpos", "unread"):
        answer[name] = sorted(answer.get(name) or (), key=lambda row: row["guid"])
    for row in answer["unread"]:
        row["error"] = bool(row["error"])
    answer["others"] = sorted(answer.get("others") or ())
    answer["links"] = sorted(answer.get("links") or (), key=lambda som: som["som"].lower())
    return answer


@pytest.mark.parametrize(
    ("content", "more"),
    [
        pytest.param(template("*S-1-5-21-1-2-3-1104,*S-1-5-32-568"), {"version": 0x2FFFF}, id="a-sid-of-nobody"),
        pytest.param(template(newline="\n"), {}, id="other-newlines"),
        pytest.param(b"[Privilege Rights]\nseimpersonateprivilege=*S-1-5-19", {}, id="ansi"),
        pytest.param(template(), {"ini": None}, id="no-gpt-ini"),
        pytest.param(template(), {"ini": b"nonsense"}, id="gpt-ini-of-another-kind"),
        pytest.param(b"x" * 1_100_000, {}, id="too-large"),
    ],
)
def test_one_gpo(make_gpo, ask, twin, content, more):
    gpo = twin.copy(make_gpo(content, **more), content, **more)

    assert masked(twin.read(gpo.guid)) == masked(ask(gpo.guid))


def test_what_a_text_means(make_gpo, ask, twin):
    one = twin.copy(make_gpo(name="Twice"), template())
    two = twin.copy(make_gpo(name="twice"), template())
    asked = ["TWICE", one.guid[1:-1].lower(), two.guid, "nothing", "{00000000-0000-0000-0000-000000000000}"]

    here, there = twin.read(*asked), ask(*asked)

    assert [{**row, "found": sorted(row["found"])} for row in here["asked"]] == [
        {**row, "found": sorted(row["found"])} for row in there["asked"]
    ]
    assert masked({**here, "asked": []}) == masked({**there, "asked": []})


def test_the_whole_domain(make_gpo, ask, twin):
    for content in (template(), OTHERS):
        twin.copy(make_gpo(content), content)

    here, there = twin.read(), ask()

    default = {DEFAULT_DOMAIN.upper(), DEFAULT_CONTROLLERS.upper()}  # Samba makes others of them than Windows
    ours = [
        masked({**answer, "links": [], "gpos": [row for row in answer["gpos"] if row["guid"].upper() not in default]})
        for answer in (here, there)
    ]
    assert ours[0] == ours[1]


def test_links(directory, make_gpo, ask, twin):
    one, two = (twin.copy(make_gpo(), template()) for _number in range(2))
    outer, inner = f"OU=Outer {one.guid[1:9]},{directory.dn}", f"OU=Inner,OU=Outer {one.guid[1:9]},{directory.dn}"
    policies = f"cn=policies,cn=system,{directory.dn}"
    links = f"[LDAP://cn={one.guid},{policies};0][LDAP://cn={two.guid},{policies};2]"
    for dn, value in ((outer, {"gPLink": links}), (inner, {"gPOptions": "1"})):
        directory.ask("add", dn, {"objectClass": "organizationalUnit", **value})
    som = twin.domain.replica.directory.som(outer)
    som.gp_link = f"[LDAP://cn={one.guid},cn=policies,cn=system,{directory.dn};0][LDAP://cn={two.guid},cn=policies,cn=system,{directory.dn};2]"
    twin.domain.block(inner)
    try:
        here, there = masked(twin.read(one.guid)), masked(ask(one.guid))
    finally:
        directory.ask("remove", outer)

    assert here == there
    assert [link["order"] for link in here["links"][1]["links"]] == [1, 2]


@pytest.mark.parametrize(
    ("sddl", "entries"),
    [
        pytest.param("D:(OA;;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)", lambda _sid: (Apply(),), id="the-default"),
        pytest.param(
            "D:(A;;GA;;;DA)(OD;;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;BG)(A;;CR;;;AU)",
            lambda sid: (Apply(f"{sid}-512"), Apply("S-1-5-32-546", allowed=False), Apply()),
            id="all-rights-and-a-denial",
        ),
    ],
)
def test_who_may_apply(directory, make_gpo, ask, twin, sddl, entries):
    gpo = twin.copy(make_gpo(), template(), security=entries(directory.sid))
    directory.ask("sddl", gpo.dn, sddl)

    ((here,), (there,)) = (answer["gpos"] for answer in (twin.read(gpo.guid), ask(gpo.guid)))

    def told(row):
        return sorted((one["sid"], one["allowed"], one["inherited"]) for one in row["security"] if not one["inherited"])

    assert told(here) == told(there)


# -- changes -------------------------------------------------------------------------------------------------------


def asked_of(gpo, content=NEW, *, version=0x10002, extensions=CSE, **more):
    """A change from what is there now."""
    wanted = {"template": None if content is None else b64(content), "version": version, "extensions": extensions}
    undo = {"version": version + 1, "gpt_ini": b64(gpt_ini(version + 1))}
    return {"guid": gpo.guid, "expected": gpo.state, **wanted, "gpt_ini": b64(gpt_ini(version)), "undo": undo, **more}


def parts_of(twin, gpo):
    """What the model has, in the words of `expected`."""
    container, replica = twin.domain.replica.directory.gpo(gpo.guid), twin.domain.replica
    return {
        "template_sha256": digest(replica.template(gpo.guid)),
        "version": container.version,
        "extensions": container.extensions,
        "gpt_ini_sha256": digest(replica.gpt_ini(gpo.guid)),
    }


def left_beside(twin, gpo):
    """Files of the GPO in the model, below its folder."""
    folder = twin.domain.replica.folder(gpo.guid)
    found = [path.partition(f"{gpo.guid}\\")[2].replace("\\", "/") for path in twin.domain.replica.sysvol.below(folder)]
    return sorted(path.lower() for path in found)


def both(directory, tell, twin, gpo, change, faults=()):
    """The two answers to a change, when both have left the same behind."""
    there = tell(directory.machine(faults=faults), "gpo_right", change=change)
    here = twin.change(change)
    assert parts_of(twin, gpo) == gpo.state
    assert left_beside(twin, gpo) == sorted(name.lower() for name in gpo.files)
    return here, there


@pytest.mark.parametrize(
    ("content", "change"),
    [
        pytest.param(template(), {}, id="defined"),
        pytest.param(template(), {"content": template("")}, id="no-account"),
        pytest.param(template(), {"content": template(None)}, id="not-defined"),
        pytest.param(template(), {"content": None, "extensions": None}, id="no-template-any-more"),
        pytest.param(None, {}, id="where-no-template-was"),
        pytest.param(NEW, {}, id="the-template-is-there-already"),
        pytest.param(NEW, {"version": 0x10001}, id="nothing-to-do"),
        pytest.param(template(), {"expected": {"template_sha256": None}}, id="a-template-that-was-not-expected"),
    ],
)
def test_a_change(directory, make_gpo, tell, twin, content, change):
    gpo = twin.copy(make_gpo(content), content)
    asked = asked_of(gpo, **{key: value for key, value in change.items() if key != "expected"})
    asked["expected"] = {**asked["expected"], **change.get("expected", {})}

    here, there = both(directory, tell, twin, gpo, asked)

    assert here == there


@pytest.mark.parametrize(("when", "code"), [("before", 51), ("before", 50), ("after", 81)])
def test_a_directory_that_fails(directory, make_gpo, tell, twin, when, code):
    gpo = twin.copy(make_gpo(), template())
    getattr(twin.domain.replica, {"before": "faults", "after": "after"}[when])["ldap modify"] = code

    here, there = both(directory, tell, twin, gpo, asked_of(gpo), [{"call": "modify", "when": when, "status": code, "on": 1}])

    assert here == there
    assert here["outcome"] == "undone"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_was_killed_and_the_next(directory, make_gpo, tell, twin, powershell, when):
    gpo = twin.copy(make_gpo(), template())
    asked = asked_of(gpo)
    powershell.run(
        directory.machine(faults=[{"call": "modify", "when": when, "kill": True}]), built("gpo_right", USER, change=asked)
    )
    getattr(twin.domain.replica, {"before": "faults", "after": "after"}[when])["ldap modify"] = KILLED
    with pytest.raises(Killed):
        twin.change(asked)
    twin.domain.replica.faults, twin.domain.replica.after = {}, {}
    assert parts_of(twin, gpo) == gpo.state
    assert left_beside(twin, gpo) == sorted(name.lower() for name in gpo.files)
    assert masked(twin.read(gpo.guid)) == masked(tell(directory.machine(), "gpo_right_info", gpos=[gpo.guid]))

    here, there = both(directory, tell, twin, gpo, asked_of(gpo))

    assert here == there
    assert here["outcome"] == "applied"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_container_that_somebody_changes_meanwhile(directory, make_gpo, tell, twin, when):
    gpo = twin.copy(make_gpo(), template())
    theirs = {"dn": gpo.dn, "versionNumber": str(0x20007)}
    fault = {"call": "search", "when": "before", "on": 5} if when == "before" else {"call": "modify", "when": "after", "on": 1}
    twin.domain.replica.meddle["ldap compare container" if when == "before" else "re-read"] = lambda replica: setattr(
        replica.directory.gpo(gpo.guid), "version", 0x20007
    )

    here, there = both(directory, tell, twin, gpo, asked_of(gpo), [{**fault, "modify": theirs}])

    assert here == there
    assert here["outcome"] == "unknown"


def test_a_failed_change_to_another_goal_over_a_killed_one(directory, make_gpo, tell, twin, powershell):
    gpo = twin.copy(make_gpo(), template())
    asked, busy = asked_of(gpo), {"call": "modify", "when": "before", "status": 51}
    powershell.run(
        directory.machine(faults=[{"call": "modify", "when": "before", "kill": True}]), built("gpo_right", USER, change=asked)
    )
    twin.domain.replica.faults["ldap modify"] = KILLED
    with pytest.raises(Killed):
        twin.change(asked)
    journal = gpo.journal.read_bytes()
    twin.domain.replica.faults["ldap modify"] = 51

    here, there = both(directory, tell, twin, gpo, asked_of(gpo, template("")), [busy])

    assert here == there
    assert (here["outcome"], gpo.journal.read_bytes()) == ("undone", journal)
