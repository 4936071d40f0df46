"""Whatever the owner of the database or of the files changes is found."""

import io
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection

from ledger import base64url, erasure, log, merkle, published, statetable, vault
from ledger.fsck import examine
from ledger.models import Blob, GrantState, Leaf, Sealed, SubjectKey
from ledger.state import Summary
from ledger.statusfiles import StateUnsound
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


def test_states_and_erasures_of_an_honest_log_are_sound() -> None:
    granted()
    blob = vault.store_blob(PARTY, io.BytesIO(b"clip"), context="clip")
    erasure.erase(PARTY, actor="system:test", reason="asked for")
    publish(0)
    assert Blob.objects.get(pk=blob.pk).erased_at is not None
    assert SubjectKey.objects.filter(wrapped=None).count() == 1
    assert faults() == {}


def granted() -> None:
    """Record 20 grants and the end of the first, so that the state has records, a node and bits that are not zero."""
    grants = [
        log.append("grant.recorded", {}, actor=PARTY, subject=PARTY, public={"expires": "2027-11-22T14:35Z"})
        for _ in range(20)
    ]
    log.append("consent.withdrawn", {}, actor=PARTY, subject=PARTY, public={"ends": [grants[0].commit_text]})
    publish(0)


def test_a_log_with_suspensions_resumptions_and_revocations_is_sound() -> None:
    granted()
    grants = [bytes(row.commit) for row in GrantState.objects.order_by("number")]
    named = [base64url.encode(commit) for commit in grants]
    for kind, public in (
        ("consent.suspended", {"suspends": named[:4]}),
        ("consent.resumed", {"resumes": named[1:3]}),
        ("consent.revoked", {"ends": named[2:4]}),
    ):
        log.append(kind, {}, actor=PARTY, subject=PARTY, public=public)
        publish(0)
    assert list(GrantState.objects.order_by("number").values_list("status", flat=True)[:5]) == [1, 0, 1, 1, 0]
    assert faults() == {}


RECORD = "the row of grant {} is not what the entries give"
UNKNOWN = "rows of grants that the entries do not know"
NODES = "the stored nodes of the state tree are not what the entries give"
BITS = "the stored status list is not what the entries give"
GRANT_20 = "INSERT INTO ledger_grantstate (number, commit, status, last_index, expiry) VALUES (20, 'x', 0, 1, 0)"
NODE_1 = "INSERT INTO ledger_statenode (level, number, hash) VALUES (1, 1, 'x')"
CHUNK_1 = "INSERT INTO ledger_statuschunk (number, bits) VALUES (1, 'x')"


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("UPDATE ledger_grantstate SET status = 0 WHERE number = 0", RECORD.format(0)),
        ("UPDATE ledger_grantstate SET status = 1 WHERE number = 19", RECORD.format(19)),
        ("UPDATE ledger_grantstate SET last_index = 0 WHERE number = 3", RECORD.format(3)),
        ("UPDATE ledger_grantstate SET expiry = expiry + 1 WHERE number = 3", RECORD.format(3)),
        ("UPDATE ledger_grantstate SET commit = 'x' WHERE number = 3", RECORD.format(3)),
        ("UPDATE ledger_grantstate SET number = 20 WHERE number = 19", RECORD.format(19)),
        ("DELETE FROM ledger_grantstate WHERE number = 19", RECORD.format(19)),
        (GRANT_20, UNKNOWN),
        ("UPDATE ledger_statenode SET hash = sha256('x')", NODES),
        ("UPDATE ledger_statenode SET level = 2", NODES),
        ("UPDATE ledger_statenode SET number = 1", NODES),
        ("DELETE FROM ledger_statenode", NODES),
        (NODE_1, NODES),
        ("UPDATE ledger_statuschunk SET bits = set_bit(bits, 0, 0)", BITS),
        ("UPDATE ledger_statuschunk SET bits = bits || '\\x00'", BITS),
        ("UPDATE ledger_statuschunk SET bits = substring(bits FROM 1 FOR 4)", BITS),
        ("DELETE FROM ledger_statuschunk", BITS),
        (CHUNK_1, BITS),
    ],
)
def test_a_state_table_that_is_not_what_the_entries_give_is_found(statement: str, word: str) -> None:
    granted()
    assert faults() == {}
    with connection.cursor() as cursor:
        cursor.execute(UNBOUND)
        cursor.execute(statement)
        assert cursor.rowcount == 1
    assert word in words()


