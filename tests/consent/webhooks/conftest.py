"""A receiver on this machine, and what a follower and a worker would do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from consent import clock, follower
from consent.models import WebhookDelivery, WebhookEndpoint
from consent.webhooks import deliveries, endpoints, hearing
from ledger.follower import LoggedEntry
from ledger.models import Entry
from tests.consent.people import Person
from tests.consent.webhooks.receiver import Receiver, receiving

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

Listen = Callable[..., WebhookEndpoint]


@pytest.fixture(autouse=True)
def development(settings: Settings) -> None:
    """Take http to this machine, where the receivers are."""
    settings.DEVELOPMENT = True
    settings.SERVING_LEASE_SECONDS = 0.01


@pytest.fixture(autouse=True)
def bells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Catch what is rung for."""
    rung: list[str] = []

    class App:
        def send_task(self, name: str, args: list[str], **_more: object) -> None:
            assert name == deliveries.TASK
            rung.append(args[0])

    monkeypatch.setattr(deliveries, "current_app", App())
    return rung


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


@pytest.fixture
def listen(receiver: Receiver) -> Listen:
    """Register the receiver for a person."""

    def register(person: Person, *events: str, url: str | None = None) -> WebhookEndpoint:
        endpoint, _ = endpoints.register(url or receiver.url, list(events) or ["*"], actor=person.party)
        return endpoint

    return register


def tell_all() -> None:
    """Let the followers read every entry, in order, as often as this is called."""
    for entry in Entry.objects.order_by("created_at", "pk"):
        logged = LoggedEntry(0, entry.kind, entry.pk, {})
        follower.handle(logged)
        hearing.handle(logged)


def let_pass(time: timedelta) -> None:
    """Move everything that is due or rests into the past."""
    for endpoint in WebhookEndpoint.objects.all():
        for name in ("resume_at", "busy_until", "answered_at", "old_until"):
            if (at := getattr(endpoint, name)) is not None:
                setattr(endpoint, name, at - time)
        endpoint.save()
    for row in WebhookDelivery.objects.all():
        row.queued_at -= time
        row.created_at -= time
        if row.due_at is not None:
            row.due_at -= time
        row.save()


def due_now() -> None:
    """Make due whatever waits, as if its pause were over."""
    WebhookEndpoint.objects.update(resume_at=None)
    WebhookDelivery.objects.filter(due_at__isnull=False).update(due_at=clock.now())
