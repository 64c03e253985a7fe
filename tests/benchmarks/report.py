# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU, memory and size of each format of the report, and how long the page takes to load and to filter.

PYTHONPATH=tests:.build/collections python tests/benchmarks/report.py [--hosts 10000 50000] [--no-browser]
Each format is measured in a process of its own; what making the records takes is taken off. Formats that are not there are left out.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from browser import samples

UTILS = "ansible_collections.winrights.seimpersonate.plugins.plugin_utils"
FORMATS = {
    "json": ("_fleet.report", "to_json"),
    "html": ("_formats.html.page", "html"),
    "markdown": ("_formats.markdown", "markdown"),
    "json lines": ("_formats.json_lines", "json_lines"),
    "csv, hosts": ("_formats.csv", "csv_hosts"),
    "csv, accounts": ("_formats.csv", "csv_accounts"),
    "junit": ("_formats.junit", "junit"),
    "prometheus": ("_formats.prometheus", "prometheus"),
}
LIMITS = {10_000: "limits for 10,000: all formats < 3 s CPU and < 300 MB, html <= 1 MB, load < 500 ms, filter < 50 ms"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, nargs="+", default=[10_000, 50_000])
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one[0], int(asked.one[1]))))
        return
    for hosts in asked.hosts:
        table(hosts, not asked.no_browser)


def table(hosts: int, browser: bool) -> None:
    print(f"\n{hosts:,} hosts\n{'format':15}{'CPU s':>9}{'MB more':>9}{'size kB':>10}")
    total = 0.0
    for name in [*FORMATS, "all"]:
        row = json.loads(subprocess.check_output([sys.executable, __file__, "--one", name, str(hosts)], text=True))
        if row:
            print(f"{name:15}{row['cpu']:9.2f}{row['memory']:9.0f}{row['size'] / 1000:10.0f}")
            total = row["cpu"]
    print(
        f"records alone: {row['base']:.0f} MB; a process that makes all formats: {row['base'] + row['memory']:.0f} MB, {total:.2f} s"
    )
    if browser:
        in_browser(hosts)
    if hosts in LIMITS:
        print(LIMITS[hosts])


def measure(name: str, hosts: int) -> dict[str, float]:
    """One format, or all in one process: CPU, growth of the largest memory, size. The page gets the JSON's check sum, as in a run."""
    found = [made for key in (FORMATS if name == "all" else [name]) if (made := function(*FORMATS[key]))]
    report = samples.sample(hosts)
    before, started = memory(), time.process_time()
    sizes = [len(made(report, sha256="0" * 64) if made.__name__ == "html" else made(report)) for made in found]
    return found and {"cpu": time.process_time() - started, "memory": memory() - before, "size": sum(sizes), "base": before}


def function(module: str, name: str):
    try:
        return getattr(importlib.import_module(f"{UTILS}.{module}"), name, None)
    except ModuleNotFoundError:
        return None


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def in_browser(hosts: int) -> None:
    """Time to load and to draw, and to filter by each control: the median of a few."""
    from selenium import webdriver

    page = function(*FORMATS["html"])
    options = webdriver.ChromeOptions()
    for switch in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(switch)
    options.binary_location = shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        file.write_text(page(samples.sample(hosts), sha256="0" * 64), encoding="utf-8")
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            driver.set_script_timeout(60)
            loads = []
            for _try in range(5):
                driver.get("about:blank")
                driver.get(file.as_uri())
                loads.append(driver.execute_script("return performance.getEntriesByType('navigation')[0].loadEventEnd"))
            print(f"{'load':15}{sorted(loads)[2]:9.0f} ms")
            for what, change in FILTERS.items():
                times = [driver.execute_async_script(TIMED % change) for _try in range(15)]
                seen, whole = (sorted(one)[7] for one in zip(*times, strict=True))
                print(f"{what:15}{seen:9.0f} ms until seen, {whole:.0f} ms until all 200 rows are there")
        finally:
            driver.quit()


# The event is sent and the table laid out, as a reader waits for it: what is on the screen, then the rest of the page of 200 rows.
TIMED = """
const done = arguments[0];
const choose = (name, value) => { const it = document.getElementById('f-' + name); it.value = value; it.dispatchEvent(new Event('change')); };
document.getElementById('filters').reset();
setTimeout(() => {
    const started = performance.now();
    %s
    document.body.offsetHeight;
    const seen = performance.now() - started;
    const look = () => {
        if (document.getElementById('rows').getAttribute('aria-busy') === 'true') return setTimeout(look);
        document.body.offsetHeight;
        done([seen, performance.now() - started]);
    };
    look();
}, 300);
"""
FILTERS = {
    "filter, status": "choose('status', 'drift');",
    "filter, role": "choose('role', 'member_server');",
    "filter, text": "history.replaceState(null, '', '#q=svc-shop'); dispatchEvent(new Event('hashchange'));",
    "sort, status": "document.querySelector('[data-sort=status]').click();",
}

if __name__ == "__main__":
    main()
