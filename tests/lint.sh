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
# The length that ansible-test allows; ours is shorter, but for tables of tests and for documentation.
check columns ruff check --isolated --select E501 --line-length 160 .
check format ruff format --check plugins tests
check mypy mypy -p ansible_collections.winrights.seimpersonate.plugins
check untyped python tests/untyped.py
check yamllint yamllint --strict .
# A list of files, so that the linter does not follow the link to this very folder in .build.
check ansible-lint ansible-lint --offline --profile production --strict playbooks roles meta examples galaxy.yml
# Its temporary folder has a random name, and one that ends with an underscore reads as a link to nowhere: then once more.
docs() {
    antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=all "$here" >.build/docs.log 2>&1 && return
    cat .build/docs.log
    grep -q 'Unknown target name: "antsibull-docs-' .build/docs.log &&
        antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=all "$here"
}
check antsibull-docs docs
check antsibull-changelog antsibull-changelog lint
check licences python tests/licences.py
# A third compiler beside .NET Framework's (win51-check) and the engine's: Mono's. Together, as Add-Type gets them.
if command -v mcs >/dev/null; then
    mono() { mcs -langversion:5 -warn:4 -warnaserror -target:library -out:.build/mcs.dll "$@"; } # root would overwrite /dev/null
    check mcs mono plugins/module_utils/_LsaRights.cs
    check mcs mono plugins/module_utils/*.cs
elif [ "${CI:-}" = true ]; then
    failed="$failed mcs(not-installed)"
fi

if [ -n "$failed" ]; then
    echo "FAILED:$failed" >&2
    exit 1
fi
