"""What can be done to the public files and the store, and who finds it: the matrix of docs/design/tampering.md."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from ledger import statuscheck
from ledger.management.commands.ledger_monitor import Watched
from ledger.verifier.watch import Watch
from ledger.walk import Check
from tests.conftest import cloned
from tests.ledger.catchers import FOLDERS, NOBODY, TOLD, copy_of, everybody
from tests.ledger.conftest import published_at
from tests.ledger.spoiled import ACTS, FILES, STORES, files, flip

SIZES = (258, 600)


@pytest.fixture(scope="module")
def log_of_old(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, made_keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Make a log of 600 leaves once, and keep what it was with 258."""
    base = tmp_path_factory.mktemp("spoiled")
    (base / "log").mkdir()
    outside = {name: base / folder for name, folder in FOLDERS.items()} | {"LEDGER_KEYS_DIR": made_keys / "keys"}
    with django_db_blocker.unblock(), cloned(), override_settings(**outside):
        for size in SIZES:
            published_at(size)
            assert Watched(str(base / "log"), base / "monitor").round() == (0, [])
            if size == SIZES[0]:
                shutil.copytree(base, base / "older")
        yield base


@pytest.fixture
def base(log_of_old: Path, settings: Settings, tmp_path: Path) -> Path:
    """Return a copy of the files for one test."""
    return copy_of(log_of_old, tmp_path / "own", settings)


def test_untouched_files_pass_everywhere(base: Path) -> None:
    assert everybody(base) == NOBODY


def test_every_file_has_a_line_and_every_line_a_file(base: Path) -> None:
    assert {kind for kind, _ in files(base / "log", SIZES[-1])} == set(FILES)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("kind", FILES)
def test_every_file_that_is_spoiled_is_found_by_those_whom_the_document_names(
    base: Path, settings: Settings, kind: str, act: str
) -> None:
    for number, (_, name) in enumerate(one for one in files(base / "log", SIZES[-1]) if one[0] == kind):
        own = copy_of(base, base.parent / str(number), settings)
        ACTS[act](own, own / "log" / name)
        assert (name, everybody(own)) == (name, TOLD[kind][act])


@pytest.mark.parametrize("act", STORES)
def test_a_spoiled_store_is_found_by_those_whom_the_document_names(base: Path, act: str) -> None:
    STORES[act](base)
    assert everybody(base) == TOLD[act]["found by"]


def test_a_status_list_that_is_gone_is_found_after_a_while(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (base / "log/status/grants.cwt").unlink()
    assert everybody(base) == NOBODY  # the publisher, asked last, has written it again
    (base / "log/status/grants.cwt").unlink()
    monkeypatch.setattr(statuscheck, "LATE_SECONDS", 0)
    assert everybody(base) == "fsck"


@pytest.mark.parametrize(
    ("kind", "check", "blind"),
    [
        ("an older partial tile or bundle", (Watch, "_again"), lambda *_: None),
        ("a status list", (statuscheck, "check"), lambda *_: Check("none")),
    ],
)
def test_a_catcher_that_does_not_look_finds_nothing(
    base: Path, monkeypatch: pytest.MonkeyPatch, kind: str, check: tuple[object, str], blind: object
) -> None:
    """The negative control, as for the database."""
    path = next(path for one, path in files(base / "log", SIZES[-1]) if one == kind)
    flip(base, base / "log" / path)
    monkeypatch.setattr(*check, blind)
    assert everybody(base) == NOBODY
