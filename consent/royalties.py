"""What uses cost: accrued when a video is published or seen, held during a dispute, reversed after a takedown.

Double entry. A posting set sums to zero: what its client owes (`receivable`) is what its payees are owed (`payable`).
Nothing is edited: a hold moves payable to `hold`, a release moves it back, a reversal moves it to `reversed`, an
account of the client's that lessens what it owes. No money is moved here; a statement says what is to be paid.

The rate is that of the licence that stands for the client, else the grant's own; without a rate a use costs nothing,
and so does a holder's own. A use of several likenesses makes one set for each grant that it rests on.

If we crash before the commit nothing is posted, and whoever calls again posts it once.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import connection, transaction
from django.db.models import Sum

from consent import clock, decisions, entries, licence_document, licences, money, rfc3339, statements
from consent.models import Grant, Licence, Permit, Posting, PostingSet
from consent.money import Money
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from consent.terms import Rate
    from ledger.models import Entry

Account = Posting.Account
Kind = PostingSet.Kind


class Because(StrEnum):
    """Why an accrual was held, released or reversed. The reason never says who asked."""

    DISPUTE = "dispute"  # held
    SETTLED = "settled"  # released: the dispute ended for the payees
    TAKEDOWN = "takedown"  # reversed: the video should not have been seen
    UNPUBLISHED = "unpublished"  # reversed: nobody saw it


FROM: Final = {
    Kind.HELD: (Kind.ACCRUED, Kind.RELEASED),
    Kind.RELEASED: (Kind.HELD,),
    Kind.REVERSED: (Kind.ACCRUED, Kind.RELEASED, Kind.HELD),
}
REASONS: Final = {
    Kind.HELD: (Because.DISPUTE,),
    Kind.RELEASED: (Because.SETTLED,),
    Kind.REVERSED: (Because.TAKEDOWN, Because.UNPUBLISHED),
}


class AccrualRefused(Problem):
    """The accrual was reversed, or is not held, or its batch was posted with another count."""

    code: ClassVar[str] = "accrual-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This cannot be posted"


@dataclass(frozen=True, slots=True)
class Line:
    """One line to post. `part`: the share; None: it was not split."""

    account: Account
    party: uuid.UUID
    amount: Money
    part: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """One use under one grant, with the rate that holds for it. `licence` None: the grant's own rate."""

    permit: Permit
    grant: Grant
    licence: Licence | None
    rate: Rate
    seconds: int


def accrue(permit: Permit, *, at: datetime, actor: str) -> list[PostingSet]:
    """Post what a use and its seconds cost, once, now that its video was published (`at`). Again: the same sets."""
    with transaction.atomic():
        _alone(permit)
        charges = [charge for charge in _charges(permit, at) if charge.rate.per != "view"]
        return [_accrued(one, "", 1 if one.rate.per == "use" else one.seconds, actor) for one in charges]


def accrue_views(permit: Permit, count: int, *, at: datetime, actor: str) -> list[PostingSet]:
    """Post what a batch of views costs. `at` ends the batch, and names it: sent again it is posted once.

    Raises `AccrualRefused` for a batch that comes again with another count, and for a use that was reversed.
    """
    with transaction.atomic():
        _alone(permit)
        charges = [charge for charge in _charges(permit, at) if charge.rate.per == "view" and count]
        return [_accrued(one, rfc3339.write(at), count, actor) for one in charges]


def hold(accrual: PostingSet, *, because: Because, actor: str) -> PostingSet:
    """Keep an accrual from being paid while it is disputed. On hold already: the same set again."""
    return _follow(accrual, Kind.HELD, because, actor)


def release(accrual: PostingSet, *, because: Because, actor: str) -> PostingSet:
    """End a hold for the payees. Released already: the same set again."""
    return _follow(accrual, Kind.RELEASED, because, actor)


def reverse(accrual: PostingSet, *, because: Because, actor: str) -> PostingSet:
    """Owe it no more, on hold or not; final. Reversed already: the same set again."""
    return _follow(accrual, Kind.REVERSED, because, actor)


def accruals(video: uuid.UUID) -> QuerySet[PostingSet]:
    """Return every accrual of a video: a dispute about it goes through them."""
    return PostingSet.objects.filter(permit__video=video, accrual=None).order_by("at", "pk")


def last_of(accrual: PostingSet) -> PostingSet:
    """Return what became of an accrual last: a sequel, or itself."""
    return PostingSet.objects.filter(accrual=accrual).order_by("number").last() or accrual


