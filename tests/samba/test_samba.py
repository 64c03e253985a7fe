# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""For each sequence the model answers as Samba does, except where the table of differences says otherwise; and there it does differ."""

from __future__ import annotations

import pytest

from fleet.windows.machine import FLOOR
from samba import model, page
from samba.differences import BY_SEQUENCE, DIFFERENCES
from samba.sequences import SEQUENCES

WATCHED = {"enumerate: the holders of a fresh installation": set(FLOOR)}


def watched(name, answers):
    """The answers, lists of holders cut to the accounts that the sequence is about: others of Samba's database have theirs."""
    steps = SEQUENCES[name]
    about = WATCHED.get(name) or {argument for step in steps for argument in step[2] if isinstance(argument, str)}
    return [
        [answer[0], [sid for sid in answer[1] if sid in about]] if call == "enumerate_accounts_with_user_right" else answer
        for (_user, call, _arguments), answer in zip(steps, answers, strict=True)
    ]


def expected(name):
    """What Samba has to answer: the model's answers, changed where the table says so."""
    return [
        BY_SEQUENCE.get(name, {}).get(step, answer) for step, answer in enumerate(watched(name, model.answers(SEQUENCES[name])))
    ]


@pytest.mark.samba
@pytest.mark.parametrize("name", SEQUENCES)
def test_samba_answers_as_the_model_does_but_for_the_table(samba_answers, name):
    assert watched(name, samba_answers[name]) == expected(name)


@pytest.mark.parametrize("name", BY_SEQUENCE)
def test_each_row_of_the_table_is_a_difference(name):
    answers = watched(name, model.answers(SEQUENCES[name]))

    assert [step for step, other in BY_SEQUENCE[name].items() if answers[step] == other] == []


def test_a_sequence_has_one_row():
    assert sum(len(difference.answers) for difference in DIFFERENCES) == len(BY_SEQUENCE)


def test_the_docs_tell_the_numbers_and_the_differences(checkout):
    assert page.text() in (checkout / "docs" / "windows.md").read_text()
