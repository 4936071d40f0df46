"""Committed entries get their places."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from ledger import log, merkle
from ledger.models import Entry, Head, Leaf, Pending
from ledger.sequencer import sequence
from tests.ledger.conftest import PARTY, appended, sequenced


def places() -> list[int]:
    return list(Leaf.objects.order_by("index").values_list("index", flat=True))


@pytest.mark.django_db
def test_the_log_opens_with_its_own_entry_though_others_came_before() -> None:
    first = appended()[0]
    assert sequence() == 3  # genesis, the entry, the state
    genesis = Leaf.objects.get(index=0).entry
    assert genesis.kind == "log.opened"
    assert first.index == 1
    assert not Pending.objects.exists()


@pytest.mark.django_db
def test_an_empty_queue_opens_the_log_and_then_does_nothing() -> None:
    assert sequence() == 2
    assert sequence() == 0
    assert Head.objects.count() == 1


@pytest.mark.django_db
def test_entries_keep_the_order_of_their_arrival() -> None:
    made = sequenced(5)
    assert [entry.index for entry in made] == [1, 2, 3, 4, 5]


@pytest.mark.django_db
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_batches_are_bounded_and_leave_one_head_each(limit: int) -> None:
    appended(5)
    counts = []
    while taken := sequence(limit):
        counts.append(taken)
    batches = -(-5 // limit)
    assert max(counts) <= limit + 2
    assert sum(counts) == 6 + batches  # genesis, the entries, a state for each batch
    assert Head.objects.count() == len(counts) == batches
    assert Leaf.objects.get(index=0).entry.kind == "log.opened"


@pytest.mark.django_db
def test_every_head_is_the_root_of_the_entries_before_it() -> None:
    appended(9)
    while sequence(2):
        pass
    bodies = [bytes(leaf.entry.body) for leaf in Leaf.objects.order_by("index")]
    for head in Head.objects.all():
        assert bytes(head.root) == merkle.root(map(merkle.leaf_hash, bodies[: head.size]))


def test_what_is_not_committed_is_not_numbered(fresh_database: str) -> None:
    appended(1)
    taken: list[int] = []

    def other() -> None:
        taken.append(sequence())
        connection.close()

    with transaction.atomic():
        entry = log.append("party.registered", {}, actor=PARTY, subject=PARTY)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(timeout=20)
        assert taken == [3]
    assert entry.index is None
    assert sequence() == 2
    assert entry.index == 3


def test_a_batch_that_fails_leaves_nothing(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    appended(3)
    with monkeypatch.context() as broken:
        broken.setattr(Head.objects, "create", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sequence()
    assert places() == []
    assert not Entry.objects.filter(kind="log.opened").exists()
    assert Pending.objects.count() == 3
    assert sequence() == 5


def test_two_sequencers_and_many_writers_number_each_entry_once(fresh_database: str) -> None:
    errors: list[Exception] = []

    def guarded(work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)
        finally:
            connection.close()

    def sequence_often() -> None:
        while writers_alive() or sequence(3):
            sequence(3)

    writers = [threading.Thread(target=guarded, args=(lambda: appended(15),)) for _ in range(3)]

    def writers_alive() -> bool:
        return any(writer.is_alive() for writer in writers)

    sequencers = [threading.Thread(target=guarded, args=(sequence_often,)) for _ in range(2)]
    for thread in [*writers, *sequencers]:
        thread.start()
    for thread in [*writers, *sequencers]:
        thread.join(timeout=60)
    assert errors == []
    states = Entry.objects.filter(kind="state.recorded").count()
    assert states == Head.objects.count()
    assert places() == list(range(46 + states))
    assert not Pending.objects.exists()


def test_two_sequencer_processes_share_a_queue(fresh_database: str) -> None:
    appended(40)
    environment = os.environ | {"DATABASE_URL": fresh_database}
    code = (
        "import django, sys; django.setup();"
        "from django.conf import settings; from pathlib import Path;"
        "settings.LEDGER_KEYS_DIR = Path(sys.argv[1]);"
        "from ledger.sequencer import sequence\nwhile sequence(2): pass"
    )
    from django.conf import settings

    command = [sys.executable, "-c", code, str(settings.LEDGER_KEYS_DIR)]
    running = [subprocess.Popen(command, env=environment) for _ in range(2)]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    assert places() == list(range(41 + Head.objects.count()))
    last = Head.objects.order_by("-size").first()
    assert last is not None
    assert last.size == len(places())
