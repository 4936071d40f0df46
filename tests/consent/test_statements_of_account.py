"""Statements of account: they add up to the cent, in every currency, whatever happened."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab import rl_config

from consent import account, royalties, statement_pdf, statements_of_account
from consent.account import ACCOUNTS, HEADINGS, Line, PeriodInvalid, Statement
from consent.models import Likeness, Party, Permit, Posting, PostingSet
from consent.money import Money
from consent.royalties import AccrualRefused, Because
from tests.consent import deals
from tests.consent.people import Person

MONTHS = ("2026-08", "2026-09", "2026-10")
SYSTEM = "system:test"


class Calendar:
    """A clock of the postings alone, that moves on by a minute with each look."""

    def __init__(self) -> None:
        self.at = datetime(2026, 8, 1, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at

    def enter(self, month: int) -> None:
        """Move on to a month, never back."""
        self.at = max(self.at, datetime(2026, 8 + month, 1, tzinfo=UTC))


@dataclass
class Books:
    """What should be owed, reckoned beside the product: accruals by id, with their amounts and fates."""

    charged: dict[PostingSet, tuple[str, Decimal]] = field(default_factory=dict)
    fate: dict[PostingSet, str] = field(default_factory=dict)

    def add(self, made: PostingSet) -> None:
        if made not in self.charged:
            cost = made.lines.get(account="receivable").amount
            self.charged[made] = made.currency, cost
        self.fate[made] = royalties.last_of(made).kind

    def owed(self, currency: str, *fates: str) -> Decimal:
        return sum(
            (cost for made, (spoken, cost) in self.charged.items() if spoken == currency and self.fate[made] in fates),
            Decimal(0),
        )


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    made = Calendar()
    monkeypatch.setattr(royalties, "clock", made)
    return made


@pytest.fixture
def permits_of_all_sorts(ada: Person, ben: Person, carl: Person, face: Likeness) -> list[Permit]:
    """Two clients; rates per use, second and view, in three currencies, split and whole, one of a licence."""
    three = {str(ada.party.pk): "0.333333", str(ben.party.pk): "0.333333", str(carl.party.pk): "0.333334"}
    given = deals.grant(ada, face, carl.party, rate=deals.rate("0.07", per="second", **three))
    permits = [deals.minted(carl, face, seconds=seconds) for seconds in (1, 4)]
    deals.accept(
        deals.offer(given, ada, carl, purposes=["entertainment"], rate=deals.rate("3.335", currency="USD")), carl
    )
    permits.append(deals.minted(carl, face, purpose="entertainment"))
    halves = {str(ada.party.pk): "0.5", str(carl.party.pk): "0.5"}
    deals.grant(ada, face, ben.party, rate=deals.rate("0.4", per="view", currency="JPY", **halves))
    return [*permits, deals.minted(ben, face), deals.minted(ben, face)]


steps = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from(["accrue", "views", "hold", "release", "reverse"]), st.integers(0, 40)
    ),
    max_size=25,
)


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=steps)
def test_totals_reconcile_to_the_cent(
    calendar: Calendar, permits_of_all_sorts: list[Permit], history: list[tuple[int, str, int]]
) -> None:
    """Whatever is posted, in whatever order: each history is added to those before it."""
    books = Books()
    for made in PostingSet.objects.filter(accrual=None):
        books.add(made)
    for month, act, number in sorted(history, key=lambda step: step[0]):
        calendar.enter(month)
        take(act, number, permits_of_all_sorts, books)
    reconcile(books)


def take(act: str, number: int, permits: list[Permit], books: Books) -> None:
    permit = permits[number % len(permits)]
    known = sorted(books.charged, key=lambda made: str(made.pk))
    try:
        if act == "accrue":
            found = royalties.accrue(permit, at=datetime.now(UTC), actor=SYSTEM)
        elif act == "views":
            at = datetime.now(UTC) + timedelta(hours=PostingSet.objects.count())
            found = royalties.accrue_views(permit, number, at=at, actor=SYSTEM)
        elif known:
            verb = {"hold": royalties.hold, "release": royalties.release, "reverse": royalties.reverse}[act]
            because = {"hold": Because.DISPUTE, "release": Because.SETTLED, "reverse": Because.TAKEDOWN}[act]
            found = [known[number % len(known)]]
            verb(found[0], because=because, actor=SYSTEM)
        else:
            found = []
    except AccrualRefused:
        found = []
    for made in found:
        books.add(made)


def reconcile(books: Books) -> None:
    closing: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for party in Party.objects.all():
        months = [{one.currency: one for one in statements_of_account.statements(party, month)} for month in MONTHS]
        for before, after in pairwise(months):
            assert all(after[currency].opening == one.closing for currency, one in before.items())
        for currency, last in months[-1].items():
            for name, amount in last.closing.items():
                closing[currency, name] += amount.amount
            clients = last.closing["receivable"] + last.closing["reversed"]
            assert -clients == statements_of_account.owed_by(party.pk, currency)
            owed[currency] -= clients.amount
        for month in months:
            check_table(list(month.values()))
    for currency in ("EUR", "USD", "JPY"):
        posted = {name: total(currency, name) for name in ACCOUNTS}
        assert {name: closing[currency, name] for name in ACCOUNTS} == {name: -sum_ for name, sum_ in posted.items()}
        assert sum(posted.values()) == 0
        assert posted["receivable"] == books.owed(currency, "accrued", "held", "released", "reversed")
        assert -posted["reversed"] == books.owed(currency, "reversed")
        assert -posted["hold"] == books.owed(currency, "held")
        assert -posted["payable"] == books.owed(currency, "accrued", "released")
        assert owed[currency] == -posted["payable"] - posted["hold"]


def total(currency: str, name: str) -> Decimal:
    return sum(Posting.objects.filter(currency=currency, account=name).values_list("amount", flat=True), Decimal(0))


def check_table(found: list[Statement]) -> None:
    """Read the CSV as its receiver does, and add it up."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in csv.DictReader(io.StringIO(account.to_csv(found), newline="")):
        sign = {"closing": -1}.get(row["row"], 1)
        sums[row["currency"], row["account"]] += sign * Decimal(row["amount"])
    assert set(sums.values()) <= {Decimal(0)}


