# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin gets canned answers of a host; the tests look at its result and at what it asked."""

from __future__ import annotations

import copy
import json

import hostile
import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.action.local_right_info import ActionModule
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import limits
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.status import Status
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._wording import MESSAGE

READ = "local_right_info"
POLICY = {
    "name": "own",
    "title": "Own",
    "compare": "exact",
    "host_roles": {"member_server": {"required": ["administrators", "service"], "source": "handbook"}},
}


def holder(sid, name=None, use=5, resolved="lsa", domain=None):
    return {"sid": sid, "name": name, "use": use, "resolved": resolved, "domain": domain}


GOOD = {
    "changed": False,
    "holders": [holder("S-1-5-32-544", "VORDEFINIERT\\Administratoren", 4), holder("S-1-5-6", "NT-AUTORITÄT\\DIENST")],
    "accounts": [],
    "lookup_status": "0x00000000",
    "computer": {
        "name": "WEB01", "machine_role": 3, "role_status": 0, "read_only": False, "role_pending": False,
        "domain": "CORP", "dns_domain": "corp.example", "entra_joined": False, "sid": "S-1-5-21-1-2-3",
    },
    "windows": {
        "product_type": "ServerNT", "sku": 7, "build": 20348, "revision": 2340, "edition": "ServerStandard",
        "caption": "Windows Server 2022 Standard", "installation_type": "Server", "display_version": "21H2",
    },
    "iis": {"services": [], "version": None, "components": [], "readable": True},
    "features": {"ssis": [], "adfs": False, "spooler": 2, "spooler_known": True, "session_host": False},
    "pools": [],
    "pools_status": "none",
    "control": {
        "now": "2026-06-15T12:00:00.0000000Z", "logging": None, "templates": [], "sids": [],
        "mdm": {"provider": None, "set": None, "value": None},
        "rsop": {
            "error": None, "settings": [], "gpos": [], "soms": [],
            "extension": {"ended": "2026-06-15T11:00:00.0000000Z", "error": 0, "logging": 1},
        },
    },
    "session": {
        "user": "S-1-5-21-1-2-3-1001", "administrator": True, "filtered": False, "elevated": True,
        "language_mode": "FullLanguage", "powershell": "5.1.20348.2340", "bits": 64, "windows_bits": 64,
    },
}  # fmt: skip


RIGHT_ALONE = {"exposure": False, "expand": False, "events": None}


@pytest.fixture
def act(action):
    """Run the plugin against one canned answer; returns its result and what it asked."""

    def run(answer=None, check_mode=False, windows=True, **options):
        asked = []

        def execute(module, args):
            asked.append((module, args))
            return copy.deepcopy(GOOD if answer is None else answer)

        return action(ActionModule, execute, check_mode=check_mode, windows=windows, **{"policy": POLICY, **options}), asked

    return run


def changed(**parts):
    return {**copy.deepcopy(GOOD), **parts}


@pytest.mark.parametrize("check_mode", [False, True])
def test_one_command_and_the_same_verdict_with_and_without_check_mode(act, check_mode):
    result, asked = act(check_mode=check_mode)

    assert asked == [(READ, {"accounts": [], **RIGHT_ALONE})]
    assert (result["changed"], result["status"], result["compliant"]) == (False, "compliant", True)
    assert [(one["sid"], one["standing"]) for one in result["holders"]] == [("S-1-5-6", "floor"), ("S-1-5-32-544", "floor")]
    assert result["error"] is None


def test_drift_is_a_result_and_no_failure(act):
    result, _asked = act(changed(holders=[holder("S-1-5-32-544"), holder("S-1-5-32-545", "VORDEFINIERT\\Benutzer", 4)]))

    assert "failed" not in result
    assert (result["status"], result["missing"], result["unexpected"]) == ("drift", ["S-1-5-6"], ["S-1-5-32-545"])
    assert [finding["text"].split(",")[0] for finding in result["findings"]] == [
        "unexpected: VORDEFINIERT\\Benutzer (S-1-5-32-545)",  # the gravest first
        "missing: NT AUTHORITY\\SERVICE (S-1-5-6)",
    ]


def test_names_that_only_the_host_knows_are_asked_with_the_read(act):
    answer = {"asked": "CORP\\svc", "sid": "S-1-5-21-1-2-3-1105", "name": "CORP\\svc", "use": 1, "resolved": "lsa"}
    result, asked = act(changed(accounts=[answer]), permitted=["CORP\\svc", "NT SERVICE\\W3SVC"])

    assert asked == [(READ, {"accounts": ["CORP\\svc", "NT SERVICE\\W3SVC"], **RIGHT_ALONE})]
    assert result["compliant"]


