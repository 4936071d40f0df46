"""Find out whom a request names, and tell them: apart from asking, so that who asks cannot tell by the time it took.

A request reaches nobody where the name leads to nobody, the likeness is not in use, its door is closed to this app or
to all, the app is shut out, or a bound is met. The app is told nothing of that: for it the request is open, then over.

Of the bounds those on one person come last and are the person's protection, not the app's right: what is past them is
not kept for tomorrow, because a flood would then only be slower.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Case, Q, Value, When

from consent import approvals, asks, authority, clock, exclusions, messages
from consent.models import Ask, AskRefusal, Likeness, Message, Party

if TYPE_CHECKING:
    from datetime import datetime

FROM_ONE: Final = 3  # requests of one app that reach one person within `WHILE`
WHILE: Final = timedelta(days=30)
A_DAY: Final = 20  # requests that reach one person within a day
TOLD: Final = 5  # of them with a message and an e-mail; the others stand in the list


def deliver_due() -> int:
    """Deliver what was asked; return how many requests were looked at. Any number of workers may run."""
    due = Ask.objects.filter(looked_at=None, state=Ask.State.OPEN).order_by("asked_at")
    found = list(due.values_list("pk", flat=True)[: asks.BATCH])
    return sum(_deliver(pk) for pk in found)


def _deliver(pk: uuid.UUID) -> bool:
    """Deliver one. A crash before the commit leaves it to be delivered; after it the person was told, once."""
    with transaction.atomic():
        rows = Ask.objects.select_for_update(of=("self",), skip_locked=True).select_related("client", "entry")
        held = rows.select_related("letter__subject_key").filter(pk=pk, looked_at=None, state=Ask.State.OPEN).first()
        if held is None:
            return False
        held.looked_at = at = clock.now()
        held.likeness = _named(held)
        held.reached = held.likeness is not None and at < held.expires_at and _open(held, held.likeness, at)
        held.save(update_fields=["looked_at", "likeness", "reached"])
        if held.reached and held.likeness is not None:
            _tell(held, held.likeness, at)
    return True


def _named(held: Ask) -> Likeness | None:
    """Return the likeness that the request names, locked; `None`: nobody's, or erased."""
    try:
        name = asks.letter_of(held).named
    except asks.AskClosed:
        return None
    if not name.startswith("@"):
        wanted = Likeness.objects.filter(pk=uuid.UUID(name))
    else:
        wanted = Likeness.objects.filter(holder__handle=name[1:], kind=Likeness.Kind.PERSON, adult_on=None)
    active = Case(When(state=Likeness.State.ACTIVE, then=Value(0)), default=Value(1))
    first = wanted.filter(erased_at=None, holder__erased_at=None).order_by(active, "created_at", "pk").first()
    return None if first is None else Likeness.objects.select_for_update(no_key=True).get(pk=first.pk)


def _open(held: Ask, likeness: Likeness, at: datetime) -> bool:
    """Tell whether the request may reach the person. The likeness is held, so that two requests count each other."""
    if likeness.state != Likeness.State.ACTIVE or held.client.is_erased:
        return False
    if approvals.is_theirs(likeness.pk, held.client):  # who decides needs to ask nobody
        return False
    closed = AskRefusal.objects.filter(Q(client=None) | Q(client=held.client_id), likeness=likeness, lifted_at=None)
    if closed.exists() or exclusions.excluded([likeness.pk], held.client_id):
        return False
    earlier = Ask.objects.filter(likeness__holder=likeness.holder_id, reached=True)
    if earlier.filter(client=held.client_id, looked_at__gt=at - WHILE).count() >= FROM_ONE:
        return False
    return earlier.filter(looked_at__gt=at - asks.DAY).count() < A_DAY


def _tell(held: Ask, likeness: Likeness, at: datetime) -> None:
    earlier = Ask.objects.filter(likeness__holder=likeness.holder_id, reached=True, looked_at__gt=at - asks.DAY)
    if earlier.exclude(pk=held.pk).count() >= TOLD:
        return
    until = f"{held.expires_at:%Y-%m-%d %H:%M} UTC"
    ids = {*authority.principals(likeness, at), likeness.holder_id} - {held.client_id}
    for party in Party.objects.select_related("user").filter(pk__in=ids, erased_at=None).order_by("pk"):
        messages.inform(party, Message.Kind.PERMISSION_ASKED, held.entry, ask=str(held.pk), until=until)
