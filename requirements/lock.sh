#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes the lock files anew from the .in files (make lock). Needs uv.
set -eu
cd "$(dirname "$0")"
lock() { # lock file, .in file, oldest Python, ansible-core, further constraints, which packages have to be wheels
    {
        printf '# SPDX-FileCopyrightText: Winrights Authors\n# SPDX-License-Identifier: GPL-3.0-or-later\n'
        printf '# Made by requirements/lock.sh from %s for Python %s; do not edit.\n' "$2" "$3"
        printf 'ansible-core%s\n' "$4" | uv pip compile --quiet --no-config --universal --python-version "$3" --generate-hashes \
            --no-emit-index-url --only-binary "${6:-:all:}" --no-header --no-annotate --constraint - --constraint "${5:-/dev/null}" "$2"
    } > "$1.new"
    mv "$1.new" "$1"
}
# Python 3.11 gets the newest ansible-core that supports it, newer interpreters the newest.
lock test-py3.11.txt test.in 3.11 '<2.20'
lock test-py3.12.txt test.in 3.12 '>=2.21,<2.22'
# The lint set keeps the versions of the test set: both live in one .venv.
lock lint-py3.11.txt lint.in 3.11 '<2.20' test-py3.11.txt
lock lint-py3.12.txt lint.in 3.12 '>=2.21,<2.22' test-py3.12.txt
# So does that of the browser tests.
lock browser-py3.11.txt browser.in 3.11 '<2.20' test-py3.11.txt
lock browser-py3.12.txt browser.in 3.12 '>=2.21,<2.22' test-py3.12.txt
# The archive is looked at in an environment of its own.
lock galaxy-py3.11.txt galaxy.in 3.11 '<2.20'
lock galaxy-py3.12.txt galaxy.in 3.12 '>=2.21,<2.22'
# So do the tests with AWX's tools.
lock awx-py3.11.txt awx.in 3.11 '<2.20' test-py3.11.txt
lock awx-py3.12.txt awx.in 3.12 '>=2.21,<2.22' test-py3.12.txt
# So do the tests with Kerberos, whose libraries have no wheels; what builds them has a lock of its own.
lock kerberos-build.txt kerberos-build.in 3.11 ''
lock kerberos-py3.11.txt kerberos.in 3.11 '<2.20' test-py3.11.txt :none:
lock kerberos-py3.12.txt kerberos.in 3.12 '>=2.21,<2.22' test-py3.12.txt :none:
# The docs site is built in one too.
lock docs-py3.11.txt docs.in 3.11 '<2.20'
lock docs-py3.12.txt docs.in 3.12 '>=2.21,<2.22'
# The other supported versions, for make matrix.
lock core2.16.txt test.in 3.11 '>=2.16,<2.17'
lock core2.17.txt test.in 3.11 '>=2.17,<2.18'
lock core2.18.txt test.in 3.11 '>=2.18,<2.19'
lock core2.20.txt test.in 3.12 '>=2.20,<2.21'
