"""Licences: offered over a grant, accepted by signature, exclusive where they say so, ended by either party."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from consent import (
    exclusions,
    grants,
    licence_document,
    licence_offers,
    licences,
    revocations,
    rfc3339,
    signing,
)
from consent.fields import StatementInvalid
from consent.keys import KeyUnknown
from consent.models import Grant, Licence, LicenceOffer, Likeness
from ledger.canonical import digest
from ledger.models import Entry
from tests.consent import deals, people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def given(ada: Person, ben: Person, carl: Person, face: Likeness) -> Grant:
    return deals.grant(ada, face, ben.party, carl.party)


@pytest.fixture
def offered(ada: Person, ben: Person, given: Grant) -> LicenceOffer:
    return deals.offer(given, ada, ben)


def days(first: int, last: int) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "not_before": rfc3339.write(now + timedelta(days=first)),
        "not_after": rfc3339.write(now + timedelta(days=last)),
    }


def test_an_offer_is_accepted_by_its_licensees_signature(ben: Person, offered: LicenceOffer, given: Grant) -> None:
    licence = deals.accept(offered, ben)
    offered.refresh_from_db()
    assert offered.state == "accepted"
    assert (licence.grant, licence.licensee, licence.entry.kind) == (given, ben.party, "licence.agreed")
    assert offered.entry.kind == "licence.offered"
    signing.check_signature(
        bytes(ben.key.public),
        bytes(licence.signature),
        digest("licence", licence.document),
        pointer="",
        remedy="",
    )


def test_an_agreement_is_read_as_it_was_written(ben: Person, offered: LicenceOffer) -> None:
    document = licences.draft(offered, key=ben.key, actor=ben.party)
    assert licence_document.to_document(licence_document.parse(document)) == document


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"purposes": ["advertising"]}, "/terms/purposes"),
        ({"term": days(1, 90)}, "/terms/term"),
        ({"territories": None}, "/terms/territories"),
        ({"territories": ["DE", "FR"]}, "/terms/territories"),
        ({"campaign": None}, "/terms/campaign"),
        ({"campaign": "other"}, "/terms/campaign"),
        ({"after_end": "keep"}, "/terms/after_end"),
        ({"rate": deals.rate(**{people.some_id(): "1"})}, "/terms/rate/split"),
    ],
    ids=["purposes", "term", "world", "country", "no-campaign", "campaign", "after-end", "payee"],
)
def test_a_licence_never_widens_its_grant(
    ada: Person, ben: Person, face: Likeness, change: dict[str, Any], pointer: str
) -> None:
    given = deals.grant(ada, face, ben.party, territories=["DE"], campaigns=["sea"])
    within = {"territories": ["DE"], "campaign": "sea"}
    deals.offer(given, ada, ben, **within)
    with pytest.raises(licence_offers.LicenceRefused) as refused:
        deals.offer(given, ada, ben, **(within | change))
    assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"extra": 1},
        {"keep_labels": False},
        {"exclusive": "yes"},
        {"rate": None},
        {"rate": deals.rate("0")},
        {"rate": deals.rate(currency="XXX")},
        {"rate": deals.rate(**{people.some_id(): "0.9"})},
        {"sublicensing": "any"},
        {"description": ""},
        {"term": days(2, 1)},
        {"term": days(0, 3660)},
        {"purposes": []},
        {"territories": ["ZZ"]},
        {"campaign": "a b"},
    ],
    ids=[
        "version",
        "extra",
        "labels",
        "exclusive",
        "no-rate",
        "rate-of-nothing",
        "currency",
        "shares",
        "sublicensing",
        "description",
        "backwards",
        "too-long",
        "purposes",
        "country",
        "campaign",
    ],
)
def test_terms_that_cannot_be_read_are_refused_by_name(
    ada: Person, ben: Person, given: Grant, change: dict[str, Any]
) -> None:
    with pytest.raises(StatementInvalid) as refused:
        deals.offer(given, ada, ben, **change)
    assert str(refused.value.pointer).startswith("/terms/")
    assert not LicenceOffer.objects.exists()


def test_only_the_grantor_offers_and_nobody_to_themselves(ada: Person, ben: Person, given: Grant) -> None:
    with pytest.raises(grants.GrantMissing):
        deals.offer(given, ben, ada)
    with pytest.raises(licence_offers.LicenceRefused):
        deals.offer(given, ada, ada)


def test_an_offer_to_one_is_nothing_to_others(ben: Person, carl: Person, offered: LicenceOffer) -> None:
    with pytest.raises(licence_offers.OfferMissing):
        deals.accept(offered, carl)
    assert list(licence_offers.visible(carl.party)) == []
    assert list(licence_offers.visible(ben.party)) == [offered]


def test_an_offer_to_anybody_is_accepted_once(ada: Person, ben: Person, carl: Person, given: Grant) -> None:
    made = deals.offer(given, ada, None)
    deals.accept(made, carl)
    with pytest.raises(licence_offers.OfferClosed):
        deals.accept(made, ben)


def test_an_offer_to_anybody_is_accepted_only_by_those_whom_the_grant_permits(
    ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    made = deals.offer(deals.grant(ada, face, ben.party), ada, None)
    with pytest.raises(licence_offers.LicenceRefused) as refused:
        deals.accept(made, carl)
    assert refused.value.pointer == "/licensee"


def test_what_was_withdrawn_or_is_over_is_not_accepted(ada: Person, ben: Person, offered: LicenceOffer) -> None:
    document = licences.draft(offered, key=ben.key, actor=ben.party)
    LicenceOffer.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(licence_offers.OfferClosed):
        licences.accept(document, deals.signed(ben, document), actor=ben.party)
    LicenceOffer.objects.update(expires_at=datetime.now(UTC) + timedelta(days=1))
    first = licence_offers.withdraw_offer(offered, actor=ada.party)
    assert licence_offers.withdraw_offer(offered, actor=ada.party).withdrawn_entry_id == first.withdrawn_entry_id
    with pytest.raises(licence_offers.OfferClosed):
        licences.accept(document, deals.signed(ben, document), actor=ben.party)


def test_no_licence_of_a_grant_that_ended(ada: Person, ben: Person, given: Grant, offered: LicenceOffer) -> None:
    document = licences.draft(offered, key=ben.key, actor=ben.party)
    revocations.withdraw_grant(given, actor=ada.party)
    with pytest.raises(licence_offers.OfferClosed):
        licences.accept(document, deals.signed(ben, document), actor=ben.party)
    with pytest.raises(licence_offers.OfferClosed):
        deals.offer(given, ada, ben)


def test_what_was_not_offered_cannot_be_signed(ben: Person, offered: LicenceOffer) -> None:
    document = licences.draft(offered, key=ben.key, actor=ben.party)
    document["terms"]["rate"]["amount"] = "0.01"
    with pytest.raises(licence_offers.LicenceRefused):
        licences.accept(document, deals.signed(ben, document), actor=ben.party)


def test_a_signature_of_another_or_over_another_label_is_refused(
    ben: Person, carl: Person, offered: LicenceOffer
) -> None:
    document = licences.draft(offered, key=ben.key, actor=ben.party)
    for wrong in (deals.signed(carl, document), ben.sign(document)):
        with pytest.raises(signing.SignatureRefused):
            licences.accept(document, wrong, actor=ben.party)
    with pytest.raises(signing.SignatureRefused):
        licences.accept(document, actor=ben.party)
    document["key"] = carl.key.key_id
    with pytest.raises(KeyUnknown):
        licences.accept(document, deals.signed(ben, document), actor=ben.party)


def test_an_old_document_is_refused(ben: Person, offered: LicenceOffer) -> None:
    document = licences.draft(offered, key=ben.key, actor=ben.party)
    document["issued_at"] = rfc3339.write(datetime.now(UTC) - timedelta(minutes=11))
    with pytest.raises(grants.NotFresh):
        licences.accept(document, deals.signed(ben, document), actor=ben.party)


def test_an_id_is_used_once(ada: Person, ben: Person, given: Grant, offered: LicenceOffer) -> None:
    first = deals.accept(offered, ben)
    document = licences.draft(deals.offer(given, ada, ben), key=ben.key, actor=ben.party) | {"id": str(first.pk)}
    with pytest.raises(licences.LicenceReplayed):
        licences.accept(document, deals.signed(ben, document), actor=ben.party)


EXCLUSIVE = {"exclusive": True}
Pair = tuple[dict[str, Any], dict[str, Any]]


@pytest.mark.parametrize(
    "pair",
    [
        (EXCLUSIVE, EXCLUSIVE),
        (EXCLUSIVE, {}),
        ({}, EXCLUSIVE),
        (EXCLUSIVE | {"territories": ["DE"]}, EXCLUSIVE),
        (EXCLUSIVE | {"campaign": "a"}, EXCLUSIVE),
        (EXCLUSIVE | {"term": days(1, 3)}, EXCLUSIVE | {"term": days(2, 4)}),
    ],
    ids=["both", "old", "new", "world", "any-campaign", "overlap"],
)
def test_exclusive_means_nobody_else_for_the_same(
    ada: Person, ben: Person, carl: Person, given: Grant, pair: Pair
) -> None:
    deals.accept(deals.offer(given, ada, ben, **pair[0]), ben)
    with pytest.raises(licences.ExclusivityTaken):
        deals.accept(deals.offer(given, ada, carl, **pair[1]), carl)
    assert Licence.objects.count() == 1


@pytest.mark.parametrize(
    "pair",
    [
        ({}, {}),
        (EXCLUSIVE, EXCLUSIVE | {"purposes": ["entertainment"]}),
        (EXCLUSIVE | {"territories": ["DE"]}, EXCLUSIVE | {"territories": ["FR"]}),
        (EXCLUSIVE | {"campaign": "a"}, EXCLUSIVE | {"campaign": "b"}),
        (EXCLUSIVE | {"term": days(1, 2)}, EXCLUSIVE | {"term": days(2, 3)}),
    ],
    ids=["neither", "purpose", "place", "campaign", "after"],
)
def test_what_is_about_something_else_is_licensed_beside_it(
    ada: Person, ben: Person, carl: Person, given: Grant, pair: Pair
) -> None:
    deals.accept(deals.offer(given, ada, ben, **pair[0]), ben)
    deals.accept(deals.offer(given, ada, carl, **pair[1]), carl)
    assert Licence.objects.count() == 2


def test_a_licence_that_ended_stands_in_nobodys_way(ada: Person, ben: Person, carl: Person, given: Grant) -> None:
    first = deals.accept(deals.offer(given, ada, ben, exclusive=True), ben)
    licences.end(first, actor=ben.party)
    deals.accept(deals.offer(given, ada, carl, exclusive=True), carl)


def test_either_party_ends_a_licence_once_and_no_stranger_does(
    ada: Person, ben: Person, carl: Person, offered: LicenceOffer
) -> None:
    licence = deals.accept(offered, ben)
    with pytest.raises(licences.LicenceMissing):
        licences.end(licence, actor=carl.party)
    ended = licences.end(licence, actor=ada.party)
    assert licences.end(licence, actor=ben.party).ended_entry_id == ended.ended_entry_id
    assert Entry.objects.filter(kind="licence.ended").count() == 1
    with pytest.raises(licence_offers.OfferClosed):
        licence_offers.withdraw_offer(offered, actor=ada.party)


def test_a_licence_without_its_end_entry_is_refused_by_the_database(ben: Person, offered: LicenceOffer) -> None:
    licence = deals.accept(offered, ben)
    with pytest.raises(IntegrityError), transaction.atomic():
        Licence.objects.filter(pk=licence.pk).update(ended_at=datetime.now(UTC))


def test_nothing_here_can_refer_to_a_biometric_template() -> None:
    """A template is never licensed or sold: no foreign key leads from here to one, by whatever path inside consent."""
    ours = {apps.get_model("consent", name) for name in ("LicenceOffer", "Licence", "PostingSet", "Posting")}
    direct = {
        field.related_model
        for model in ours
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created
    }
    allowed = {"Grant", "Likeness", "Party", "PartyKey", "Permit", "Entry", "LicenceOffer", "Licence", "PostingSet"}
    assert {model.__name__ for model in direct} == allowed
    seen, left = set(ours), list(ours)
    while left:
        for field in left.pop()._meta.get_fields():
            target = field.related_model
            if field.is_relation and not field.auto_created and target not in seen:
                seen.add(target)
                left.append(target)
    assert not [model for model in seen if model.__name__ in ("Enrolment", "Blob") or "emplate" in model.__name__]


def test_whoever_is_shut_out_is_offered_nothing_and_hears_what_a_stranger_hears(
    ada: Person, ben: Person, carl: Person, given: Grant, offered: LicenceOffer
) -> None:
    public = deals.offer(given, ada, None, exclusive=True)
    documents = [licences.draft(one, key=ben.key, actor=ben.party) for one in (offered, public)]
    exclusions.withdraw_party(ben.party, actor=ada.party)
    assert list(licence_offers.visible(ben.party)) == []
    for document in documents:
        with pytest.raises(licence_offers.OfferMissing):
            licences.accept(document, deals.signed(ben, document), actor=ben.party)
    with pytest.raises(licence_offers.LicenceRefused, match="shut this party out"):
        deals.offer(given, ada, ben)
    assert public in licence_offers.visible(ada.party)
    deals.accept(public, carl)
