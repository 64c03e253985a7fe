# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium, and pages of made-up reports in it. Without Debian's chromium and chromium-driver these tests are skipped.

axe-core is expected in .build/axe, where `make test-browser` installs it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from pathlib import Path

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html.page import html

from . import samples

AXE_VERSION = "4.14.1"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def absent(reason):
    """A tool that is not there: the test is skipped, in CI it fails, where a skip would hide a missing proof."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """The browser, one for all tests of a process."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (browser and driver):
        absent("no chromium and chromedriver here: apt-get install chromium chromium-driver")
    if importlib.util.find_spec("selenium") is None:
        absent("selenium is not installed: make test-browser")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for switch in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(switch)
    options.binary_location = browser
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield started
    started.quit()


@pytest.fixture
def browser(chromium, tmp_path):
    """The browser as it is after a start: a wide window, light, downloads to ``browser.downloads``."""
    chromium.get("about:blank")
    chromium.downloads = tmp_path
    chromium.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    look(chromium)
    chromium.get_log("browser"), chromium.get_log("performance")
    yield chromium
    look(chromium)


def look(browser, width=1280, scheme="light", media=""):
    """Another window: its width, light or dark, screen or print."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": [feature]})


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Files of the pages: ``fleet`` (450 hosts), ``hostile``, ``enforced``, ``dead``."""
    folder = tmp_path_factory.mktemp("pages")
    reports = {
        "fleet": samples.with_gpos(samples.sample(450)),
        "hostile": samples.with_gpos(samples.hostile()),
        "enforced": samples.sample(60, action="enforce"),
        "dead": samples.every_host(samples.dead, 30),
    }
    for name, report in reports.items():
        (folder / f"{name}.html").write_text(html(report), encoding="utf-8")
    return {name: ((folder / f"{name}.html").as_uri(), report) for name, report in reports.items()}


@pytest.fixture(scope="session")
def axe():
    """The source of axe-core."""
    folder = Path(os.environ.get("AXE_CORE", ".build/axe/node_modules/axe-core"))
    if not (folder / "axe.min.js").is_file():
        absent(f"no axe-core here: npm install --prefix .build/axe axe-core@{AXE_VERSION}")
    assert json.loads((folder / "package.json").read_text())["version"] == AXE_VERSION
    return (folder / "axe.min.js").read_text(encoding="utf-8")
