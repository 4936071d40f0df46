"""One sequencer leads. Whoever was replaced numbers nothing, however late it learns of it."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from functools import partial

import pytest
from django.db import connection

from ledger.models import Entry, Fence, Head, Leaf, Pending
from ledger.sequencer import LOCK, Fenced, lead, sequence, take_over
from tests.ledger.conftest import appended
from tests.ledger.processes import running, wait_until
from tests.ledger.test_commands import has_leaves

OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def asked(statement: str, *parameters: str | int) -> int:
    """Return the one number that a statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.fetchone()[0])


def leads(epoch: int) -> bool:
    return Fence.objects.filter(epoch=epoch).exists()


def one_stands_by() -> bool:
    """Tell whether another session last asked for the leader's lock."""
    return asked(f"SELECT count(*) {OTHERS} AND query LIKE '%%pg_try_advisory_lock%%'") == 1


def recorded() -> tuple[int, int, int, int]:
    """Count all that a batch would add to or take away."""
    return Entry.objects.count(), Leaf.objects.count(), Head.objects.count(), Pending.objects.count()


@pytest.mark.django_db
def test_a_sequencer_of_an_older_epoch_numbers_nothing() -> None:
    old = take_over()
    appended(1)
    assert sequence(epoch=old) == 3
    new = take_over()
    (entry,) = appended(1)
    before = recorded()
    with pytest.raises(Fenced) as fenced:
        sequence(epoch=old)
    assert recorded() == before
    assert (fenced.value.code, fenced.value.status) == ("sequencer-fenced", 503)
    assert sequence(epoch=new) == 2
    assert entry.index == 3


@pytest.mark.django_db
@pytest.mark.parametrize("epoch", [0, 2, 99, -1])
def test_no_epoch_but_the_leader_s_is_good_for_anything(epoch: int) -> None:
    assert take_over() == 1
    with pytest.raises(Fenced):
        sequence(epoch=epoch)
    assert recorded() == (0, 0, 0, 0)


@pytest.mark.django_db
def test_even_an_idle_sequencer_learns_that_it_was_replaced() -> None:
    old = take_over()
    sequence(epoch=old)
    take_over()
    with pytest.raises(Fenced):
        sequence(epoch=old)


def test_who_takes_over_waits_for_the_batch_under_way_and_continues_it(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else two batches would begin at one size, and only a trigger would keep one of them from the log."""
    old = take_over()
    appended(2)
    inside, go_on, taken = threading.Event(), threading.Event(), []
    create = Head.objects.create

    def slow(**values: object) -> Head:
        inside.set()
        assert go_on.wait(30)
        return create(**values)

    def guarded(step: object) -> None:
        try:
            taken.append(step())  # type: ignore[operator]  # a call of either of the two below
        finally:
            connection.close()

    monkeypatch.setattr(Head.objects, "create", slow)
    threads = [threading.Thread(target=guarded, args=(step,)) for step in (lambda: sequence(epoch=old), take_over)]
    threads[0].start()
    assert inside.wait(30)
    threads[1].start()
    end = time.monotonic() + 30
    while not (waits := asked(f"SELECT count(*) {OTHERS} AND wait_event_type = 'Lock'")) and threads[1].is_alive():
        assert time.monotonic() < end
    assert (waits, taken) == (1, [])
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert sorted(taken) == [2, 4]  # the new epoch, and the leaves of the old batch
    appended(1)
    assert sequence(epoch=2) == 2
    assert list(Leaf.objects.order_by("index").values_list("index", flat=True)) == list(range(6))


def test_the_lock_is_free_again_once_a_leader_ends(fresh_database: str) -> None:
    for expected in (1, 2):
        with lead() as epoch:
            assert epoch == expected
            assert asked("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 1
    assert asked("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0


def test_one_that_stands_by_takes_over_when_the_leader_is_killed(environment: dict[str, str]) -> None:
    with running("ledger_sequencer", environment) as leader:
        wait_until(partial(has_leaves, 2), leader)
        with running("ledger_sequencer", environment) as other:
            wait_until(one_stands_by, other)
            appended(1)
            wait_until(partial(has_leaves, 4), leader)
            assert leads(1), "there was no need to take over"
            leader.send_signal(signal.SIGKILL)
            wait_until(partial(leads, 2), other)
            appended(1)
            wait_until(partial(has_leaves, 6), other)


def test_one_that_stands_by_ends_when_told_to(environment: dict[str, str]) -> None:
    with running("ledger_sequencer", environment) as leader:
        wait_until(partial(has_leaves, 2), leader)
        with running("ledger_sequencer", environment) as other:
            wait_until(one_stands_by, other)
            other.send_signal(signal.SIGTERM)
            assert other.wait(timeout=20) == 0
        assert leads(1)
        assert leader.poll() is None


def test_a_leader_that_slept_through_its_replacement_ends_and_numbers_nothing(environment: dict[str, str]) -> None:
    with running("ledger_sequencer", environment) as sleeper:
        wait_until(partial(has_leaves, 2), sleeper)
        with running("ledger_sequencer", environment) as other:
            wait_until(one_stands_by, other)
            sleeper.send_signal(signal.SIGSTOP)
            assert asked("SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE objid = %s", LOCK & 0xFFFFFFFF)
            wait_until(partial(leads, 2), other)
            appended(1)
            wait_until(partial(has_leaves, 4), other)
            stop_between_batches(other)  # so that whatever is numbered now is numbered by the one that slept
            appended(3)
            before = recorded()
            sleeper.send_signal(signal.SIGCONT)
            assert sleeper.wait(timeout=30) == 1
            assert b"Epoch 2 leads, this sequencer has 1" in sleeper.communicate()[1]
            assert recorded() == before
            other.send_signal(signal.SIGCONT)
            wait_until(partial(has_leaves, 8), other)


def stop_between_batches(process: subprocess.Popen[bytes]) -> None:
    """Stop a process where it holds no row: another one must be able to come to its own end."""
    for _ in range(100):
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.05)
        if not asked(f"SELECT count(*) {OTHERS} AND state <> 'idle'"):
            return
        process.send_signal(signal.SIGCONT)
        time.sleep(0.03)
    pytest.fail("it never rests")