def failed(status="0xC0000022", call="LsaEnumerateAccountsWithUserRight", **session):
    return {"failed": True, "msg": f"{call} answered {status}", "error": {"call": call, "status": status}, "session": session}


@pytest.mark.parametrize(
    ("answer", "category", "words"),
    [
        pytest.param(failed(administrator=False), "not_admin", "0xC0000022", id="not an administrator"),
        pytest.param(failed(administrator=False, filtered=True), "uac_filtered", "0xC0000022", id="filtered token"),
        pytest.param(failed(administrator=True), "lsa_denied", "0xC0000022", id="administrator, denied all the same"),
        pytest.param(failed("0xC00000DC", "LsaOpenPolicy"), "lsa_error", "0xC00000DC", id="LSA not ready"),
        pytest.param(failed(None, "language mode"), "unsupported_language_mode", "language mode", id="constrained language"),
        pytest.param({"failed": True, "msg": "no"}, "payload_error", "no", id="failed without a word"),
        pytest.param({"failed": True, "msg": "x", "exception": "ScriptContainedMaliciousContent"}, "blocked_by_antimalware", "blocked", id="AMSI"),
        pytest.param({"failed": True, "msg": "x", "module_stderr": "supported only on core types in this language mode."}, "unsupported_language_mode",
                     "constrained",
                     id="the wrapper itself is constrained"),
        pytest.param({"failed": True, "msg": "Cannot run untrusted PowerShell script 'x' in ConstrainedLanguage mode with module util imports."},
                     "unsupported_language_mode", "untrusted",
                     id="App Control"),
        pytest.param({"failed": True, "msg": "failure during exec_wrapper: C# module util 'x' is not trusted and cannot be loaded."},
                     "unsupported_language_mode", "not trusted",
                     id="util not trusted"),
        pytest.param({"failed": True, "msg": "failure during exec_wrapper: Failed to compile C# code: x"}, "compile_failed", "compile", id="no compiler"),
        pytest.param({"failed": True, "msg": "Ansible requires PowerShell v5.1"}, "powershell_too_old", "5.1", id="PowerShell 4"),
        pytest.param({}, "payload_error", "lacks 'holders'", id="an empty answer"),
        pytest.param(changed(holders=None), "payload_error", "cannot be understood", id="no list of holders"),
        pytest.param(changed(holders=[{"sid": "S-1-5-6"}]), "payload_error", "lacks 'name'", id="holder without a key"),
        pytest.param(changed(holders={}), "payload_error", "dict instead of a list", id="an object for the holders"),
        pytest.param(changed(holders=""), "payload_error", "str instead of a list", id="a text for the holders"),
        pytest.param(changed(windows={**GOOD["windows"], "sku": "175"}), "payload_error", "Windows.sku is '175'", id="a text for the SKU"),
        pytest.param(changed(windows={**GOOD["windows"], "build": True}), "payload_error", "Windows.build is True", id="a boolean for the build"),
        pytest.param(changed(iis={**GOOD["iis"], "services": "W3SVC"}), "payload_error", "Iis.services is", id="a text for a list"),
        pytest.param(changed(holders=[holder("Administrators")]), "payload_error", "not a SID", id="a name for a SID"),
        pytest.param(changed(holders=[{**holder("S-1-5-6"), "new": 1}]), "payload_error", "cannot be understood", id="an unknown key"),
        pytest.param(changed(computer={**GOOD["computer"], "machine_role": None, "role_status": 1722}), "role_unknown", "1722", id="no role"),
    ],
)  # fmt: skip
def test_a_failed_read_is_never_taken_for_an_empty_right(act, answer, category, words):
    result, _asked = act(answer)

    assert result["failed"]
    assert (result["status"], result["compliant"], result["error"]["category"]) == ("error", False, category)
    assert words in result["msg"]
    assert "holders" not in result


def test_an_empty_right_is_drift(act):
    result, _asked = act(changed(holders=[]))

    assert (result["status"], result["missing"]) == ("drift", ["S-1-5-6", "S-1-5-32-544"])


def test_a_host_that_is_no_windows_is_not_touched(act):
    result, asked = act(windows=False)

    assert asked == []
    assert (result["failed"], result["error"]["category"]) == (True, "not_windows")


