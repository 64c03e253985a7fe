#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Unpacks what we need of wheels that are too large to be installed for it, into .build/wheels: of ansible the collections awx.awx and
# ansible.windows, and a whole ansible-runner. Called by tests/awx.sh and by `make bench`, with a Python that has pip.
set -eu
cd "$(dirname "$0")/.."
python=$1
wheels=.build/wheels
lock=requirements/awx-wheels.txt
stamp=$(cat "$lock" tests/wheels.sh | cksum)
[ "$(cat "$wheels/stamp" 2>/dev/null)" = "$stamp" ] && exit 0
rm -rf "$wheels"
mkdir -p "$wheels"
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: -d "$wheels" -r "$lock"
"$python" - "$wheels" <<'END'
import pathlib, sys, zipfile
wheels = pathlib.Path(sys.argv[1])
COLLECTIONS = ("ansible_collections/awx/", "ansible_collections/ansible/windows/")
for name, folder, wanted in (("ansible-*.whl", "collections", COLLECTIONS), ("ansible_runner-*.whl", "runner", "")):
    (wheel,) = wheels.glob(name)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(wheels / folder, [one for one in archive.namelist() if one.startswith(wanted)])
    wheel.unlink()
END
echo "$stamp" > "$wheels/stamp"
