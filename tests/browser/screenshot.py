# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw docs/images/report.png: the top of the HTML report, 1280 pixels wide.

PYTHONPATH=tests:.build/collections python -m browser.screenshot [REPORT.json | REPORT.html] [--out FILE] [--width N] [--height N] [--dark]
Without a report a made-up fleet of 400 hosts is drawn.
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
import tempfile
from pathlib import Path

from selenium import webdriver

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html.page import html

from . import samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", nargs="?", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/images/report.png"))
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=1480, help="0: the whole page")
    parser.add_argument("--dark", action="store_true")
    asked = parser.parse_args()
    if asked.report and asked.report.suffix == ".html":
        text = asked.report.read_text(encoding="utf-8")
    else:
        text = html(json.loads(asked.report.read_text(encoding="utf-8")) if asked.report else samples.sample(400))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(text, encoding="utf-8")
        asked.out.write_bytes(picture(page.as_uri(), asked.width, asked.height, asked.dark))
    print(f"{asked.out}: {asked.out.stat().st_size:,} bytes")


def picture(uri: str, width: int, height: int, dark: bool) -> bytes:
    """A PNG of a page from its top; ``height`` 0: all of it."""
    options = webdriver.ChromeOptions()
    for switch in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(switch)
    options.binary_location = shutil.which("chromium")
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        size = {"width": width, "height": height or 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        browser.get(uri)
        whole = browser.execute_script("return document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height or whole, whole), "scale": 1}
        shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        return base64.b64decode(shot["data"])
    finally:
        browser.quit()


if __name__ == "__main__":
    main()
