#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# The tests with AWX's own tools (ansible-runner, ansible-builder, the collection awx.awx), in an environment of their own below .build.
# Called by `make test-awx`; arguments go to pytest. PREPARE=1 only makes the environment.
set -eu
cd "$(dirname "$0")/.."
VENV=.build/awx requirements/venv.sh awx
sh tests/wheels.sh .build/awx/bin/python
[ -n "${PREPARE:-}" ] && exit 0
PATH="$PWD/.build/awx/bin:$PATH" ANSIBLE_COLLECTIONS_PATH="$PWD/.build/collections" PYTHONPATH="$PWD/tests" \
    python -m pytest -q -n "${JOBS:-2}" -m awx tests/awx "$@"
