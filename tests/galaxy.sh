#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# What Galaxy says of the archive when it is uploaded. Called by `make galaxy`, which has built it. Fails for an error, for a warning, and for a
# file in it that a user of the collection has no use for.
set -eu
cd "$(dirname "$0")/.."
archive=$(ls "$PWD"/.build/winrights-seimpersonate-*.tar.gz)
VENV=.build/galaxy requirements/venv.sh galaxy
if tar -tzf "$archive" | grep -E '^(tests|requirements|\.|Makefile|reports|.*\.(pyc|pem|key)$)'; then
    echo "the archive has files that are no part of the collection" >&2
    exit 1
fi
printf '[galaxy-importer]\nRUN_ANSIBLE_TEST = False\nRUN_FLAKE8 = True\nRUN_ANSIBLE_DOC = True\nRUN_ANSIBLE_LINT = True\nOFFLINE_ANSIBLE_LINT = True\nCHECK_REQUIRED_TAGS = True\n' \
    >.build/galaxy-importer.cfg
# Where it runs, it leaves a file.
(cd .build && env -u PYTHONPATH -u ANSIBLE_COLLECTIONS_PATH PATH="$PWD/galaxy/bin:$PATH" GALAXY_IMPORTER_CONFIG="$PWD/galaxy-importer.cfg" \
    galaxy/bin/python -m galaxy_importer.main "$archive" >galaxy-importer.log 2>&1) || {
    cat .build/galaxy-importer.log
    if grep -q 'Timeout on call to ansible-lint' .build/galaxy-importer.log; then
        echo "The importer gives ansible-lint 180 seconds, which do not suffice on a busy machine: try again on an idle one." >&2
    fi
    exit 1
}
# The importer has flake8 read the PowerShell of a module that has its documentation beside it, as if it were Python.
if grep -E '^(ERROR|WARNING)' .build/galaxy-importer.log | grep -v 'WARNING: plugins/modules/[a-z_]*\.ps1:[0-9:]* E999 SyntaxError'; then
    exit 1
fi
tail -1 .build/galaxy-importer.log
