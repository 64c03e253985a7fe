# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents -> typed rows. Pure: no Ansible, no I/O."""
