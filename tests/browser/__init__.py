# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML report in a real browser, and the made-up reports that tests and benchmarks use."""
