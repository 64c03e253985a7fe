# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What client libraries work out again for each host is worked out once, with the same answers and errors."""

from __future__ import annotations

import importlib
import inspect
import sys
import types

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import repeated

HASH = f"{'A' * 32}:{'B' * 32}"
FUNCTIONS = {f"{module}.{name}": (module, name) for module, name, _parameters in repeated._FUNCTIONS}


@pytest.fixture(params=FUNCTIONS.values(), ids=FUNCTIONS.keys())
def function(request, monkeypatch):
    """A function of the installed library, and the same by name after `keep_answers`."""
    module, name = request.param
    library = importlib.import_module(module)
    for its_module, its_name in FUNCTIONS.values():  # taken back after the test
        monkeypatch.setattr(importlib.import_module(its_module), its_name, getattr(importlib.import_module(its_module), its_name))
    own = getattr(library, name)
    repeated.keep_answers()
    return own, getattr(library, name)


def questions(own):
    if tuple(inspect.signature(own).parameters) == ("password",):
        return [("Simulated-1",), ("",), ("a password of more than fourteen letters",), ("Grüße",), ("\ud800",), (HASH,)]
    return [
        (name, kind)
        for name in ("env:Envelope", "@mustUnderstand", "a b", "<", "?x", "", "a=b", 1)
        for kind in ("element", "attribute")
    ]


def said(call, question):
    try:
        return call(*question)
    except (ValueError, TypeError) as error:
        return type(error), str(error)


def test_answers_and_errors_are_the_library_s_own(function):
    own, kept = function

    for question in questions(own) * 2:
        assert said(kept, question) == said(own, question)
    assert kept is not own
    assert kept.cache_info().hits


def test_a_second_call_keeps_what_is_kept(function):
    own, kept = function

    repeated.keep_answers()

    assert kept.__wrapped__ is own


@pytest.mark.parametrize(
    "library",
    [
        pytest.param({}, id="the function is gone"),
        pytest.param({"hashed": lambda password, encoding: b""}, id="it takes something else"),
        pytest.param({"hashed": bytes}, id="it is no function of Python's"),
    ],
)
def test_another_library_is_left_alone(monkeypatch, library):
    monkeypatch.setattr(repeated, "_FUNCTIONS", (("another", "hashed", ("password",)),))
    monkeypatch.setitem(sys.modules, "another", another := types.SimpleNamespace(**library))

    repeated.keep_answers()

    assert vars(another) == library


def test_a_library_that_is_not_there_is_not_needed(monkeypatch):
    monkeypatch.setattr(repeated, "_FUNCTIONS", (("no_such_library_of_ours", "hashed", ("password",)),))

    repeated.keep_answers()
