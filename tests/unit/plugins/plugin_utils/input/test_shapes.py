# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of our own are let in by the same limits as the answers of hosts that they keep."""

from __future__ import annotations

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.answers import value_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.shape import check


@pytest.mark.parametrize("number", [2**64 - 1, -(2**63), 0])
def test_a_number_of_64_bits_is_read_from_a_host_and_from_a_file(number):
    assert value_of("build", int, number) == number
    check("build", number, int)


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**5000], ids=["too large", "too small", "of 5,000 digits"])
def test_another_number_is_read_from_neither(number):
    with pytest.raises(TypeError, match="build is "):
        value_of("build", int, number)
    with pytest.raises(BadInput, match="is not a whole number"):
        check("build", number, int)
