"""Money: one rounding rule, and parts that sum to the whole."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import money
from consent.fields import StatementInvalid
from consent.money import Money, MoneyInvalid, of_units, rounded, split
from consent.vocabulary import CURRENCIES

currencies = st.sampled_from(sorted(CURRENCIES))


@st.composite
def amounts(draw: st.DrawFn) -> Money:
    currency = draw(currencies)
    return Money(draw(st.integers(0, 10**13)) * money.unit_of(currency), currency)


@st.composite
def parts(draw: st.DrawFn) -> dict[str, Decimal]:
    """Up to 16 parts of six decimals that sum to exactly one."""
    cuts = draw(st.sets(st.integers(1, 999_999), max_size=15))
    edges = [0, *sorted(cuts), 1_000_000]
    ids = draw(st.permutations([f"{n:02}" for n in range(len(edges) - 1)]))
    return {party: Decimal(b - a).scaleb(-6) for party, (a, b) in zip(ids, pairwise(edges), strict=True)}


@given(amounts(), parts())
def test_parts_sum_to_the_whole_and_none_is_negative(whole: Money, shares: dict[str, Decimal]) -> None:
    found = split(whole, shares)
    assert set(found) == set(shares)
    assert money.total(found.values(), whole.currency) == whole
    assert all(part.amount >= 0 for part in found.values())


@given(amounts(), parts())
def test_no_part_is_a_whole_unit_off(whole: Money, shares: dict[str, Decimal]) -> None:
    unit = Fraction(money.unit_of(whole.currency))
    for party, part in split(whole, shares).items():
        assert abs(Fraction(part.amount) - Fraction(whole.amount) * Fraction(shares[party])) < unit


@given(amounts(), parts(), st.randoms(use_true_random=False))
def test_the_order_of_the_parts_never_matters(whole: Money, shares: dict[str, Decimal], chance: object) -> None:
    names = list(shares)
    chance.shuffle(names)  # type: ignore[attr-defined]  # hypothesis' Random
    assert split(whole, {name: shares[name] for name in names}) == split(whole, shares)


def test_the_last_cent_goes_to_the_larger_remainder_then_to_the_smaller_id() -> None:
    half = Decimal("0.5")
    found = split(Money(Decimal("0.01"), "EUR"), {"b": half, "a": half})
    assert [(party, str(part)) for party, part in found.items()] == [("a", "0.01 EUR"), ("b", "0.00 EUR")]
    found = split(Money(Decimal("0.05"), "EUR"), {"a": Decimal("0.25"), "b": Decimal("0.75")})
    assert [str(part) for part in found.values()] == ["0.01 EUR", "0.04 EUR"]


@pytest.mark.parametrize(
    ("exact", "currency", "expected"),
    [
        ("0.005", "EUR", "0.00"),
        ("0.015", "EUR", "0.02"),
        ("0.025", "EUR", "0.02"),
        ("0.0250001", "EUR", "0.03"),
        ("0.5", "JPY", "0"),
        ("1.5", "JPY", "2"),
        ("12", "USD", "12.00"),
    ],
)
def test_halves_go_to_the_even_neighbour(exact: str, currency: str, expected: str) -> None:
    assert money.write(rounded(Decimal(exact), currency)) == expected


@given(st.decimals(min_value=0, max_value=1000, places=6), st.lists(st.integers(0, 10**6), max_size=12), currencies)
def test_batches_cost_what_one_of_their_sum_does(rate: Decimal, batches: list[int], currency: str) -> None:
    before, charged = 0, money.zero(currency)
    for units in batches:
        more = of_units(rate, units, currency, before=before)
        assert more.amount >= 0
        charged, before = charged + more, before + units
    assert charged == of_units(rate, before, currency)


@given(amounts())
def test_what_is_written_is_read_again(whole: Money) -> None:
    if whole.amount < 10**9:  # what a signed document may hold
        assert money.read(money.write(whole), whole.currency) == whole


@pytest.mark.parametrize("text", ["1,5", "-1", "1e2", " 1", "1.", "NaN", 1, 1.5, None, ""])
def test_other_spellings_are_refused(text: object) -> None:
    with pytest.raises(StatementInvalid):
        money.read(text, "EUR")


@pytest.mark.parametrize(
    ("amount", "currency"), [("0.001", "EUR"), ("0.1", "JPY"), ("NaN", "EUR"), ("Infinity", "EUR"), ("1", "XXX")]
)
def test_what_cannot_be_paid_is_no_money(amount: str, currency: str) -> None:
    with pytest.raises(MoneyInvalid):
        Money(Decimal(amount), currency)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(MoneyInvalid):
        _ = Money(Decimal(1), "EUR") + Money(Decimal(1), "USD")


@pytest.mark.parametrize(
    "shares", [{}, {"a": Decimal("0.9")}, {"a": Decimal(1), "b": Decimal(0)}, {"a": Decimal(2), "b": Decimal(-1)}]
)
def test_parts_that_are_not_one_whole_are_refused(shares: dict[str, Decimal]) -> None:
    with pytest.raises(MoneyInvalid):
        split(Money(Decimal(1), "EUR"), shares)


def test_a_debt_is_not_split() -> None:
    with pytest.raises(MoneyInvalid):
        split(Money(Decimal(-1), "EUR"), {"a": Decimal(1)})
