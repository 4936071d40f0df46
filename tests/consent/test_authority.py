"""Who may act for a likeness: asked of the rows, at each act."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from consent import authority, claims, erasure, reviews, rfc3339, signing
from consent.authority import Act, AuthorityRefused, Why, may_act
from consent.likenesses import ClaimNeeded, LikenessMissing
from consent.models import Assent, Claim, Likeness
from ledger.canonical import digest
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import SECOND, Person, agree

pytestmark = pytest.mark.django_db
SOON = datetime(2027, 6, 1, tzinfo=UTC)
MANDATE: dict[str, Any] = {"acts": ["grant", "withdraw"], "purposes": ["satire"], "not_after": rfc3339.write(SOON)}


def inherited(*heirs: Person, rule: str = "all", shares: tuple[int, ...] = ()) -> Likeness:
    """Somebody died; these heirs decide."""
    subject = {"name": "Grandmother", "kind": "deceased", "rule": rule, "adult_on": None}
    likeness: Likeness | None = None
    for n, heir in enumerate(heirs):
        more: dict[str, Any] = {"share": shares[n] if shares else 1}
        more |= {"subject": subject} if likeness is None else {}
        likeness = people.accepted(heir, people.claim(heir, likeness, **more)).likeness
    assert likeness is not None
    likeness.refresh_from_db()
    return likeness


def agent_of(holder: Person, likeness: Likeness, agent: Person, **limits: Any) -> Claim:  # noqa: ANN401 - of a document
    made = people.claim(agent, likeness, role="agent", limits=MANDATE | limits)
    agree(holder, likeness, "claim", claims.document_of(made))
    return people.accepted(agent, made)


def test_an_adult_decides_about_their_own_likeness_alone(ada: Person, ben: Person, face: Likeness) -> None:
    for act in Act:
        assert may_act(face.pk, ada.party, act)
        assert may_act(face.pk, ben.party, act).why is Why.NOT_THEIRS


def test_nobody_decides_about_what_does_not_exist(ada: Person) -> None:
    assert not may_act(uuid.uuid4(), ada.party, Act.GRANT)
    with pytest.raises(LikenessMissing):
        authority.require(uuid.uuid4(), ada.party, Act.GRANT)


def test_a_claim_that_waits_gives_no_authority(ada: Person, ben: Person) -> None:
    made = people.claim(ada)
    assert made.likeness is not None
    assert not may_act(made.likeness.pk, ada.party, Act.GRANT)
    assert may_act(made.likeness.pk, ada.party, Act.WITHDRAW)  # what narrows is always theirs


def test_no_door_makes_active_what_awaits_a_claim(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    made = people.claim(ada)
    likeness = made.likeness
    assert likeness is not None
    with pytest.raises(ClaimNeeded):
        people.enrol(ada, likeness, monkeypatch)
    with pytest.raises(IntegrityError, match="likeness_active_by_authority"), transaction.atomic():
        Likeness.objects.filter(pk=likeness.pk).update(state="active")


@pytest.mark.parametrize(
    ("rule", "shares", "agreeing", "may"),
    [
        ("any", (1, 1, 1), 1, True),
        ("majority", (1, 1, 1), 1, False),
        ("majority", (1, 1, 1), 2, True),
        ("majority", (2, 1, 1), 1, False),
        ("majority", (3, 1, 1), 1, True),
        ("all", (9, 1, 1), 2, False),
        ("all", (1, 1, 1), 3, True),
    ],
)
def test_heirs_widen_by_their_rule_and_each_narrows_alone(
    rule: str, shares: tuple[int, ...], agreeing: int, *, may: bool
) -> None:
    family = [people.register(name) for name in ("ada", "ben", "eve")]
    ada = family[0]
    likeness = inherited(*family, rule=rule, shares=shares)
    document = {"id": people.some_id()}
    for heir in family[1:agreeing]:
        agree(heir, likeness, "grant", document)
    found = may_act(likeness.pk, ada.party, Act.GRANT, document=digest("grant", document))
    assert bool(found) == may
    if not may:
        assert found.why is Why.ASSENT_NEEDED
        assert found.missing == {heir.party.pk for heir in family[agreeing:]}
    assert all(may_act(likeness.pk, heir.party, Act.WITHDRAW) for heir in family)


def test_an_assent_counts_for_exactly_its_document(ada: Person, ben: Person) -> None:
    likeness = inherited(ada, ben)
    document = {"id": people.some_id()}
    agree(ben, likeness, "grant", document)
    agree(ben, likeness, "grant", document)
    assert Assent.objects.count() == 1
    assert may_act(likeness.pk, ada.party, Act.GRANT, document=digest("grant", document))
    assert not may_act(likeness.pk, ada.party, Act.GRANT, document=digest("grant", {"id": "another"}))
    assert not may_act(likeness.pk, ada.party, Act.GRANT, document=digest("claim", document))
    assert not may_act(likeness.pk, ada.party, Act.GRANT)


def test_nobody_assents_with_anothers_key_or_to_what_is_not_theirs(ada: Person, ben: Person, eve: Person) -> None:
    likeness = inherited(ada, ben)
    with pytest.raises(LikenessMissing):
        agree(eve, likeness, "grant", {})
    forged = Person(ben.party, ben.key, eve.private, ben.token)
    with pytest.raises(signing.SignatureRefused):
        agree(forged, likeness, "grant", {})
    with pytest.raises(AuthorityRefused):
        agree(ben, likeness, "erasure", {})
    assert not Assent.objects.exists()


def test_an_heir_who_was_erased_is_no_heir(ada: Person, ben: Person) -> None:
    likeness = inherited(ada, ben)
    erasure.erase_party(ben.party, actor=ben.party)
    assert set(authority.principals(likeness, datetime.now(UTC))) == {ada.party.pk}
    assert may_act(likeness.pk, ada.party, Act.GRANT)


def test_an_agent_acts_within_limits_and_only_if_the_holder_has_signed(
    ada: Person, ben: Person, eve: Person, face: Likeness
) -> None:
    made = people.claim(ben, face, role="agent", limits=MANDATE)
    with pytest.raises(reviews.ClaimUnproven):
        people.accepted(ben, made)
    agree(ada, face, "claim", claims.document_of(made))
    reviews.accept(made, actor=SECOND)
    found = may_act(face.pk, ben.party, Act.GRANT)
    assert (found.may, found.purposes, found.not_after) == (True, frozenset({"satire"}), SOON)
    assert not may_act(face.pk, ben.party, Act.SEE)
    for wrong in ({"purposes": ["advertising"]}, {"not_after": SOON + timedelta(seconds=1)}):
        asked: dict[str, Any] = {"purposes": ["satire"], "not_after": SOON, "everyone": False} | wrong
        with pytest.raises(AuthorityRefused):
            authority.check_scope(face, found, **asked)
    authority.check_scope(face, found, purposes=["satire"], not_after=SOON, everyone=True)
    assert not may_act(face.pk, eve.party, Act.GRANT)


def test_a_mandate_that_is_over_gives_nothing(ada: Person, ben: Person, face: Likeness) -> None:
    made = agent_of(ada, face, ben)
    Claim.objects.filter(pk=made.pk).update(not_after=datetime.now(UTC) - timedelta(seconds=1))
    assert not may_act(face.pk, ben.party, Act.GRANT)


def test_whoever_appointed_an_agent_dismisses_them_alone_and_at_once(
    ada: Person, ben: Person, eve: Person, face: Likeness
) -> None:
    made = agent_of(ada, face, ben)
    with pytest.raises(claims.ClaimMissing):
        claims.end(made, actor=eve.party)
    claims.end(made, actor=ada.party)
    claims.end(made, actor=ada.party)
    assert not may_act(face.pk, ben.party, Act.GRANT)
    assert Entry.objects.filter(kind="claim.ended").count() == 1
