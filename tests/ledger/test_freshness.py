"""No decision rests on a record that has stopped moving."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pytest_django.fixtures import Settings

from ledger import cosignature, durable, freshness, note, published
from ledger.cosignature import Cosigner
from ledger.freshness import RecordStale
from ledger.models import Head
from ledger.problem import Problem
from tests.ledger.conftest import published as publish
from tests.ledger.test_publisher import tamper

pytestmark = pytest.mark.django_db

KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number in (1, 2, 3)]
WITNESSES = [Cosigner(f"w{n}.example", key.public_key().public_bytes_raw()) for n, key in enumerate(KEYS)]


@pytest.fixture(autouse=True)
def limit(settings: Settings) -> Iterator[Settings]:
    settings.LEDGER_STALE_SECONDS = 60
    freshness._verified.cache_clear()
    yield settings
    freshness._verified.cache_clear()


def cosigned(*ages: int) -> None:
    """Have the witnesses cosign what is published, so many seconds ago each."""
    text = published.checkpoint_text() or ""
    for witness, key, age in zip(WITNESSES, KEYS, ages, strict=False):
        at = int(time.time()) - age
        signature = key.sign(cosignature.message(note.parse(text).text, at))
        text += note.Signature(witness.name, witness.key_id + at.to_bytes(8, "big") + signature).line()
    durable.replace(published.folder() / "checkpoint", text.encode())


def quorum(settings: Settings, count: int) -> None:
    settings.LEDGER_WITNESSES = [
        {"name": one.name, "vkey": one.vkey(), "url": "http://127.0.0.1:9"} for one in WITNESSES
    ]
    settings.LEDGER_WITNESS_QUORUM = count


def test_a_record_of_just_now_is_fresh() -> None:
    publish(1)
    freshness.require()


def test_nothing_published_is_stale() -> None:
    with pytest.raises(RecordStale, match="Nothing is published"):
        freshness.require()


def test_an_old_state_is_stale() -> None:
    publish(1)
    tamper("UPDATE ledger_head SET created_at = created_at - interval '61 seconds'")
    with pytest.raises(RecordStale, match="state is too old"):
        freshness.require()


def test_a_size_that_the_database_does_not_know_is_stale() -> None:
    publish(1)
    tamper("UPDATE ledger_head SET size = size + 1")
    assert Head.objects.exists()
    with pytest.raises(RecordStale, match="state is too old"):
        freshness.require()


def test_a_checkpoint_that_is_not_ours_decides_nothing() -> None:
    publish(1)
    path = published.folder() / "checkpoint"
    path.write_text(path.read_text().replace("\n3\n", "\n4\n"))
    with pytest.raises(Problem, match="does not verify"):
        freshness.require()


@pytest.mark.parametrize(
    ("needed", "ages", "fresh"),
    [
        (1, (5, 90, 90), True),
        (2, (5, 10, 90), True),
        (2, (5, 90, 90), False),
        (1, (90,), False),
        (3, (5, 5, 70), False),
    ],
)
def test_the_quorum_must_have_cosigned_recently(
    limit: Settings,
    needed: int,
    ages: tuple[int, ...],
    fresh: bool,  # noqa: FBT001 - a row of the table
) -> None:
    publish(1)
    cosigned(*ages)
    quorum(limit, needed)
    if fresh:
        freshness.require()
    else:
        with pytest.raises(RecordStale, match="cosignatures are too old"):
            freshness.require()


def test_a_record_without_its_quorum_decides_nothing(limit: Settings) -> None:
    publish(1)
    cosigned(5)
    quorum(limit, 2)
    with pytest.raises(Problem, match="1 of 2"):
        freshness.require()


def test_zero_does_not_ask(limit: Settings) -> None:
    limit.LEDGER_STALE_SECONDS = 0
    freshness.require()


def test_signatures_are_checked_once_for_each_checkpoint() -> None:
    publish(1)
    freshness.require()
    freshness.require()
    assert freshness._verified.cache_info().hits == 1
    publish(1)
    freshness.require()
    assert freshness._verified.cache_info().misses == 2


def test_a_database_that_went_another_way_to_the_same_size_is_stale() -> None:
    publish(1)
    tamper("UPDATE ledger_head SET root = sha256('another')")
    with pytest.raises(RecordStale, match="state is too old"):
        freshness.require()


@pytest.mark.parametrize("spoiled", [b"", b"\xff", b"no note"], ids=["empty", "no text", "no note"])
def test_a_file_that_is_no_checkpoint_is_our_fault_and_not_the_askers(spoiled: bytes) -> None:
    publish(1)
    (published.folder() / "checkpoint").write_bytes(spoiled)
    with pytest.raises(RecordStale, match="does not hold"):
        freshness.require()
