# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the payload says beside what other sources of the same host say: agrees, differs, or could not be asked. Pure."""
