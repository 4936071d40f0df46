"""What uses cost: posted once, balanced, held, released, reversed; never edited."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from consent import erasure, licences, revocations, royalties
from consent.models import Grant, LicenceOffer, Likeness, Permit, Posting, PostingSet
from consent.royalties import AccrualRefused, Because
from ledger import log
from ledger.canonical import parse
from ledger.models import Entry
from tests.consent import deals, people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
SYSTEM = "system:test"


def now() -> datetime:
    return datetime.now(UTC)


def owing(made: PostingSet) -> dict[tuple[str, str], str]:
    """Return the lines of a set by account and handle."""
    return {(line.account, line.party.handle): f"{line.amount:.2f}" for line in made.lines.select_related("party")}


def balances(*accounts: str) -> object:
    found: object = Posting.objects.filter(account__in=accounts).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    return found


def used(ada: Person, ben: Person, face: Likeness, rate: dict[str, Any] | None, seconds: int = 4) -> Permit:
    deals.grant(ada, face, ben.party, rate=rate)
    return deals.minted(ben, face, seconds=seconds)


def accrued(permit: Permit) -> list[PostingSet]:
    return royalties.accrue(permit, at=now(), actor=SYSTEM)


def test_a_use_is_owed_by_its_client_and_to_the_grantor(ada: Person, ben: Person, face: Likeness) -> None:
    (made,) = accrued(used(ada, ben, face, deals.rate("2")))
    assert owing(made) == {("receivable", "ben"): "2.00", ("payable", "ada"): "-2.00"}
    assert (made.entry.kind, made.units, made.basis) == ("royalty.accrued", 1, "use")


def test_seconds_are_counted_and_shares_split_them(ada: Person, ben: Person, carl: Person, face: Likeness) -> None:
    shares = {str(ada.party.pk): "0.7", str(carl.party.pk): "0.3"}
    (made,) = accrued(used(ada, ben, face, deals.rate("0.333", per="second", **shares), seconds=5))
    assert made.units == 5
    assert sum(line.amount for line in made.lines.all()) == 0
    found = owing(made)
    assert found["receivable", "ben"] == "1.66"  # 1.665, half to even
    assert (found["payable", "ada"], found["payable", "carl"]) == ("-1.16", "-0.50")


def test_the_amounts_are_sealed_and_not_public(ada: Person, ben: Person, face: Likeness) -> None:
    (made,) = accrued(used(ada, ben, face, deals.rate("123.45")))
    assert set(parse(bytes(made.entry.body))) == {"v", "kind", "time", "commit"}
    assert b"123" not in bytes(made.entry.body)
    sealed = parse(log.opening(made.entry).payload)
    assert sealed["actor"] == SYSTEM
    assert [line["amount"] for line in sealed["payload"]["lines"]] == ["123.45", "-123.45"]


def test_a_use_accrues_once_however_often_it_is_said(ada: Person, ben: Person, face: Likeness) -> None:
    permit = used(ada, ben, face, deals.rate())
    assert accrued(permit) == accrued(permit)
    assert Entry.objects.filter(kind="royalty.accrued").count() == PostingSet.objects.count() == 1


def test_without_a_rate_and_for_oneself_nothing_is_owed(ada: Person, ben: Person, face: Likeness) -> None:
    assert accrued(used(ada, ben, face, None)) == []
    deals.grant(ada, face, ada.party, rate=deals.rate())
    assert accrued(deals.minted(ada, face)) == []


def test_each_grant_in_a_cast_has_its_own_set_and_currency(
    ada: Person, ben: Person, carl: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = people.enrolled(carl, monkeypatch)
    deals.grant(ada, face, ben.party, rate=deals.rate("2"))
    deals.grant(carl, other, ben.party, rate=deals.rate("300", currency="JPY"))
    made = accrued(deals.minted(ben, face, other))
    assert {(one.currency, owing(one)["receivable", "ben"]) for one in made} == {("EUR", "2.00"), ("JPY", "300.00")}


def test_a_licence_that_stands_sets_the_rate_and_one_that_ended_does_not(
    ada: Person, ben: Person, face: Likeness
) -> None:
    given = deals.grant(ada, face, ben.party, rate=deals.rate("2"))
    licence = deals.accept(deals.offer(given, ada, ben, rate=deals.rate("5")), ben)
    (made,) = accrued(deals.minted(ben, face))
    assert (made.licence, owing(made)["receivable", "ben"]) == (licence, "5.00")
    licences.end(licence, actor=ada.party)
    (made,) = accrued(deals.minted(ben, face))
    assert (made.licence, owing(made)["receivable", "ben"]) == (None, "2.00")


def test_a_licence_for_other_purposes_or_other_clients_sets_no_rate(
    ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    given = deals.grant(ada, face, ben.party, carl.party, rate=deals.rate("2"))
    deals.accept(deals.offer(given, ada, ben, purposes=["entertainment"]), ben)
    deals.accept(deals.offer(given, ada, carl), carl)
    (made,) = accrued(deals.minted(ben, face))
    assert (made.licence, owing(made)["receivable", "ben"]) == (None, "2.00")


@pytest.mark.parametrize("beyond", [{"territories": ["FR"]}, {"campaign": "winter-2026"}], ids=["place", "campaign"])
def test_a_use_beyond_the_licence_is_charged_at_the_grants_own_rate(
    ada: Person, ben: Person, face: Likeness, beyond: dict[str, Any]
) -> None:
    """The use says no place, which is everywhere, and no campaign."""
    given = deals.grant(ada, face, ben.party, rate=deals.rate("2"))
    deals.accept(deals.offer(given, ada, ben, **beyond), ben)
    (made,) = accrued(deals.minted(ben, face))
    assert (made.licence, owing(made)["receivable", "ben"]) == (None, "2.00")


def test_views_come_in_batches_each_once_and_cost_what_their_sum_does(ada: Person, ben: Person, face: Likeness) -> None:
    permit = used(ada, ben, face, deals.rate("0.004", per="view"))
    assert accrued(permit) == []
    at = now()
    for batch in range(10):
        for _twice in range(2):
            royalties.accrue_views(permit, 1, at=at + timedelta(minutes=batch), actor=SYSTEM)
    assert PostingSet.objects.count() == 10
    assert balances("receivable") == Decimal("0.04")
    with pytest.raises(AccrualRefused):
        royalties.accrue_views(permit, 2, at=at, actor=SYSTEM)
    assert royalties.accrue_views(permit, 0, at=at + timedelta(days=1), actor=SYSTEM) == []


def test_a_hold_a_release_and_a_reversal_are_postings_of_their_own(ada: Person, ben: Person, face: Likeness) -> None:
    (made,) = accrued(used(ada, ben, face, deals.rate("2")))
    held = royalties.hold(made, because=Because.DISPUTE, actor=SYSTEM)
    assert owing(held) == {("payable", "ada"): "2.00"} | {("hold", "ada"): "-2.00"}
    assert [balances("payable"), balances("hold")] == [0, -2]
    royalties.release(made, because=Because.SETTLED, actor=SYSTEM)
    assert [balances("payable"), balances("hold")] == [-2, 0]
    royalties.hold(made, because=Because.DISPUTE, actor=SYSTEM)
    gone = royalties.reverse(made, because=Because.TAKEDOWN, actor=SYSTEM)
    assert owing(gone) == {("hold", "ada"): "2.00", ("reversed", "ben"): "-2.00"}
    assert [balances("payable", "hold"), balances("receivable"), balances("reversed")] == [0, 2, -2]
    kinds = Entry.objects.filter(kind__startswith="royalty.").order_by("created_at").values_list("kind", flat=True)
    assert [kind.partition(".")[2] for kind in kinds] == ["accrued", "held", "released", "held", "reversed"]


def test_each_step_is_taken_once_and_a_reversal_is_final(ada: Person, ben: Person, face: Likeness) -> None:
    permit = used(ada, ben, face, deals.rate("0.01", per="view"))
    (made,) = royalties.accrue_views(permit, 5, at=now(), actor=SYSTEM)
    with pytest.raises(AccrualRefused):
        royalties.release(made, because=Because.SETTLED, actor=SYSTEM)
    for verb, because in ((royalties.hold, Because.DISPUTE), (royalties.reverse, Because.TAKEDOWN)):
        assert verb(made, because=because, actor=SYSTEM) == verb(made, because=because, actor=SYSTEM)
    for verb, because in ((royalties.hold, Because.DISPUTE), (royalties.release, Because.SETTLED)):
        with pytest.raises(AccrualRefused):
            verb(made, because=because, actor=SYSTEM)
    with pytest.raises(AccrualRefused):
        royalties.accrue_views(permit, 5, at=now() + timedelta(minutes=1), actor=SYSTEM)
    assert PostingSet.objects.count() == 3


@pytest.mark.parametrize("because", [Because.TAKEDOWN, Because.SETTLED])
def test_a_reason_that_does_not_fit_is_a_fault_of_ours(
    ada: Person, ben: Person, face: Likeness, because: Because
) -> None:
    (made,) = accrued(used(ada, ben, face, deals.rate()))
    with pytest.raises(ValueError, match="does not follow"):
        royalties.hold(made, because=because, actor=SYSTEM)


def test_what_comes_in_during_a_dispute_is_held_too(ada: Person, ben: Person, face: Likeness) -> None:
    permit = used(ada, ben, face, deals.rate("1", per="view"))
    (first,) = royalties.accrue_views(permit, 1, at=now(), actor=SYSTEM)
    royalties.hold(first, because=Because.DISPUTE, actor=SYSTEM)
    (second,) = royalties.accrue_views(permit, 2, at=now() + timedelta(minutes=1), actor=SYSTEM)
    assert royalties.last_of(second).kind == "held"
    assert [balances("payable"), balances("hold")] == [0, -3]
    assert list(royalties.accruals(permit.video)) == [first, second]


def test_what_accrued_stays_owed_after_a_withdrawal_and_is_reversed_after_an_erasure(
    ada: Person, ben: Person, face: Likeness
) -> None:
    permit = used(ada, ben, face, deals.rate("2"))
    (made,) = accrued(permit)
    revocations.withdraw_likeness(face, actor=ada.party)
    assert balances("payable") == -2
    erasure.erase_party(ada.party, actor=ada.party)
    made = PostingSet.objects.get(pk=made.pk)
    assert royalties.accrue(Permit.objects.get(pk=permit.pk), at=now(), actor=SYSTEM) == []
    royalties.reverse(made, because=Because.TAKEDOWN, actor=SYSTEM)
    assert balances("payable") == 0


def test_a_licence_is_blank_after_the_erasure_of_either_side(
    ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    given = deals.grant(ada, face, ben.party, carl.party)
    first, second = (deals.accept(deals.offer(given, ada, who), who) for who in (ben, carl))
    erasure.erase_party(ben.party, actor=ben.party)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.document, bytes(first.signature), first.offer.terms) == (
        {},
        b"",
        LicenceOffer.objects.get(pk=first.offer_id).terms,
    )
    assert second.document
    erasure.erase_party(ada.party, actor=ada.party)
    second.refresh_from_db()
    assert second.document == LicenceOffer.objects.get(pk=second.offer_id).terms == {}


# What PostgreSQL itself holds, whatever the code says.


def spoilt(made: PostingSet, **changes: Any) -> Posting:  # noqa: ANN401 - columns
    line = made.lines.get(account="payable")
    line.pk = None
    for name, value in changes.items():
        setattr(line, name, value)
    return line


def committed(verb: Callable[[], object]) -> None:
    """Run it, and what a commit would check."""
    verb()
    check_deferred()


def check_deferred() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("amounts", [("1", "-2"), ("1",), ()], ids=["unbalanced", "alone", "empty"])
def test_the_database_refuses_a_set_that_does_not_balance(
    ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch, amounts: tuple[str, ...]
) -> None:
    permit = used(ada, ben, face, deals.rate())
    create = Posting.objects.bulk_create

    def lose(lines: Any) -> Any:  # noqa: ANN401 - any iterable of rows
        kept = list(lines)[: len(amounts)]
        for line, amount in zip(kept, amounts, strict=True):
            line.amount = Decimal(amount)
        return create(kept)

    monkeypatch.setattr(Posting.objects, "bulk_create", lose)
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        committed(lambda: accrued(permit))


def test_the_database_refuses_lines_that_are_added_later(
    ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    (made,) = accrued(used(ada, ben, face, deals.rate()))
    check_deferred()
    more = [spoilt(made, party=carl.party, amount=Decimal(1)), spoilt(made, party=ben.party, amount=Decimal(-1))]
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        Posting.objects.bulk_create(more)  # which sums to zero


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_posting SET amount = amount * 2",
        "DELETE FROM consent_posting",
        "TRUNCATE consent_posting",
        "UPDATE consent_postingset SET because = 'x'",
        "DELETE FROM consent_postingset",
        "SET session_replication_role = replica; UPDATE consent_posting SET amount = 0",
    ],
)
def test_the_database_refuses_every_edit(ada: Person, ben: Person, face: Likeness, statement: str) -> None:
    accrued(used(ada, ben, face, deals.rate()))
    check_deferred()
    refused = "only ever added|permission denied to set parameter"
    with (
        pytest.raises(Exception, match=refused),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_database_refuses_a_second_accrual(ada: Person, ben: Person, face: Likeness) -> None:
    (made,) = accrued(used(ada, ben, face, deals.rate()))
    with transaction.atomic():
        entry = log.append("royalty.accrued", {}, actor=SYSTEM, subject=SYSTEM)
    made.pk, made.entry, made.basis = uuid.uuid4(), entry, "second"
    with pytest.raises(IntegrityError, match="posting_accrues_once"), transaction.atomic():
        made.save(force_insert=True)


def test_a_grant_of_version_1_costs_nothing(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    assert Grant.objects.get(pk=given.pk).terms["v"] == 1
    assert accrued(deals.minted(ben, face)) == []
