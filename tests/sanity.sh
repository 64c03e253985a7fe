#!/bin/sh
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# ansible-test sanity over what git knows of this folder, with the oldest, the middle and the newest ansible-core.
#   tests/sanity.sh [CORE...]     for example 2.21
# Called by `make sanity`, which has made their virtual environments. A version without an interpreter here is named, and fails when asked for.
set -eu
cd "$(dirname "$0")/.."
top=$PWD/.build/sanity
copy=$top/ansible_collections/winrights/seimpersonate
rm -rf "$copy"
mkdir -p "$copy" "$top/home/.ansible/test/cache" "$top/home/.config"
# shellcheck disable=SC2016 # the inner shell expands it: files that git knows and that are there
git ls-files -z --cached --others --exclude-standard | xargs -0 sh -c 'for path; do [ -e "$path" ] && printf "%s\0" "$path"; done' sh |
    tar --null --files-from=- -cf - | tar -C "$copy" -xf -
git -C "$copy" init -q
git -C "$copy" add -A
# ansible-test has a home of its own, since it looks there for the script that installs pip, which it would fetch from elsewhere than PyPI:
# the pip that Python brings installs the one that is asked for.
# ansible-test passes on no variable of pip either; what they say stands in a file instead.
if [ -d "$HOME/.config/pip" ]; then ln -sfn "$HOME/.config/pip" "$top/home/.config/pip"; fi
mkdir -p "$top/home/.pip"
{
    echo "[global]"
    env | sed -n 's/^PIP_\([A-Z_]*\)=\(.*\)/\1 = \2/p' | while IFS= read -r line; do
        echo "$(echo "${line%% = *}" | tr 'A-Z_' 'a-z-') = ${line#* = }"
    done
} >"$top/home/.pip/pip.conf"
for version in 21_3_1 23_1_2 24_2 25_1 25_2 25_3; do
    cat >"$top/home/.ansible/test/cache/get_pip_$version.py" <<'PIP'
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
packages = [word for word in sys.argv[1:] if not word.startswith("-")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]))
PIP
done
failed=""
asked=$#
[ "$asked" -gt 0 ] || set -- 2.16 2.19 2.21
for core; do
    venv=$PWD/.build/core$core
    if ! [ -x "$venv/bin/ansible-test" ]; then
        echo "sanity: no environment of ansible-core $core"
        [ "$asked" -gt 0 ] && failed="$failed $core"
        continue
    fi
    python=$("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "== ansible-core $core, Python $python"
    (cd "$copy" && HOME=$top/home PATH=$venv/bin:$PATH ansible-test sanity --venv --requirements --python "$python" --color no) >"$top/$core.log" 2>&1 ||
        failed="$failed $core"
    grep -E '^(ERROR|FATAL|WARNING: (Required|Skipping|Unable|.*ignore))|^Running' "$top/$core.log" || cat "$top/$core.log"
done
[ -z "$failed" ] || {
    echo "sanity failed:$failed; the whole output is in .build/sanity/" >&2
    exit 1
}
