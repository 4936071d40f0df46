"""Load statements of account: what a party is owed, and owes, in a month.

A posting counts in the month in which it was made, never in an earlier one: what a statement said of a month that is
over does not change. What was reversed later stands in the month of the reversal.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db.models import Sum

from consent import account, clock
from consent.account import ACCOUNTS, Line, Period, PeriodInvalid, Statement
from consent.models import Party, Posting
from consent.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.db.models import QuerySet

SETTLES: Final = timedelta(minutes=5)  # a posting is dated before its commit: no transaction of ours lasts longer
CHUNK: Final = 2000
CLIENTS: Final = ("receivable", "reversed")


def statements(party: Party, month: str | None) -> list[Statement]:
    """Return a statement for each currency that the party ever had postings in. Raises `PeriodInvalid`."""
    period, at = account.period(month), clock.now()
    if period.start > at:
        raise PeriodInvalid("This month has not begun.", pointer="period", remedy="Use a month that has.")
    opening = _balances(Posting.objects.filter(party=party, posting_set__at__lt=period.start))
    lines = _lines(party, period)
    provisional = at < period.end + SETTLES
    return [
        Statement(
            party=str(party.pk),
            name=party.name,
            currency=currency,
            period=period,
            made_at=at,
            provisional=provisional,
            opening={one: Money(-opening.get((currency, one), Decimal(0)), currency) for one in ACCOUNTS},
            lines=tuple(lines.get(currency, ())),
        )
        for currency in sorted({currency for currency, _ in opening} | set(lines))
    ]


def _balances(rows: QuerySet[Posting]) -> dict[tuple[str, str], Decimal]:
    sums = rows.values_list("currency", "account").annotate(sum=Sum("amount"))
    return {(currency, one): amount for currency, one, amount in sums}


def _lines(party: Party, period: Period) -> Mapping[str, list[Line]]:
    """Return the postings of a period by currency, in the order in which they were made."""
    rows = Posting.objects.filter(party=party, posting_set__at__gte=period.start, posting_set__at__lt=period.end)
    related = "posting_set__permit__decision__client", "posting_set__grant__grantor"
    found: dict[str, list[Line]] = defaultdict(list)
    ordered = rows.select_related(*related).order_by("posting_set__at", "posting_set", "pk")
    for row in ordered.iterator(chunk_size=CHUNK):
        found[row.currency].append(_line(row))
    return found


def _line(row: Posting) -> Line:
    made = row.posting_set
    other = made.grant.grantor if row.account in CLIENTS else made.permit.decision.client
    return Line(
        at=made.at,
        kind=made.kind,
        account=row.account,
        posting_set=str(made.pk),
        permit=str(made.permit_id),
        video=str(made.permit.video),
        counterparty=other.name,
        basis=made.basis,
        batch=made.period,
        units=made.units,
        rate=made.rate,
        share=row.part,
        amount=Money(-row.amount, row.currency),
        because=made.because,
    )


def owed_by(client: UUID, currency: str) -> Money:
    """Return what a client owes in all."""
    owing = Posting.objects.filter(party=client, currency=currency, account__in=CLIENTS)
    return Money(owing.aggregate(sum=Sum("amount"))["sum"] or Decimal(0), currency)
