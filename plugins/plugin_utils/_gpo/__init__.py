# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Group Policy Objects that define the right: their files and attributes, what they mean, what would change. Pure."""
