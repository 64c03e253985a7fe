# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of one's own that extend others."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.loading import load_policy
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Tailoring
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.status import Status
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.verdict import judge

ADMINISTRATORS, SERVICE, USERS, GUESTS, IIS_IUSRS = "S-1-5-32-544", "S-1-5-6", "S-1-5-32-545", "S-1-5-32-546", "S-1-5-32-568"
BASE = {
    "name": "base",
    "title": "Base",
    "compare": "exact",
    "documents": {"handbook": {"title": "Handbook", "version": "2", "date": "2026-01-31"}},
    "every_host": {"permitted": ["system"], "source": "handbook"},
    "host_roles": {
        "member_server": {
            "required": ["administrators", "service"],
            "source": "4.1",
            "document": "handbook",
            "benchmark_id": "H-1",
        },
        "client": {"required": ["administrators"], "source": "4.2"},
    },
    "operating_systems": {"server_2025": {"member_server": {"required": ["users"], "source": "4.3"}}},
    "builds": [{"from": 26100, "permitted": ["guests"], "source": "4.4"}],
    "features": {"iis": {"required": ["iis_iusrs"], "source": "4.5"}},
    "legacy": {"names": ["ASPNET"], "source": "4.6"},
}
LIBRARY = {"base": BASE, "middle": {"extends": "base", "title": "Middle"}}


def own(extends="base", **over):
    return load_policy({"name": "own", "title": "Own", "extends": extends, **over}, copy.deepcopy(LIBRARY))


def rows(policy):
    return {row.where: {key: [one.text for one in getattr(row, key)] for key in ("required", "permitted")} for row in policy.rows}


@pytest.mark.parametrize("extends", ["base", "middle"])
def test_all_that_is_not_written_comes_from_the_other(extends):
    policy = own(extends)

    assert rows(policy) == rows(load_policy(BASE))
    assert (policy.name, policy.title, policy.compare, policy.legacy) == ("own", "Own", load_policy(BASE).compare, ("ASPNET",))


@pytest.mark.parametrize(
    ("over", "where", "row"),
    [
        pytest.param({"host_roles": {"client": {"permitted": ["users"], "source": "x"}}}, "host_roles.client",
                     {"required": [], "permitted": ["users"]}, id="a row is replaced"),
        pytest.param({"host_roles": {"domain_controller": {"required": ["users"], "source": "x"}}}, "host_roles.domain_controller",
                     {"required": ["users"], "permitted": []}, id="a row is added"),
        pytest.param({"host_roles": {"client": None}}, "host_roles.client", None, id="a row is taken away"),
        pytest.param({"every_host": None}, "every_host", None, id="the row of every host is taken away"),
        pytest.param({"operating_systems": {"server_2025": {"member_server": None}}}, "operating_systems.server_2025.member_server", None,
                     id="a row of a release is taken away"),
        pytest.param({"operating_systems": {"server_2025": None}}, "operating_systems.server_2025.member_server", None, id="a release is taken away"),
        pytest.param({"operating_systems": {"server_2025": {"client": {"required": ["users"], "source": "x"}}}},
                     "operating_systems.server_2025.member_server", {"required": ["users"], "permitted": []}, id="a release keeps its other rows"),
        pytest.param({"builds": []}, "builds[0]", None, id="builds are replaced as a whole"),
        pytest.param({"features": {"iis": {"permitted": ["iis_iusrs"], "source": "x"}}}, "features.iis",
                     {"required": [], "permitted": ["iis_iusrs"]}, id="the row of a feature is replaced"),
        pytest.param({"features": {"ssis": {"permitted": ["ssis_services"], "source": "x"}}}, "features.iis",
                     {"required": ["iis_iusrs"], "permitted": []}, id="other features stay"),
    ],
)  # fmt: skip
def test_what_is_written_lies_over_it_place_by_place(over, where, row):
    assert rows(own(**over)).get(where) == row


@pytest.mark.parametrize(
    ("over", "words"),
    [
        pytest.param({"extends": "nobody"}, r"policy own \(extends nobody\): extends: 'nobody' is not a policy; there are base, middle", id="unknown"),
        pytest.param({"extends": ["base"]}, r"extends: \['base'\] is not a policy", id="a list"),
        pytest.param({"host_roles": {"domain_controller": None}}, r"host_roles\.domain_controller: null removes a row, and there is none",
                     id="nothing to take away"),
        pytest.param({"gpos": None}, "gpos: null removes what base has there, and it has nothing", id="a section that is not there"),
        pytest.param({"host_roles": {"client": {"source": "x", "document": "law"}}}, r"client\.document: 'law' is not in documents; there are handbook",
                     id="unknown document"),
        pytest.param({"host_roles": []}, "host_roles: .* is not a mapping", id="list for rows"),
        pytest.param({"documents": {2025: {"title": "x"}}}, "documents: 2025 is not a text, and a key is one", id="a number for a key"),
    ],
)  # fmt: skip
def test_bad_extensions_are_refused_by_place(over, words):
    with pytest.raises(BadInput, match=words):
        own(**{"extends": "base", **over})


