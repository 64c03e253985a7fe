# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speaks WinRM as a Windows host does, and knows no Windows."""