def test_a_delegated_task_is_refused_before_anything_is_sent(act):
    with pytest.raises(AnsibleActionFail, match="delegate_to: 'other' is not allowed for 'web01'"):
        act(delegate_to="other")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"host_role": "server"}, "host_role.*member_server.*server", id="unknown role"),
        pytest.param({"policy": "stig9"}, "policy: 'stig9' is not a policy", id="unknown policy"),
        pytest.param({"policy": {**POLICY, "featurs": {}}}, "featurs.*did you mean features", id="misspelt key"),
        pytest.param({"permitted": [""]}, r"permitted\[0\]: an account is empty", id="empty account"),
        pytest.param({"permitted": ["users", "Benutzer"]}, r"permitted\[1\]: 'Benutzer' is a bare name", id="localised name"),
        pytest.param({"required": ["S-1-5-21-x"]}, r"required\[0\]: 'S-1-5-21-x' is a malformed SID", id="malformed SID"),
        pytest.param({"permited": []}, "permited", id="misspelt option"),
        pytest.param({"iis": "perhaps"}, "iis.*perhaps", id="no boolean"),
        pytest.param(
            {"policy": {**POLICY, "every_host": {"forbidden": ["users"], "source": "s"}}, "permitted": ["users"]},
            "permitted: users .* is forbidden by the policy own",
            id="permitted by the task, forbidden by the policy",
        ),
    ],
)
def test_bad_input_ends_before_the_host_is_touched(act, options, words):
    with pytest.raises(AnsibleActionFail, match=f"(?s){words}"):
        act(**options)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"control": None}, id="no traces of control"),
        pytest.param(
            {"control": {**GOOD["control"], "rsop": {**GOOD["control"]["rsop"], "settings": "x"}}}, id="a text for settings"
        ),
        pytest.param(
            {"control": {**GOOD["control"], "mdm": {"provider": 1, "set": None, "value": None}}}, id="a number for a provider"
        ),
        pytest.param({"features": {"ssis": "x"}}, id="odd features"),
        pytest.param({"pools": [{"name": 1}]}, id="odd pools"),
        pytest.param({"groups": [{"sid": 1}]}, id="odd groups"),
        pytest.param({"events": {"error": 1}}, id="odd events"),
        pytest.param({"services": "x"}, id="odd services"),
    ],
)
def test_the_right_is_judged_whatever_else_the_host_says(act, part):
    result, _asked = act(changed(**part), exposure=True, expand_groups=True, events="24h")

    assert (result["status"], result["compliant"]) == ("compliant", True)
    if "control" in part:
        assert result["controller"]["kind"] == "unknown"


def test_an_odd_trace_of_a_management_service_spoils_nothing_else(act):
    odd = {**GOOD["control"], "mdm": {"provider": None, "set": None, "value": {"value": ["x"], "Count": 1}}}

    its = act(changed(control=odd))[0]["controller"]

    assert (its["kind"], its["as_of"]) == ("unknown", "2026-06-15T11:00:00.0000000Z")
    assert its["why"].startswith("whether a management service sets the right could not be read; no GPO sets the right")


LATE = "looking names up took too long, so the host did not ask for"


@pytest.mark.parametrize(
    ("parts", "notes"),
    [
        pytest.param({}, [], id="not told"),
        pytest.param({"not_asked": []}, [], id="none"),
        pytest.param({"not_asked": ["CORP\\a"]}, [f"{LATE} CORP\\a: what it says of them is not known"], id="one"),
        pytest.param(
            {"not_asked": [f"CORP\\{n}" for n in range(7)]},
            [f"{LATE} CORP\\0, CORP\\1, CORP\\2, CORP\\3, CORP\\4 and 2 more: what it says of them is not known"],
            id="many",
        ),
        pytest.param({"not_asked": "CORP\\a"}, [], id="of another form"),
    ],
)
def test_names_that_were_not_asked(act, parts, notes):
    assert act(changed(**parts))[0]["notes"] == notes


def test_a_group_whose_directory_told_nobody_is_not_empty(act):
    group = {"sid": "S-1-5-21-1-2-3-512", "name": "CORP\\Web", "status": "not_told", "members": []}

    assert [(one["status"], one["members"]) for one in act(changed(groups=[group]), expand_groups=True)[0]["groups"]] == [
        ("not_told", None)
    ]


SVC = "S-1-5-21-1-2-3-1105"
USERS, EVERYONE = "S-1-5-32-545", "S-1-1-0"


