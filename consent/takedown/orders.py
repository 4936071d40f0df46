"""Record the order of a court or an authority, as it was served: its lane, its scope, its territory, its end.

A member of staff records it, and blocks the video at once by the verb of blocks with the reason `court-order` or
`government-order`; a second one confirms. What it says in words leads to names, and is sealed under the case.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction

from consent import clock
from consent.models import Case, Order
from consent.takedown import cases, evidence, lanes
from consent.takedown.notice_document import COUNTRY, MAX_EXPLANATION, UNWRITABLE
from ledger import log, vault
from ledger.canonical import canonical, parse
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from typing import Any, BinaryIO

    from consent.models import Likeness
    from consent.staff import Staff

RECORD: Final = "consent.record_order"
MAX_TERRITORY: Final = 250
MAX_TEXTS: Final = {"court": 120, "docket": 200, "words": MAX_EXPLANATION}  # characters


class OrderRefused(Problem):
    """A field of the order is of no form that is recorded."""

    code: ClassVar[str] = "order-refused"
    title: ClassVar[str] = "The order cannot be recorded as it is"


def record_order(
    video: uuid.UUID | None,
    *,
    likeness: Likeness | None = None,
    kind: str,
    court: str,
    country: str,
    docket: str,
    words: str,
    scope: str,
    served_at: datetime,
    actor: Staff,
    territory: Sequence[str] | None = None,
    ordered_by: datetime | None = None,
    ends_at: datetime | None = None,
) -> Order:
    """Record an order, and open or join the order case of its video. Raises `OrderRefused`.

    The clock runs from service. `ordered_by`: the time that the order itself sets; None: it sets none. `territory`
    None: the order names none; `ends_at` None: until the court says otherwise.
    """
    at = clock.now()
    _check_lists(kind, scope, country, territory)
    _check_texts(court=court, docket=docket, words=words)
    _check_times(at, served_at, ordered_by, ends_at)
    if (scope == Order.Scope.LIKENESS) != (video is None) or (video is None) != (likeness is not None):
        remedy = "Give a video, or a likeness with the scope of a likeness."
        raise OrderRefused("An order is about one video or one likeness.", pointer="/scope", remedy=remedy)
    due = lanes.clock(lanes.Facts(jurisdiction=country, order=kind, ordered_by=ordered_by), served_at)
    with transaction.atomic():
        order = Order(id=uuid.uuid4(), kind=kind, court=court, country=country, scope=scope, served_at=served_at)
        case = cases.joined(video, Case.Kind.ORDER)
        payload = {"order": str(order.pk), "video": None if video is None else str(video), "scope": scope}
        order.entry = log.append("order.recorded", payload, actor=actor.actor, subject="system:takedown")
        order.case = case or cases.opened(video, likeness, lane=due.lane, entry=order.entry, kind=Case.Kind.ORDER)
        sealed = canonical({"docket": docket, "words": words})
        order.details = vault.seal(order.case.subject, sealed, context=f"order:{order.pk}")
        order.territory = None if territory is None else sorted(set(territory))
        order.ordered_by, order.ends_at, order.due_at = ordered_by, ends_at, due.due_at
        order.recorded_by = actor.actor
        order.save(force_insert=True)
        cases.start_clock(order.case, due, at, risk=int(Case.Risk.HIGH))
    return order


def add_document(order: Order, source: BinaryIO, *, actor: Staff) -> Order:
    """Seal the paper as it was served, as it came and never decoded. There is one. Raises `EvidenceRefused`."""
    data, media_type = evidence.checked(source)
    with transaction.atomic():
        case = cases.locked(order.case_id)
        held = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
        if held.document_id is not None:
            raise OrderRefused("Its document is here.", pointer="/document", remedy="Record a new order for another.")
        payload = {"order": str(held.pk), "sha256": hashlib.sha256(data).hexdigest()}
        log.append("order.documented", payload, actor=actor.actor, subject=case.subject)
        held.document = vault.store_blob(case.subject, io.BytesIO(data), context=f"order-document:{held.pk}")
        held.document_type = media_type
        held.save(update_fields=["document", "document_type"])
        cases.raise_version(case)
    return held


def read(order: Order, *, actor: Staff) -> dict[str, Any]:
    """Return docket reference and words, on record before they are handed out. Raises `Erased`."""
    with transaction.atomic():
        found = details_of(order)
        log.append("order.read", {"order": str(order.pk)}, actor=actor.actor, subject=order.case.subject)
    return found


def read_document(order: Order, *, actor: Staff) -> Iterator[bytes]:
    """Return the chunks of the paper, on record. Raises `OrderRefused` where there is none, `Erased`."""
    if order.document is None:
        raise OrderRefused("No document was added.", pointer="/document", remedy="Add it.")
    with transaction.atomic():
        payload: dict[str, object] = {"order": str(order.pk), "document": True}
        log.append("order.read", payload, actor=actor.actor, subject=order.case.subject)
    return vault.open_blob(order.document)


def details_of(order: Order) -> dict[str, Any]:
    """Return docket reference and words. Raises `Erased`."""
    return parse(vault.unseal(order.details), limit=128 * 1024)


def _check_texts(**texts: str) -> None:
    for name, text in texts.items():
        most = MAX_TEXTS[name]
        if not 1 <= len(text) <= most or UNWRITABLE.search(text):
            raise OrderRefused("A text is needed here.", pointer=f"/{name}", remedy=f"Write 1 to {most} characters.")


def _check_lists(kind: str, scope: str, country: str, territory: Sequence[str] | None) -> None:
    if kind not in Order.Kind.values or scope not in Order.Scope.values:
        raise OrderRefused("There is no such kind or scope.", pointer="/kind", remedy="Use one of the list.")
    if not COUNTRY.fullmatch(country):
        raise OrderRefused("This is no country.", pointer="/country", remedy="Write it like US, or US-CA.")
    named = territory if territory is not None else []
    if (territory is not None and not 1 <= len(named) <= MAX_TERRITORY) or not all(map(COUNTRY.fullmatch, named)):
        remedy = "List countries by their codes, or leave it out."
        raise OrderRefused("This is no territory.", pointer="/territory", remedy=remedy)


def _check_times(at: datetime, served_at: datetime, ordered_by: datetime | None, ends_at: datetime | None) -> None:
    times = {"served_at": served_at, "ordered_by": ordered_by, "ends_at": ends_at}
    for name, time in times.items():
        if time is not None and time.utcoffset() is None:
            raise OrderRefused("This time has no zone.", pointer=f"/{name}", remedy="Give it with its zone.")
    if served_at > at:
        raise OrderRefused("It was not served yet.", pointer="/served_at", remedy="Record it when it is.")
    if ends_at is not None and ends_at <= at:
        raise OrderRefused("It is over.", pointer="/ends_at", remedy="There is nothing to do about it.")
