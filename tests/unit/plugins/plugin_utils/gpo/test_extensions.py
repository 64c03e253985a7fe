# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""gPCMachineExtensionNames: in order, or clients stop before the security settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.errors import NotUnderstood
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.extensions import (
    has_pair,
    in_order,
    parse_extensions,
    reached,
    with_pair,
    without_pair,
)

CSE, TOOL = "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}", "{803E14A0-B4FB-11D0-A0D0-00A0C90F574B}"
REGISTRY = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{53D6AB1B-2488-11D1-A28C-00C04FB94F17}]"
RECOVERY = "[{B1BE8D72-6EAC-11D2-A4EA-00C04F79F83A}{53D6AB1B-2488-11D1-A28C-00C04FB94F17}]"
OTHER_TOOL, LATER_TOOL = "{53D6AB1B-2488-11D1-A28C-00C04FB94F17}", "{90000000-0000-0000-0000-000000000000}"
PAIR = f"[{CSE}{TOOL}]"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, PAIR, id="absent"),
        pytest.param("", PAIR, id="empty"),
        pytest.param(" ", PAIR, id="a blank"),
        pytest.param(PAIR, PAIR, id="the pair alone"),
        pytest.param(PAIR.lower(), PAIR.lower(), id="in another case"),
        pytest.param(REGISTRY + RECOVERY, REGISTRY + PAIR + RECOVERY, id="sorted, without the pair"),
        pytest.param(REGISTRY + PAIR + RECOVERY, REGISTRY + PAIR + RECOVERY, id="sorted, with the pair"),
        pytest.param(RECOVERY + REGISTRY, REGISTRY + PAIR + RECOVERY, id="unsorted, without the pair"),
        pytest.param(RECOVERY + PAIR, PAIR + RECOVERY, id="unsorted, with the pair"),
        pytest.param(f"[{CSE}{OTHER_TOOL}]", f"[{CSE}{OTHER_TOOL}{TOOL}]", id="another tool in the block"),
        pytest.param(f"[{CSE}{LATER_TOOL}]", f"[{CSE}{TOOL}{LATER_TOOL}]", id="a tool behind ours"),
        pytest.param(f"[{CSE}]", PAIR, id="the extension without a tool"),
        pytest.param(f"[{CSE}{OTHER_TOOL}]{REGISTRY}[{CSE}{TOOL}]", f"{REGISTRY}[{CSE}{OTHER_TOOL}{TOOL}]", id="two blocks of it"),
    ],
)
def test_the_pair_is_merged_and_the_list_sorted(before, after):
    assert with_pair(before) == after
    assert with_pair(after) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, None, id="absent"),
        pytest.param(PAIR, None, id="the pair alone"),
        pytest.param(REGISTRY + PAIR + RECOVERY, REGISTRY + RECOVERY, id="the pair among others"),
        pytest.param(f"[{CSE}{OTHER_TOOL}{TOOL.lower()}]", f"[{CSE}{OTHER_TOOL}]", id="another tool in the block"),
        pytest.param(RECOVERY + REGISTRY, RECOVERY + REGISTRY, id="unsorted without the pair: not ours to touch"),
    ],
)
def test_the_pair_is_taken_away_and_nothing_else(before, after):
    assert without_pair(before) == after


@pytest.mark.parametrize(
    ("text", "ordered", "pair", "read"),
    [
        pytest.param(None, True, False, False, id="absent"),
        pytest.param(REGISTRY + PAIR + RECOVERY, True, True, True, id="sorted"),
        pytest.param((REGISTRY + PAIR).swapcase(), True, True, True, id="sorted regardless of case"),
        pytest.param(PAIR + REGISTRY, False, True, True, id="out of order behind the pair"),
        pytest.param(RECOVERY + PAIR, False, True, False, id="out of order before the pair"),
        pytest.param(f"[{CSE}{OTHER_TOOL}]", True, False, True, id="the extension with another tool"),
    ],
)
def test_whether_clients_get_as_far_as_the_security_settings(text, ordered, pair, read):
    blocks = parse_extensions(text)

    assert (in_order(blocks), has_pair(blocks), reached(blocks)) == (ordered, pair, read)


@pytest.mark.parametrize("text", ["[{827D319E}]", "x", "[]", PAIR + "x", CSE, PAIR[:-1], PAIR + " " + PAIR])
def test_another_form_is_refused(text):
    with pytest.raises(NotUnderstood, match="gPCMachineExtensionNames"):
        parse_extensions(text)


GUIDS = st.uuids().map(lambda guid: f"{{{guid}}}")


@given(st.lists(st.tuples(GUIDS, st.lists(GUIDS, max_size=3)), max_size=5), st.booleans())
def test_any_list_with_the_pair_is_in_order_and_has_all_it_had(blocks, ours):
    text = "".join(f"[{cse}{''.join(tools)}]" for cse, tools in blocks) + (PAIR if ours else "")

    after = parse_extensions(with_pair(text))

    assert in_order(after)
    assert has_pair(after)
    assert reached(after)
    assert {(block.cse, tool) for block in after for tool in block.tools} >= {
        (cse, tool) for cse, tools in blocks for tool in tools
    }
    assert len({block.cse.upper() for block in after}) == len(after) or with_pair(text) == text
