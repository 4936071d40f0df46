"""The outbox: what leaves, what is tried again, what is given up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from consent import clock, messages, revocations, tasks
from consent.models import Likeness, Message, WebhookDelivery, WebhookEndpoint
from consent.webhooks import deliveries, endpoints, sending, targets
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import Person
from tests.consent.webhooks.conftest import Listen, due_now, let_pass, tell_all
from tests.consent.webhooks.receiver import Receiver, verified

pytestmark = pytest.mark.django_db


def state(row: WebhookDelivery) -> str:
    row.refresh_from_db()
    return row.state


def queued(endpoint: WebhookEndpoint, person: Person) -> WebhookDelivery:
    return deliveries.test(endpoint.pk, actor=person.party)


def test_what_arrives_is_signed_thin_and_verifies_for_a_stranger(ada: Person, receiver: Receiver) -> None:
    endpoint, secret = endpoints.register(receiver.url, ["*"], actor=ada.party)
    row = queued(endpoint, ada)
    assert deliveries.deliver(endpoint.pk) == 1
    (call,) = receiver.calls
    said = verified(secret, call)
    assert call.message == str(row.pk)
    assert said["type"] == "webhook.test"
    assert said["data"] == {"entry": str(endpoint.entry_id), "webhook": str(endpoint.pk)}
    assert abs(int(call.headers["webhook-timestamp"]) - clock.now().timestamp()) < 60
    assert (state(row), row.status, row.attempts, row.due_at) == ("delivered", 204, 1, None)


def test_a_bell_rings_after_the_commit_and_the_task_delivers(
    ada: Person,
    listen: Listen,
    receiver: Receiver,
    bells: list[str],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    endpoint = listen(ada)
    with django_capture_on_commit_callbacks(execute=True):
        queued(endpoint, ada)
        assert bells == []
    assert bells == [str(endpoint.pk)]
    for _ in range(2):
        tasks.deliver_webhooks(bells[0])
    assert len(receiver.calls) == 1


def test_a_bell_that_nobody_heard_is_rung_by_the_sweeper(ada: Person, listen: Listen, bells: list[str]) -> None:
    queued(listen(ada), ada)
    silent = listen(ada)
    bells.clear()
    tasks.sweep_webhooks()
    assert len(bells) == 1
    assert str(silent.pk) not in bells


def test_a_dead_broker_is_no_error(ada: Person, listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dead:
        def send_task(self, *_args: object, **_more: object) -> None:
            raise ConnectionError

    monkeypatch.setattr(deliveries, "current_app", Dead())
    deliveries.ring(listen(ada).pk)


@pytest.mark.parametrize("status", [300, 301, 302, 307, 400, 401, 404, 408, 429, 500, 503])
def test_whatever_is_no_success_is_tried_again_with_the_same_id(
    ada: Person, listen: Listen, receiver: Receiver, status: int
) -> None:
    endpoint = listen(ada)
    row = queued(endpoint, ada)
    receiver.answer = lambda _call: status
    deliveries.deliver(endpoint.pk)
    assert (state(row), row.status, row.attempts) == ("pending", status, 1)
    assert deliveries.deliver(endpoint.pk) == 0  # its pause is not over
    receiver.answer = lambda _call: 200
    due_now()
    deliveries.deliver(endpoint.pk)
    assert (state(row), row.attempts) == ("delivered", 2)
    assert [call.message for call in receiver.calls] == [str(row.pk)] * 2
    assert [call.path for call in receiver.calls] == ["/hook?tenant=7"] * 2  # and no redirect was followed
    assert receiver.calls[0].body == receiver.calls[1].body


def test_an_address_that_moved_inside_since_is_refused_at_the_attempt(
    ada: Person, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the name was public when it was registered."""
    monkeypatch.setattr(targets, "lookup", lambda *_asked, **_more: ["93.184.216.34"])
    endpoint, _ = endpoints.register("https://hooks.example.com:8443/", ["*"], actor=ada.party)
    row = queued(endpoint, ada)
    sent: list[object] = []
    monkeypatch.setattr(sending, "post", lambda *given, **_more: sent.append(given))
    monkeypatch.setattr(targets, "lookup", lambda *_asked, **_more: ["127.0.0.1"])
    deliveries.deliver(endpoint.pk)
    assert sent == []
    assert (state(row), row.status, row.problem) == ("pending", None, "refused-target")


