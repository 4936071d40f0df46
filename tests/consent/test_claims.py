"""Claims of authority: sworn, documented, decided by two, and answered in kind words."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from consent import claimform, claims, clock, letters, likenesses, reviews, rfc3339
from consent.claimform import ClaimInvalid
from consent.models import Claim, ClaimDocument, Likeness, Message
from consent.staff import SecondPersonNeeded, Staff
from ledger import log, vault
from ledger.canonical import digest, parse
from ledger.models import Entry
from ledger.problem import Problem
from tests.consent import people
from tests.consent.people import FIRST, SECOND, Person

pytestmark = pytest.mark.django_db
CHARACTER = {"name": "Robot", "kind": "character", "rule": "any", "adult_on": None}
LIMITS = {"acts": ["grant"], "purposes": None, "not_after": "2030-01-01T00:00:00Z"}


def document(person: Person, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a document
    subject = {"name": "Grandmother", "kind": "deceased", "rule": "all", "adult_on": None}
    asked = {"role": "heir", "basis": "I am her daughter.", "subject": subject}
    return claims.draft(asked, key=person.key, actor=person.party) | changes


def sign(person: Person, whole: dict[str, Any]) -> bytes:
    return person.private.sign(digest("claim", whole))


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"type": "countenance/grant"}, "/type"),
        ({"v": 2}, "/v"),
        ({"v": True}, "/v"),
        ({"id": "x"}, "/id"),
        ({"issued_at": "yesterday"}, "/issued_at"),
        ({"sworn": "I guess."}, "/sworn"),
        ({"likeness": "11111111-1111-4111-8111-111111111111"}, "/likeness"),
        ({"subject": None}, "/likeness"),
        ({"role": "king"}, "/role"),
        ({"role": ["heir"]}, "/role"),
        ({"role": "studio"}, "/role"),
        ({"role": "guardian"}, "/role"),
        ({"basis": "  "}, "/basis"),
        ({"basis": "x" * 4001}, "/basis"),
        ({"share": 0}, "/share"),
        ({"share": True}, "/share"),
        ({"limits": LIMITS}, "/limits"),
        ({"more": 1}, "/more"),
        ({"subject": {"name": "A"}}, "/subject/kind"),
        ({"subject": CHARACTER | {"adult_on": "2030-01-01"}, "role": "studio"}, "/subject/adult_on"),
        ({"subject": CHARACTER | {"kind": "person"}, "role": "guardian"}, "/subject/adult_on"),
        ({"subject": CHARACTER | {"rule": "none"}, "role": "studio"}, "/subject/rule"),
    ],
)
def test_a_claim_with_one_flaw_is_refused_by_the_field(ada: Person, changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ClaimInvalid) as refusal:
        claimform.parse(document(ada) | changes)
    assert refusal.value.pointer == pointer


@pytest.mark.parametrize(
    "limits",
    [None, {}, LIMITS | {"acts": []}, LIMITS | {"acts": ["see", "grant"]}, LIMITS | {"purposes": ["crime"]}],
)
def test_an_agent_names_limits(ada: Person, limits: object) -> None:
    asked = {"role": "agent", "likeness": people.some_id(), "subject": None, "limits": limits}
    with pytest.raises(ClaimInvalid):
        claimform.parse(document(ada) | asked)


def test_a_claim_is_signed_fresh_and_made_once(ada: Person, ben: Person) -> None:
    whole = document(ada)
    with pytest.raises(Problem):
        claims.make_claim(whole, sign(ben, whole), actor=ada.party)
    with pytest.raises(Problem):
        claims.make_claim(whole | {"basis": "another"}, sign(ada, whole), actor=ada.party)
    with pytest.raises(claims.ClaimRefused):
        claims.make_claim(whole, sign(ada, whole), actor=ben.party)
    old = whole | {"issued_at": rfc3339.write(datetime.now(UTC) - timedelta(minutes=11))}
    with pytest.raises(claims.ClaimRefused):
        claims.make_claim(old, sign(ada, old), actor=ada.party)
    assert not Likeness.objects.exists()
    claims.make_claim(whole, sign(ada, whole), actor=ada.party)
    with pytest.raises(claims.ClaimRefused):
        claims.make_claim(whole, sign(ada, whole), actor=ada.party)
    assert Claim.objects.count() == Likeness.objects.count() == 1


def test_what_was_written_is_sealed_and_the_log_says_nothing(ada: Person) -> None:
    made = people.documented(ada, people.claim(ada))
    assert parse(vault.unseal(made.statement))["document"]["basis"] == "I am her daughter."
    for entry in Entry.objects.filter(kind__startswith="claim."):
        assert set(parse(bytes(entry.body))) == {"v", "kind", "time", "commit"}
    opened = parse(log.opening(ClaimDocument.objects.get().entry).payload)["payload"]
    assert len(opened["sha256"]) == 64


def test_everybody_has_the_same_clock(ada: Person, ben: Person) -> None:
    family = people.claim(ada)
    studio = people.claim(ben, subject=CHARACTER, role="studio")
    for made in (family, studio):
        made.refresh_from_db()
        assert abs(made.due_at - made.made_at - timedelta(hours=72)) < timedelta(minutes=1)


def test_only_an_accepted_claim_makes_the_next_one_verified(ada: Person) -> None:
    first = people.claim(ada)
    assert people.claim(ada).tier == first.tier == "new"
    people.accepted(ada, first)
    assert people.claim(ada).tier == "verified"


def test_a_claim_about_nothing_looks_like_any_other(ada: Person, ben: Person, face: Likeness) -> None:
    def tried(likeness: str) -> list[Any]:
        whole = document(ben, likeness=likeness, subject=None, role="estate")
        made = claims.make_claim(whole, sign(ben, whole), actor=ben.party)
        again = document(ben, likeness=likeness, subject=None, role="estate")
        twice = claims.make_claim(again, sign(ben, again), actor=ben.party)
        people.documented(ben, made)
        claims.withdraw_claim(twice, actor=ben.party)
        made.refresh_from_db()
        return [made.state, made.role, made.tier, made.due_at - made.made_at > timedelta(hours=71)]

    assert tried(str(face.pk)) == tried(people.some_id())
    nothing = Claim.objects.filter(likeness=None, state="open").get()
    reviews.recommend(nothing, "accept", actor=FIRST)
    with pytest.raises(reviews.ClaimConflict):
        reviews.accept(nothing, actor=SECOND)
    reviews.refuse(nothing, "no-such-likeness", actor=SECOND)


def test_twenty_claims_wait_at_most(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "MAX_WAITING", 1)
    people.claim(ada)
    with pytest.raises(claims.ClaimRefused):
        people.claim(ada)


@pytest.mark.parametrize(
    ("data", "kind", "found"),
    [
        (b"%PDF-1.7", "evidence", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "reference", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "evidence", "image/png"),
        (b"%PDF-1.7", "reference", None),
        (b"GIF89a", "evidence", None),
        (b"", "evidence", None),
        (b"<html>%PDF-", "evidence", None),
        (b"\0\0\0\x18ftypisom", "evidence", None),
        (b"\0\0\0\x18ftypisom", "reference", None),  # no sound MP4
        (b"%PDF-1.7", "gossip", None),
        (b"%PDF-" + b" " * claims.MAX_DOCUMENT_BYTES, "evidence", None),
    ],
    ids=range(11),
)
def test_a_document_is_what_its_first_bytes_say(ada: Person, data: bytes, kind: str, found: str | None) -> None:
    made = people.claim(ada)
    if found is None:
        with pytest.raises(Problem):
            claims.add_document(made, io.BytesIO(data), kind=kind, actor=ada.party)
        assert not ClaimDocument.objects.exists()
    else:
        row = claims.add_document(made, io.BytesIO(data), kind=kind, actor=ada.party)
        assert (row.media_type, vault.read_blob(row.blob)) == (found, data)


def test_no_document_lies_in_the_clear(ada: Person, settings: Settings) -> None:
    people.documented(ada, people.claim(ada))
    files = [file for file in Path(settings.LEDGER_VAULT_DIR).rglob("*") if file.is_file()]
    assert files
    assert not any(b"PNG" in file.read_bytes() for file in files)


def test_nobody_adds_to_or_takes_back_what_is_anothers_or_decided(ada: Person, ben: Person) -> None:
    made = people.claim(ada)
    with pytest.raises(claims.ClaimMissing):
        people.documented(ben, made)
    with pytest.raises(claims.ClaimMissing):
        claims.withdraw_claim(made, actor=ben.party)
    reviews.refuse(made, "not-shown", actor=FIRST)
    with pytest.raises(claims.ClaimClosed):
        people.documented(ada, made)
    with pytest.raises(claims.ClaimClosed):
        claims.withdraw_claim(made, actor=ada.party)


def test_no_one_person_accepts_a_claim(ada: Person) -> None:
    made = people.documented(ada, people.claim(ada))
    with pytest.raises(SecondPersonNeeded):
        reviews.accept(made, actor=SECOND)
    reviews.recommend(made, "accept", actor=FIRST)
    with pytest.raises(SecondPersonNeeded):
        reviews.accept(made, actor=FIRST)
    with pytest.raises(SecondPersonNeeded):
        reviews.transfer(made, actor=SECOND)
    made.refresh_from_db()
    assert made.state == "open"
    reviews.accept(made, actor=SECOND)
    kinds = list(Entry.objects.filter(kind__startswith="claim.").order_by("created_at").values_list("kind", flat=True))
    assert kinds == ["claim.made", "claim.documented", "claim.reviewed", "claim.accepted"]


def test_the_last_word_of_a_colleague_counts(ada: Person) -> None:
    made = people.documented(ada, people.claim(ada))
    reviews.recommend(made, "accept", actor=FIRST)
    reviews.recommend(made, "refuse", actor=Staff(9))
    with pytest.raises(SecondPersonNeeded):
        reviews.accept(made, actor=SECOND)


def test_a_claim_without_a_document_is_not_accepted(ada: Person) -> None:
    made = people.claim(ada)
    reviews.recommend(made, "accept", actor=FIRST)
    with pytest.raises(reviews.ClaimUnproven):
        reviews.accept(made, actor=SECOND)


def test_a_character_needs_reference_media_in_place_of_a_face(ada: Person) -> None:
    made = people.documented(ada, people.claim(ada, subject=CHARACTER, role="studio"))
    reviews.recommend(made, "accept", actor=FIRST)
    with pytest.raises(reviews.ClaimUnproven):
        reviews.accept(made, actor=SECOND)
    people.documented(ada, made, "reference")
    likeness = reviews.accept(made, actor=SECOND).likeness
    assert likeness is not None
    likeness.refresh_from_db()
    assert likeness.state == "active"


def test_a_character_is_rendered_from_its_reference_while_the_claim_stands(ada: Person) -> None:
    made = people.accepted(ada, people.claim(ada, subject=CHARACTER, role="studio"))
    assert made.likeness is not None
    likeness = made.likeness
    likeness.refresh_from_db()
    blob = likenesses.calibration_blob(likeness)
    assert blob == made.documents.get(kind="reference").blob
    claims.withdraw_claim(made, actor=ada.party)
    likeness.refresh_from_db()
    with pytest.raises(likenesses.NotEnrolled):
        likenesses.calibration_blob(likeness)


def test_a_living_person_is_never_rendered_from_somebody_elses_papers(ada: Person, ben: Person, face: Likeness) -> None:
    people.accepted(ben, people.claim(ben, face, role="estate"), "transfer")
    assert likenesses.calibration_blob(Likeness.objects.get(pk=face.pk)) == face.enrolments.get().blob
    face.enrolments.update(erased_at=clock.now(), probe={})
    with pytest.raises(likenesses.NotEnrolled):
        likenesses.calibration_blob(Likeness.objects.get(pk=face.pk))


@pytest.mark.parametrize("role", ["estate", "heir", "rights_holder", "studio", "guardian"])
def test_nobody_is_pushed_aside_without_a_transfer(ada: Person, ben: Person, face: Likeness, role: str) -> None:
    made = people.claim(ben, face, role=role)
    with pytest.raises(reviews.ClaimConflict):
        people.accepted(ben, made)
    face.refresh_from_db()
    assert face.holder_id == ada.party.pk


def test_people_are_told_in_kind_words_and_nobody_is_named(ada: Person, ben: Person, face: Likeness) -> None:
    people.accepted(ada, people.claim(ada))
    refused = people.claim(ada)
    reviews.refuse(refused, "unreadable", actor=FIRST)
    people.accepted(ben, people.claim(ben, face, role="estate"), "transfer")
    told = {message.kind: message.text for message in Message.objects.filter(party=ada.party)}
    assert set(told) == {"claim-made", "claim-accepted", "claim-refused", "authority-left"}
    assert letters.REASONS["unreadable"] in told["claim-refused"]
    for text in told.values():
        assert "{" not in text
        assert not any(name in text for name in ("Ben", "ben", "Grandmother", "staff:"))


def test_every_kind_of_letter_and_every_reason_has_its_words() -> None:
    assert set(letters.TEXTS) == set(letters.SUBJECTS)
    assert set(letters.REASONS) == set(Claim.Refusal.values)


@pytest.fixture
def moderators(db: None) -> list[str]:
    for name in ("mo", "mia"):
        user = User.objects.create_user(name, is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="review_claim"))
    User.objects.create_user("clerk", is_staff=True)
    return ["mo", "mia"]


def test_the_staff_work_from_a_shell(ada: Person, moderators: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    made = people.documented(ada, people.claim(ada))
    mo, mia = moderators
    call_command("consent_claims", "list", "--as", mo)
    assert str(made.pk) in capsys.readouterr().out
    call_command("consent_claims", "show", str(made.pk), "--as", mo)
    assert "I am her daughter." in capsys.readouterr().out
    call_command("consent_claims", "recommend", str(made.pk), "accept", "--as", mo)
    with pytest.raises(CommandError, match="colleague"):
        call_command("consent_claims", "accept", str(made.pk), "--as", mo)
    call_command("consent_claims", "accept", str(made.pk), "--as", mia)
    made.refresh_from_db()
    assert made.state == "accepted"


@pytest.mark.parametrize("who", ["clerk", "nobody"])
def test_who_may_not_review_does_not(ada: Person, moderators: list[str], who: str) -> None:
    made = people.claim(ada)
    for act in ("list", "show", "accept"):
        with pytest.raises(CommandError):
            call_command("consent_claims", act, str(made.pk), "--as", who)
