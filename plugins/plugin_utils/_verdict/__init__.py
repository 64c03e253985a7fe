# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts and policy -> where every holder stands -> what to change. Pure: no Ansible, no I/O."""
