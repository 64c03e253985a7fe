# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
import datetime

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.roles import HostRole
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.loading import load_policy

PRINTED = ["administrators", "local_service", "network_service"]
CORRECTED = [*PRINTED, "service"]

# The table of the policy page, as printed: server type or GPO, default value.
PAGE = {
    ("gpos", "default_domain_policy"): "not_defined",
    ("gpos", "default_domain_controllers_policy"): PRINTED,
    ("host_roles", "standalone_server"): PRINTED,
    ("host_roles", "domain_controller"): PRINTED,
    ("host_roles", "member_server"): PRINTED,
    ("host_roles", "client"): PRINTED,
}


@pytest.mark.parametrize(("place", "printed"), PAGE.items(), ids=lambda value: "".join(value) if isinstance(value, tuple) else "")
def test_each_row_of_the_page_is_shipped_as_printed(microsoft_data, place, printed):
    section, row = place
    assert microsoft_data[section][row]["as_printed"] == printed
    assert microsoft_data[section][row]["source"].endswith("policy page of the right")


@pytest.mark.parametrize("role", [role.value for role in HostRole])
def test_the_row_that_judges_has_service_and_says_why(microsoft_data, role):
    row = microsoft_data["host_roles"][role]
    assert row["required"] == CORRECTED
    assert set(row["required"]) - set(row["as_printed"]) == {"service"}
    assert "leaves out Service" in row["erratum"]


def test_the_domain_controllers_gpo_does_not_define_the_right(microsoft_data):
    row = microsoft_data["gpos"]["default_domain_controllers_policy"]
    assert row["corrected"] == "not_defined"
    assert row["erratum"]


def changed(data, change):
    data = copy.deepcopy(data)
    change(data)
    return data


def put(*path):
    *way, key, value = path

    def change(data):
        for step in way:
            data = data[step]
        data[key] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(put("host_roles", "client", "requierd", []), r"host_roles\.client\.requierd.*did you mean required", id="misspelt key in a row"),
        pytest.param(put("host_role", {}), r"host_role: .*allowed are name.*did you mean host_roles", id="misspelt key of the policy"),
        pytest.param(put("host_roles", "server", {"source": "x"}), r"host_roles: 'server' is not a host role; allowed are", id="unknown role"),
        pytest.param(put("host_roles", {}), "host_roles: there is no row; a policy needs", id="no role at all"),
        pytest.param(put("host_roles", "client", "required", ["admins"]), r"host_roles\.client\.required\[0\]: 'admins'.*symbols are", id="unknown symbol"),
        pytest.param(put("host_roles", "client", "required", ["S-1-5-"]), r"client\.required\[0\]: 'S-1-5-' is a malformed SID", id="malformed SID"),
        pytest.param(put("host_roles", "client", "permitted", [""]), r"client\.permitted\[0\]: an account is empty", id="empty account"),
        pytest.param(put("host_roles", "client", "permitted", ["Benutzer"]), r"permitted\[0\]: 'Benutzer' is a bare name", id="localised name"),
        pytest.param(put("host_roles", "client", "permitted", "iusr"), "is not a list", id="text for a list"),
        pytest.param(put("host_roles", "client", []), "is not a mapping", id="list for a row"),
        pytest.param(put("host_roles", "client", "source", ""), r"client\.source: '' is not a text", id="row without a source"),
        pytest.param(put("features", "iis", 0, "forbidden", ["iis_iusrs"]), r"features\.iis\[0\]\.forbidden: .* is required in features\.iis\[0\]\.required",
                     id="required and forbidden in one row"),
        pytest.param(put("host_roles", "client", "forbidden", ["*S-1-5-32-568"]), r"client\.forbidden: .* is required in features\.iis",
                     id="required and forbidden in two rows"),
        pytest.param(put("host_roles", "client", "forbidden", ["service"]), "can never be forbidden", id="floor account forbidden"),
        pytest.param(put("features", "dns", {"source": "x"}), "is not a feature that a host is asked for; allowed are iis", id="unknown feature"),
        pytest.param(put("host_roles", 1, {"source": "x"}), "host_roles: 1 is not a text, and a key is one", id="a number for a role"),
        pytest.param(put("features", 1, {"source": "x"}), "features: 1 is not a text, and a key is one", id="a number for a feature"),
        pytest.param(put("document", "date", datetime.date(2026, 1, 31)), r"document\.date: .* is not a text; put a date or a number in quotes",
                     id="a date without quotes"),
        pytest.param(put("builds", [{"from": 30000, "to": 1, "source": "x"}]), r"builds\[0\]: from 30000 to 1 holds no build", id="builds that never come"),
        pytest.param(put("host_roles", "client", "permitted", ["NT SERVICE\\a\nusers"]), "line breaks", id="two accounts in one entry"),
        pytest.param(put("compare", "at_least"), "compare: 'at_least' is not allowed; allowed are exact, at_most", id="unknown compare mode"),
        pytest.param(put("builds", 0, "from", "26100"), r"builds\[0\]\.from: '26100' is not a build number", id="build as text"),
        pytest.param(put("gpos", "default_domain_policy", "as_printed", ["nobody_knows"]), r"gpos\.default_domain_policy\.as_printed\[0\]", id="GPO row"),
    ],
)  # fmt: skip
def test_a_wrong_policy_is_refused_by_file_row_and_key(microsoft_data, change, words):
    with pytest.raises(BadInput, match=words) as refused:
        load_policy(changed(microsoft_data, change))
    assert "policy_microsoft.yml" in str(refused.value)


@pytest.mark.parametrize("data", ["stig", None, [], {}, {"title": "x"}], ids=str)
def test_what_is_no_policy_at_all_is_refused_with_the_keys_of_one(data):
    with pytest.raises(BadInput, match="policy: .* is not a policy; a policy is a mapping with the keys name, title"):
        load_policy(data)


def test_a_leading_star_is_accepted(microsoft_data):
    policy = load_policy(changed(microsoft_data, put("host_roles", "client", "permitted", ["*S-1-5-21-1-2-3-1001"])))
    assert any(account.sid == "S-1-5-21-1-2-3-1001" for row in policy.rows for account in row.permitted)


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        pytest.param({"host_roles": ["client"]}, {"host_roles": ["domain_controller"]}, False, id="other host roles"),
        pytest.param({"host_roles": ["client"]}, {}, True, id="one host role and all"),
        pytest.param({"to": 20347}, {"from": 20348}, False, id="builds one after the other"),
        pytest.param({"to": 20348}, {"from": 20348}, True, id="one build in common"),
        pytest.param({"operating_systems": ["server_2022"]}, {"operating_systems": ["server_2025"]}, False, id="other releases"),
        pytest.param({"operating_systems": ["server_2022"]}, {"from": 1}, True, id="a release and builds"),
    ],
)
def test_only_rows_that_never_meet_may_disagree(microsoft_data, first, second, meet):
    rows = [{**first, "required": ["users"], "source": "s"}, {**second, "forbidden": ["users"], "source": "s"}]
    data = changed(microsoft_data, lambda data: data.update(builds=rows))
    if not meet:
        assert load_policy(data)
        return
    with pytest.raises(BadInput, match=r"builds\[1\]\.forbidden: .* is required in builds\[0\]\.required; one of the two must go"):
        load_policy(data)
