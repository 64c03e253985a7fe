# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers a command from the model: an emulation of the payload, or the payload itself under an engine."""
