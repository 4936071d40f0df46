"""Several workers at once, with real commits: each message once, and nobody waits for the slow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from consent import clock
from consent.models import WebhookDelivery, WebhookEndpoint
from consent.webhooks import deliveries, endpoints
from tests.consent import people
from tests.consent.people import Person
from tests.consent.webhooks.conftest import let_pass
from tests.consent.webhooks.receiver import Call, Receiver, receiving

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.django_db  # and so the template of the other tests' databases is made
def test_there_is_nothing_to_send_at_first() -> None:
    assert deliveries.sweep() == 0


@pytest.fixture
def world(fresh_database: str) -> Person:
    """Know somebody, for good."""
    return people.register("ada", "Ada Example")


def registered(person: Person, receiver: Receiver, count: int) -> WebhookEndpoint:
    endpoint, _ = endpoints.register(receiver.url, ["*"], actor=person.party)
    for _ in range(count):
        deliveries.test(endpoint.pk, actor=person.party)
    return endpoint


def worker(endpoint: WebhookEndpoint, gate: threading.Barrier) -> Callable[[], int]:
    def work() -> int:
        try:
            gate.wait(20)
            return deliveries.deliver(endpoint.pk)
        finally:
            connection.close()

    return work


@contextmanager
def crew(count: int) -> Iterator[ThreadPoolExecutor]:
    """Have workers whose connections point at the database of this test."""
    name = connection.settings_dict["NAME"]

    def arrive() -> None:
        connection.settings_dict["NAME"] = name

    with ThreadPoolExecutor(count, initializer=arrive) as pool:
        yield pool


def test_many_workers_deliver_each_message_once(world: Person) -> None:
    with receiving() as receiver:
        endpoint = registered(world, receiver, 20)
        gate = threading.Barrier(4)
        with crew(4) as pool:
            made = [pool.submit(worker(endpoint, gate)) for _ in range(4)]
            tried = sum(each.result(60) for each in made)
        tried += deliveries.deliver(endpoint.pk)  # what the last one left, if all found another at work
    assert tried == 20
    messages = [call.message for call in receiver.calls]
    assert len(messages) == len(set(messages)) == 20
    assert set(WebhookDelivery.objects.values_list("state", "attempts")) == {("delivered", 1)}


def test_a_slow_endpoint_holds_up_neither_others_nor_a_second_worker(world: Person) -> None:
    with receiving() as slow, receiving() as quick:
        reached, let_go = threading.Event(), threading.Event()

        def stall(_call: Call) -> int:
            reached.set()
            let_go.wait(30)
            return 204

        slow.answer = stall
        waiting, other = registered(world, slow, 3), registered(world, quick, 3)
        with crew(1) as pool:
            try:
                held_up = pool.submit(worker(waiting, threading.Barrier(1)))
                assert reached.wait(30)
                assert deliveries.deliver(waiting.pk) == 0  # somebody is at it: nobody else waits there
                assert deliveries.deliver(other.pk) == 3
                assert deliveries.sweep() == 0
                assert not held_up.done()
            finally:
                let_go.set()
            assert held_up.result(60) == 3
    assert len(quick.calls) == len(slow.calls) == 3


def test_no_row_is_locked_while_a_request_is_under_way(world: Person) -> None:
    """A receiver that asks us about what it was told, before it answers, is answered."""
    with receiving() as receiver:
        endpoint = registered(world, receiver, 1)
        seen: list[str] = []

        def look(_call: Call) -> int:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failures=0)
            seen.append(WebhookDelivery.objects.get().state)
            connection.close()
            return 204

        name = connection.settings_dict["NAME"]

        def answer(call: Call) -> int:
            connection.settings_dict["NAME"] = name
            return look(call)

        receiver.answer = answer
        assert deliveries.deliver(endpoint.pk) == 1
    assert seen == ["pending"]
    assert WebhookDelivery.objects.get().state == "delivered"


@pytest.mark.parametrize(("point", "arrived"), [("attempt", 0), ("_record", 1)], ids=["before", "after"])
def test_a_worker_killed_beside_its_request_is_followed_by_another(
    world: Person, fresh_database: str, point: str, arrived: int
) -> None:
    with receiving() as receiver:
        endpoint = registered(world, receiver, 1)
        folders = ("LEDGER_KEYS_DIR", "LEDGER_VAULT_DIR")
        environment = os.environ | {name: str(getattr(settings, name)) for name in folders}
        environment |= {"DATABASE_URL": fresh_database}
        command = [sys.executable, "-m", "tests.consent.webhooks.dying_worker", point, str(endpoint.pk)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert len(receiver.calls) == arrived
        assert deliveries.deliver(endpoint.pk) == 0  # the dead worker's claim still runs: hands off
        let_pass(deliveries.CLAIM)
        assert deliveries.sweep() == 1
        assert deliveries.deliver(endpoint.pk) == 1
    row = WebhookDelivery.objects.get()
    assert {call.message for call in receiver.calls} == {str(row.pk)}
    assert len(receiver.calls) == arrived + 1
    assert (row.state, row.attempts) == ("delivered", 2)


def test_a_worker_leaves_after_its_stint_and_rings_for_the_next(
    world: Person, bells: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "STINT", -1.0)
    with receiving() as receiver:
        endpoint = registered(world, receiver, 3)
        bells.clear()
        assert deliveries.deliver(endpoint.pk) == 1
        assert bells == [str(endpoint.pk)]
        assert clock.now() is not None
