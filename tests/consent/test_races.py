"""Consent under contention: real commits on real connections, one to a thread."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from consent import decisions, grants, parties, permits, revocations, standing
from consent.models import Grant, Likeness, Permit, Withdrawal
from consent.policy import Allow
from ledger.models import Entry
from ledger.problem import Problem
from tests.consent import people
from tests.consent.people import Person
from tests.consent.test_permits import ORDER

RACES = 40
Story = tuple[Person, Person, Likeness]


@pytest.fixture
def story(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> Story:
    ada, ben = people.register("ada"), people.register("ben")
    return ada, ben, people.enrolled(ada, monkeypatch)


def own_connection[T](verb: Callable[[], T]) -> Callable[[], T]:
    """Run a verb in a thread, whose connection is its own, and close that connection."""

    def run() -> T:
        try:
            return verb()
        finally:
            connection.close()

    return run


@contextmanager
def threads(count: int) -> Iterator[Callable[..., Future[object]]]:
    with ThreadPoolExecutor(count) as pool:
        yield lambda verb: pool.submit(own_connection(verb))


def together(*verbs: Callable[[], object]) -> list[object]:
    """Start all verbs at one moment; return what each returned or raised as a Problem."""
    barrier = threading.Barrier(len(verbs))

    def begin(verb: Callable[[], object]) -> object:
        connection.ensure_connection()
        barrier.wait(10)
        try:
            return verb()
        except Problem as problem:
            return problem

    with threads(len(verbs)) as start:
        return [future.result(30) for future in [start(lambda verb=verb: begin(verb)) for verb in verbs]]


def gate_one(ben: Person, face: Likeness, pause: float = 0.0) -> Permit | None:
    """Decide and mint in one transaction; the pause stands for everything that may happen in between."""
    with transaction.atomic():
        decision, outcome = decisions.decide_locked(people.use(ben.party, face), actor=ben.party)
        if not isinstance(outcome, Allow):
            return None
        time.sleep(pause)
        return permits.mint(decision, outcome, job=uuid.uuid4(), video=uuid.uuid4(), order=ORDER, actor=ben.party)


def waits_for_us(other: Future[object]) -> bool:
    """Wait until the other thread waits for a lock that our transaction holds; False if it ends instead."""
    for _ in range(1000):
        with connection.cursor() as cursor:  # pg_stat_activity would stand still inside our transaction
            cursor.execute(
                "SELECT true FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone():
                return True
        if other.done():
            return False
        time.sleep(0.01)
    return False


@pytest.mark.django_db
def test_each_statement_sees_what_was_committed_before_it() -> None:
    """After a lock that we waited for, the next statement must see what the other wrote; SERIALIZABLE would not."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("read committed",)


def test_no_permit_is_minted_after_a_withdrawal(story: Story) -> None:
    ada, ben, face = story
    chance = random.Random(2)
    minted, denied = 0, 0
    for _ in range(RACES):
        given = people.grant(ada, face, ben.party)
        late, pause = chance.uniform(-0.01, 0.02), chance.choice([0.0, 0.01, 0.02])

        def withdraw(given: Grant = given, late: float = late) -> tuple[Withdrawal, set[uuid.UUID]]:
            time.sleep(max(0.0, late))
            withdrawal = revocations.withdraw_grant(given, actor=ada.party)
            return withdrawal, set(given.permits.values_list("pk", flat=True))  # as of just after the commit

        def dispatch(late: float = late, pause: float = pause) -> Permit | None:
            time.sleep(max(0.0, -late))
            return gate_one(ben, face, pause)

        taken, permit = together(withdraw, dispatch)
        assert isinstance(taken, tuple)
        withdrawal, permits_then = taken
        assert set(given.permits.values_list("pk", flat=True)) == permits_then
        if isinstance(permit, Permit):
            minted += 1
            assert permit.epochs == {str(face.pk): withdrawal.epoch - 1}
            with pytest.raises(permits.PermitRefused):
                permits.redeem(permit.token, service="reference")
        else:
            denied += 1
    assert minted
    assert denied
    face.refresh_from_db()
    assert face.epoch == RACES


def test_a_withdrawal_waits_for_the_gate_that_was_first(story: Story) -> None:
    ada, ben, face = story
    given = people.grant(ada, face, ben.party)
    with threads(1) as start:
        with transaction.atomic():
            decision, outcome = decisions.decide_locked(people.use(ben.party, face), actor=ben.party)
            assert isinstance(outcome, Allow)
            withdrawal = start(lambda: revocations.withdraw_grant(given, actor=ada.party))
            assert waits_for_us(withdrawal)
            permits.mint(decision, outcome, job=uuid.uuid4(), video=uuid.uuid4(), order=ORDER, actor=ben.party)
        withdrawal.result(10)
    assert not standing.all_stand([given.pk])


def test_a_gate_waits_for_the_withdrawal_that_was_first(story: Story) -> None:
    ada, ben, face = story
    given = people.grant(ada, face, ben.party)
    with threads(1) as start:
        with transaction.atomic():
            revocations.withdraw_grant(given, actor=ada.party)
            gate = start(lambda: gate_one(ben, face))
            assert waits_for_us(gate)
        assert gate.result(10) is None
    assert not Permit.objects.exists()


