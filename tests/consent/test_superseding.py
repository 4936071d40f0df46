"""A grant that takes the place of another."""

from __future__ import annotations

import pytest

from consent import decisions, grants, permits, revocations, suspensions
from consent.fields import StatementInvalid
from consent.models import Grant, Likeness
from consent.permits import PermitRefused
from consent.standing import Standing, standing
from ledger.entry import decode
from tests.consent import people
from tests.consent.people import Person
from tests.consent.test_permits import minted

pytestmark = pytest.mark.django_db


def stands(grant: Grant) -> Standing:
    return standing([grant.pk])[grant.pk]


def asks(ben: Person, face: Likeness, purpose: str = "satire") -> bool:
    return decisions.preflight(people.use(ben.party, face, purpose=purpose), actor=ben.party).outcome == "allow"


def test_only_the_newest_grant_of_the_same_likeness_is_superseded(
    ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = people.full_grant(ada, face, ben.party)
    other = people.enrolled(ada, monkeypatch)
    for likeness, old in ((face, Grant()), (other, first)):
        with pytest.raises(StatementInvalid) as refusal:
            people.full_grant(ada, likeness, ben.party, supersedes=old)
        assert refusal.value.pointer == "/supersedes"
    people.full_grant(ada, face, ben.party, supersedes=first)
    with pytest.raises(StatementInvalid):
        people.full_grant(ada, face, ben.party, supersedes=first)
    assert Grant.objects.count() == 2


def test_nothing_new_rests_on_what_was_replaced(ada: Person, ben: Person, face: Likeness) -> None:
    first = people.full_grant(ada, face, ben.party)
    assert asks(ben, face)
    people.full_grant(ada, face, ben.party, supersedes=first, purposes=["education"])
    assert not asks(ben, face)
    assert asks(ben, face, "education")


def test_what_was_made_under_a_replaced_grant_stands_as_its_successor_does(
    ada: Person, ben: Person, face: Likeness
) -> None:
    first = people.full_grant(ada, face, ben.party)
    second = people.full_grant(ada, face, ben.party, supersedes=first)
    third = people.full_grant(ada, face, ben.party, supersedes=second)
    assert stands(first) == stands(second) == stands(third) == Standing.STANDS
    withdrawal = revocations.withdraw_grant(third, actor=ada.party)
    assert stands(first) == stands(second) == stands(third) == Standing.WITHDRAWN
    ended = decode(bytes(withdrawal.entry.body))["ends"]
    assert sorted(ended) == sorted(one.entry.commit_text for one in (first, second, third))


def test_a_permit_from_before_is_judged_by_what_replaced_its_grant(ada: Person, ben: Person, face: Likeness) -> None:
    first = people.full_grant(ada, face, ben.party)
    narrowed, kept = minted(ben, face), minted(ben, face)
    second = people.full_grant(ada, face, ben.party, supersedes=first, purposes=["education"])
    with pytest.raises(PermitRefused) as refusal:
        permits.redeem(narrowed.token, service="gpu")
    assert refusal.value.reason == "consent_ended"
    people.full_grant(ada, face, ben.party, supersedes=second)
    assert permits.redeem(kept.token, service="gpu").redeemed_at is not None


def test_what_a_grant_forbade_is_forbidden_after_its_end_until_a_successor_lifts_it(
    ada: Person, ben: Person, face: Likeness
) -> None:
    people.full_grant(ada, face, ben.party, scenes={"allowed": ["everyday", "violence"], "denied": []})
    veto = people.full_grant(ada, face, scenes={"allowed": ["everyday"], "denied": ["violence"]})
    use = people.use(ben.party, face, scenes=frozenset({"violence"}))
    assert not decisions.decide_locked(use, actor=ben.party)[1]
    revocations.withdraw_grant(veto, actor=ada.party)
    assert not decisions.decide_locked(use, actor=ben.party)[1]
    people.full_grant(ada, face, supersedes=veto)
    assert decisions.decide_locked(use, actor=ben.party)[1]


@pytest.mark.parametrize(
    ("after_end", "expected"),
    [
        ("hide", Standing.WITHDRAWN),
        ("delete", Standing.WITHDRAWN),
        ("keep", Standing.KEPT),
        ("keep_with_label", Standing.KEPT_WITH_LABEL),
    ],
)
def test_the_clause_says_what_becomes_of_what_was_made(
    ada: Person, ben: Person, face: Likeness, after_end: str, expected: Standing
) -> None:
    given = people.full_grant(ada, face, ben.party, after_end=after_end)
    permit = minted(ben, face)
    revocations.withdraw_grant(given, actor=ada.party)
    assert stands(given) == expected
    with pytest.raises(PermitRefused):
        permits.redeem(permit.token, service="gpu")  # what is kept was made before; nothing new begins


def test_a_grant_is_signed_in_the_language_that_was_shown(ada: Person, ben: Person, face: Likeness) -> None:
    document = grants.draft(face, people.full_terms(ben.party), key=ada.key, language="es", actor=ada.party)
    assert grants.shown_text(document).startswith("Usted permite")
    document["text"]["language"] = "en"
    with pytest.raises(grants.TextMismatch):
        grants.record_grant(document, ada.sign(document), actor=ada.party)
    with pytest.raises(StatementInvalid):
        grants.draft(face, people.full_terms(ben.party), key=ada.key, language="tlh", actor=ada.party)


def test_what_was_replaced_rests_while_any_of_its_line_rests(ada: Person, ben: Person, face: Likeness) -> None:
    first = people.full_grant(ada, face, ben.party)
    second = people.full_grant(ada, face, ben.party, supersedes=first)
    pause = suspensions.suspend(second, reason="paused", actor=ada.party)
    third = people.full_grant(ada, face, ben.party, supersedes=second)
    found = standing([first.pk, second.pk, third.pk])
    assert list(found.values()) == [Standing.SUSPENDED, Standing.SUSPENDED, Standing.STANDS]
    suspensions.resume(pause, actor=ada.party)
    assert set(standing([first.pk, second.pk, third.pk]).values()) == {Standing.STANDS}


def test_a_permit_from_before_a_veto_is_judged_by_it(ada: Person, ben: Person, carl: Person, face: Likeness) -> None:
    people.full_grant(ada, face, ben.party)
    before = minted(ben, face)
    people.full_grant(ada, face, carl.party, purposes=["education"])
    assert permits.redeem(before.token, service="gpu").redeemed_at is not None
    late = minted(ben, face)
    people.full_grant(ada, face, scenes={"allowed": ["violence"], "denied": ["everyday"]})
    with pytest.raises(PermitRefused):
        permits.redeem(late.token, service="gpu")