def _alone(permit: Permit) -> None:
    """Let one transaction at a time post about a permit.

    No row is locked: an erasure takes a party first and its permits later, and would meet us the other way round.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"royalties:{permit.pk}"])


def _charges(permit: Permit, at: datetime) -> list[Charge]:
    """Return what the use is charged under each of its grants. Where a party was erased nothing is left to charge."""
    decision = permit.decision
    if decision.erased_at is not None:
        return []
    use = decisions.use_of(decision)
    found = []
    for grant in Grant.objects.filter(supports__permit=permit, erased_at=None).order_by("pk"):
        licence = licences.covering(grant, use, at)
        rate = _rate(grant, licence)
        if rate is not None and grant.grantor_id != decision.client_id:
            found.append(Charge(permit, grant, licence, rate, use.seconds))
    return found


def _rate(grant: Grant, licence: Licence | None) -> Rate | None:
    if licence is not None:
        return licence_document.parse(licence.document).terms.rate
    return statements.parse_terms(grant.terms).rate


def _accrued(charge: Charge, period: str, units: int, actor: str) -> PostingSet:
    """Post one charge, or find it posted."""
    rate, permit, grant = charge.rate, charge.permit, charge.grant
    known = PostingSet.objects.filter(permit=permit, grant=grant)
    earlier = known.filter(accrual=None)
    if (posted := earlier.filter(period=period).first()) is not None:
        if period and posted.units != units:
            raise AccrualRefused("This batch was posted with another count.", remedy="Send what is new as a batch.")
        return posted
    if known.filter(kind=Kind.REVERSED).exists():
        raise AccrualRefused("This use was reversed.", remedy="Nothing more accrues for it.")
    disputed = known.filter(kind=Kind.HELD).count() > known.filter(kind=Kind.RELEASED).count()
    same = earlier.filter(basis=rate.per, rate=rate.amount, currency=rate.currency, licence=charge.licence)
    before = same.aggregate(sum=Sum("units"))["sum"] or 0
    owed = money.of_units(rate.amount, units, rate.currency, before=before)
    row = PostingSet(
        kind=Kind.ACCRUED, permit=permit, grant=grant, licence=charge.licence, basis=rate.per, period=period,
        units=units, rate=rate.amount, currency=rate.currency,
    )  # fmt: skip
    row = _post(row, _split(charge, owed), actor)
    if disputed:  # a dispute about this use is on: what comes in meanwhile is not paid either
        _follow(row, Kind.HELD, Because.DISPUTE, actor)
    return row


def _split(charge: Charge, owed: Money) -> list[Line]:
    shares = {share.party: share.part for share in charge.rate.shares} or {str(charge.grant.grantor_id): Decimal(1)}
    owing = [
        Line(Account.PAYABLE, uuid.UUID(party), -amount, shares[party])
        for party, amount in money.split(owed, shares).items()
    ]
    return [Line(Account.RECEIVABLE, charge.permit.decision.client_id, owed), *owing]


def _follow(accrual: PostingSet, kind: Kind, because: Because, actor: str) -> PostingSet:
    """Post what becomes of an accrual."""
    if accrual.accrual_id is not None or because not in REASONS[kind]:
        raise ValueError(f"{kind} because of {because} does not follow {accrual}")
    with transaction.atomic():
        _alone(accrual.permit)
        last = last_of(accrual)
        if last.kind == kind:
            return last
        if last.kind not in FROM[kind]:
            raise AccrualRefused(f"It is {last.kind}.", remedy="Read its statement again.")
        row = PostingSet(
            kind=kind, accrual=accrual, number=last.number + 1, because=because, permit=accrual.permit,
            grant=accrual.grant, licence_id=accrual.licence_id, basis=accrual.basis, period=accrual.period,
            units=accrual.units, rate=accrual.rate, currency=accrual.currency,
        )  # fmt: skip
        return _post(row, _moved(accrual, Kind(last.kind), kind), actor)


def _moved(accrual: PostingSet, before: Kind, after: Kind) -> list[Line]:
    """Return the lines that take the payees' amounts from where they are to where they go."""
    source = Account.HOLD if before == Kind.HELD else Account.PAYABLE
    found = []
    for line in accrual.lines.order_by("pk"):
        amount = Money(line.amount, line.currency)
        if line.account == Account.PAYABLE:
            found.append(Line(source, line.party_id, -amount, line.part))
            if after != Kind.REVERSED:
                target = Account.HOLD if after == Kind.HELD else Account.PAYABLE
                found.append(Line(target, line.party_id, amount, line.part))
        elif after == Kind.REVERSED:
            found.append(Line(Account.REVERSED, line.party_id, -amount))
    return found


def _post(row: PostingSet, lines: list[Line], actor: str) -> PostingSet:
    """Write a set with its lines and its entry. The database looks at the balance again, at the commit."""
    if len(lines) < 2 or money.total((line.amount for line in lines), row.currency).amount != 0:  # noqa: PLR2004 - two sides
        raise ValueError(f"{row} does not balance")
    row.at, row.size = clock.now(), len(lines)
    row.entry = _log(row, lines, actor)
    row.save(force_insert=True)
    Posting.objects.bulk_create(
        Posting(
            posting_set=row, account=line.account, party_id=line.party, currency=line.amount.currency,
            amount=line.amount.amount, part=line.part,
        )
        for line in lines
    )  # fmt: skip
    return row


def _log(row: PostingSet, lines: list[Line], actor: str) -> Entry:
    """Enter it under the key of the grantor; an erased one's accruals are held and reversed all the same."""
    payload: dict[str, object] = {
        "set": str(row.pk),
        "accrual": None if row.accrual_id is None else str(row.accrual_id),
        "permit": str(row.permit_id),
        "grant": str(row.grant_id),
        "licence": None if row.licence_id is None else str(row.licence_id),
        "basis": row.basis,
        "period": row.period,
        "units": str(row.units),
        "rate": f"{row.rate:f}",
        "currency": row.currency,
        "because": row.because,
        "lines": [
            {"account": str(line.account), "party": str(line.party), "amount": money.write(line.amount)}
            for line in lines
        ],
    }
    subject = row.grant.grantor.actor
    append = log.append if row.kind == Kind.ACCRUED else entries.append_end
    return append(f"royalty.{row.kind}", payload, actor=actor, subject=subject)
