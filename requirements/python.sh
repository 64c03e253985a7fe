#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Prints an interpreter that runs and whose version lies between MIN and MAX; fails when there is none.
#   requirements/python.sh MIN [MAX]      for example 3.11 3.12
# Newest first: what PATH has, then what pyenv has installed without putting it on PATH.
min=${1#3.}
max=${2:-3.99}
max=${max#3.}
fits() { # a shim may be on PATH and not run
    "$1" -c "import sys; sys.exit(not (3, $min) <= sys.version_info[:2] <= (3, $max))" 2>/dev/null
}
for candidate in python3.14 python3.13 python3.12 python3.11 python3 python; do
    if fits "$candidate"; then
        command -v "$candidate"
        exit 0
    fi
done
for minor in 14 13 12 11; do
    for candidate in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3."$minor".*/bin/python; do
        if [ -x "$candidate" ] && fits "$candidate"; then
            echo "$candidate"
            exit 0
        fi
    done
done
exit 1
