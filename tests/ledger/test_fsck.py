"""Whatever the owner of the database or of the files changes is found."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection

from ledger import published, vault
from ledger.fsck import examine
from ledger.models import Leaf, Sealed
from tests.ledger.conftest import PARTY, appended, sequenced
from tests.ledger.conftest import published as publish
from tests.ledger.test_publisher import tamper

pytestmark = pytest.mark.django_db


def faults() -> dict[str, list[str]]:
    """Return what is wrong, by the title of the check."""
    return {check.title: check.faults for check in examine() if check.faults}


def words() -> str:
    return " | ".join(fault for found in faults().values() for fault in found)


def test_an_empty_log_is_sound() -> None:
    assert faults() == {}


def test_a_log_with_pending_unpublished_and_published_entries_is_sound() -> None:
    publish(260)
    sequenced(2)
    appended(2)
    assert faults() == {}


OTHER_BODY = "UPDATE ledger_entry SET body = body || ' ' WHERE id = (SELECT entry_id FROM ledger_leaf WHERE index = 2)"
OTHER_KIND = "UPDATE ledger_entry SET kind = 'key.revoked' WHERE kind = 'party.registered'"
WAITS_AGAIN = "INSERT INTO ledger_pending (entry_id) SELECT entry_id FROM ledger_leaf WHERE index = 2"


@pytest.mark.parametrize(
    ("statements", "word"),
    [
        ([OTHER_BODY], "leaf 2 is not what was hashed"),
        ([OTHER_KIND], "is not a key.revoked"),
        (["UPDATE ledger_leaf SET leaf_hash = sha256('x') WHERE index = 2"], "leaf 2 is not what was hashed"),
        (["DELETE FROM ledger_leaf WHERE index = 2"], "leaf 3 stands at place 2"),
        (["DELETE FROM ledger_leaf WHERE index = 4"], "database ends at 4"),
        (["DELETE FROM ledger_leaf WHERE index = 4"], "has no place and does not wait"),
        (["UPDATE ledger_head SET root = sha256('x') WHERE size = 5"], "head 5 is not of these entries"),
        (["UPDATE ledger_head SET edge = sha256('x') WHERE size = 5"], "head 5 is not of these entries"),
        (["DELETE FROM ledger_head WHERE size = 5"], "there are 5 leaves"),
        (["INSERT INTO ledger_head (size, root, edge) VALUES (9, 'x', 'x')"], "head 9 is larger than the 5 leaves"),
        ([WAITS_AGAIN], "waits for another"),
        (
            [
                "UPDATE ledger_leaf SET index = 99 WHERE index = 2",
                "UPDATE ledger_leaf SET index = 2 WHERE index = 3",
                "UPDATE ledger_leaf SET index = 3 WHERE index = 99",
            ],
            "root of size 5 is not of these entries",
        ),
        (
            ["UPDATE ledger_leaf SET index = -1 WHERE index = 0"],
            "leaf -1 stands at place 0",
        ),
    ],
)  # fmt: skip
def test_a_change_by_the_owner_of_the_database_is_found(statements: list[str], word: str) -> None:
    publish(3)
    tamper(*statements)
    assert word in words()


def test_a_whole_history_written_anew_is_found_by_what_was_signed() -> None:
    """Entry, leaf, head and files agree with each other again; only the store outside remembers."""
    publish(1)
    kept = Path(configured.LEDGER_CHECKPOINT_STORE).read_bytes()
    tamper("DELETE FROM ledger_leaf", "DELETE FROM ledger_head")
    tamper("DELETE FROM ledger_entry WHERE kind IN ('log.opened', 'state.recorded')")
    for path in (Path(configured.LEDGER_CHECKPOINT_STORE), published.folder() / "checkpoint"):
        path.unlink()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO ledger_pending (entry_id) SELECT id FROM ledger_entry ON CONFLICT DO NOTHING")
    publish(0)
    assert faults() == {}, "the forger was careless"
    Path(configured.LEDGER_CHECKPOINT_STORE).write_bytes(kept)
    assert "root of size 3 is not of these entries" in words()


def test_a_trigger_that_is_gone_or_off_is_found() -> None:
    publish(1)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP TRIGGER ledger_entry_rows ON ledger_entry")
        cursor.execute("ALTER TABLE ledger_leaf DISABLE TRIGGER ledger_leaf_whole")
        cursor.execute("ALTER TABLE ledger_head ENABLE TRIGGER ledger_head_grows")  # on, but not for a replica
    assert "ledger_entry_rows is missing or off" in words()
    assert "ledger_leaf_whole is missing or off" in words()
    assert "ledger_head_grows is missing or off" in words()


Spoil = Callable[[Path], object]


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda log: (log / "tile/0/000").unlink(), "tile/0/000 is missing"),
        (lambda log: (log / "tile/0/000").write_bytes(bytes(8192)), "tile/0/000 is not of these entries"),
        (lambda log: (log / "tile/0/001.p/4").write_bytes(bytes(128)), "tile/0/001.p/4 is not of these entries"),
        (lambda log: (log / "tile/1/000.p/1").write_bytes(bytes(32)), "tile/1/000.p/1 is not of these entries"),
        (lambda log: (log / "tile/entries/000").write_bytes(b""), "tile/entries/000 is not of these entries"),
        (lambda log: (log / "tile/entries/001.p/4").unlink(), "tile/entries/001.p/4 is missing"),
        (lambda log: swap(log / "tile/0/000", log / "tile/entries/000"), "tile/0/000 is not of these entries"),
        (lambda log: (log / "checkpoint").write_bytes(b""), "no signatures"),
        (lambda log: edit(log / "checkpoint", "\n260\n", "\n259\n"), "does not verify"),
    ],
)
def test_a_spoiled_public_file_is_found(spoil: Spoil, word: str) -> None:
    publish(258)
    spoil(published.folder())
    assert word in words()


def test_an_older_store_under_a_newer_checkpoint_is_found() -> None:
    publish(1)
    kept = Path(configured.LEDGER_CHECKPOINT_STORE).read_bytes()
    publish(1)
    Path(configured.LEDGER_CHECKPOINT_STORE).write_bytes(kept)
    assert "size 5 is published, the store holds 3" in words()


def test_a_payload_that_was_exchanged_is_found() -> None:
    one, two = publish(2)
    Sealed.objects.filter(pk=one.sealed_id).update(ciphertext=two.sealed.ciphertext)
    assert str(one.pk) in words()
    salted = vault.unseal(two.sealed)
    forged = vault.seal(one.sealed.subject_key.subject, salted, context=one.sealed.context)
    Sealed.objects.filter(pk=one.sealed_id).update(ciphertext=forged.ciphertext)
    Sealed.objects.filter(pk=forged.pk).update(context="elsewhere")
    assert "does not commit to its payload" in words()


def test_only_the_first_faults_are_listed_and_the_rest_counted() -> None:
    publish(15)
    tamper("UPDATE ledger_leaf SET leaf_hash = sha256('x') WHERE index > 0")
    (check,) = [check for check in examine() if "hash of its entry" in check.title]
    assert (len(check.faults), check.more) == (10, 6)
    assert Leaf.objects.count() == 17


def swap(one: Path, two: Path) -> None:
    kept = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(kept)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_sealed_file_that_is_gone_is_found() -> None:
    publish(1)
    blob = vault.store_blob(PARTY, io.BytesIO(b"clip"), context="clip")
    assert faults() == {}
    vault.path_of(blob).unlink()
    assert f"{blob.pk} is missing" in words()
