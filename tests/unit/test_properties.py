# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the property tests draw their cases: the same few in ``make test``, thousands of others each time in ``make test-long``."""

from __future__ import annotations

import hostile
from hypothesis import settings


def test_make_test_tries_the_same_cases_in_every_run():
    assert settings.get_profile("tests").derandomize
    assert settings.get_profile("tests").max_examples <= 100


def test_make_unit_tries_fewer_of_them(checkout):
    (recipe,) = [text for text in (checkout / "Makefile").read_text().split("\n\n") if text.startswith("unit:")]

    assert (settings.get_profile("unit").derandomize, settings.get_profile("unit").max_examples) == (True, 10)
    assert "PROPERTIES=$(or $(PROPERTIES),unit)" in recipe


def test_make_test_long_tries_other_cases_each_time_and_says_how_to_get_them_again(checkout):
    long = settings.get_profile("long")
    (recipe,) = [text for text in (checkout / "Makefile").read_text().split("\n\n") if text.startswith("test-long:")]

    assert (long.derandomize, long.max_examples, long.print_blob) == (False, 10_000, True)
    assert "PROPERTIES=long" in recipe
    assert "--hypothesis-seed=$$seed" in recipe


def test_a_whole_report_is_fuzzed_with_5000_cases_in_the_long_run():
    assert hostile.whole_reports(settings.get_profile("long")).max_examples == 5_000
    assert hostile.whole_reports(settings.get_profile("tests")).max_examples <= 30
    assert hostile.whole_reports(settings.get_profile("unit")).max_examples == 10
