"""Signing and publishing, and what happens when either is cut short."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection

from ledger import checkpoint, durable, keyring, log, merkle, publisher, tile, tileset
from ledger import published as files
from ledger.checkpoint import Checkpoint
from ledger.checkpoint_store import CheckpointStore, Signed, SwapLost
from ledger.fsck import examine
from ledger.log import LogUnverifiable, NotYetPublished
from ledger.models import Leaf
from ledger.proof import parse
from ledger.publisher import PublishRefused
from ledger.verifier.cli import main as verify
from tests.ledger.conftest import appended, published, published_at, sequenced

pytestmark = pytest.mark.django_db


def store() -> CheckpointStore:
    return CheckpointStore(Path(configured.LEDGER_CHECKPOINT_STORE))


def shown() -> Checkpoint:
    """Return the published checkpoint."""
    return checkpoint.unverified(files.checkpoint_text() or "")


def held() -> Signed:
    """Return what the store holds."""
    signed = store().load()
    assert signed is not None
    return signed


def assert_sound() -> None:
    assert [fault for check in examine() for fault in check.faults] == []
    assert verify(["log", str(files.folder()), "--vkey", keyring.log_vkey()]) == 0


def test_what_is_published_is_what_was_recorded() -> None:
    published(3)
    assert shown() == Checkpoint(configured.LEDGER_ORIGIN, 5, shown().root)
    assert_sound()


def test_nothing_is_published_of_an_empty_database() -> None:
    assert publisher.start().publish() is False
    assert files.checkpoint_text() is None
    assert store().load() is None


def test_an_unchanged_log_is_not_signed_again() -> None:
    published(1)
    before = files.checkpoint_text()
    assert publisher.start().publish() is False
    assert files.checkpoint_text() == before


def test_a_log_that_grows_over_tiles_stays_sound_at_every_size() -> None:
    for size in (2, 255, 256, 257, 258, 518):
        published_at(size)
        assert shown().size == size
        assert_sound()


def test_partial_tiles_of_every_published_size_are_kept() -> None:
    for size in (2, 3, 4):
        published_at(size)
    for size in (2, 3, 4):
        root = files.tree(size).root()
        assert root == merkle.root(
            [bytes(leaf.leaf_hash) for leaf in Leaf.objects.filter(index__lt=size).order_by("index")]
        )


def test_tiles_above_the_second_level_are_written_from_those_below() -> None:
    hashes = [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(66_000)]
    for number in range(258):
        part = hashes[number * 256 : (number + 1) * 256]
        tileset.put_all([(tile.hash_path(0, number, len(part)), tile.encode_hashes(part))])
    for old, size in ((0, 300), (300, 65_000), (65_000, 65_536), (65_536, 66_000)):
        for level in list(tile.levels(size))[1:]:
            tileset.write_level(level, old, size)
    assert files.tree(66_000).root() == merkle.root(hashes)
    assert (files.folder() / "tile/2/000.p/1").exists()


def test_a_proof_is_given_once_the_entry_is_published() -> None:
    (entry,) = appended(1)
    with pytest.raises(NotYetPublished):
        log.proof(entry)
    sequenced(0)
    with pytest.raises(NotYetPublished):
        log.proof(entry)
    published(2)
    (later,) = sequenced(1)
    made = parse(log.proof(entry))
    assert made.index == 1
    with pytest.raises(NotYetPublished):
        log.proof(later)


def test_a_proof_that_does_not_hold_is_not_given() -> None:
    (entry,) = published(1)
    path = files.folder() / "tile/0/000.p/3"
    assert len(path.read_bytes()) == 96
    path.write_bytes(bytes(96))
    with pytest.raises(LogUnverifiable, match="another root"):
        log.proof(entry)


def test_an_entry_changed_between_hash_and_signature_is_never_signed() -> None:
    published(2)
    sequenced(2)
    tamper("UPDATE ledger_entry SET body = body || ' ' WHERE id = (SELECT entry_id FROM ledger_leaf WHERE index = 5)")
    with pytest.raises(PublishRefused, match="do not give the root"):
        publisher.start().publish()
    assert shown().size == held().size == 4


def test_an_entry_changed_behind_a_signature_stops_the_publisher_at_its_start() -> None:
    published(2)
    tamper("UPDATE ledger_entry SET body = body || ' ' WHERE id = (SELECT entry_id FROM ledger_leaf WHERE index = 1)")
    with pytest.raises(PublishRefused, match="does not reproduce"):
        publisher.start()


def test_a_database_restored_from_an_older_backup_is_not_signed() -> None:
    published(2)
    running = publisher.start()
    published(2)
    tamper("DELETE FROM ledger_leaf WHERE index > 3", "DELETE FROM ledger_head WHERE size > 4")
    with pytest.raises(PublishRefused, match="database ends"):
        publisher.start()
    with pytest.raises(PublishRefused, match="database ends"):
        running.publish()
    assert shown().size == 7


def test_a_restored_database_that_grew_another_way_is_not_signed() -> None:
    published(2)
    running = publisher.start()
    tamper(
        "DELETE FROM ledger_leaf WHERE index > 1",
        "DELETE FROM ledger_head WHERE size > 2",
        head_row(2),
    )
    sequenced(3)
    with pytest.raises(PublishRefused, match="does not reproduce"):
        publisher.start()
    with pytest.raises(PublishRefused, match="do not give the root"):
        running.publish()


def test_a_published_checkpoint_newer_than_the_store_stops_everything() -> None:
    published(1)
    kept = store().path.read_bytes()
    published(1)
    store().path.write_bytes(kept)
    sequenced(1)
    with pytest.raises(PublishRefused, match="newer than the store"):
        publisher.start().publish()
    store().path.unlink()
    with pytest.raises(PublishRefused, match="newer than the store"):
        publisher.start().publish()


def test_another_root_of_the_same_size_stops_everything() -> None:
    published(1)
    other = Checkpoint(configured.LEDGER_ORIGIN, 3, merkle.leaf_hash(b"another"))
    text = checkpoint.sign(other, keyring.signing_key("log"))
    (files.folder() / "checkpoint").write_text(text)
    with pytest.raises(PublishRefused, match="another root"):
        publisher.start().publish()


def test_a_store_that_contradicts_itself_is_refused() -> None:
    published(1)
    signed = held()
    store().swap(3, Signed(4, signed.edge, signed.checkpoint))
    with pytest.raises(PublishRefused, match="contradicts itself"):
        publisher.start()


def test_the_swap_is_lost_if_somebody_else_signed() -> None:
    published(1)
    running = publisher.start()
    sequenced(1)
    before = held()

    class Beaten(CheckpointStore):
        def load(self) -> Signed | None:
            return before

    rival = publisher.Publisher(Beaten(store().path))
    assert running.publish()
    winner = held()
    sequenced(1)
    (files.folder() / "checkpoint").write_text(before.checkpoint)  # as the rival saw it
    with pytest.raises(SwapLost):
        rival.publish()
    assert store().load() == winner


def test_a_second_publisher_is_refused() -> None:
    with publisher.alone(), pytest.raises(PublishRefused, match="Another publisher"), publisher.alone():
        pass
    with publisher.alone():
        pass


class Broken(Exception):  # noqa: N818 - a broken disk, not an error of ours
    """The fault that a test injects."""


Call = Callable[..., None]


def failing(call: Call, at: int, *, persisted: bool) -> tuple[Call, list[int]]:
    """Return `call`, but failing at its `at`-th use, before or after its work was done; and a list of the uses."""
    uses: list[int] = []

    def wrapped(*arguments: object) -> None:
        uses.append(1)
        if len(uses) != at:
            return call(*arguments)
        if persisted:
            call(*arguments)
        raise Broken

    return wrapped, uses


@pytest.mark.parametrize("persisted", [False, True], ids=["not persisted", "persisted, answer lost"])
def test_a_failure_at_any_step_is_healed_by_the_next_start(
    monkeypatch: pytest.MonkeyPatch,
    persisted: bool,  # noqa: FBT001 - pytest names it
) -> None:
    """Two short of a full tile, three leaves more: a bundle, tiles of two levels, and the checkpoint are written."""
    published_at(254)
    signatures = count_signatures(monkeypatch)
    for target, name in ((CheckpointStore, "swap"), (durable, "replace")):
        at = 1
        while True:
            sequenced(2 if at == 1 else 1)
            with monkeypatch.context() as broken:
                call, uses = failing(getattr(target, name), at, persisted=persisted)
                broken.setattr(target, name, call)
                try:
                    publisher.start().publish()
                except Broken:
                    assert verify(["log", str(files.folder()), "--vkey", keyring.log_vkey()]) == 0
                    promised = held()
                else:
                    break
            publisher.start().publish()
            assert_sound()
            assert shown().size >= promised.size
            at += 1
        assert at > len(uses) >= 1
        assert at - 1 >= {"swap": 1, "replace": 3}[name]
    assert len(signatures) == len(set(signatures)), "a size was signed twice"


def count_signatures(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that receives each (size, root) whose signature reached the store or was attempted to."""
    signed: list[int] = []
    swap = CheckpointStore.swap

    def counted(self: CheckpointStore, expected: int, new: Signed) -> None:
        swap(self, expected, new)
        signed.append(new.size)

    monkeypatch.setattr(CheckpointStore, "swap", counted)
    return signed


