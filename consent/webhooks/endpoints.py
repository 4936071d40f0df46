"""The addresses that a party named: register, change, rotate, remove, and switch off what nobody answers at.

Who holds a party's token may name addresses for it; what is sent there holds ids only, which open nothing without it.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.conf import settings
from django.db import transaction

from consent import clock, entries, messages
from consent.models import Message, Party, WebhookDelivery, WebhookEndpoint
from consent.webhooks import signatures, targets
from consent.webhooks.events import ALL, EVENTS
from ledger import log, vault
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ledger.models import Entry, Sealed

MAX_ENDPOINTS: Final = 5  # of a party
OVERLAP: Final = timedelta(hours=24)  # for which a replaced secret signs beside the new one
LOOKUP_SECONDS: Final = 3.0
OURS: Final = "system:consent"
State = WebhookEndpoint.State


class WebhookInvalid(Problem):
    """What was asked for cannot be told: an event of no such name, or none at all."""

    code: ClassVar[str] = "webhook-invalid"
    title: ClassVar[str] = "The webhook cannot be like that"


class WebhookMissing(Problem):
    """Absent, removed, or somebody else's: one answer for all."""

    code: ClassVar[str] = "webhook-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such webhook"


class WebhookOff(Problem):
    """The webhook is switched off: nothing is sent there."""

    code: ClassVar[str] = "webhook-off"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The webhook is switched off"


class TooManyWebhooks(Problem):
    """A party has a handful of webhooks at most."""

    code: ClassVar[str] = "too-many-webhooks"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "There are too many webhooks"


def register(url: str, events: Sequence[str], *, actor: Party) -> tuple[WebhookEndpoint, str]:
    """Record an address that is told of these events from now on; return it with its secret, which is shown once.

    Raises `WebhookTargetRefused`, `WebhookInvalid`, `TooManyWebhooks`.
    """
    place, wanted, secret = _checked(url), _known(events), signatures.new_secret()
    with transaction.atomic():
        Party.objects.select_for_update(no_key=True, of=("self",)).get(pk=actor.pk)  # two at once are counted
        if actor.webhooks.exclude(state=State.REMOVED).count() >= MAX_ENDPOINTS:
            raise TooManyWebhooks(f"A party has at most {MAX_ENDPOINTS}.", remedy="Remove one, or change it.")
        endpoint = WebhookEndpoint(id=uuid.uuid4(), party=actor, events=wanted)
        endpoint.url, endpoint.secret = _sealed(endpoint, "url", url), _sealed(endpoint, "secret", secret)
        endpoint.entry = endpoint.last_entry = _entered(endpoint, "webhook.registered", actor, host=place.host)
        endpoint.save(force_insert=True)
    endpoint.refresh_from_db()
    return endpoint, secret


def change(
    endpoint_id: uuid.UUID,
    *,
    actor: Party,
    url: str | None = None,
    events: Sequence[str] | None = None,
    enabled: bool | None = None,
) -> WebhookEndpoint:
    """Change what is given; `None`: as it was. Switched on again it starts afresh; what failed can be replayed.

    Raises `WebhookMissing` and what `register` raises.
    """
    place = None if url is None else _checked(url)
    wanted = None if events is None else _known(events)
    with transaction.atomic():
        held = _held(endpoint_id, actor)
        outdated: list[Sealed] = []
        if url is not None and held.url is not None:
            outdated.append(held.url)
            held.url = _sealed(held, "url", url)
        if wanted is not None:
            held.events = wanted
        if enabled is not None:
            held.state = State.ENABLED if enabled else State.DISABLED
        if held.state == State.DISABLED:
            _drop_pending(held)
        held.failures, held.resume_at = 0, None
        held.last_entry = _entered(held, "webhook.changed", actor, host=None if place is None else place.host)
        held.save()
        _forget(outdated)
    return held


def rotate(endpoint_id: uuid.UUID, *, actor: Party, overlap: bool = True) -> tuple[WebhookEndpoint, str]:
    """Put a new secret in the place of the old one; return it, shown once.

    For a day both sign, so that the receiver changes over when it suits; `overlap` False: the old one is stolen, and
    signs nothing more.
    """
    with transaction.atomic():
        held, secret = _held(endpoint_id, actor), signatures.new_secret()
        outdated = [each for each in (held.old_secret, None if overlap else held.secret) if each is not None]
        held.old_secret = held.secret if overlap else None
        held.old_until = clock.now() + OVERLAP if overlap else None
        held.secret = _sealed(held, "secret", secret)
        held.last_entry = _entered(held, "webhook.rotated", actor)
        held.save()
        _forget(outdated)
    return held, secret


