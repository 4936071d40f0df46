"""What somebody earned: sums of a party's postings by month and currency, in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import TruncMonth
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from consent import charts, clock
from consent.models import Party, Posting
from consent.money import Money

MONTHS: Final = 12
EARNED: Final = (Posting.Account.PAYABLE, Posting.Account.HOLD)


@dataclass(frozen=True, slots=True)
class Year:
    """The last twelve months of one currency, this one last. `table`: month and amount."""

    currency: str
    this_month: Money
    total: Money
    picture: SafeString
    table: tuple[tuple[str, str], ...]


def year(party: Party, likeness: UUID | None = None) -> list[Year]:
    """Return the twelve months of each currency that brought anything in. `likeness` `None`: by all of them."""
    months = last_months(clock.now())
    rows = Posting.objects.filter(party=party, account__in=EARNED, posting_set__at__gte=months[0])
    if likeness is not None:
        rows = rows.filter(posting_set__grant__likeness=likeness)
    sums: dict[str, dict[datetime, Decimal]] = {}
    by_month = rows.annotate(month=TruncMonth("posting_set__at", tzinfo=UTC)).values_list("currency", "month")
    for currency, month, amount in by_month.annotate(sum=Sum("amount")).order_by("currency", "month"):
        sums.setdefault(currency, {})[month] = -amount
    return [_year(currency, found, months) for currency, found in sums.items()]


def last_months(at: datetime) -> list[datetime]:
    """Return the beginnings of this month and the eleven before it, oldest first."""
    number = at.year * 12 + at.month - 1
    return [datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(number - MONTHS + 1, number + 1)]


def _year(currency: str, found: Mapping[datetime, Decimal], months: Sequence[datetime]) -> Year:
    amounts = [Money(found.get(month, Decimal(0)), currency) for month in months]
    labels = [date_format(month, "M Y") for month in months]
    total = sum(amounts[1:], amounts[0])
    # A month in which more was reversed than earned is drawn as nothing; the table has its figure.
    heights = [max(0.0, float(each.amount)) for each in amounts]
    title = gettext("Earned, by month, in %(currency)s") % {"currency": currency}
    about = gettext("%(amount)s in twelve months.") % {"amount": total}
    drawn = charts.bars(title, about, labels, heights, unit=currency)
    table = tuple((label, str(each)) for label, each in zip(labels, amounts, strict=True))
    return Year(currency, amounts[-1], total, mark_safe(drawn.svg), table)  # noqa: S308 - the chart escapes each text