def test_the_address_that_was_judged_is_the_one_connected_to(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that answers otherwise the second time is not asked a second time."""
    answers = [["93.184.216.34"], ["93.184.216.34"], ["127.0.0.1"]]
    monkeypatch.setattr(targets, "lookup", lambda *_asked, **_more: answers.pop(0))
    endpoint, _ = endpoints.register("https://hooks.example.com/", ["*"], actor=ada.party)
    queued(endpoint, ada)
    reached: list[targets.Target] = []

    def post(target: targets.Target, *_given: object, **_more: object) -> int:
        reached.append(target)
        return 200

    monkeypatch.setattr(sending, "post", post)
    deliveries.deliver(endpoint.pk)
    assert [target.address for target in reached] == ["93.184.216.34"]
    assert len(answers) == 1


def test_production_sends_nothing_to_this_machine(
    ada: Person,
    listen: Listen,
    receiver: Receiver,
    settings: Any,  # noqa: ANN401 - pytest-django's settings
) -> None:
    endpoint = listen(ada)
    row = queued(endpoint, ada)
    settings.DEVELOPMENT = False
    deliveries.deliver(endpoint.pk)
    assert receiver.calls == []
    assert (state(row), row.problem) == ("pending", "refused-target")


def test_an_endpoint_that_fails_rests_and_is_not_met_by_a_crowd(
    ada: Person, listen: Listen, receiver: Receiver
) -> None:
    endpoint = listen(ada)
    for _ in range(5):
        queued(endpoint, ada)
    receiver.answer = lambda _call: 500
    assert deliveries.deliver(endpoint.pk) == 1
    assert deliveries.deliver(endpoint.pk) == 0
    assert deliveries.sweep() == 0
    due_now()
    receiver.answer = lambda _call: 200
    assert deliveries.deliver(endpoint.pk) == 5
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.resume_at) == (0, None)


def test_after_three_days_without_an_answer_it_is_switched_off_and_its_party_told(
    ada: Person, listen: Listen, receiver: Receiver
) -> None:
    ada.party.user = get_user_model().objects.create_user("ada", email="ada@example.test")
    ada.party.save()
    endpoint = listen(ada)
    first, other = queued(endpoint, ada), queued(endpoint, ada)
    receiver.answer = lambda _call: 500
    deliveries.deliver(endpoint.pk)
    let_pass(deliveries.PATIENCE)
    deliveries.deliver(endpoint.pk)
    endpoint.refresh_from_db()
    assert endpoint.state == "disabled"
    assert endpoint.last_entry.kind == "webhook.disabled"
    assert {state(first), state(other)} == {"failed"}
    message = Message.objects.get(kind="webhook-disabled")
    assert message.party == ada.party
    assert message.mail_due_at is not None
    assert str(endpoint.pk) in message.text
    assert receiver.url not in message.text
    assert messages.send(message.pk)


def test_just_before_three_days_it_is_tried_once_more_at_their_end(
    ada: Person, listen: Listen, receiver: Receiver
) -> None:
    endpoint = listen(ada)
    row = queued(endpoint, ada)
    receiver.answer = lambda _call: 500
    let_pass(deliveries.PATIENCE - timedelta(seconds=2))
    WebhookDelivery.objects.update(attempts=30)
    deliveries.deliver(endpoint.pk)
    assert state(row) == "pending"
    assert row.due_at == row.queued_at + deliveries.PATIENCE
    endpoint.refresh_from_db()
    assert endpoint.state == "enabled"


def test_one_message_that_is_never_taken_does_not_switch_off_what_takes_others(
    ada: Person, listen: Listen, receiver: Receiver
) -> None:
    endpoint = listen(ada)
    poison, good = queued(endpoint, ada), queued(endpoint, ada)
    receiver.answer = lambda call: 500 if call.message == str(poison.pk) else 200
    for _ in range(2):
        deliveries.deliver(endpoint.pk)
        WebhookEndpoint.objects.update(resume_at=None)  # it has rested; the message's own pause is longer
    assert (state(poison), state(good)) == ("pending", "delivered")
    past = clock.now() - deliveries.PATIENCE
    WebhookDelivery.objects.filter(pk=poison.pk).update(queued_at=past, due_at=past)
    deliveries.deliver(endpoint.pk)
    endpoint.refresh_from_db()
    assert (state(poison), endpoint.state) == ("failed", "enabled")


def test_who_says_gone_is_believed_at_once(ada: Person, listen: Listen, receiver: Receiver) -> None:
    endpoint = listen(ada)
    row = queued(endpoint, ada)
    receiver.answer = lambda _call: 410
    deliveries.deliver(endpoint.pk)
    endpoint.refresh_from_db()
    assert (state(row), endpoint.state) == ("failed", "disabled")


def test_a_worker_that_died_after_sending_sends_again_under_the_same_id(
    ada: Person, listen: Listen, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = listen(ada)
    row = queued(endpoint, ada)

    def die(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(deliveries, "_record", die)
        with pytest.raises(KeyboardInterrupt):
            deliveries.deliver(endpoint.pk)
    assert state(row) == "pending"
    assert deliveries.sweep() == 0  # its claim still runs: hands off
    assert deliveries.deliver(endpoint.pk) == 0
    let_pass(deliveries.CLAIM)
    assert deliveries.sweep() == 1
    assert deliveries.deliver(endpoint.pk) == 1
    assert [call.message for call in receiver.calls] == [str(row.pk)] * 2
    assert state(row) == "delivered"


def test_a_worker_that_comes_back_too_late_changes_nothing(ada: Person, listen: Listen, receiver: Receiver) -> None:
    endpoint = listen(ada)
    row = queued(endpoint, ada)
    late = deliveries._claim(endpoint.pk)
    assert late is not None
    let_pass(deliveries.CLAIM)
    deliveries.deliver(endpoint.pk)
    deliveries._record(*late, deliveries.Outcome(500))
    endpoint.refresh_from_db()
    assert (state(row), endpoint.failures) == ("delivered", 0)


def test_what_was_delivered_can_be_replayed(ada: Person, listen: Listen, receiver: Receiver) -> None:
    endpoint = listen(ada)
    row = queued(endpoint, ada)
    deliveries.deliver(endpoint.pk)
    deliveries.replay(endpoint.pk, row.pk, actor=ada.party)
    deliveries.deliver(endpoint.pk)
    assert [call.message for call in receiver.calls] == [str(row.pk)] * 2


def test_a_row_of_another_endpoint_is_not_replayed(ada: Person, listen: Listen) -> None:
    one, other = listen(ada), listen(ada)
    row = queued(one, ada)
    with pytest.raises(deliveries.DeliveryMissing):
        deliveries.replay(other.pk, row.pk, actor=ada.party)


def test_an_entry_is_told_once_however_often_it_is_read(
    ada: Person, face: Likeness, listen: Listen, receiver: Receiver
) -> None:
    endpoint = listen(ada, "consent.withdrawn", "withdrawal.drained")
    revocations.withdraw_likeness(face, actor=ada.party)
    tasks.drain_overdue()
    for _ in range(3):
        tell_all()
    deliveries.deliver(endpoint.pk)
    assert receiver.events() == ["consent.withdrawn"]
    twin = WebhookDelivery.objects.get()
    twin.pk = UUID(people.some_id())
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_nobody_is_told_of_what_was_before_they_listened_or_is_long_past(
    ada: Person, face: Likeness, listen: Listen
) -> None:
    WebhookEndpoint.objects.filter(pk=listen(ada).pk).update(created_at=clock.now() + timedelta(minutes=1))
    tell_all()
    assert not WebhookDelivery.objects.exists()
    entry = Entry.objects.get(kind="likeness.registered")
    WebhookEndpoint.objects.update(created_at=clock.now() - timedelta(days=90))
    for age, told in ((timedelta(days=31), 0), (timedelta(days=29), 1)):
        entry.created_at = clock.now() - age
        assert deliveries.enqueue({ada.party.pk}, entry.kind, {}, entry=entry, shown=None) == told


def test_only_what_was_asked_for_is_queued(ada: Person, face: Likeness, listen: Listen) -> None:
    listen(ada, "key.registered")
    entry = Entry.objects.get(kind="likeness.registered")
    assert deliveries.enqueue({ada.party.pk}, "likeness.registered", {}, entry=entry, shown=None) == 0
    with pytest.raises(ValueError, match="no event"):
        deliveries.enqueue({ada.party.pk}, "no.such", {}, entry=entry, shown=None)


def test_the_log_of_deliveries_goes_back_a_month(ada: Person, listen: Listen) -> None:
    endpoint = listen(ada)
    old, new, waiting = (queued(endpoint, ada) for _ in range(3))
    WebhookDelivery.objects.exclude(pk=waiting.pk).update(state="delivered", due_at=None)
    past = clock.now() - timedelta(days=31)
    WebhookDelivery.objects.exclude(pk=new.pk).update(created_at=past)
    tasks.forget_webhooks()
    assert set(WebhookDelivery.objects.values_list("pk", flat=True)) == {new.pk, waiting.pk}
    assert old.pk != new.pk


@given(st.integers(1, 10**6))
def test_pauses_grow_are_drawn_and_stay_within_bounds(attempts: int) -> None:
    first, longest = deliveries.FIRST_PAUSE, deliveries.LONGEST_PAUSE
    pause = deliveries.pause(attempts, first, longest, 4)
    grown = min(longest, first * 4 ** min(attempts - 1, 20))
    assert grown * 0.75 <= pause <= grown * 1.25


def test_two_pauses_are_seldom_the_same() -> None:
    drawn = {deliveries.pause(3, deliveries.FIRST_PAUSE, deliveries.LONGEST_PAUSE, 4) for _ in range(20)}
    assert len(drawn) > 10