@pytest.mark.parametrize(
    ("library", "words"),
    [
        pytest.param({"own": {"extends": "own"}}, "own extends own", id="itself"),
        pytest.param({"a": {"extends": "b"}, "b": {"extends": "own"}, "own": {"extends": "a"}}, "own extends a extends b extends own", id="three"),
        pytest.param({"a": {"extends": "b"}, "b": {"extends": "a"}}, "own extends a extends b extends a", id="a circle that begins later"),
        pytest.param({"a": {"name": "x", "extends": "b"}, "b": {"name": "y", "extends": "a"}}, "own extends a extends b extends a",
                     id="names unlike their keys"),
    ],
)  # fmt: skip
def test_a_circle_is_refused_with_its_way(library, words):
    first = library.get("own", {"extends": "a"})["extends"]
    with pytest.raises(BadInput, match=f"a policy cannot extend itself: {words}"):
        load_policy({"name": "own", "extends": first}, library)


@pytest.mark.parametrize("empty", [None, {}], ids=str)
def test_an_empty_section_of_the_other_is_nothing(empty):
    library = {"base": {**BASE, "features": empty}}

    policy = load_policy({"name": "own", "extends": "base", "features": {"adfs": {"permitted": ["users"], "source": "s"}}}, library)

    assert "features.adfs" in rows(policy)


def test_a_list_for_a_section_of_the_other_is_refused():
    with pytest.raises(BadInput, match=r"base\.features: \['x'\] is not a mapping"):
        load_policy({"name": "own", "extends": "base", "features": {}}, {"base": {**BASE, "features": ["x"]}})


def test_rows_of_ones_own_do_not_claim_the_others_document(microsoft):
    data = {"name": "own", "extends": "microsoft", "host_roles": {"client": {"required": ["service"], "source": "handbook"}}}

    documents = {row.where: row.document for row in load_policy(data, {"microsoft": microsoft.data}).rows}

    assert documents["host_roles.client"] is None
    assert {document.publisher for where, document in documents.items() if where != "host_roles.client"} == {"Microsoft"}


@pytest.mark.parametrize(
    ("data", "title"),
    [
        pytest.param({"extends": "base"}, "Base, with what own changes", id="of its own"),
        pytest.param({"extends": "base", "title": "Ours"}, "Ours", id="as it is written"),
        pytest.param({"extends": "bare"}, "Base, with what bare changes, with what own changes", id="through another without one"),
    ],
)
def test_nobody_takes_the_title_of_another(data, title):
    assert load_policy({"name": "own", **data}, {**LIBRARY, "bare": {"extends": "base"}}).title == title


def test_an_error_names_every_policy_in_which_the_mistake_may_stand():
    library = {**LIBRARY, "wrong": {"extends": "base", "host_roles": {"client": {"requird": ["users"], "source": "s"}}}}
    library["between"] = {"extends": "wrong"}

    with pytest.raises(
        BadInput, match=r"policy own \(extends between, which extends wrong, which extends base\): host_roles\.client\.requird"
    ):
        load_policy({"name": "own", "extends": "between"}, library)


def test_the_document_of_each_policy_of_a_chain_stays_with_its_rows(microsoft):
    middle = {
        "extends": "microsoft", "title": "M", "document": {"title": "Handbook"},
        "host_roles": {"client": {"required": ["service"], "source": "4.1"}},
        "gpos": {"ours": {"as_printed": "not_defined", "source": "4.2"}},
    }  # fmt: skip
    own_row = {"client": {"required": ["administrators"], "source": "ours"}}
    library = {"microsoft": microsoft.data, "middle": middle, "end": {"extends": "middle", "host_roles": own_row}}

    through = {row.where: row.document for row in load_policy({"name": "through", "extends": "middle"}, library).rows}
    own_rows = {row.where: row.document for row in load_policy({"name": "own", "extends": "end"}, library).rows}

    assert (through["host_roles.client"].title, through["host_roles.member_server"].publisher) == ("Handbook", "Microsoft")
    assert own_rows["host_roles.client"] is None
    assert set(load_policy({"name": "own", "extends": "end"}, library).data["gpos"]) == {
        "ours", "default_domain_policy", "default_domain_controllers_policy",
    }  # fmt: skip


def test_the_library_is_not_changed():
    library = copy.deepcopy(LIBRARY)
    load_policy({"name": "own", "extends": "base", "host_roles": {"client": None}, "every_host": None}, library)

    assert library == LIBRARY


