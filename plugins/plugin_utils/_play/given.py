# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible gives a task and takes from it: mappings whose values have any type until they are read."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

Options = Mapping[str, t.Any]
"""The options of a task, checked against its spec."""
TaskVars = Mapping[str, t.Any]
"""The variables of a host, for a task."""
Result = dict[str, t.Any]
"""What a task returns."""
Check = Mapping[str, t.Any]
"""What the task of fleet_check returned."""
