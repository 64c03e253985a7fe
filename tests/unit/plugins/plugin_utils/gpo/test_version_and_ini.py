# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of a GPO in its two places: the attribute and gpt.ini."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.errors import NotUnderstood
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.gpt_ini import read_gpt_ini, write_gpt_ini
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.version import (
    machine_half,
    next_version,
    same_version,
    user_half,
)


@pytest.mark.parametrize(
    ("known", "following"),
    [
        pytest.param([0], 1, id="0"),
        pytest.param([1], 2, id="1"),
        pytest.param([65534], 65535, id="65534"),
        pytest.param([65535], 1, id="65535 without a carry"),
        pytest.param([65536], 65537, id="65536"),
        pytest.param([131071], 65537, id="131071 without a carry"),
        pytest.param([5, 6], 7, id="the folder is ahead"),
        pytest.param([65541, 6], 65543, id="the container has the newer half of the users"),
        pytest.param([65535, 1], 2, id="one of them has begun again"),
        pytest.param([(1 << 31) + 4], (1 << 31) + 5 - (1 << 32), id="beyond 31 bits it is negative"),
        pytest.param([-1], -(1 << 16) + 1, id="a negative one"),
    ],
)
def test_the_version_after_a_change_for_computers(known, following):
    assert next_version(*known) == following


@given(st.lists(st.integers(-(2**31), 2**32 - 1), min_size=1, max_size=4))
def test_clients_that_know_an_earlier_version_see_a_change_and_the_half_of_the_users_stays(known):
    new = next_version(*known)

    assert -(2**31) <= new < 2**31
    assert machine_half(new) not in {0, *map(machine_half, known)}
    assert user_half(new) == max(map(user_half, known))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param(7, 7, True, id="equal"),
        pytest.param(-1, 2**32 - 1, True, id="with a sign"),
        pytest.param(7, 8, False, id="others"),
    ],
)  # fmt: skip
def test_a_version_is_the_same_with_a_sign_or_without(one, other, same):
    assert same_version(one, other) is same


@pytest.mark.parametrize(
    ("text", "version", "after"),
    [
        pytest.param("[General]\r\nVersion=65545\r\n", 65545, "[General]\r\nVersion=7\r\n", id="as it is on a controller"),
        pytest.param("[General]\r\nVersion=65545", 65545, "[General]\r\nVersion=7", id="no newline at the end"),
        pytest.param("[general]\nversion = 3 \ndisplayName=New\n", 3, "[general]\nversion = 7 \ndisplayName=New\n", id="case, blanks, other keys"),
        pytest.param("[General]\r\ndisplayName=New\r\n", None, "[General]\r\nVersion=7\r\ndisplayName=New\r\n", id="no version"),
        pytest.param("[Other]\r\nVersion=1", None, "[Other]\r\nVersion=1\r\n[General]\r\nVersion=7\r\n", id="in another section"),
        pytest.param("", None, "[General]\r\nVersion=7\r\n", id="an empty file"),
        pytest.param("[General]", None, "[General]\r\nVersion=7\r\n", id="a header alone"),
        pytest.param("; Version=2\r\n[General]\r\n;Version=2\r\nVersion=-1\r\n", -1, "; Version=2\r\n[General]\r\n;Version=2\r\nVersion=7\r\n", id="comments"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("codec", ["ascii", "utf-16-le"])
def test_gpt_ini_is_read_and_only_its_number_is_written(text, version, after, codec):
    file = read_gpt_ini(text.encode(codec))

    assert file.version == version
    if text:
        assert write_gpt_ini(file, 7) == after.encode(codec)


def test_where_there_is_no_gpt_ini_one_is_made():
    assert write_gpt_ini(None, 65537) == b"[General]\r\nVersion=65537\r\n"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param(b"[General]\r\nVersion=1\r\nVersion=2\r\n", 3, id="two versions"),
        pytest.param(b"[General]\r\nVersion=one\r\n", 2, id="no number"),
        pytest.param(b"[General]\r\nVersion=\r\n", 2, id="nothing"),
        pytest.param(b"[General] ; x\r\nVersion=1\r\n", 1, id="a text behind the name of a section"),
        pytest.param(b"[General\r\nVersion=1\r\n", 1, id="a section without its end"),
        pytest.param(b"[General]\r\nVersion=\xd9\xa1\r\n", 2, id="a digit of another script"),
        pytest.param(b"[General]\r\nVersion=" + b"9" * 5000, 2, id="thousands of digits"),
    ],
)
def test_a_gpt_ini_that_cannot_be_understood_is_an_error_with_its_line(data, line):
    with pytest.raises(NotUnderstood) as caught:
        read_gpt_ini(data)

    assert caught.value.line == line


@given(st.text(max_size=60), st.integers(-(2**31), 2**31 - 1))
def test_what_is_written_to_any_gpt_ini_is_read(text, version):
    try:
        file = read_gpt_ini(text.encode("utf-8", "replace"))
    except NotUnderstood:
        return
    assert read_gpt_ini(write_gpt_ini(file, version)).version == version
