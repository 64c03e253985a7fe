# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The docs page of the shipped policies, made from the same data that judges. `make policies` prints and writes it."""

from __future__ import annotations

from pathlib import Path

import yaml

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.policy_page import page
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.extending import SHIPPED
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.loading import load_policy

CHECKOUT = Path(__file__).resolve().parents[1]
PAGE = CHECKOUT / "docs/docsite/rst/policy_tables.rst"
_HEAD = """..
  SPDX-FileCopyrightText: Winrights Authors
  SPDX-License-Identifier: GPL-3.0-or-later
  Made by `make policies` from roles/impersonate/vars/main. Do not edit.

.. _ansible_collections.winrights.seimpersonate.docsite.policy_tables:

"""


def shipped_policies() -> dict[str, dict[str, object]]:
    """Name -> data of the policies as the role ships them."""
    folder = CHECKOUT / "roles/impersonate/vars/main"
    return {name: yaml.safe_load((folder / f"policy_{name}.yml").read_text())[f"__impersonate_policy_{name}"] for name in SHIPPED}


def text() -> str:
    """The page."""
    return _HEAD + page([load_policy(data) for data in shipped_policies().values()])


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    print(text())
