# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of other languages: what is proven, and that the rest is listed for people."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fleet.windows import names
from fleet.windows.languages import LANGUAGES, LOCALIZED, unproven

PAGE = Path(__file__).parents[4] / "docs" / "windows.md"
ROW = re.compile(r"^\| `(?P<language>[a-z]{2})` \| (?P<unproven>[^|]*) \|$", re.MULTILINE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_unproven_is_in_the_docs(language):
    english = names.well_known("en")
    listed = {match["language"]: match["unproven"] for match in ROW.finditer(PAGE.read_text(encoding="utf-8"))}

    assert listed[language] == (", ".join(english[sid].name for sid in LOCALIZED if sid in unproven(language)) or "none")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_means_two_accounts(language):
    known = names.well_known(language)
    full = {(names.upper(account.domain), names.upper(account.name)) for account in known.values()}

    assert len(full) == len(known) == len(names.well_known("en"))
    assert {known[names.IUSR].name, known[names.IIS_IUSRS].name} == {"IUSR", "IIS_IUSRS"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_is_proven_once(language):
    one = LANGUAGES[language]

    assert not set(one.names) & set(one.same)
    assert set(one.names) | set(one.same) <= set(LOCALIZED)
