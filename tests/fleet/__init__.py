# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated fleet of Windows hosts that speak WinRM on loopback."""