def test_after_the_swap_exactly_what_the_store_holds_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    published(1)
    sequenced(1)
    with monkeypatch.context() as broken:
        broken.setattr(publisher, "_write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publisher.start().publish()
    promised = held()
    assert (promised.size, shown().size) == (5, 3)
    with monkeypatch.context() as silent:
        silent.setattr(checkpoint, "sign", lambda *_: pytest.fail("signed again"))
        publisher.start().publish()
    assert files.checkpoint_text() == promised.checkpoint
    assert_sound()


def test_tiles_that_do_not_lead_to_the_signed_root_are_not_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    published(1)
    sequenced(1)
    before = files.checkpoint_text()
    write = tileset.put_all
    with monkeypatch.context() as broken:
        broken.setattr(tileset, "put_all", lambda files: write((path, bytes(len(data))) for path, data in files))
        with pytest.raises(PublishRefused, match="do not lead"):
            publisher.start().publish()
    assert files.checkpoint_text() == before
    publisher.start().publish()
    assert_sound()


def head_row(size: int) -> str:
    """Return the statement that puts back the head of the first leaves."""
    leaves = Leaf.objects.filter(index__lt=size).order_by("index")
    edge = merkle.Edge().extended(bytes(leaf.leaf_hash) for leaf in leaves)
    root, hashes = edge.root().hex(), edge.to_bytes().hex()
    return f"INSERT INTO ledger_head (size, root, edge) VALUES ({size}, '\\x{root}', '\\x{hashes}')"  # noqa: S608 - hex of our own


def tamper(*statements: str) -> None:
    """Do what only the owner of the database can: switch the triggers off, change, switch them on."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no table with a waiting constraint can be altered
        for table in ("entry", "leaf", "head"):
            cursor.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for name, table in (("entry_rows", "entry"), ("entry_whole", "entry"), ("entry_pends", "entry")):
            cursor.execute(f"ALTER TABLE ledger_{table} ENABLE ALWAYS TRIGGER ledger_{name}")
        for table in ("leaf", "head"):
            for name in ("rows", "whole", {"leaf": "follows", "head": "grows"}[table]):
                cursor.execute(f"ALTER TABLE ledger_{table} ENABLE ALWAYS TRIGGER ledger_{table}_{name}")
