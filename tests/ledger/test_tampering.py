"""What the owner of the database or of the files can do, and who finds it: the matrix of docs/design/tampering.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from ledger import publisher, recordcheck, rowmemory
from ledger.bodies import bodies
from ledger.management.commands.ledger_monitor import Watched
from ledger.models import Head
from ledger.publisher import PublishRefused
from ledger.walk import Check, Walk
from tests.conftest import cloned
from tests.ledger import tampered
from tests.ledger.catchers import FOLDERS, NOBODY, TOLD, caught, copy_of, everybody, stranger
from tests.ledger.conftest import published, sequenced
from tests.ledger.spoiled import FILES, STORES
from tests.ledger.tampered import superuser

WHOLE = {
    "the whole database rolled back to a backup",
    "a backup that went on another way",
    "database, store and public files rolled back",
}


@pytest.fixture(scope="module")
def log_of_old(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, made_keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Make the log once, and what each catcher remembers; return the folder of what is outside the database."""
    base = tmp_path_factory.mktemp("tampered")
    (base / "log").mkdir()
    outside = {name: base / folder for name, folder in FOLDERS.items()} | {"LEDGER_KEYS_DIR": made_keys / "keys"}
    with django_db_blocker.unblock(), cloned(), superuser():
        with override_settings(**outside):
            tampered.grown()
            assert Watched(str(base / "log"), base / "monitor").round() == (0, [])
        yield base


@pytest.fixture
def base(log_of_old: Path, settings: Settings, tmp_path: Path) -> Path:
    """Return a copy of the files for one test."""
    return copy_of(log_of_old, tmp_path / "own", settings)


def test_the_document_has_a_line_for_every_table_and_every_column() -> None:
    assert {name for name in TOLD if "." in name} == {f"{table}.{name}" for table, name in tampered.columns()}
    assert {name for name in TOLD if "." not in name} == {*tampered.TABLES, *tampered.TOGETHER, *FILES, *STORES, *WHOLE}


def test_an_untouched_log_passes_everywhere(base: Path) -> None:
    with tampered.tampered():
        assert caught(base) == NOBODY


@pytest.mark.parametrize(("table", "name"), tampered.columns(), ids=lambda one: one.removeprefix("ledger_"))
def test_a_change_of_a_column_is_found_by_those_whom_the_document_names(base: Path, table: str, name: str) -> None:
    assert results(base, tampered.column(table, name).acts()) == TOLD[f"{table}.{name}"]


@pytest.mark.parametrize("table", tampered.TABLES, ids=lambda one: one.removeprefix("ledger_"))
def test_rows_that_come_or_go_are_found_by_those_whom_the_document_names(base: Path, table: str) -> None:
    assert results(base, tampered.whole_row_acts(table)) == TOLD[table]


@pytest.mark.parametrize("act", tampered.TOGETHER)
def test_changes_in_several_places_are_found_by_those_whom_the_document_names(base: Path, act: str) -> None:
    with tampered.tampered(*tampered.TOGETHER[act]):
        assert caught(base) == TOLD[act]["found by"]


def results(base: Path, acts: dict[str, list[str]]) -> dict[str, str]:
    found = {}
    for act, statements in acts.items():
        with tampered.tampered(*statements):
            found[act] = caught(base)
    return found


def test_a_database_rolled_back_to_a_backup_is_found_by_all(base: Path) -> None:
    with cloned():  # the database of now; what it was cloned from is the backup
        published(3)
        assert Watched(str(base / "log"), base / "monitor").round() == (0, [])
        assert caught(base) == NOBODY
    assert caught(base) == TOLD["the whole database rolled back to a backup"]["found by"]


def test_everything_of_ours_rolled_back_is_found_by_whoever_remembers(base: Path, settings: Settings) -> None:
    with cloned():
        later = copy_of(base, base.parent / "later", settings)
        published(3)
        assert Watched(str(later / "log"), base / "monitor").round() == (0, [])
    copy_of(base, base.parent / "earlier", settings)
    assert everybody(base) == TOLD["database, store and public files rolled back"]["found by"]


def test_a_backup_that_went_on_another_way_is_found_by_all(base: Path) -> None:
    with cloned():
        published(3)
        assert Watched(str(base / "log"), base / "monitor").round() == (0, [])
    with cloned():
        sequenced(6)
        assert caught(base) == TOLD["a backup that went on another way"]["found by"]


def test_of_two_databases_with_one_store_only_one_goes_on(base: Path) -> None:
    with cloned() as one:
        sequenced(1)
        with cloned() as other:
            sequenced(2)
            rival = publisher.start()
        assert publisher.start().publish()
        assert one != other
    with cloned():
        sequenced(3)
        with pytest.raises(PublishRefused):
            rival.publish()
        with pytest.raises(PublishRefused):
            publisher.start()


def test_two_histories_with_a_store_each_are_found_by_whoever_saw_one(base: Path, settings: Settings) -> None:
    """Nothing on one side contradicts itself there: only who remembers the other side, or a witness, can tell."""
    fork = copy_of(base, base.parent / "fork", settings)
    with cloned():
        published(3)
        assert everybody(fork) == NOBODY
    copy_of(base, base.parent / "first", settings)
    with cloned():
        published(4)
        Watched(str(base.parent / "first/log"), fork / "monitor").round()
    assert stranger(fork)


def blind_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rowmemory, "_compare", lambda *_: None)


def blind_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordcheck, "keys", lambda: Check("every subject's key opens"))


def blind_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Walk, "_compare_tables", lambda _: None)


def blind_publisher(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {bounds: list(bodies(*bounds)) for bounds in ((0, Head.objects.latest("size").size),)}
    monkeypatch.setattr(publisher, "bodies", lambda *bounds: kept.get(bounds, []))


@pytest.mark.parametrize(
    ("cell", "blind", "left"),
    [
        (("ledger_head.created_at", "change"), blind_rows, NOBODY),
        (("ledger_subjectkey", "insert"), blind_keys, NOBODY),
        (("ledger_grantstate.expiry", "change"), blind_state, NOBODY),
        (("ledger_entry.body", "change"), blind_publisher, "fsck, rows"),
    ],
)
def test_a_catcher_that_does_not_look_finds_nothing(
    base: Path, monkeypatch: pytest.MonkeyPatch, cell: tuple[str, str], blind: Callable[[object], None], left: str
) -> None:
    """The negative control: it is this check that finds it, and nothing else by chance."""
    name, act = cell
    table, _, field = name.partition(".")
    acts = tampered.column(table, field).acts() if field else tampered.whole_row_acts(table)
    assert results(base, {act: acts[act]}) == {act: TOLD[name][act]} != {act: left}
    blind(monkeypatch)
    assert results(base, {act: acts[act]}) == {act: left}