def service(name, sid=SVC, impersonate=None):
    return {"name": name, "account": "CORP\\svc", "sid": sid, "pid": 7, "impersonate": impersonate, "sid_type": 0}


@pytest.mark.parametrize(
    ("parts", "complete", "notes"),
    [
        pytest.param({"services": []}, True, [], id="all of it"),
        pytest.param({"services": None}, False, ["the running services could not be listed"], id="no services"),
        pytest.param({"services": [], "pools": None}, False, ["the application pools could not be read"], id="no pools"),
        pytest.param(
            {"services": [], "services_more": True},
            False,
            ["there are more running services than are read"],
            id="too many services",
        ),
    ],
)
def test_how_complete_the_exposure_is(act, parts, complete, notes):
    exposure = act(changed(**parts), exposure=True)[0]["exposure"]

    assert (exposure["complete"], exposure["notes"]) == (complete, notes)


def test_the_exposure_tells_who_has_it_who_has_it_not_and_where_nobody_knows(act):
    unsure = {"name": "p", "identity": "SpecificUser", "account": "CORP\\svc", "sid": SVC, "manual": True}
    services = [service("has"), {**service("excluded", impersonate=False), "pid": 8}]

    exposure = act(changed(services=services, pools=[unsure]), exposure=True)[0]["exposure"]

    assert {part: [user["name"] for user in exposure[part]] for part in ("users", "excluded", "unknown")} == {
        "users": ["has"],
        "excluded": ["excluded"],
        "unknown": ["p"],
    }


def test_groups_of_nearly_everybody_are_marked(act):
    held = [*GOOD["holders"], holder(USERS, "VORDEFINIERT\\Benutzer", 4), holder(EVERYONE, "Jeder"), holder("S-1-5-11", None)]
    member = {"sid": EVERYONE, "name": "Jeder", "use": 5}
    person = {"sid": SVC, "name": "CORP\\svc", "use": 1}
    read = [
        {
            "sid": "S-1-5-32-544",
            "name": "VORDEFINIERT\\Administratoren",
            "status": "read",
            "members": [person, {**member, "use": None}],
        },
        {"sid": USERS, "name": "VORDEFINIERT\\Benutzer", "status": "read", "members": []},
    ]

    groups = act(changed(holders=held, groups=read), expand_groups=True)[0]["groups"]

    assert [(one["sid"], one["name"], one["status"], one["broad"]) for one in groups] == [
        ("S-1-5-32-544", "VORDEFINIERT\\Administratoren", "read", False),
        (USERS, "VORDEFINIERT\\Benutzer", "read", True),
        (EVERYONE, "Jeder", "everybody", True),
        ("S-1-5-11", "NT AUTHORITY\\Authenticated Users", "everybody", True),
    ]
    assert [(one["sid"], one["broad"]) for one in groups[0]["members"]] == [(SVC, False), (EVERYONE, True)]


@pytest.mark.parametrize(
    ("status", "members", "told"),
    [
        pytest.param("read", [], ("read", []), id="a group without members"),
        pytest.param("read", [SVC], ("read", [SVC]), id="its members"),
        pytest.param("not_told", [], ("not_told", None), id="a second hop that answers with nothing"),
        pytest.param("failed", [], ("failed", None), id="a read that failed"),
        pytest.param("limit", [], ("limit", None), id="too deep to be read"),
        pytest.param("limit", [SVC], ("limit", [SVC]), id="a list that was cut"),
        pytest.param("read", [SVC, None], ("incomplete", [SVC]), id="one without a SID"),
        pytest.param("read", [None], ("incomplete", None), id="none with a SID"),
    ],
)
def test_members_that_are_not_known_do_not_look_like_none(act, status, members, told):
    rows = [{"sid": sid, "name": "CORP\\x", "use": None} for sid in members]
    group = {"sid": "S-1-5-32-544", "name": "VORDEFINIERT\\Administratoren", "status": status, "members": rows}

    (found,) = act(changed(groups=[group]), expand_groups=True)[0]["groups"]

    assert (found["status"], found["members"] and [one["sid"] for one in found["members"]]) == told


def test_groups_that_cannot_be_understood_are_told_as_failed(act):
    groups = act(changed(groups=[{"sid": 1}]), expand_groups=True)[0]["groups"]

    assert groups == [
        {"sid": "S-1-5-32-544", "name": "VORDEFINIERT\\Administratoren", "status": "failed", "broad": False, "members": None}
    ]
    assert act(changed(groups=[]))[0]["groups"] is None  # not asked for


