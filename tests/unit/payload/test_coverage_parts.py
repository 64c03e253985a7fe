# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts in which make payload-coverage counts."""

from __future__ import annotations

import payload_coverage
import pytest

from fleet.backends.emulator import emulator, texts


def test_every_script_of_the_payload_is_in_one_part():
    of_parts = [path for name in payload_coverage.PARTS for path in payload_coverage.originals([name])]

    assert sorted(of_parts) == sorted({path for module in emulator.MODULES for path in texts.current(module)})
    assert [*payload_coverage.originals()] == sorted(of_parts)


@pytest.mark.parametrize("name", payload_coverage.PARTS)
def test_the_tests_of_a_part_are_there(name, checkout):
    tests = payload_coverage.PARTS[name].tests

    assert tests
    assert [path for path in tests if not (checkout / path).exists()] == []
