# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies, facts and the judgement: pure Python, no Ansible, no I/O."""
