# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one contract of what a task, a report and a file say of a host, and the one place that fills it. Judges nothing."""
