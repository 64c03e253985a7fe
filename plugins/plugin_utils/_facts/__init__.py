# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host is and has. Pure: no Ansible, no I/O."""
