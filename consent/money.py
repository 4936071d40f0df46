"""Amounts of money: Decimal with a currency, rounded by one rule and split so that no cent is lost. Pure.

An amount is a whole number of the currency's minor unit (ISO 4217; `vocabulary.CURRENCIES`). It is rounded once, where
a rate becomes an amount: half to even, so that many roundings do not lean to one side. Parts are then whole units
too: each party gets what its part comes to, rounded down, and what is left goes, a unit each, to the largest
remainders, at a tie to the smaller party id. So parts sum to the whole, whatever order they are named in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import TYPE_CHECKING, ClassVar, Final

from consent import fields
from consent.vocabulary import CURRENCIES
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WRITTEN: Final = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,4})?")
MAX: Final = Decimal(10) ** 14  # beyond this no amount is believed; the columns hold 15 digits before the point
_EXACT: Final = Context(prec=60)  # rates have 15 digits, counts and parts at most 19: no product is ever cut


class MoneyInvalid(Problem):
    """The amount is no amount of this currency, or two currencies were mixed."""

    code: ClassVar[str] = "money-invalid"
    title: ClassVar[str] = "This is not an amount of money"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency: positive, zero or negative, in whole minor units."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        """Refuse what cannot be paid: unknown currencies, fractions of a cent, and amounts beyond belief."""
        unit = unit_of(self.currency)
        if not self.amount.is_finite() or abs(self.amount) > MAX:
            raise MoneyInvalid(f"{self.amount} is not an amount.", remedy=f"Stay within {MAX:f}.")
        if (self.amount / unit) % 1:
            raise MoneyInvalid(f"{self.amount} has more decimals than {self.currency}.", remedy="Round it first.")
        object.__setattr__(self, "amount", self.amount.quantize(unit) + Decimal(0))  # and never minus nought

    def __str__(self) -> str:
        """Return it as people write it: "12.50 EUR"."""
        return f"{write(self)} {self.currency}"

    def __add__(self, other: Money) -> Money:
        """Add. Raises `MoneyInvalid` for another currency."""
        return Money(self.amount + _same(self, other).amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        """Subtract. Raises `MoneyInvalid` for another currency."""
        return Money(self.amount - _same(self, other).amount, self.currency)

    def __neg__(self) -> Money:
        """Return what balances it."""
        return Money(-self.amount, self.currency)


def unit_of(currency: str) -> Decimal:
    """Return the smallest amount of a currency that is paid, such as 0.01. Raises `MoneyInvalid`."""
    decimals = CURRENCIES.get(currency)
    if decimals is None:
        raise MoneyInvalid(f"{currency!r} is no currency here.", remedy=f"Use one of: {', '.join(CURRENCIES)}.")
    return Decimal(1).scaleb(-decimals)


def zero(currency: str) -> Money:
    """Return nothing, of a currency."""
    return Money(Decimal(0), currency)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Return the sum; of no amounts it is zero. Raises `MoneyInvalid` if one is of another currency."""
    return sum(amounts, zero(currency))


def write(money: Money) -> str:
    """Return the amount as text, with all the decimals of its currency: "12.50"."""
    return f"{money.amount:f}"


def read(text: object, currency: str, at: str = "") -> Money:
    """Read an amount that `write` wrote, not a negative one. Raises `StatementInvalid` or `MoneyInvalid`."""
    if not isinstance(text, str) or not _WRITTEN.fullmatch(text):
        fields.refuse(at, "An amount in a text is required here.", 'Send a text such as "0.50".')
    return Money(Decimal(text), currency)


def rounded(amount: Decimal, currency: str) -> Money:
    """Round half to even, to the currency's minor unit."""
    with localcontext(_EXACT):
        return Money(amount.quantize(unit_of(currency), ROUND_HALF_EVEN), currency)


def of_units(rate: Decimal, units: int, currency: str, *, before: int = 0) -> Money:
    """Return what `units` more cost at a rate, after `before` units were charged.

    The total is rounded, not each batch, so that ten batches cost what one of their sum does: a view at 0.001 is not
    free because views come one by one.
    """
    if units < 0 or before < 0 or rate < 0:
        raise MoneyInvalid("Units and rates are not negative.", remedy="Count from 0.")
    with localcontext(_EXACT):
        return rounded(rate * (before + units), currency) - rounded(rate * before, currency)


def split(whole: Money, parts: Mapping[str, Decimal]) -> dict[str, Money]:
    """Divide an amount that is not negative by parts that sum to one; the results sum to it to the cent.

    Raises `MoneyInvalid` for parts that do not sum to one, that are not above 0, and for a negative amount.
    """
    with localcontext(_EXACT):
        if whole.amount < 0 or any(part <= 0 for part in parts.values()) or sum(parts.values()) != 1:
            raise MoneyInvalid("This cannot be split.", remedy="Split a positive amount by parts that sum to 1.")
        unit = unit_of(whole.currency)
        exact = {party: whole.amount * part for party, part in parts.items()}
        floors = {party: amount.quantize(unit, ROUND_DOWN) for party, amount in exact.items()}
        left = int((whole.amount - sum(floors.values())) / unit)
        by_remainder = sorted(parts, key=lambda party: (floors[party] - exact[party], party))
        lucky = frozenset(by_remainder[:left])
        return {
            party: Money(floors[party] + (unit if party in lucky else 0), whole.currency) for party in sorted(parts)
        }


def _same(one: Money, other: Money) -> Money:
    if one.currency != other.currency:
        raise MoneyInvalid(f"{one.currency} and {other.currency} do not add up.", remedy="Keep currencies apart.")
    return other
