# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is searched for garbage while a report is made, and afterwards it is as it was."""

from __future__ import annotations

import gc

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.garbage import none_searched


@pytest.fixture(params=[True, False], ids=["it is searched", "it is not searched anyway"])
def searched(request):
    """Whether this process searches for garbage, and what it did before the test."""
    before = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if before else gc.disable)()


def test_what_is_made_inside_is_not_searched(searched):
    found, threshold = [], gc.get_threshold()

    def told(phase, _info):
        found.append(phase)

    gc.callbacks.append(told)
    gc.set_threshold(1)
    try:
        with none_searched():
            made = [[] for number in range(1000)]
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(told)

    assert len(made) == 1000
    assert found == [] or searched  # the lines after the block may begin a search
    assert found.count("start") < 10


@pytest.mark.parametrize("error", [None, ValueError("broken")], ids=["it ends well", "it fails"])
def test_afterwards_it_is_as_before(searched, error):
    @none_searched()
    def report():
        assert not gc.isenabled()
        if error:
            raise error

    if error:
        with pytest.raises(ValueError, match="broken"):
            report()
    else:
        report()
    assert gc.isenabled() is searched
