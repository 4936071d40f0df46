"""Committed entries get their places."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from ledger import log, merkle, sequencer, statetable
from ledger.entry import decode
from ledger.fsck import examine
from ledger.models import Entry, GrantState, Head, Leaf, Pending, StateNode, StatusChunk
from ledger.sequencer import sequence
from ledger.state import State, Summary
from tests.ledger.conftest import PARTY, appended, record_state_again, sequenced
from tests.ledger.test_publisher import head_row, tamper


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


def bodies() -> list[dict[str, Any]]:
    return [decode(bytes(leaf.entry.body)) for leaf in Leaf.objects.select_related("entry").order_by("index")]


def assert_states_are_of_the_entries() -> None:
    """Replay the public entries, and compare each state on record and the tables with what they give."""
    replayed, last = State(), Summary()
    for index, body in enumerate(bodies()):
        replayed.apply(index, body)
        if body["kind"] == log.STATE:
            last = Summary.of(body)
            assert (body["as_of"], last) == (index, replayed.summary())
    assert last == replayed.summary()
    assert statetable.faults(replayed) == []
    assert [fault for check in examine() for fault in check.faults] == []


def grant() -> Entry:
    public = {"expires": "2027-11-22T14:35Z"}
    return log.append("grant.recorded", {}, actor=PARTY, subject=PARTY, public=public)


def withdraw(*grants: Entry) -> Entry:
    public = {"ends": [one.commit_text for one in grants]}
    return log.append("consent.withdrawn", {}, actor=PARTY, subject=PARTY, public=public)


@pytest.mark.django_db
def test_each_batch_ends_with_what_the_entries_before_it_give() -> None:
    first = [grant() for _ in range(18)]
    appended(2)
    sequence()
    withdraw(first[3], first[17])
    second = grant()
    withdraw(second, first[3])
    sequence()
    appended(1)
    sequence()
    states = [index for index, body in enumerate(bodies()) if body["kind"] == log.STATE]
    assert [states, Summary.of(bodies()[-1]).grants] == [[21, 25, 27], 19]
    assert_states_are_of_the_entries()
    assert ended_grants() == [3, 17, 18]


@pytest.mark.django_db
@pytest.mark.parametrize("limit", [1, 2, 7])
def test_the_state_does_not_depend_on_where_batches_end(limit: int) -> None:
    grants = [grant() for _ in range(9)]
    withdraw(*grants[2:4])
    grants.append(grant())
    withdraw(grants[-1], grants[2])
    while sequence(limit):
        pass
    assert Summary.of(bodies()[-1]).grants == 10
    assert_states_are_of_the_entries()


def sequence_as_before_states() -> None:
    """Give places as it was done before there were states: no leaf at the end of the batch, no tables."""
    head = Head.objects.order_by("-size").first()
    batch = sequencer._pending(1000)
    if head is None:
        genesis = log.open_log()
        batch = [sequencer._ours(genesis), *batch]
    edge = merkle.Edge() if head is None else merkle.Edge.from_bytes(head.size, bytes(head.edge))
    hashes = [merkle.leaf_hash(body) for _, _, body, _ in batch]
    sequencer._insert(edge.size, batch, hashes)
    edge = edge.extended(hashes)
    Head.objects.create(size=edge.size, root=edge.root(), edge=edge.to_bytes())


@pytest.mark.django_db
@pytest.mark.parametrize("step", [1, 3, 19, 20, 21, 4096])
def test_a_log_from_before_states_is_folded_from_its_start(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Size 20, read in steps that end before, at and after it."""
    grants = [grant() for _ in range(16)]
    withdraw(grants[0], grants[15])
    sequence_as_before_states()
    grants.append(grant())
    withdraw(grants[5])
    sequence_as_before_states()
    assert Head.objects.filter(size=20).exists()
    grants.append(grant())
    withdraw(grants[16], grants[17], grants[0])
    monkeypatch.setattr(sequencer, "BATCH", step)
    assert sequence() == 3
    assert Summary.of(bodies()[-1]).grants == 18
    assert ended_grants() == [0, 5, 15, 16, 17]
    assert_states_are_of_the_entries()
    grant()
    assert sequence() == 2
    assert_states_are_of_the_entries()


@pytest.mark.django_db
def test_a_log_whose_last_leaf_is_no_state_forgets_what_the_tables_held() -> None:
    """So it is after a restore to the middle of a batch: the tables are ahead of the leaves, or of another history."""
    grants = [grant() for _ in range(17)]
    withdraw(grants[0])
    sequence()
    GrantState.objects.create(number=17, commit=b"of another history", status=0, last_index=1, expiry=0)
    StateNode.objects.create(level=1, number=1, hash=bytes(32))
    StatusChunk.objects.create(number=1, bits=b"x")
    tamper("DELETE FROM ledger_leaf WHERE index >= 18", "DELETE FROM ledger_head WHERE size = 20")
    tamper(head_row(18))
    assert bodies()[-1]["kind"] == "grant.recorded"
    appended(1)
    assert sequence() == 2
    replayed = State()
    for index, body in enumerate(bodies()):
        replayed.apply(index, body)
    assert Summary.of(bodies()[-1]) == replayed.summary()
    assert GrantState.objects.count() == 17
    assert not GrantState.objects.exclude(status=0).exists()
    assert statetable.faults(replayed) == []


YOUNG = "UPDATE ledger_head SET created_at = statement_timestamp() - interval '50 seconds'"
OLD = "UPDATE ledger_head SET created_at = statement_timestamp() - interval '60 seconds'"


@pytest.mark.django_db
def test_an_idle_log_records_its_state_again_when_that_is_old_and_not_before(settings: Settings) -> None:
    settings.LEDGER_STATE_SECONDS = 60
    grant()
    sequence()
    before = bodies()[-1]
    assert [sequence(), Leaf.objects.count()] == [0, 3]
    tamper(YOUNG)
    assert [sequence(), Leaf.objects.count()] == [0, 3]
    tamper(OLD)
    assert [sequence(), Leaf.objects.count()] == [1, 4]
    after = bodies()[-1]
    assert (after["kind"], after["as_of"]) == (log.STATE, 3)
    assert Summary.of(after) == Summary.of(before)
    assert [sequence(), Leaf.objects.count()] == [0, 4], "its own record is young again"
    assert_states_are_of_the_entries()


@pytest.mark.django_db
def test_no_state_is_recorded_alone_while_entries_wait(settings: Settings) -> None:
    sequenced(1)
    appended(2)
    settings.LEDGER_STATE_SECONDS = 0
    assert sequence() == 3
    record_state_again()
    assert [body["kind"] for body in bodies()[-3:]] == ["party.registered", log.STATE, log.STATE]


def ended_grants() -> list[int]:
    return list(GrantState.objects.filter(status=1).order_by("number").values_list("number", flat=True))