EVENT = {
    "id": 4704, "time": "2026-06-15T11:30:00.0000000Z", "subject": "S-1-5-21-1-2-3-1109", "subject_name": "CORP\\jdoe",
    "logon": "0x4f2a1", "target": "S-1-5-6",
}  # fmt: skip


def test_the_events_by_the_clock_of_the_host(act):
    """The log begins after the beginning of the window by the host's clock, whatever the controller's says."""
    log = {"error": None, "more": False, "oldest": "2026-06-14T12:00:01.0000000Z", "others": 0}
    by_system = {**EVENT, "subject": "S-1-5-18", "target": USERS}
    unnamed = {**EVENT, "target": SVC}

    its = act(changed(events={**log, "events": [EVENT, by_system, unnamed]}), events="24h")[0]["provenance"]
    whole = act(changed(events={**log, "oldest": "2026-06-14T12:00:00.0000000Z", "events": [EVENT]}), events="24h")[0]["provenance"]

    assert [(one["by"], one["target_name"]) for one in its["events"]] == [
        ("account", "NT-AUTORITÄT\\DIENST"),
        ("machine", "BUILTIN\\Users"),
        ("account", None),
    ]
    assert (its["coverage"], whole["coverage"]) == ("wrapped", "whole")


@pytest.mark.parametrize(
    ("window", "hours"),
    [
        pytest.param("1h", 1, id="an hour"),
        pytest.param("24h", 24, id="a day in hours"),
        pytest.param("7d", 168, id="a week"),
        pytest.param("90d", 2160, id="the most"),
        pytest.param(" 2d ", 48, id="with blanks"),
        pytest.param("", None, id="none"),
    ],
)
def test_a_window_of_events_is_asked_for_in_hours(act, window, hours):
    _result, asked = act(events=window)

    assert asked[0][1]["events"] == hours


@pytest.mark.parametrize("window", ["0d", "0h", "91d", "900d", "2161h", "7", "d", "-1d", "1.5h", "week"])
def test_a_window_that_is_none_ends_before_the_host_is_touched(act, window):
    with pytest.raises(AnsibleActionFail, match="is not a time span; write hours or days, such as 24h or 7d, at most 90d"):
        act(events=window)


class TaskTimeoutError(BaseException):
    """As ansible-core raises it."""


@pytest.mark.parametrize(
    ("lost", "category"),
    [
        pytest.param(TaskTimeoutError("Timed out after 7 second(s)."), "task_timeout", id="a slow host under a time limit"),
        pytest.param(RecursionError(), "payload_error", id="JSON 100,000 levels deep"),
        pytest.param(AttributeError("no attribute 'keys'"), "payload_error", id="ansible_facts that are a text"),
        pytest.param(ConnectionResetError(), "connection_lost", id="a cut"),
    ],
)
def test_whatever_ends_the_read_is_an_error_of_that_host(action, lost, category):
    def execute(_module, _args):
        raise lost

    result = action(ActionModule, execute, policy=POLICY)

    assert (result["failed"], result["status"], result["error"]["category"]) == (True, "error", category)
    assert "bad_input" not in result


def test_core_says_itself_that_a_host_is_unreachable(action):
    def execute(_module, _args):
        raise AnsibleConnectionFailure("no route")

    with pytest.raises(AnsibleConnectionFailure):
        action(ActionModule, execute, policy=POLICY)


def _texts(value):
    if isinstance(value, dict):
        return [text for item in value.items() for text in _texts(list(item))]
    if isinstance(value, (list, tuple)):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


@given(st.one_of(hostile.spoilt(hostile.facts()), hostile.failures))
def test_whatever_a_host_tells_of_itself_it_is_judged_or_an_error(action, microsoft_data, answer):
    """No exception leaves the action, the status is one of the known ones, an error is typed, and all of it can be written as JSON."""
    result = action(
        ActionModule, lambda _module, _args: answer, policy=microsoft_data, exposure=True, expand_groups=True, events="24h"
    )

    assert result["status"] in {status.value for status in Status}
    assert not [text for text in _texts(result) if len(text) > 2 * limits.TEXT]
    json.dumps(result, ensure_ascii=False, allow_nan=False).encode()
    if result["error"]:
        assert result["failed"] is True
        assert [type(result["error"][key]) for key in ("category", "message")] == [str, str]
        assert all(isinstance(result["error"][key], (str, type(None))) for key in ("call", "status"))
        assert len(result["error"]["message"]) <= MESSAGE
        assert result["error"]["message"].isprintable()
