# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Categories of errors: one list, all of it given by code, all of it explained in the docs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.features import FeatureName
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.categories import ErrorCategory

CHECKOUT = Path(__file__).parents[5]
SECTION = re.compile(r"\nWhy a host is an error\n.*?\nWhat one host may tell has limits", re.DOTALL)
SOURCES = [path for path in (CHECKOUT / "plugins").rglob("*.py") if path.name != "categories.py"]


def words_of_the_guide():
    """First column of the table of the guide."""
    section = SECTION.search((CHECKOUT / "docs/docsite/rst/guide_report.rst").read_text())[0]
    return [word for cell in re.findall(r"\* - (``.*?)\n +- ", section, re.DOTALL) for word in re.findall(r"``(\w+)``", cell)]


def given():
    """Names of the categories that code gives."""
    nodes = (node for path in SOURCES for node in ast.walk(ast.parse(path.read_text())))
    return {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ErrorCategory"
    }


def test_the_guide_explains_every_category_once_and_no_other():
    assert sorted(words_of_the_guide()) == sorted(category.value for category in ErrorCategory)


def test_every_category_is_given_by_code():
    assert given() == {category.name for category in ErrorCategory}


@pytest.mark.parametrize("feature", FeatureName, ids=lambda feature: feature.value)
def test_the_category_of_an_unknown_feature_begins_with_its_name(feature):
    assert feature.unknown.value == f"{feature.value}_unknown"
