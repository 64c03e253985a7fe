#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes the lock files anew from the .in files (make lock). Needs uv. Python 3.11 is held to the newest
# ansible-core that supports it, 2.19; newer interpreters get the newest.
set -eu
cd "$(dirname "$0")"
lock() { # interpreter, set
    case $1 in 3.11) core='ansible-core<2.20' ;; *) core='ansible-core>=2.21,<2.22' ;; esac
    pins=/dev/null
    [ "$2" = test ] || pins=test-py$1.txt
    {
        printf '# SPDX-FileCopyrightText: Winrights Authors\n# SPDX-License-Identifier: GPL-3.0-or-later\n'
        printf '# Made by requirements/lock.sh from %s.in for Python %s; do not edit.\n' "$2" "$1"
        printf '%s\n' "$core" | uv pip compile --quiet --no-config --universal --python-version "$1" --generate-hashes \
            --no-emit-index-url --only-binary :all: --no-header --no-annotate --constraint - --constraint "$pins" "$2.in"
    } > "$2-py$1.txt.new"
    mv "$2-py$1.txt.new" "$2-py$1.txt"
}
# The lint set keeps the versions of the test set: both live in one .venv.
for set in test lint; do
    for python in 3.11 3.12; do
        lock "$python" "$set"
    done
done
