# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mapping that came as one text, as a survey gives it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.entries import pairs_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        pytest.param("drift: 5\nunreachable: 2%\n", {"drift": "5", "unreachable": "2%"}, id="lines"),
        pytest.param("drift=5,unreachable=2 %", {"drift": "5", "unreachable": "2 %"}, id="commas"),
        pytest.param("  drift :5 \r\n\r\n", {"drift": "5"}, id="blanks"),
        pytest.param("drift:5,unreachable:2%", {"drift": "5", "unreachable": "2%"}, id="without blanks, as -e leaves it whole"),
        pytest.param("", "", id="empty"),
        pytest.param(" \n", "", id="blank"),
        pytest.param('{"drift": 5}', '{"drift": 5}', id="JSON is for the option"),
        pytest.param({"drift": 5}, {"drift": 5}, id="a mapping"),
    ],
)
def test_pairs_of_a_text(text, pairs):
    assert pairs_of("tolerate", text) == pairs


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("drift", "tolerate: 'drift' is no pair of a name and a number", id="no number"),
        pytest.param("drift", "write drift:5 or unreachable:2%, one a line or between commas", id="what to write"),
        pytest.param("drift:", "'drift:' is no pair", id="an empty number"),
        pytest.param("drift:", "write drift:5 without one, or give it as JSON", id="what Ansible cut at the blank"),
        pytest.param("drift=", "write drift:5 without one, or give it as JSON", id="the same of an equals sign"),
        pytest.param("drift: 5: 6", "is no pair", id="two numbers"),
        pytest.param("drift: 5\ndrift: 6", "tolerate: 'drift' stands there twice", id="twice"),
        pytest.param("drift: 5,", "has a comma with nothing beside it", id="what Ansible cut off"),
    ],
)
def test_what_is_no_mapping(text, words):
    with pytest.raises(BadInput) as error:
        pairs_of("tolerate", text)

    assert words in str(error.value)


@given(st.dictionaries(st.from_regex(r"[a-z_]+", fullmatch=True), st.from_regex(r"[0-9]+%?", fullmatch=True), min_size=1))
def test_what_a_person_writes_is_what_he_gets(pairs):
    assert pairs_of("tolerate", "\n".join(f"{key}: {value}" for key, value in pairs.items())) == pairs
