# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file of the repository says whose it is and under which licence: in its first lines, or in REUSE.toml where it cannot."""

from __future__ import annotations

import fnmatch
import subprocess
import sys
from pathlib import Path

import tomllib

LINES = ("SPDX-FileCopyrightText: Winrights Authors", "SPDX-License-Identifier: GPL-3.0-or-later")


def main() -> int:
    annotations = tomllib.loads(Path("REUSE.toml").read_text(encoding="utf-8"))["annotations"]
    exempt = ["LICENSES/*", "LICENSE", *(pattern for annotation in annotations for pattern in annotation["path"])]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True, capture_output=True, text=True
    )
    bare = [
        name
        for name in filter(None, listed.stdout.split("\0"))
        if Path(name).is_file()
        and not any(fnmatch.fnmatch(name, pattern) for pattern in exempt)
        and not all(line in Path(name).read_text(encoding="utf-8", errors="replace")[:1000] for line in LINES)
    ]
    for name in bare:
        print(f"{name}: lacks the two SPDX lines")
    return 1 if bare else 0


if __name__ == "__main__":
    sys.exit(main())
