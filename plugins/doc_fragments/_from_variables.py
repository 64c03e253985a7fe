# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  from_variables:
    description:
      - Takes every option that the task does not name from the variable of the role P(winrights.seimpersonate.impersonate#role) that it belongs to, such as
        C(impersonate_permitted) for C(permitted), and reads it as the role does. An empty text counts as not set, and a list may come as one text.
      - A template for each option costs a host more time than its verdict, which is why the role asks for this.
    type: bool
    version_added: 0.2.0
    default: false
"""