def test_a_permit_shown_eight_times_at_once_is_redeemed_once(story: Story) -> None:
    ada, ben, face = story
    people.grant(ada, face, ben.party)
    for _ in range(5):
        permit = gate_one(ben, face)
        assert permit is not None
        token = permit.token
        found = together(*[lambda token=token: permits.redeem(token, service="reference")] * 8)
        assert sum(isinstance(answer, Permit) for answer in found) == 1
        assert sum(isinstance(answer, permits.PermitReplayed) for answer in found) == 7
    assert Entry.objects.filter(kind="permit.redeemed").count() == 5


def test_two_permits_of_one_job_begin_it_once(story: Story) -> None:
    ada, ben, face = story
    people.grant(ada, face, ben.party)
    for _ in range(5):
        first = gate_one(ben, face)
        assert first is not None
        second = permits.renew(first, actor=ben.party)
        found = together(
            lambda token=first.token: permits.redeem(token, service="one"),  # type: ignore[misc]  # bound now
            lambda token=second.token: permits.redeem(token, service="two"),  # type: ignore[misc]  # bound now
        )
        assert sorted(type(answer).__name__ for answer in found) == ["Permit", "PermitReplayed"]


def test_a_withdrawal_before_the_redemption_wins(story: Story) -> None:
    ada, ben, face = story
    for _ in range(10):
        given = people.grant(ada, face, ben.party)
        permit = gate_one(ben, face)
        assert permit is not None

        def withdraw(given: Grant = given, permit: Permit = permit) -> bool:
            revocations.withdraw_grant(given, actor=ada.party)
            return Permit.objects.get(pk=permit.pk).redeemed_at is not None  # as of just after the commit

        then, _answer = together(withdraw, lambda token=permit.token: permits.redeem(token, service="one"))  # type: ignore[misc]  # bound now
        assert (Permit.objects.get(pk=permit.pk).redeemed_at is not None) == then


def test_a_redemption_waits_for_the_withdrawal_that_was_first(story: Story) -> None:
    ada, ben, face = story
    given = people.grant(ada, face, ben.party)
    permit = gate_one(ben, face)
    assert permit is not None
    with threads(1) as start:
        with transaction.atomic():
            revocations.withdraw_grant(given, actor=ada.party)
            redemption = start(lambda: permits.redeem(permit.token, service="one"))
            assert waits_for_us(redemption)
        with pytest.raises(permits.PermitRefused):
            redemption.result(10)


def test_one_grant_withdrawn_by_eight_at_once_is_withdrawn_once(story: Story) -> None:
    ada, ben, face = story
    given = people.grant(ada, face, ben.party)
    found = together(*[lambda: revocations.withdraw_grant(given, actor=ada.party)] * 8)
    assert len({withdrawal.pk for withdrawal in found}) == 1  # type: ignore[attr-defined]  # all are withdrawals
    assert Entry.objects.filter(kind="consent.withdrawn").count() == 1


def test_one_withdrawal_drained_by_four_at_once_is_drained_once(story: Story) -> None:
    ada, ben, face = story
    withdrawal = revocations.withdraw_grant(people.grant(ada, face, ben.party), actor=ada.party)
    found = together(*[lambda: revocations.drain(withdrawal)] * 4)
    assert len({drained.drained_entry_id for drained in found}) == 1  # type: ignore[attr-defined]  # all are withdrawals
    assert Entry.objects.filter(kind="withdrawal.drained").count() == 1


def test_one_statement_sent_eight_times_at_once_is_recorded_once(story: Story) -> None:
    ada, ben, face = story
    document = grants.draft(face, people.terms(ben.party), key=ada.key, actor=ada.party)
    signature = ada.sign(document)
    found = together(*[lambda: grants.record_grant(document, signature, actor=ada.party)] * 8)
    assert sum(isinstance(answer, Grant) for answer in found) == 1
    assert sum(isinstance(answer, grants.GrantReplayed) for answer in found) == 7


def test_a_grant_that_races_the_end_of_its_likeness_does_not_survive_it(story: Story) -> None:
    ada, ben, face = story
    document = grants.draft(face, people.terms(ben.party), key=ada.key, actor=ada.party)
    signature = ada.sign(document)
    together(
        lambda: grants.record_grant(document, signature, actor=ada.party),
        lambda: revocations.withdraw_likeness(face, actor=ada.party),
    )
    assert not Grant.objects.filter(ended_at=None).exists()


def test_one_handle_wanted_by_four_at_once_belongs_to_one(fresh_database: str) -> None:
    found = together(*[lambda: people.register("ada")] * 4)
    assert sum(isinstance(answer, Person) for answer in found) == 1
    assert sum(isinstance(answer, parties.HandleTaken) for answer in found) == 3


def test_draining_inside_the_withdrawing_transaction_is_refused(story: Story) -> None:
    ada, ben, face = story
    given = people.grant(ada, face, ben.party)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        revocations.drain(revocations.withdraw_grant(given, actor=ada.party))
    assert Grant.objects.get().ended_at is None


def test_nothing_is_decided_outside_a_transaction(story: Story) -> None:
    _, ben, face = story
    with pytest.raises(transaction.TransactionManagementError):
        decisions.decide_locked(people.use(ben.party, face), actor=ben.party)
