# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of the LSA against an LSA that others wrote from the same specifications: that of Samba's domain controller."""
