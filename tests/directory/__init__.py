# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The payload of the GPO modules against a real directory: Samba's domain controller."""
