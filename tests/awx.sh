#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# The tests with AWX's own tools (ansible-runner, ansible-builder, the collection awx.awx), in an environment of their own below .build.
# Called by `make test-awx`; arguments go to pytest. PREPARE=1 only makes the environment. CORES="2.16 2.18 2.19 2.21" runs the jobs with each of
# them, which are made below .build where they are not there; without it they run with the one of the environment.
set -eu
cd "$(dirname "$0")/.."
VENV=.build/awx requirements/venv.sh awx
sh tests/wheels.sh .build/awx/bin/python
own=$(.build/awx/bin/python -c 'import ansible.release; print(".".join(ansible.release.__version__.split(".")[:2]))')
for core in ${CORES:-}; do
    [ "$core" = "$own" ] || PREPARE=1 sh tests/matrix.sh "$core"
done
[ -n "${PREPARE:-}" ] && exit 0
PATH="$PWD/.build/awx/bin:$PATH" ANSIBLE_COLLECTIONS_PATH="$PWD/.build/collections" PYTHONPATH="$PWD/tests" \
    python -m pytest -q -n "${JOBS:-2}" --dist worksteal -m awx tests/awx "$@"
