# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-core says of a misspelt option is said as we say everything that is misspelt."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param(
            "Unsupported parameters for (a.b.c) module: permited. Supported parameters include: permitted, policy.",
            "permited: there is no such option; did you mean permitted?; options are permitted, policy",
            id="a misspelt option",
        ),
        pytest.param(
            "Unsupported parameters for (a.b.c) module: permited, x. Supported parameters include: permitted, policy.",
            "permited: there is no such option; did you mean permitted?; x: there is no such option; options are permitted, policy",
            id="several",
        ),
        pytest.param("argument 'iis' is of type x", "argument 'iis' is of type x", id="another sentence"),
    ],
)
def test_an_option_that_there_is_not_is_told_with_the_one_that_was_meant(said, told):
    with pytest.raises(AnsibleActionFail) as raised, bad_input.marked(str):
        raise AnsibleActionFail(said, obj={"permited": []})

    assert raised.value.message == told
    assert getattr(raised.value, "obj", None) is None
