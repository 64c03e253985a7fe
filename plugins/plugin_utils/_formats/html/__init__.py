# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML file: a template, a style, a script, and the pure functions that fill them."""