@pytest.mark.parametrize(
    "month", [None, "", "2026-13", "2026-00", "2026-1", "26-01", "2026-11-01", "\uff12026-11", "2999-01"]
)
@pytest.mark.django_db
def test_what_is_no_month_is_refused(ada: Person, month: str | None) -> None:
    with pytest.raises(PeriodInvalid):
        statements_of_account.statements(ada.party, month)


@pytest.mark.django_db
def test_a_month_that_is_over_never_changes(
    ada: Person, calendar: Calendar, permits_of_all_sorts: list[Permit]
) -> None:
    (made,) = royalties.accrue(permits_of_all_sorts[0], at=datetime.now(UTC), actor=SYSTEM)
    before = statements_of_account.statements(ada.party, MONTHS[0])
    calendar.enter(1)
    royalties.reverse(made, because=Because.TAKEDOWN, actor=SYSTEM)
    after = statements_of_account.statements(ada.party, MONTHS[0])
    assert [one.lines for one in after] == [one.lines for one in before] != [()]
    assert [one.closing for one in after] == [one.closing for one in before]
    (later,) = statements_of_account.statements(ada.party, MONTHS[1])
    assert later.due.amount == 0
    assert not later.provisional


@pytest.mark.django_db
def test_the_first_moment_of_a_month_belongs_to_it_alone(
    ada: Person, calendar: Calendar, permits_of_all_sorts: list[Permit]
) -> None:
    calendar.at = datetime(2026, 8, 31, 23, 59, tzinfo=UTC)
    (made,) = royalties.accrue(permits_of_all_sorts[0], at=datetime.now(UTC), actor=SYSTEM)
    assert made.at == account.period(MONTHS[1]).start
    assert statements_of_account.statements(ada.party, MONTHS[0]) == []
    assert [len(one.lines) for one in statements_of_account.statements(ada.party, MONTHS[1])] == [1]


