# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers for a collector: of an empty fleet, of accounts, and under which name."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families
from report_heads import GENERATOR, RUN, UNRANKED

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.prometheus import prometheus
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.write import write
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of


def local(host, sid):
    one = {"sid": sid, "name": f"{host.upper()}\\deploy", "resolved": "lsa", "kind": "local", "standing": "unexpected", "why": "x"}
    finding = {"kind": "unexpected", "sid": sid, "name": one["name"], "text": "x", **UNRANKED}
    return record_of(host, {"status": "drift", "holders": [one], "findings": [finding]})


def report(*records):
    return build_report(records, run=RUN, policy=None, generator=GENERATOR, fail_on=["drift"])


def samples(text, name):
    return [
        (sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == f"seimpersonate_{name}"
    ]


def test_an_empty_fleet_has_its_zeros():
    """A status that vanished would keep its last number on a dashboard."""
    found = samples(prometheus(report()), "hosts")

    assert {labels["status"]: value for labels, value in found}.items() >= {
        ("drift", 0.0),
        ("compliant", 0.0),
        ("unreachable", 0.0),
    }


def test_a_local_account_of_many_hosts_is_one_series():
    found = samples(
        prometheus(report(local("a", "S-1-5-21-1-1-1-1001"), local("b", "S-1-5-21-2-2-2-1001"))), "unexpected_holder_hosts"
    )

    assert found == [({"policy": "", "sid": "S-1-5-21-1-1-1-1001", "name": ".\\deploy"}, 2.0)]


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        pytest.param("impersonate-{action}-{run_id}", "impersonate-audit-none.prom", id="another name in every run"),
        pytest.param("{date}-{policy}", "impersonate-audit-none.prom", id="another name every day"),
        pytest.param("site1-{policy}-{action}", "site1-none-audit.prom", id="the same name in every run"),
        pytest.param("rights", "rights.prom", id="a name without placeholders"),
    ],
)
def test_the_file_is_replaced_by_the_next_run(tmp_path, pattern, name):
    write(report(), tmp_path, ["prometheus"], pattern)

    assert [path.name for path in tmp_path.iterdir()] == [name]
