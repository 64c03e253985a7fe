# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real payload under a PowerShell engine, its calls of Windows answered by the model."""
