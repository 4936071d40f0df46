"""pytest plugin (`-p tests.servers`): start PostgreSQL and Valkey once, before pytest-django reads the settings.

A conftest.py would be too late: pytest-django reads the settings in `pytest_load_initial_conftests`. Workers of
pytest-xdist inherit the environment and find the servers running. Set DATABASE_URL and BROKER_URL to use your own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from config.embedded import Postgres, Valkey


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Export the addresses of the servers, and a temporary COUNTENANCE_VAR, to this process and its children."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["COUNTENANCE_ENV"] = "development"
    os.environ.setdefault("LEDGER_STALE_SECONDS", "0")  # no publisher runs beside most tests; those that ask set it
    os.environ.setdefault("COUNTENANCE_SECRET_KEY", "only for tests: nothing here outlives the run")
    if "COUNTENANCE_TEST_BASE" in os.environ:
        return  # an xdist worker
    base = Path(tempfile.mkdtemp(prefix="countenance-test-", dir="/tmp"))
    base.chmod(0o755)  # PostgreSQL's unprivileged user must be able to enter it
    os.environ["COUNTENANCE_TEST_BASE"] = str(base)
    os.environ["COUNTENANCE_VAR"] = str(base / "var")
    servers = start_servers(base)
    atexit.register(shutil.rmtree, base, ignore_errors=True)  # registered before the stops, so it runs after them
    for server in servers:
        atexit.register(server.stop)


def start_servers(base: Path) -> list[Postgres | Valkey]:
    """Start what the environment does not name; a throw-away cluster needs no fsync."""
    from config.embedded import Postgres, Valkey

    started: list[Postgres | Valkey] = []
    if "DATABASE_URL" not in os.environ:
        postgres = Postgres(base / "pg", durable=False).start()
        started.append(postgres)
        os.environ["DATABASE_URL"] = postgres.make_database("countenance")
        os.environ["SUPERUSER_URL"] = postgres.url("postgres", user="postgres")
    if "BROKER_URL" not in os.environ:
        valkey = Valkey(base / "valkey").start()
        started.append(valkey)
        os.environ["BROKER_URL"] = valkey.url
    return started
