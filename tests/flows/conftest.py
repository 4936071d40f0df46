"""One house for the stories: every process of the product, real, on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.house import House, Plan


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Start a house with servers of its own: durable, and apart from the databases of the other tests."""
    var = tmp_path_factory.mktemp("house")
    for folder in (var, *var.parents):
        if folder.owner() == Path.home().owner() and "pytest" in folder.name:
            folder.chmod(0o755)  # PostgreSQL's unprivileged user must be able to enter
    kept = {name: os.environ.pop(name) for name in ("DATABASE_URL", "BROKER_URL") if name in os.environ}
    try:
        with House(Plan(var=var, origin="flows.countenance.localhost/log")) as running:
            os.environ.update(kept)
            yield running
    finally:
        os.environ.update(kept)
