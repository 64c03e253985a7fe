#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the docs site into .build/site/html; any warning of Sphinx fails it. Called by `make docs`, which has made .build/docs.
set -eu
cd "$(dirname "$0")/.."
site=$PWD/.build/site
export PATH="$PWD/.build/docs/bin:$PATH" ANSIBLE_COLLECTIONS_PATH="$PWD/.build/collections"
rm -rf "$site"
mkdir -p "$site/rst"
chmod 755 "$site/rst" # antsibull-docs wants no other
# Labels of Ansible's documentation, each with its page, in the form that Sphinx publishes them.
python - "$site/ansible.inv" <<'INVENTORY'
import sys
import zlib

PAGES = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_collections.ansible.builtin.assert_module": "collections/ansible/builtin/assert_module.html",
    "ansible_collections.ansible.builtin.psrp_connection": "collections/ansible/builtin/psrp_connection.html",
    "ansible_collections.ansible.builtin.winrm_connection": "collections/ansible/builtin/winrm_connection.html",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}
head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: devel\n# The remainder of this file is compressed using zlib.\n"
lines = "".join(f"{label} std:label -1 {page} {label}\n" for label, page in PAGES.items())
with open(sys.argv[1], "wb") as file:
    file.write(head.encode() + zlib.compress(lines.encode()))
INVENTORY
antsibull-docs collection --cleanup everything --fail-on-error --use-current --squash-hierarchy --dest-dir "$site/rst" \
    winrights.seimpersonate
mv "$site/rst/index.rst" "$site/rst/collection.rst"
cp docs/docsite/index.rst "$site/rst/index.rst"
sphinx-build -q -W --keep-going -b html -c docs/docsite "$site/rst" "$site/html"
echo "The docs site: .build/site/html/index.html"
