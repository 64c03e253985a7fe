# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which statements of the payload its engine tests run: make payload-coverage, or make payload-coverage PARTS="gpo lab".

As a program it makes a copy of each script of the parts, all without one, with a counter before every statement, runs the engine tests
of these parts with this file as their plugin, and prints a table. The plugin sends the copies instead of the texts; a test that alters a
text in place gets a copy of its own. Exits with 1 when a test failed, or a line was not run and REASONS has none for it.

The part ``lab`` takes a few minutes; all parts are every engine test of the payload, and take as long as these.
"""

from __future__ import annotations

import argparse
import base64
import dataclasses
import functools
import json
import os
import subprocess
import sys
import tempfile
import typing as t
from collections import Counter
from pathlib import Path

from fleet.backends import request
from fleet.backends.emulator import emulator, texts
from fleet.backends.engine import engine, pwsh, ways
from fleet.backends.engine.pwsh import STARTUP, STARTUP_OF_DIRECTORY, STARTUP_OF_PROVE, PowerShell

if t.TYPE_CHECKING:
    from fleet.backend import Output, Received
    from fleet.windows.machine import Machine

# (file, its line without indentation) -> why no test on the engine runs it
REASONS: dict[tuple[str, str], str] = {}

FOLDER, TEXTS = "PAYLOAD_COVERAGE_FOLDER", "PAYLOAD_COVERAGE_TEXTS"
PREFIX = f"ansible_collections.{texts.COLLECTION}."

# Prints for a script its points as (what, offset, end, line): before a statement of a block, around one without, in a method.
ANALYSIS = r"""
param([string] $Path)
$text = [IO.File]::ReadAllText($Path)
if ($Path.EndsWith('.cs')) {
    $lines = [Microsoft.CodeAnalysis.Text.SourceText]::From($text).Lines
    $points = foreach ($node in [Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree]::ParseText($text).GetRoot().DescendantNodes()) {
        $parent = $node.Parent.GetType().Name
        $what = if ($node.GetType().Name -eq 'BlockSyntax') { if ($parent -match 'MethodDecl|ConstructorDecl|AccessorDecl') { 'method' } }
            elseif ($node -is [Microsoft.CodeAnalysis.CSharp.Syntax.StatementSyntax]) { if ($parent -eq 'BlockSyntax') { 'before' } else { 'around' } }
        $line = $lines.GetLineFromPosition($node.Span.Start).LineNumber + 1
        if ($what) { , @($what, ($node.Span.Start + ($what -eq 'method')), $node.Span.End, $line) }
    }
}
else {
    $tree = [Management.Automation.Language.Parser]::ParseInput($text, [ref] $null, [ref] $null)
    $points = foreach ($node in $tree.FindAll({ $args[0] -is [Management.Automation.Language.StatementAst] }, $true)) {
        if ($node.Parent.GetType().Name -notin 'NamedBlockAst', 'StatementBlockAst') { continue }
        if ($node -is [Management.Automation.Language.FunctionDefinitionAst]) { continue }
        , @('before', $node.Extent.StartOffset, $node.Extent.EndOffset, $node.Extent.StartLineNumber)
    }
}
ConvertTo-Json -InputObject @($points) -Compress -Depth 3
"""

# The counters: a function that every runspace knows, and a class that is compiled with the C#.
ADD_HIT = r"""
function Add-Hit {
    param([string] $Point)
    if ([AppDomain]::CurrentDomain.GetData($Point)) { return }
    [AppDomain]::CurrentDomain.SetData($Point, $true)
    [IO.File]::AppendAllText($env:PAYLOAD_COVERAGE, "$Point`n")
}
"""
CLASS = """
namespace PayloadCoverage
{
    public static class Points
    {
        private static readonly System.Collections.Generic.HashSet<string> seen = new System.Collections.Generic.HashSet<string>();

