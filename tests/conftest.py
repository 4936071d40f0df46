"""What every test may ask for: development keys in a temporary folder, and real databases with real commits."""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import psycopg
import pytest
from psycopg import sql

from tests.provenance import clockwork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings
    from pytest_django.plugin import DjangoDbBlocker

FOLDERS = {
    "LEDGER_KEYS_DIR": "keys",
    "LEDGER_PUBLIC_DIR": "log",
    "LEDGER_VAULT_DIR": "vault",
    "GPU_RESULTS_DIR": "results",
    "MEDIA_ROOT": "media",
    "PROVENANCE_CLAIM_DIR": "claim",
}
# How long it takes to draw an example says how busy the machine is, and nothing of the code.
hypothesis.settings.register_profile(
    "countenance", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("countenance")


def pytest_configure() -> None:
    """Hash the passwords of invented people cheaply: a good hash costs a third of a second, in a thousand tests.

    What Django ships stands behind it, so that a hash which another process made is still understood.
    """
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture(scope="session")
def made_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make development keys and a development certificate chain once a session."""
    from django.conf import settings

    from ledger import keyring
    from provenance import certificates

    base = tmp_path_factory.mktemp("made")
    keyring.make_development_keys(base / "keys", settings.LEDGER_ORIGIN)
    certificates.make_development_chain(base / "claim")
    return base


@pytest.fixture(autouse=True)
def own_folders(made_keys: Path, tmp_path: Path, settings: Settings) -> Path:
    """Give each test its own folders, so that no test reads what another wrote; keys are shared, being read-only."""
    for name, folder in FOLDERS.items():
        base = made_keys if folder in {"keys", "claim"} else tmp_path
        setattr(settings, name, base / folder)
        (base / folder).mkdir(exist_ok=True)
    clock = clockwork.clock()
    settings.PROVENANCE_TSA_URL, settings.PROVENANCE_TSA_ROOTS = clock.url, clockwork.folder() / "tsa-root.pem"
    settings.PROVENANCE_LABELS = {"default": "overlay"}  # drawing costs a second; test_labelling.py draws as shipped
    settings.LEDGER_CHECKPOINT_STORE = tmp_path / "checkpoints.sqlite3"
    settings.LEDGER_ERASURE_JOURNAL = tmp_path / "erasures.jsonl"
    return tmp_path


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, django_db_modify_db_settings: None
) -> Iterator[None]:
    """Make the migrated test database whenever it is asked for.

    pytest-django's own makes it only if a selected test carries the mark `django_db`; `fresh_database` clones it for
    tests that carry none, and must never clone anything else.
    """
    from django.test.utils import setup_databases, teardown_databases

    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default"})  # type: ignore[arg-type]  # any collection
        yield
        teardown_databases(made, verbosity=0)


@pytest.fixture
def fresh_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Yield the URL of a database of one's own, cloned from the migrated template; commits there are real.

    The ledger's tables refuse TRUNCATE, by which Django's own transactional tests clean up. Django's default
    connection of this thread points at the clone; other threads and processes connect by the URL.
    """
    with django_db_blocker.unblock(), cloned() as name:
        yield address(name)


@contextmanager
def cloned(of: str | None = None) -> Iterator[str]:
    """Clone the database of Django's default connection, or `of` another, and point the connection at it meanwhile."""
    from django.db import connection

    template = str(connection.settings_dict["NAME"])
    name = f"fresh_{uuid.uuid4().hex}"
    connection.close()  # a template must have no session
    on_server(template, sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, of or template)
    connection.settings_dict["NAME"] = name
    try:
        yield name
    finally:
        connection.close()
        connection.settings_dict["NAME"] = template
        drop(template, name)


def drop(template: str, name: str) -> None:
    """Drop a database with whoever is in it; an autovacuum worker cannot be thrown out, but is gone in a moment."""
    for attempts_left in range(50, -1, -1):
        try:
            return on_server(template, sql.SQL("DROP DATABASE {} WITH (FORCE)"), name)
        except psycopg.errors.InsufficientPrivilege:
            if not attempts_left:
                raise
            time.sleep(0.1)
    return None


def address(database: str) -> str:
    """Return the URL of a database on the test server."""
    from django.db import connection

    at = connection.settings_dict
    return psycopg.conninfo.make_conninfo(
        host=at["HOST"], port=at["PORT"] or None, user=at["USER"], password=at["PASSWORD"] or None, dbname=database
    )


def on_server(template: str, statement: sql.SQL, *names: str) -> None:
    """Run a statement that no transaction may hold, from a session in another database."""
    other = "postgres" if template != "postgres" else "template1"
    with psycopg.connect(address(other), autocommit=True) as session:
        session.execute(statement.format(*(sql.Identifier(name) for name in names)))