@pytest.mark.django_db
def test_a_statement_names_only_the_other_side_of_each_line(
    ada: Person, ben: Person, calendar: Calendar, permits_of_all_sorts: list[Permit]
) -> None:
    royalties.accrue(permits_of_all_sorts[0], at=datetime.now(UTC), actor=SYSTEM)
    (mine,) = statements_of_account.statements(ben.party, MONTHS[0])
    assert [(line.counterparty, line.account, str(line.share)) for line in mine.lines] == [
        ("Carl Example", "payable", "0.333333")
    ]
    assert "Ada" not in account.to_csv([mine])


def statement(*lines: Line, name: str = "Ada Example") -> Statement:
    at = datetime(2026, 11, 30, tzinfo=UTC)
    opening = {one: Money(Decimal(0), "EUR") for one in ACCOUNTS}
    return Statement("7d3b", name, "EUR", account.period("2026-11"), at, True, opening, lines)  # noqa: FBT003 - as it is declared


def line(counterparty: str = "Ben", **changes: Any) -> Line:  # noqa: ANN401 - members
    members: dict[str, Any] = {
        "at": datetime(2026, 11, 3, 12, tzinfo=UTC), "kind": "accrued", "account": "payable", "posting_set": "s",
        "permit": "p", "video": "v", "counterparty": counterparty, "basis": "use", "batch": "", "units": 1,
        "rate": Decimal("2.000000"), "share": Decimal("1.000000"), "amount": Money(Decimal("2.00"), "EUR"),
    }  # fmt: skip
    return Line(**(members | changes))


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1"])  # noqa: RUF001 - it starts a formula too
def test_a_name_is_never_a_formula(name: str) -> None:
    (row,) = [
        row for row in csv.DictReader(io.StringIO(account.to_csv([statement(line(name))]))) if row["row"] == "accrued"
    ]
    assert row["counterparty"] == f"'{name}"
    assert row["amount"] == "2.00"


def test_an_amount_owed_is_a_number_with_its_minus() -> None:
    owed = line(account="receivable", amount=Money(Decimal("-2.00"), "EUR"))
    assert ",-2.00,EUR," in account.to_csv([statement(owed)])


@given(st.text(max_size=40).filter(lambda text: "\0" not in text))
def test_every_name_comes_back_out_of_the_table(name: str) -> None:
    table = account.to_csv([statement(line(name))])
    rows = list(csv.reader(io.StringIO(table, newline="")))
    assert {len(row) for row in rows} == {len(HEADINGS)}
    assert rows[5][6] in (name, f"'{name}")
    assert table.endswith("\r\n")


def pdf(made: Statement, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Return it with its pages readable."""
    monkeypatch.setattr(rl_config, "pageCompression", 0)
    return statement_pdf.to_pdf(made.party, made.name, "2026-11", [made])


def test_the_pdf_says_what_is_due_in_what_language_on_numbered_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pdf(statement(*[line()] * 60), monkeypatch)
    assert data.startswith(b"%PDF-")
    assert b"/Lang (en)" in data
    assert b"/Title (Statement of account 2026-11)" in data
    assert all(text in data for text in (b"Page 1", b"Page 2", b"120.00 EUR", b"Provisional", b"Ada Example"))


def test_a_name_is_text_and_no_markup_in_the_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pdf(statement(line("<b>x</b> & <img src='http://127.0.0.1/'/>"), name="<para>"), monkeypatch)
    assert b"(para) Tj" in data  # a text of its own
    assert b"http://" in data  # as text
    assert b"/Annot" not in data
    assert b"/XObject" not in data


def test_a_name_in_another_script_is_transliterated_in_the_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pdf(statement(line("深圳")), monkeypatch)
    assert b"ShenZhen" in data


def test_more_postings_than_pages_hold_are_left_to_the_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statement_pdf, "MAX_LINES", 3)
    assert b"the CSV of this month" in pdf(statement(*[line()] * 4), monkeypatch)


def test_the_same_statement_is_the_same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pdf(statement(line()), monkeypatch) == pdf(statement(line()), monkeypatch)