        public static void Hit(string point)
        {
            lock (seen)
                if (seen.Add(point))
                    System.IO.File.AppendAllText(System.Environment.GetEnvironmentVariable("PAYLOAD_COVERAGE"), point + "\\n");
        }
    }
}
"""
WITH_CLASS = "plugins/module_utils/_LsaRights.cs"


@dataclasses.dataclass(frozen=True)
class Part:
    """Scripts by the beginnings of their names, and the tests that run them."""

    scripts: tuple[str, ...]
    tests: tuple[str, ...]


_PAYLOAD = "tests/unit/payload"
PARTS: dict[str, Part] = {
    "read": Part(
        ("local_right_info.", "_RightReport.", "_RightContext.", "_LsaRights."),
        tuple(
            f"{_PAYLOAD}/test_{name}.py"
            for name in ("traces", "pools", "services", "group_policy", "events", "names", "users", "wrapped_lists", "same_answer")
        ),
    ),
    "change": Part(
        ("local_right.", "_RightChange.", "_LsaChange."),
        (f"{_PAYLOAD}/test_change.py", f"{_PAYLOAD}/test_rules.py", f"{_PAYLOAD}/test_users.py"),
    ),
    "gpo": Part(("gpo_right", "_Gpo"), ("tests/directory", f"{_PAYLOAD}/test_gpo_text.py")),
    "lab": Part(("prove_change.", "_LsaLab."), (f"{_PAYLOAD}/test_lab.py", f"{_PAYLOAD}/test_text.py")),
    "prove": Part(("prove.",), (f"{_PAYLOAD}/test_prove_answers.py", f"{_PAYLOAD}/test_prove_script.py")),
}
"""Every script is in one part; a part has the tests that are made for it, which is not all that happen to run it."""


@dataclasses.dataclass(frozen=True)
class Copy:
    """A script with counters. `points`: name of each, with what it counts and its line."""

    text: str
    points: dict[str, tuple[str, int]]


@functools.cache
def copy_of(path: str, text: str) -> Copy:
    """The copy of a script, made by the engine's own parser or compiler."""
    program = engine.find("pwsh")
    assert program is not None, "no PowerShell engine"
    assert text.isascii(), "offsets count UTF-16 units"
    with tempfile.TemporaryDirectory() as folder:
        script, subject = Path(folder, "analysis.ps1"), Path(folder, Path(path).name)
        script.write_text(ANALYSIS)
        subject.write_text(text)
        command = [str(program), "-NoProfile", "-NonInteractive", "-File", str(script), str(subject)]
        environment = {**os.environ, "HOME": folder, "POWERSHELL_TELEMETRY_OPTOUT": "1"}
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    points: dict[str, tuple[str, int]] = {}
    inserted: list[tuple[int, str]] = []
    on_line: Counter[int] = Counter()
    for what, start, end, line in sorted(json.loads(ran.stdout), key=lambda point: (point[1], -point[2])):
        on_line[line] += 1
        name = f"{path}:{line}:{on_line[line]}"
        points[name] = (what, line)
        hit = f'PayloadCoverage.Points.Hit("{name}"); ' if path.endswith(".cs") else f"Add-Hit '{name}'; "
        inserted += [(start, "{ " + hit), (end, " }")] if what == "around" else [(start, hit)]
    for offset, piece in sorted(inserted, key=lambda one: one[0], reverse=True):
        text = text[:offset] + piece + text[offset:]
    return Copy(text + (CLASS if path == WITH_CLASS else ""), points)


def originals(parts: t.Collection[str] = ()) -> dict[str, str]:
    """Path -> text of every script of these parts of the payload, of all without one."""
    paths = {path for module in emulator.MODULES for path in texts.current(module)}
    begins = tuple(begin for name in parts or PARTS for begin in PARTS[name].scripts)
    return {path: (texts.CHECKOUT / path).read_text() for path in sorted(paths) if Path(path).name.startswith(begins)}


# -- the plugin -------------------------------------------------------------------------------------------------------


def pytest_configure() -> None:
    """Let the back end send the copies; only where the program below asks for it."""
    if FOLDER not in os.environ:
        return
    folder, known = Path(os.environ[FOLDER]), originals(os.environ[TEXTS].split())
    run, environment = PowerShell.run, PowerShell._environment
    warm_in: dict[bytes, tuple[str, ...] | None] = {}

    def covered_run(self: PowerShell, machine: Machine, received: Received) -> Output:
        copies = with_copies(received, known, folder)
        warm_in[copies.stdin] = ways.kind(received)
        return run(self, machine, copies)

    def covered_environment(self: PowerShell, machine: Machine, home: Path, startup: Path) -> dict[str, str]:
        hits = tempfile.NamedTemporaryFile(dir=folder, suffix=".hits", delete=False)  # noqa: SIM115
        hits.close()
        return {**environment(self, machine, home, folder / startup.name), "PAYLOAD_COVERAGE": hits.name}

    PowerShell.run, PowerShell._environment = covered_run, covered_environment  # type: ignore[method-assign]
    # Copies of the checkout's texts stay in servers of their own, as the texts would.
    pwsh.kind = lambda received: warm_in.get(received.stdin)


