#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# All checks that are no tests. Runs them all and fails when one failed. Called by `make lint`, which sets the paths.
failed=""
check() { # name, command...
    name=$1
    shift
    echo "== $name"
    "$@" || failed="$failed $name"
}
here=.build/collections/ansible_collections/winrights/seimpersonate

check ruff ruff check .
check format ruff format --check plugins tests
check mypy mypy -p ansible_collections.winrights.seimpersonate.plugins
check yamllint yamllint --strict .
# A list of files, so that the linter does not follow the link to this very folder in .build.
check ansible-lint ansible-lint --offline --profile production --strict playbooks roles meta galaxy.yml
check antsibull-docs antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=all "$here"
check antsibull-changelog antsibull-changelog lint
check licences python tests/licences.py

if [ -n "$failed" ]; then
    echo "FAILED:$failed" >&2
    exit 1
fi