LIES: dict[str, Callable[[Summary], Summary]] = {
    "grants": lambda true: replace(true, grants=true.grants + 1),
    "root": lambda true: replace(true, root=merkle.EMPTY_ROOT),
    "status_list": lambda true: replace(true, status_list=bytes(32)),
}


UNSIGNED = {"status_list", "grants"}


@pytest.mark.parametrize("lie", LIES)
def test_a_sequencer_that_records_another_state_is_found(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All else agrees: the leaf is hashed, signed and published like any other. A list that lies is never signed."""
    granted()
    appended(1)
    fold = statetable.fold
    with monkeypatch.context() as lying:
        lying.setattr(statetable, "fold", lambda before, leaves: LIES[lie](fold(before, leaves)))
        with pytest.raises(StateUnsound) if lie in UNSIGNED else nullcontext():
            publish(0)
    assert words().startswith("leaf 24 says another state than the entries before it")


def test_a_state_said_to_be_of_another_place_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    granted()
    appended(1)
    record = log.record_state
    with monkeypatch.context() as lying:
        lying.setattr(log, "record_state", lambda as_of, public: record(as_of, {**public, "as_of": as_of - 1}))
        publish(0)
    assert words().startswith("leaf 24 says another state than the entries before it")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET created_at = created_at + interval '1 minute' WHERE kind = 'party.registered'",
        "UPDATE ledger_entry SET created_at = created_at - interval '1 minute' WHERE kind = 'party.registered'",
        "UPDATE ledger_entry SET created_at = created_at + interval '3 days' WHERE kind = 'party.registered'",
    ],
    ids=["later", "earlier", "days"],
)
def test_an_entry_of_another_minute_than_its_row_is_found(statement: str) -> None:
    (entry,) = publish(1)
    tamper(statement)
    assert words() == f"entry {entry.pk} is not of the minute in which it was made"


NO_ENTRY = "UPDATE ledger_subjectkey SET wrapped = NULL, erased_at = now() WHERE subject LIKE 'party:%'"
UNBOUND = "ALTER TABLE ledger_subjectkey DROP CONSTRAINT ledger_key_gone_means_erased"
NO_TIME = "UPDATE ledger_subjectkey SET wrapped = NULL WHERE subject LIKE 'party:%'"
NO_KEY = "DELETE FROM ledger_subjectkey WHERE subject LIKE 'party:%'"
NO_CIPHERTEXT = """
UPDATE ledger_sealed SET ciphertext = NULL FROM ledger_subjectkey k
WHERE k.id = subject_key_id AND subject LIKE 'party:%'
"""


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        (NO_ENTRY, "1 keys are gone, 0 erasures are on record"),
        (NO_TIME, "is gone, but was never erased"),
        (NO_KEY, "of sealed records is missing"),
        (NO_CIPHERTEXT, "is empty, but its subject was not erased"),
    ],
    ids=["no entry", "no time", "no key", "no ciphertext"],
)
def test_data_that_is_gone_without_an_erasure_is_found(statement: str, word: str) -> None:
    publish(1)
    with connection.cursor() as cursor:
        cursor.execute(UNBOUND)
        cursor.execute(statement)
        assert cursor.rowcount == 1
    assert word in words()


def test_a_file_said_to_be_erased_whose_subject_was_not_is_found() -> None:
    publish(1)
    blob = vault.store_blob(PARTY, io.BytesIO(b"clip"), context="clip")
    Blob.objects.filter(pk=blob.pk).update(erased_at=blob.created_at)
    assert f"blob {blob.pk} is erased, but its subject was not" in words()


def test_a_key_that_came_back_after_its_erasure_is_found() -> None:
    """So does a restored backup, until the erasures since are done again."""
    publish(1)
    before = SubjectKey.objects.get(subject=PARTY)
    erasure.erase(PARTY, actor="system:test", reason="asked for")
    assert faults() == {}
    before.save()
    assert "0 keys are gone, 1 erasures are on record" in words()
