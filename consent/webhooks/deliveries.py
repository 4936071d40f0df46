"""The outbox of webhooks: rows first, then a bell, a claim, one attempt, and what came of it.

    1. enqueue   a row for each endpoint, in the transaction that read the entry; a second reading adds none
    2. ring      after the commit. The bell may be broken: `sweep` rings for what is due
    3. claim     the endpoint and its oldest due row, for a minute. One worker at a time sends to an endpoint, so one
                 that is slow holds up its own messages and at most one worker
    4. attempt   outside any transaction: resolve, judge, pin, sign, post
    5. record    delivered; or due again later; or, after three days, failed, and the endpoint is switched off

If we crash between 4 and 5 the claim runs out, and the same message goes out again under the same `webhook-id`.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from consent import clock, rfc3339
from consent.models import WebhookDelivery, WebhookEndpoint
from consent.webhooks import endpoints, sending, signatures, targets
from consent.webhooks.events import ALL, EVENTS, TEST
from ledger.canonical import canonical
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from consent.models import Party
    from ledger.models import Entry

logger = logging.getLogger(__name__)
TASK: Final = "consent.tasks.deliver_webhooks"
SECONDS: Final = 10.0  # for one attempt, all in all
CLAIM: Final = timedelta(seconds=60)  # longer than an attempt takes
STINT: Final = 20.0  # seconds after which a worker leaves an endpoint to whoever comes next
PATIENCE: Final = timedelta(days=3)
KEPT: Final = timedelta(days=30)  # how long the log of deliveries goes back; older entries are told to nobody
SLACK: Final = timedelta(seconds=5)  # by which the clocks of entry and endpoint may differ
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=10)  # of one message
LONGEST_REST: Final = timedelta(minutes=30)  # of an endpoint
BATCH: Final = 256
GONE: Final = 410  # Standard Webhooks: the receiver wants no more
State = WebhookDelivery.State
_draw = random.SystemRandom()


class DeliveryMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code: ClassVar[str] = "webhook-delivery-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such delivery"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: a status, or (`None`) the reason why none came."""

    status: int | None
    problem: str = ""

    @property
    def taken(self) -> bool:
        """Whether the receiver has it: any 2xx, and nothing else; a redirect is not followed."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110, section 15.3


def enqueue(
    parties: Collection[uuid.UUID], event: str, data: Mapping[str, object], *, entry: Entry, shown: uuid.UUID | None
) -> int:
    """Write what these parties' endpoints are told of an entry; return to how many. In the caller's transaction.

    `data` holds ids only. `shown`: an entry of which they may ask the proof; `None`: there is none.
    """
    if event not in EVENTS:
        raise ValueError(f"{event} is no event of consent.webhooks.events")
    at = clock.now()
    if not parties or entry.created_at < at - KEPT:
        return 0
    asked = Q(events__contains=[event]) | Q(events__contains=[ALL])
    found = WebhookEndpoint.objects.filter(asked, party__in=parties, state=WebhookEndpoint.State.ENABLED)
    rows = [
        _row(endpoint, event, data, entry, shown, at)
        for endpoint in found.filter(created_at__lte=entry.created_at + SLACK).order_by("pk")
    ]
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        transaction.on_commit(partial(ring, row.endpoint_id))
    return len(rows)


def test(endpoint_id: uuid.UUID, *, actor: Party) -> WebhookDelivery:
    """Queue a test, subscribed to or not. It is no act on record; the entry that it names is that of the endpoint."""
    with transaction.atomic():
        endpoint = _enabled(endpoint_id, actor)
        data = {"webhook": str(endpoint.pk)}
        row = _row(endpoint, TEST, data, endpoint.entry, endpoint.entry_id, clock.now())
        row.save(force_insert=True)
        transaction.on_commit(partial(ring, endpoint.pk))
    row.refresh_from_db()
    return row


def replay(endpoint_id: uuid.UUID, delivery_id: uuid.UUID, *, actor: Party) -> WebhookDelivery:
    """Send a message again, under the same `webhook-id`, whether it was delivered or failed. Pending: it is at once.

    Raises `WebhookMissing`, `WebhookOff`, `DeliveryMissing`.
    """
    with transaction.atomic():
        endpoint = _enabled(endpoint_id, actor)
        row = WebhookDelivery.objects.select_for_update().filter(pk=delivery_id, endpoint=endpoint).first()
        if row is None:
            raise DeliveryMissing("There is no such delivery.", remedy="Use an id that the list of deliveries gave.")
        if row.state != State.PENDING:
            row.attempts = 0
        row.state, row.problem = State.PENDING, ""
        row.queued_at = row.due_at = clock.now()
        row.save(update_fields=["state", "problem", "attempts", "queued_at", "due_at"])
        transaction.on_commit(partial(ring, endpoint.pk))
    return row


def deliver(endpoint_id: uuid.UUID) -> int:
    """Send what is due at one endpoint, oldest first, one after the other; return how many attempts were made.

    Stops at the first failure, after which the endpoint rests, and after a stint, for the others' sake.
    """
    began, tried = time.monotonic(), 0
    while (claimed := _claim(endpoint_id)) is not None:
        tried += 1
        outcome = attempt(*claimed)
        _record(*claimed, outcome)
        if not outcome.taken:
            return tried
        if time.monotonic() - began > STINT:
            ring(endpoint_id)  # not heard: the sweeper rings
            return tried
    return tried


def attempt(endpoint: WebhookEndpoint, row: WebhookDelivery) -> Outcome:
    """Make one attempt. Whatever a stranger's machine does, or a name server says, it is an outcome."""
    until = time.monotonic() + SECONDS
    try:
        place = targets.read(endpoints.url_of(endpoint), loopback=settings.DEVELOPMENT)
        target = targets.settle(place, partial(targets.lookup, seconds=endpoints.LOOKUP_SECONDS))
        at, body = clock.now(), canonical(row.body)
        headers = signatures.headers(endpoints.secrets_of(endpoint, at), str(row.pk), int(at.timestamp()), body)
        return Outcome(sending.post(target, headers, body, until=until))
    except targets.WebhookTargetRefused:
        return Outcome(None, "refused-target")
    except sending.Unanswered as error:
        return Outcome(None, error.why)
    except Problem as error:  # erased meanwhile, or a sealed row that cannot be read
        logger.warning("webhook %s cannot be sent: %s", row.pk, error.code)
        return Outcome(None, "internal")


