# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of troubleshooting quotes what is really printed."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import failures

PAGE = (Path(__file__).parents[3] / "docs/docsite/rst/guide_troubleshooting.rst").read_text()
TEXT = " ".join(PAGE.split())


@pytest.mark.parametrize("category", [*failures._MEANINGS, *failures._HINTS], ids=lambda category: category.value)
def test_every_failure_that_we_know_is_on_the_page(category):
    assert f"(``{category.value}``)" in TEXT


def source_of(module):
    """By the place of its package: a loader of ansible-core makes some of its modules anew, and those tell no file."""
    package, *rest = module.split(".")
    place = Path(importlib.util.find_spec(package).origin).parent.joinpath(*rest)
    return (place / "__init__.py" if place.is_dir() else place.with_suffix(".py")).read_text()


@pytest.mark.parametrize(
    ("words", "module"),
    [
        pytest.param("the specified credentials were rejected by the server", "winrm.transport", id="401"),
        pytest.param(
            "requested auth method is kerberos, but pykerberos is not installed", "winrm.transport", id="no library of Kerberos"
        ),
        pytest.param("winrm or requests is not installed", "ansible.plugins.connection.winrm", id="no pywinrm"),
        pytest.param("pypsrp or dependencies are not installed", "ansible.plugins.connection.psrp", id="no pypsrp"),
        pytest.param("Kerberos auth failure when calling kinit cmd", "ansible.plugins.connection.winrm", id="kinit"),
        pytest.param("Failed to create temporary directory", "ansible.plugins.action", id="files that are kept"),
        pytest.param("leaves us with no hosts to target", "ansible.cli", id="no hosts"),
    ],
)
def test_what_others_print_is_quoted_as_they_print_it(words, module):
    source = source_of(module)

    assert words in TEXT
    assert words in re.sub(r"[\"']\s+[\"']", "", source)


@pytest.mark.parametrize("words", [*failures._MEANINGS.values()])
def test_what_we_print_is_quoted_as_we_print_it(words):
    assert words in TEXT


def test_the_sentences_of_a_lost_exchange_are_quoted_as_they_are_printed():
    source = inspect.getsource(failures.exchange_error)

    for words in ("the connection was lost during the read", "the time limit of the task (timeout) ended the read"):
        assert words in source
        assert words in TEXT