def with_copies(received: Received, known: t.Mapping[str, str], folder: Path) -> Received:
    """The same command with copies of the payload's scripts."""
    call = request.decode(received.command_line, received.stdin)
    if isinstance(call, request.Script):
        return received if call.arguments else dataclasses.replace(received, command_line=_with_files(call.text, known, folder))
    stdin = received.stdin
    sent = call.texts.items() if isinstance(call, request.ModuleCall) else ()
    paths = {texts._path(name): text for name, text in sent if name.startswith(PREFIX)}
    counted = any(path.endswith(".cs") for path in paths if path in known)
    for path, text in paths.items():
        whole = Copy(text + (CLASS if path == WITH_CLASS and counted else ""), {})
        copy = copy_of(path, text) if path in known else whole
        if path in known and copy.points.keys() != copy_of(path, known[path]).points.keys():
            copy = whole  # a test took away a statement
        stdin = stdin.replace(base64.b64encode(text.encode()), base64.b64encode(copy.text.encode()))
    return dataclasses.replace(received, stdin=stdin)


def _with_files(script: str, known: t.Mapping[str, str], folder: Path) -> str:
    """A script that starts a file of the payload by its path."""
    for path, text in known.items():
        if str(texts.CHECKOUT / path) in script:
            (folder / Path(path).name).write_text(copy_of(path, text).text)
            script = script.replace(str(texts.CHECKOUT / path), str(folder / Path(path).name))
    return f"pwsh -EncodedCommand {base64.b64encode(script.encode('utf-16-le')).decode()}"


# -- the program ------------------------------------------------------------------------------------------------------


def main() -> int:
    """Run the tests and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all without one")
    parts = list(dict.fromkeys(parser.parse_args().parts or PARTS))
    if unknown := [name for name in parts if name not in PARTS]:
        parser.error(f"no part {', '.join(unknown)}, only {', '.join(PARTS)}")
    tests = list(dict.fromkeys(test for name in parts for test in PARTS[name].tests))
    with tempfile.TemporaryDirectory(prefix="payload-coverage-") as made:
        folder = Path(made)
        for startup in (STARTUP, STARTUP_OF_PROVE, STARTUP_OF_DIRECTORY):
            (folder / startup.name).write_text(startup.read_text() + ADD_HIT)
        environment = {**os.environ, FOLDER: made, TEXTS: " ".join(parts), "PYTHONPATH": str(texts.CHECKOUT / "tests")}
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "payload_coverage",
            "-m",
            "engine or directory",
            "-n",
            os.environ.get("JOBS", "2"),
        ]
        whole = ["tests/unit/payload", "tests/directory"]
        ran = subprocess.run(
            [*command, *(whole if set(parts) == set(PARTS) else tests)], cwd=texts.CHECKOUT, env=environment, check=False
        )
        hits = {name for file in folder.glob("*.hits") for name in file.read_text().splitlines()}
    good = [_tell(path, text, copy_of(path, text).points, hits) for path, text in originals(parts).items()]
    return 0 if ran.returncode == 0 and all(good) else 1


def _tell(path: str, text: str, points: t.Mapping[str, tuple[str, int]], hits: t.Container[str]) -> bool:
    """One row of the table, then the lines that were not run; whether each has a reason."""

    def count(its: t.Sequence[t.Any], ran: t.Sequence[t.Any], what: str) -> str:
        return f"{len(ran):4} of {len(its):4} {what}" if its else ""

    methods = [name for name, (what, _unused) in points.items() if what == "method"]
    statements = [name for name in points if name not in methods]
    lines = sorted({line for _unused, line in points.values()})
    missing = sorted({line for name, (_unused, line) in points.items() if name not in hits})
    row = [
        count(lines, [line for line in lines if line not in missing], "lines"),
        count(statements, [name for name in statements if name in hits], "statements"),
        count(methods, [name for name in methods if name in hits], "methods"),
    ]
    print(f"{path:46}{'; '.join(filter(None, row))}")
    known = True
    for line in missing:
        words = text.splitlines()[line - 1].strip()
        reason = REASONS.get((path, words))
        known &= reason is not None
        print(f"    {line}: {words}\n        {reason or 'NOT RUN'}")
    return known


if __name__ == "__main__":
    sys.exit(main())
