# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that come as one text, and patterns of hosts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.entries import entries_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.hosts import hosts_of


@pytest.mark.parametrize(
    ("said", "entries"),
    [
        pytest.param(None, [], id="null"),
        pytest.param("", [], id="an empty answer"),
        pytest.param(" \n \n", [], id="empty lines"),
        pytest.param("drift", ["drift"], id="one"),
        pytest.param("drift, error", ["drift", "error"], id="between commas"),
        pytest.param("drift\n\n error \n", ["drift", "error"], id="on lines"),
        pytest.param("a,\nb,\nc", ["a", "b", "c"], id="lines that end in commas"),
        pytest.param("a, b\nc", ["a", "b", "c"], id="both"),
        pytest.param(["a", ""], ["a", ""], id="a list is judged by who reads it"),
        pytest.param(5, 5, id="a number too"),
    ],
)
def test_entries_of_a_text(said, entries):
    assert entries_of("impersonate_fail_on", said) == entries


@pytest.mark.parametrize("said", ["drift,", "drift,\n", ",", ",drift", "drift,,error", "a,,\nb", "a,\nb,\n", "a\n,b"])
def test_a_comma_with_nothing_beside_it_is_an_error(said):
    with pytest.raises(BadInput, match="^impersonate_fail_on: .* has a comma with nothing beside it.*cuts -e"):
        entries_of("impersonate_fail_on", said)


@given(
    st.lists(st.from_regex(r"[^\s,]([^\s,]| )*[^\s,]|[^\s,]", fullmatch=True), min_size=1, max_size=5),
    st.sampled_from([",", ", ", "\n", ",\n"]),
)
def test_what_is_joined_comes_apart_again(words, between):
    words = [word.strip() for word in words]
    assert entries_of("x", between.join(words)) == words


@pytest.mark.parametrize(
    ("said", "pattern"),
    [
        pytest.param(None, "all", id="nothing"),
        pytest.param("", "all", id="an empty answer"),
        pytest.param("web*:!web03", "web*:!web03", id="a pattern"),
        pytest.param("web01,web02", "web01,web02", id="two"),
        pytest.param(["web01", "db"], ["web01", "db"], id="a list"),
    ],
)
def test_patterns_of_hosts(said, pattern):
    assert hosts_of("impersonate_hosts", said, ["foreign"]) == pattern


@pytest.mark.parametrize("said", ["web01,", ",web01", [], [""], 0, False, True, 5, {}, {"web01": None}, [["web01"]], [5]], ids=repr)
def test_what_is_no_pattern_is_never_all_hosts(said):
    with pytest.raises(BadInput, match="^impersonate_hosts: "):
        hosts_of("impersonate_hosts", said, [])


@pytest.mark.parametrize("tag", ["always", "tagged"])
def test_a_run_that_would_skip_every_task_is_refused(tag):
    with pytest.raises(BadInput, match=f"^--skip-tags {tag}: "):
        hosts_of("impersonate_hosts", "web01", ["foreign", tag])