def sweep() -> int:
    """Ring for each endpoint at which something is due; return how many. Any number of sweepers may run."""
    at = clock.now()
    due = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), state=State.PENDING, due_at__lte=at)
    waiting = WebhookEndpoint.objects.filter(_free(at), Exists(due))
    found = list(waiting.order_by(F("answered_at").asc(nulls_first=True)).values_list("pk", flat=True)[:BATCH])
    for endpoint in found:
        ring(endpoint)
    return len(found)


def forget_old() -> int:
    """Delete what the log of deliveries no longer shows; return how many rows. What is pending stays."""
    old = WebhookDelivery.objects.filter(created_at__lt=clock.now() - KEPT).exclude(state=State.PENDING)
    gone, _ = WebhookDelivery.objects.filter(pk__in=old.order_by("created_at").values("pk")[: BATCH * 40]).delete()
    return gone


def ring(endpoint_id: uuid.UUID) -> None:
    """Wake a worker. Never raises: the row says what is due."""
    try:
        current_app.send_task(TASK, args=[str(endpoint_id)], ignore_result=True, retry=False)
    except Exception as error:  # noqa: BLE001 - whatever a transport raises, what is to be told is committed
        logger.warning("no worker was woken for webhook %s: %s", endpoint_id, error.__class__.__name__)


def pause(attempts: int, first: timedelta, longest: timedelta, factor: int) -> timedelta:
    """Return how long to wait after so many attempts: growing, and seldom the same for two, lest all come at once."""
    grown = min(longest, first * int(factor ** min(attempts - 1, 20)))
    return grown * _draw.uniform(0.75, 1.25)


