# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the checkout importable as the collection and findable by ansible-playbook, from a clone at any path.

The only file that knows of pytest-ansible: its switch --ansible-unit-inject-only in pyproject.toml keeps it from building a tree of
links in the checkout.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
import yaml
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from hypothesis import HealthCheck, settings

CHECKOUT = Path(__file__).resolve().parents[1]


def _make_importable() -> Path:
    """Done on import: conftest files further down import the collection before any hook runs."""
    galaxy = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())
    root = Path(tempfile.mkdtemp(prefix="collections-"))
    link = root / "ansible_collections" / galaxy["namespace"] / galaxy["name"]
    link.parent.mkdir(parents=True)
    link.symlink_to(CHECKOUT, target_is_directory=True)
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(root)  # for the runs of ansible-playbook
    _AnsibleCollectionFinder(paths=[str(root)])._install()
    return root


COLLECTIONS = _make_importable()

# A busy machine must not fail a property: no deadlines, and the first text that is drawn loads the tables of Unicode.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same cases in every run of make test, the first of them in make unit, others in every run of make test-long; hypothesis has other
# defaults where CI is set.
settings.register_profile("tests", _PATIENT, derandomize=True, max_examples=60)
settings.register_profile("unit", _PATIENT, derandomize=True, max_examples=10)
settings.register_profile("long", _PATIENT, derandomize=False, max_examples=10_000, print_blob=True)
settings.load_profile(os.environ.get("PROPERTIES", "tests"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--one-case-each", action="store_true", help="of each test only its first case, for a look at another ansible-core"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--one-case-each"):
        return
    first: dict[str, pytest.Item] = {}
    for item in items:
        first.setdefault(item.nodeid.partition("[")[0], item)
    config.hook.pytest_deselected(items=[item for item in items if first[item.nodeid.partition("[")[0]] is not item])
    items[:] = first.values()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected lives as long as the run: no collection of garbage goes through it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure() -> None:
    shutil.rmtree(COLLECTIONS, ignore_errors=True)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Root of the checkout."""
    return CHECKOUT
