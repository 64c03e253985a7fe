#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# The tests with AWX's own tools (ansible-runner, ansible-builder, the collection awx.awx), in an environment of their own below .build.
# Called by `make test-awx`; arguments go to pytest. PREPARE=1 only makes the environment.
set -eu
cd "$(dirname "$0")/.."
VENV=.build/awx requirements/venv.sh awx
wheels=.build/awx/wheels
lock=requirements/awx-wheels.txt
if ! cmp -s "$lock" "$wheels/lock.txt"; then
    rm -rf "$wheels"
    mkdir -p "$wheels"
    .build/awx/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: -d "$wheels" -r "$lock"
    .build/awx/bin/python - "$wheels" <<'END'
import pathlib, sys, zipfile
wheels = pathlib.Path(sys.argv[1])
for name, folder, wanted in (("ansible-*.whl", "collections", "ansible_collections/awx/"), ("ansible_runner-*.whl", "runner", "")):
    (wheel,) = wheels.glob(name)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(wheels / folder, [one for one in archive.namelist() if one.startswith(wanted)])
    wheel.unlink()
END
    cp "$lock" "$wheels/lock.txt"
fi
[ -n "${PREPARE:-}" ] && exit 0
PATH="$PWD/.build/awx/bin:$PATH" ANSIBLE_COLLECTIONS_PATH="$PWD/.build/collections" PYTHONPATH="$PWD/tests" \
    python -m pytest -q -n "${JOBS:-2}" -m awx tests/awx "$@"