def _row(  # noqa: PLR0917 - the members of one row, in this module only
    endpoint: WebhookEndpoint,
    event: str,
    data: Mapping[str, object],
    entry: Entry,
    shown: uuid.UUID | None,
    at: datetime,
) -> WebhookDelivery:
    said = {"entry": None if shown is None else str(shown), **data}
    body = {"type": event, "timestamp": rfc3339.write(entry.created_at), "data": said}
    return WebhookDelivery(endpoint=endpoint, event=event, entry=entry, body=body, queued_at=at, due_at=at)


def _enabled(endpoint_id: uuid.UUID, actor: Party) -> WebhookEndpoint:
    endpoint = endpoints.owned(endpoint_id, actor)
    if endpoint.state != WebhookEndpoint.State.ENABLED:
        raise endpoints.WebhookOff("Nothing is sent to it.", remedy='Switch it on with "enabled": true.')
    return endpoint


def _free(at: datetime) -> Q:
    """Match endpoints that nobody is sending to, and that do not rest after a failure."""
    idle = Q(busy_until=None) | Q(busy_until__lte=at)
    rested = Q(resume_at=None) | Q(resume_at__lte=at)
    return Q(idle, rested, state=WebhookEndpoint.State.ENABLED)


def _claim(endpoint_id: uuid.UUID) -> tuple[WebhookEndpoint, WebhookDelivery] | None:
    """Return endpoint and oldest due row, both put off for a minute; `None`: nothing is due, or somebody sends already.

    The attempt is counted here, before it is made: a message that kills its worker is given up like any other.
    """
    with transaction.atomic():
        at = clock.now()
        rows = WebhookEndpoint.objects.select_for_update(of=("self",), skip_locked=True)
        rows = rows.select_related("url__subject_key", "secret__subject_key", "old_secret__subject_key", "party__user")
        endpoint = rows.filter(_free(at), pk=endpoint_id).first()
        if endpoint is None:
            return None
        due = WebhookDelivery.objects.select_for_update().filter(endpoint=endpoint, state=State.PENDING)
        row = due.filter(due_at__lte=at).order_by("due_at", "pk").first()
        if row is None:
            return None
        endpoint.busy_until = row.due_at = at + CLAIM
        row.attempts, row.tried_at = row.attempts + 1, at
        endpoint.save(update_fields=["busy_until"])
        row.save(update_fields=["due_at", "attempts", "tried_at"])
    return endpoint, row


def _record(endpoint: WebhookEndpoint, row: WebhookDelivery, outcome: Outcome) -> None:
    """Write what came of it, unless the claim ran out and somebody else sends now: what they find counts.

    A row that was replayed, or dropped because the endpoint was switched off meanwhile, stays as that left it.
    """
    with transaction.atomic():
        held = WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("party__user").get(pk=endpoint.pk)
        if held.busy_until != endpoint.busy_until:
            return
        at = clock.now()
        held.busy_until = None
        held.failures = 0 if outcome.taken else held.failures + 1
        rest = None if outcome.taken else at + pause(held.failures, FIRST_PAUSE, LONGEST_REST, 2)
        held.answered_at, held.resume_at = at if outcome.taken else held.answered_at, rest
        held.save(update_fields=["busy_until", "failures", "answered_at", "resume_at"])
        ours = WebhookDelivery.objects.select_for_update().filter(pk=row.pk, state=State.PENDING, due_at=row.due_at)
        if (sent := ours.first()) is not None:
            _settle(held, sent, outcome, at)


def _settle(held: WebhookEndpoint, row: WebhookDelivery, outcome: Outcome, at: datetime) -> None:
    """Write the row's next state; switch the endpoint off if it said 410, or took nothing since the row was queued."""
    row.status, row.problem = outcome.status, outcome.problem
    end = row.queued_at + PATIENCE
    over = at >= end or outcome.status == GONE
    if outcome.taken or over:
        row.state, row.due_at = State.DELIVERED if outcome.taken else State.FAILED, None
    else:
        row.due_at = min(at + pause(row.attempts, FIRST_PAUSE, LONGEST_PAUSE, 4), end)
    row.save(update_fields=["state", "due_at", "status", "problem"])
    silent = held.answered_at is None or held.answered_at < row.queued_at
    lost = not outcome.taken and over and (silent or outcome.status == GONE)
    if lost and held.state == WebhookEndpoint.State.ENABLED:
        endpoints.switch_off(held)
