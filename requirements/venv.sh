#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes a virtual environment from the lock file of a set, or leaves it when it is up to date.
#   requirements/venv.sh SET     test, lint, or core2.16 and so on
# VENV is its folder (.venv); PYTHON=/path/to/python overrides the choice of the interpreter.
set -eu
cd "$(dirname "$0")/.."
set_name=$1
venv=${VENV:-.venv}

version() { "$1" -c 'import sys; print(sys.version)' 2>/dev/null; }
whole() { "$1" -c 'import pip' 2>/dev/null; } # an interrupted set-up leaves a folder without pip

if [ -n "${PYTHON:-}" ]; then
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
        echo "PYTHON=$PYTHON: not a Python of version 3.11 or newer that runs" >&2
        exit 1
    }
    python=$PYTHON
elif whole "$venv/bin/python"; then
    python=$venv/bin/python # keep what is there: a second run changes nothing
elif ! python=$(requirements/python.sh 3.11); then
    echo "No Python 3.11 or newer found; install one or say make PYTHON=/path/to/python" >&2
    exit 1
fi
if [ "$(version "$venv/bin/python" || :)" = "$(version "$python")" ] && whole "$venv/bin/python"; then python=$venv/bin/python; fi

lock=requirements/$set_name.txt
if [ ! -f "$lock" ]; then
    lock=requirements/$set_name-py$("$python" -c 'import sys; print("3.11" if sys.version_info < (3, 12) else "3.12")').txt
fi
stamp="$(version "$python") $("$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$lock")"
if [ "$python" = "$venv/bin/python" ] && [ "$(cat "$venv/.stamp-$set_name" 2>/dev/null)" = "$stamp" ]; then exit 0; fi

if [ "$python" = "$venv/bin/python" ]; then
    echo "Bringing $venv to $lock"
else
    echo "Making $venv with Python $("$python" -c 'import platform; print(platform.python_version())') from $lock (once, about half a minute)"
    rm -rf "$venv"
    "$python" -m venv "$venv" || {
        rm -rf "$venv"
        echo "python -m venv failed; on Debian and Ubuntu: apt install python3-venv" >&2
        exit 1
    }
fi
install() { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes "$@"; }
if [ -f "requirements/$set_name-build.txt" ]; then # some of its packages have no wheel; pip would fetch what builds them without a hash
    install --only-binary=:all: -r "requirements/$set_name-build.txt"
    CFLAGS=-O0 install --no-build-isolation --use-pep517 -r "$lock" # for tests; to optimize them takes twice as long
else
    install --only-binary=:all: -r "$lock"
fi
echo "$stamp" > "$venv/.stamp-$set_name"
