#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes .venv from the lock file of a set (test, lint) for the interpreter, or leaves it when it is up to date.
#   requirements/venv.sh SET      PYTHON=/path/to/python overrides the choice of the interpreter
set -eu
cd "$(dirname "$0")/.."
set_name=$1
venv=${VENV:-.venv}

runs() { # an interpreter that starts (a shim may not) and is new enough
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

choose() {
    if [ -n "${PYTHON:-}" ]; then
        runs "$PYTHON" || { echo "PYTHON=$PYTHON: not a Python of version 3.11 or newer that runs" >&2; exit 1; }
        echo "$PYTHON"
        return
    fi
    for candidate in python3.14 python3.13 python3.12 python3.11 python3 python; do
        if runs "$candidate"; then echo "$candidate"; return; fi
    done
    echo "No Python 3.11 or newer found; install one or say make PYTHON=/path/to/python" >&2
    exit 1
}

if [ -x "$venv/bin/python" ] && [ -z "${PYTHON:-}" ] && runs "$venv/bin/python"; then
    python="$venv/bin/python" # keep what is there: a second run changes nothing
else
    python=$(choose)
    same=$("$python" --version 2>&1)
    if [ -x "$venv/bin/python" ] && [ "$("$venv/bin/python" --version 2>&1)" = "$same" ]; then python="$venv/bin/python"; fi
fi
lock=requirements/$set_name-py$("$python" -c 'import sys; print("3.11" if sys.version_info < (3, 12) else "3.12")').txt
stamp=$("$python" - "$lock" <<'PY'
import hashlib, pathlib, sys
print(f"{sys.version_info[0]}.{sys.version_info[1]}", hashlib.sha256(pathlib.Path(sys.argv[1]).read_bytes()).hexdigest())
PY
)
if [ "$(cat "$venv/.stamp-$set_name" 2>/dev/null)" = "$stamp" ]; then exit 0; fi

if [ "$python" != "$venv/bin/python" ]; then
    echo "Making $venv with $("$python" --version) from $lock (once, about half a minute)"
    rm -rf "$venv"
    "$python" -m venv "$venv" || { echo "python -m venv failed; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
else
    echo "Bringing $venv to $lock"
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: -r "$lock"
echo "$stamp" > "$venv/.stamp-$set_name"