def remove(endpoint_id: uuid.UUID, *, actor: Party) -> None:
    """Take an address back: it is told nothing more, its URL and secrets are deleted. Raises `WebhookMissing`."""
    with transaction.atomic():
        held = _held(endpoint_id, actor)
        outdated = [each for each in (held.url, held.secret, held.old_secret) if each is not None]
        held.state, held.url, held.secret = State.REMOVED, None, None
        held.old_secret = held.old_until = None
        _drop_pending(held)
        held.last_entry = _entered(held, "webhook.removed", actor)
        held.save()
        _forget(outdated)


def switch_off(held: WebhookEndpoint) -> None:
    """Disable an endpoint that takes nothing any more, in the caller's transaction, and tell its party."""
    payload: dict[str, object] = {"webhook": str(held.pk)}
    held.last_entry = entries.append_end("webhook.disabled", payload, actor=OURS, subject=held.party.actor)
    held.state = State.DISABLED
    held.save(update_fields=["state", "last_entry"])
    _drop_pending(held)
    messages.inform(held.party, Message.Kind.WEBHOOK_DISABLED, held.last_entry, webhook=str(held.pk))


def owned(endpoint_id: uuid.UUID, party: Party) -> WebhookEndpoint:
    """Return the party's endpoint. Raises `WebhookMissing`."""
    found = party.webhooks.filter(pk=endpoint_id).exclude(state=State.REMOVED).first()
    if found is None:
        raise missing()
    return found


def missing() -> WebhookMissing:
    """Return the one answer for what is absent, removed or not the asker's."""
    return WebhookMissing("There is no such webhook of yours.", remedy="Use an id that the list gave.")


def url_of(endpoint: WebhookEndpoint) -> str:
    """Return the URL. Raises `Erased`, or `WebhookMissing` for one that was removed."""
    if endpoint.url is None:
        raise missing()
    return vault.unseal(endpoint.url).decode()


def secrets_of(endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    """Return the secrets that sign at this time, the newest first."""
    old = endpoint.old_secret if endpoint.old_until is not None and at < endpoint.old_until else None
    return [vault.unseal(each).decode() for each in (endpoint.secret, old) if each is not None]


def _checked(url: str) -> targets.Place:
    """Read the URL and look where its name leads. That is asked again, and only then counts, at each attempt."""
    place = targets.read(url, loopback=settings.DEVELOPMENT)
    targets.settle(place, lambda host, port: targets.lookup(host, port, seconds=LOOKUP_SECONDS))
    return place


def _known(events: Sequence[str]) -> list[str]:
    named = sorted(set(events))
    if not named or len(named) != len(events) or not (named == [ALL] or EVENTS.keys() >= set(named)):
        remedy = f'Name each event once, as docs/design/webhooks.md lists them, or ["{ALL}"] for all.'
        raise WebhookInvalid("These are no events, or one of them twice.", pointer="/events", remedy=remedy)
    return named


def _held(endpoint_id: uuid.UUID, actor: Party) -> WebhookEndpoint:
    rows = WebhookEndpoint.objects.select_for_update(of=("self",)).filter(pk=endpoint_id, party=actor)
    held = rows.select_related("url", "secret", "old_secret").exclude(state=State.REMOVED).first()
    if held is None:
        raise missing()
    return held


def _sealed(endpoint: WebhookEndpoint, what: str, text: str) -> Sealed:
    context = f"webhook-{what}:{endpoint.pk}"
    return vault.seal(f"party:{endpoint.party_id}", text.encode(), context=context)


def _entered(endpoint: WebhookEndpoint, kind: str, actor: Party, *, host: str | None = None) -> Entry:
    """Append. The host alone is said: path and query are where people put tokens."""
    payload: dict[str, object] = {"webhook": str(endpoint.pk), "state": str(endpoint.state)}
    payload["events"] = list(endpoint.events)
    if host is not None:
        payload["host"] = host
    return log.append(kind, payload, actor=actor.actor, subject=actor.actor)


def _drop_pending(held: WebhookEndpoint) -> None:
    pending = WebhookDelivery.objects.filter(endpoint=held, state=WebhookDelivery.State.PENDING)
    pending.update(state=WebhookDelivery.State.FAILED, due_at=None, problem="switched-off")


def _forget(outdated: list[Sealed]) -> None:
    """Delete what no row names any more: an old URL, a secret that was replaced before."""
    for each in outdated:
        each.delete()
