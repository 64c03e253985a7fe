#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# The playbook and payload tests with every supported ansible-core, each in a virtual environment of its own under .build/.
#   [QUICK=1|PREPARE=1] tests/matrix.sh [CORE...]     for example 2.16 2.21; without arguments all of them
# A version for which this machine has no interpreter is named at the end; it fails the run when it was asked for by name.
set -u
cd "$(dirname "$0")/.." || exit 1
asked=$*
# QUICK is one case of each playbook test on the emulator, the tests of the action plugins, and one case of each test that compares the
# real payload with the emulator: what is of ansible-core, and not of our cases. PREPARE only makes the virtual environments.
engine="tests/unit/payload tests/playbooks" python_tests="tests/playbooks tests/unit/plugins" each=""
[ -n "${QUICK:-}" ] && engine="tests/unit/payload/test_same_answer.py tests/unit/payload/test_change.py" \
    python_tests="tests/playbooks tests/unit/plugins/action" each="--one-case-each"
passed="" failed="" missing=""
for core in ${asked:-2.16 2.17 2.18 2.19 2.20 2.21}; do
    case $core in # the set of its lock file, and the Pythons that it supports
        2.16 | 2.17) set_name=core$core pythons="3.11 3.12" ;;
        2.18) set_name=core$core pythons="3.11 3.13" ;;
        2.19) set_name=test pythons="3.11 3.11" ;;
        2.20) set_name=core$core pythons="3.12 3.14" ;;
        2.21) set_name=test pythons="3.12 3.14" ;;
        *) echo "unknown ansible-core $core; known are 2.16 to 2.21" >&2 && exit 1 ;;
    esac
    # shellcheck disable=SC2086 # two words are two arguments
    if ! python=$(PATH=$(echo "$PATH" | tr ':' '\n' | grep -v "/${VENV:-.venv}/bin$" | paste -sd: -) requirements/python.sh $pythons); then
        missing="$missing $core(Python $pythons)"
        continue
    fi
    venv=.build/core$core
    VENV=$venv PYTHON=$python requirements/venv.sh "$set_name" || exit 1
    [ -n "${PREPARE:-}" ] && continue
    echo "== ansible-core $core, $("$python" --version)"
    tests() { PATH="$PWD/$venv/bin:$PATH" "$venv/bin/python" -m pytest -q -n "${JOBS:-2}" --dist worksteal "$@"; }
    wrong=""
    # shellcheck disable=SC2086 # several words are several arguments
    {
        tests -m "not engine and not kerberos" $each $python_tests || wrong=yes
        tests -m engine $each $engine || wrong=yes # also where a test before it failed: an hour later nobody runs them by hand
    }
    if [ -z "$wrong" ]; then passed="$passed $core"; else failed="$failed $core"; fi
done
[ -n "${PREPARE:-}" ] && exit 0
echo "matrix: passed:${passed:- none}; failed:${failed:- none}; no interpreter:${missing:- none}"
[ -z "$failed" ] && { [ -z "$missing" ] || [ -z "$asked" ]; }
