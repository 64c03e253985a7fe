# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the results of a fleet to its report: pure functions of the records, and one file that writes."""
