# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves are SVG that a browser reads, with a point for each measured value."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.curves import ceiling, panels

SVG = "{http://www.w3.org/2000/svg}"
VALUE = st.floats(0, 1e6)


def drawn(*lines):
    return ElementTree.fromstring(panels("Title", [("what", dict(lines))]))


@given(
    st.dictionaries(
        st.text("ab<&\"'", min_size=1), st.lists(st.tuples(st.integers(1, 100_000), VALUE), min_size=1, max_size=5), min_size=1
    )
)
def test_each_value_is_a_point_inside_the_picture(lines):
    picture = drawn(*lines.items())
    _left, _top, width, height = map(float, picture.get("viewBox").split())
    points = [(float(one.get("cx")), float(one.get("cy"))) for one in picture.iter(f"{SVG}circle")]

    assert len(points) == sum(map(len, lines.values()))
    assert all(0 <= x <= width and 0 <= y <= height for x, y in points)


def test_more_is_higher_and_further_to_the_right():
    picture = drawn(("a", [(2000, 50.0), (500, 10.0)]))
    (line,) = picture.iter(f"{SVG}polyline")
    (x1, y1), (x2, y2) = (map(float, pair.split(",")) for pair in line.get("points").split())

    assert x1 < x2
    assert y1 > y2


@pytest.mark.parametrize(
    ("value", "end"),
    [
        pytest.param(0, 1, id="nothing"),
        pytest.param(1, 1, id="one"),
        pytest.param(1.1, 2, id="a little more"),
        pytest.param(47, 50, id="tens"),
        pytest.param(501, 1000, id="over a half"),
        pytest.param(0.03, 0.05, id="below one"),
    ],
)
def test_an_axis_ends_at_a_round_number(value, end):
    assert ceiling(value) == pytest.approx(end)