def test_the_cis_benchmark_of_2025_in_its_first_version(host, shipped):
    """The example of the docs."""
    library = {name: policy.data for name, policy in shipped.items()}
    four = ["administrators", "local_service", "network_service", "service"]
    first = {
        "name": "cis_2025_first",
        "extends": "cis",
        "title": "CIS, Windows Server 2025 in version 1.0.0",
        "documents": {"server_2025_first": {"title": "CIS Microsoft Windows Server 2025 Benchmark", "version": "version 1.0.0", "date": "2025-03-19"}},
        "operating_systems": {
            "server_2025": {
                "domain_controller": {"required": four, "benchmark_id": "2.2.32 (DC only)", "document": "server_2025_first", "source": "recommended state"},
                "member_server": {"required": four, "benchmark_id": "2.2.33 (MS only)", "document": "server_2025_first", "source": "recommended state"},
            }
        },
    }  # fmt: skip
    for machine_role in (3, 5):
        facts = host({ADMINISTRATORS, SERVICE, "S-1-5-19", "S-1-5-20"}, machine_role, build=26100)

        assert judge(facts, load_policy(first, library), Tailoring()).status is Status.COMPLIANT
        assert judge(facts, shipped["cis"], Tailoring()).status is Status.DRIFT

    web = judge(
        host({ADMINISTRATORS, SERVICE, "S-1-5-19", "S-1-5-20"}, iis=True, build=26100), load_policy(first, library), Tailoring()
    )
    (missing,) = web.missing  # what IIS adds is cited by the same edition, and by its number
    assert missing.sid == "S-1-5-32-568"
    assert "2.2.33 (MS only), CIS Microsoft Windows Server 2025 Benchmark (version 1.0.0, 2025-03-19)" in missing.why
    assert "2.1.0" not in missing.why


OTHER = {
    "documents": {
        "book": {"title": "Book", "version": "1"},
        "second": {"title": "Book", "version": "2"},
        "other": {"title": "Leaf", "version": "9"},
    }
}
BOOKS = {"compare": "exact", "title": "t", "name": "own", **OTHER}
SERVER = {"required": ["service"], "source": "s", "benchmark_id": "1.1", "rule": "R1", "document": "book"}


def with_rows(*iis, **more):
    return load_policy({**BOOKS, "host_roles": {"member_server": SERVER}, "features": {"iis": list(iis)}, **more})


def row(**more):
    return {"required": ["iis_iusrs"], "source": "s", **more}


def test_a_row_of_a_feature_is_cited_as_the_row_of_its_host():
    servers = {"server_2022": {"member_server": {**SERVER, "benchmark_id": "2.2", "rule": "R2", "document": "second"}}}
    policy = load_policy(
        {**BOOKS, "host_roles": {"client": {**SERVER, "document": "other"}}, "operating_systems": servers, "features": {"iis": [row(document="of_host_row")]}}
    )  # fmt: skip
    cited = {
        (one.benchmark_id, one.rule, one.document.words, *sorted(role.value for role in one.host_roles))
        for one in policy.rows
        if one.feature
    }

    assert cited == {("1.1", "R1", "Leaf (9)", "client"), ("2.2", "R2", "Book (2)", "member_server")}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param(
            [row(document="second")],
            r"features.iis\[0\].document: is Book \(2\), and host_roles.member_server cites Book \(1\)",
            id="a feature by another edition",
        ),
        pytest.param([row(document="book"), row(document="second", host_roles=["member_server"])], r"features.iis\[1\].document", id="on some of the hosts"),
        pytest.param([row(document="of_host_row", benchmark_id="9")], "leave both out", id="a number of its own"),
        pytest.param([row(document="of_host_row", host_roles=["client"])], "no row of a host role counts", id="no host that it could be cited by"),
        pytest.param([row(document="of_hosts")], "is not in documents", id="another word"),
    ],
)  # fmt: skip
def test_two_editions_for_one_host_are_refused(rows, words):
    with pytest.raises(BadInput, match=words):
        with_rows(*rows)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([row(document="book")], id="the same edition"),
        pytest.param([row(document="other")], id="another document"),
        pytest.param([row(document="second", host_roles=["client"])], id="other hosts"),
        pytest.param([row()], id="no document"),
        pytest.param([row(document="of_host_row")], id="that of the row of the host"),
    ],
)
def test_one_edition_for_one_host_is_fine(rows):
    assert with_rows(*rows)


def test_a_row_of_a_release_counts_beside_that_of_the_role(host):
    policy = own()

    old, new = (judge(host({ADMINISTRATORS, SERVICE}, build=build), policy, Tailoring()) for build in (20348, 26100))

    assert (old.status, old.row.where, [one.sid for one in old.missing]) == (Status.COMPLIANT, "host_roles.member_server", [])
    assert (new.row.where, [one.sid for one in new.missing]) == ("operating_systems.server_2025.member_server", [USERS])
    assert "required on a member server (H-1, Handbook (2, 2026-01-31), 4.1)" in {one.why for one in old.holders}
