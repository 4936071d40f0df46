"""One house for the stories: every process of the product, real, on this machine."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.house import House, Plan


@contextmanager
def enterable() -> Iterator[Path]:
    """Make a temporary folder which PostgreSQL's unprivileged user can enter, as it cannot enter pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="countenance-flows-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a test a folder in which it may start a house of its own."""
    with enterable() as made:
        yield made


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """Start a house with servers of its own: durable, and apart from the databases of the other tests."""
    kept = {name: os.environ.pop(name) for name in ("DATABASE_URL", "BROKER_URL") if name in os.environ}
    try:
        with enterable() as var, House(Plan(var=var, origin="flows.countenance.localhost/log")) as running:
            os.environ.update(kept)
            yield running
    finally:
        os.environ.update(kept)
