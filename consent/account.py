"""A statement of account: what one party is owed, and owes, in one currency and period. Pure.

Amounts are written as the party reads them: positive is owed to it, negative is owed by it. `hold` is owed to it, and
not payable while a dispute lasts. Each line is one posting, so that the lines of an account sum to the difference of
its balances, and all statements of a currency sum to zero.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final

from consent import money, rfc3339
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from consent.money import Money

ACCOUNTS: Final = ("receivable", "reversed", "payable", "hold")
HEADINGS: Final = (
    "row", "at", "account", "posting set", "permit", "video", "counterparty", "basis", "batch", "units", "rate",
    "share", "amount", "currency", "because",
)  # fmt: skip
_PERIOD: Final = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - full-width twins start formulas too


class PeriodInvalid(Problem):
    """The period is not a calendar month, or has not begun."""

    code: ClassVar[str] = "period-invalid"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "There is no such period"


@dataclass(frozen=True, slots=True)
class Period:
    """One calendar month in UTC: from `start`, included, to `end`, excluded."""

    name: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One posting of the party's. `share`: its part of what the use cost; None: it bears or gets the whole.

    kind:         accrued, held, released or reversed
    counterparty: the shown name of who is on the other side; "": it was erased
    """

    at: datetime
    kind: str
    account: str
    posting_set: str
    permit: str
    video: str
    counterparty: str
    basis: str
    batch: str
    units: int
    rate: Decimal
    share: Decimal | None
    amount: Money
    because: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one party's accounts hold of one currency before and after a period, and every posting in between.

    provisional: the period is not over, so that lines may still be added
    """

    party: str
    name: str
    currency: str
    period: Period
    made_at: datetime
    provisional: bool
    opening: dict[str, Money]
    lines: tuple[Line, ...]

    @property
    def closing(self) -> dict[str, Money]:
        """What the accounts hold at the end: by construction the opening and the lines."""
        return {
            account: money.total(
                [self.opening[account], *(line.amount for line in self.lines if line.account == account)], self.currency
            )
            for account in ACCOUNTS
        }

    @property
    def due(self) -> Money:
        """What is to be paid at the end: to the party if positive, by it if negative. What is on hold is not in it."""
        held = self.closing
        return held["receivable"] + held["reversed"] + held["payable"]


def period(text: str | None) -> Period:
    """Read a month, such as 2026-11. Raises `PeriodInvalid`."""
    found = _PERIOD.fullmatch(text or "")
    if found is None or not text:
        raise PeriodInvalid("This is not a month.", pointer="period", remedy="Use a month such as 2026-11.")
    year, month = int(found[1]), int(found[2])
    start = datetime(year, month, 1, tzinfo=UTC)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return Period(text, start, end)


def to_csv(statements: Iterable[Statement]) -> str:
    """Return all statements as one table (RFC 4180, UTF-8): for each account an opening, its lines, and a closing."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for statement in statements:
        writer.writerows(_balances("opening", statement.period.start, statement.opening))
        for line in statement.lines:
            writer.writerow(_row(line))
        writer.writerows(_balances("closing", statement.period.end, statement.closing))
    return out.getvalue()


def guarded(text: str) -> str:
    """Return text that a spreadsheet shows and does not run: a name is not a formula, whatever it begins with."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(_FORMULA) else text


def _row(line: Line) -> list[str]:
    """Return one line. Only what people may have written is guarded: an amount may begin with a minus."""
    return [
        guarded(line.kind), rfc3339.write(line.at), line.account, line.posting_set, line.permit, line.video,
        guarded(line.counterparty), line.basis, line.batch, str(line.units), f"{line.rate.normalize():f}",
        "" if line.share is None else f"{line.share.normalize():f}", money.write(line.amount), line.amount.currency,
        line.because,
    ]  # fmt: skip


def _balances(row: str, at: datetime, balances: dict[str, Money]) -> list[list[str]]:
    return [
        [row, rfc3339.write(at), account, *[""] * 9, money.write(balances[account]), balances[account].currency, ""]
        for account in ACCOUNTS
    ]
