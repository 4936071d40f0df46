"""Claims of authority over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from consent import authority, claims, reviews
from consent.models import Claim, ClaimDocument, Likeness
from ledger import base64url
from ledger.canonical import digest
from tests.consent import people
from tests.consent.api.conftest import Answer, Call
from tests.consent.people import SECOND, Person

pytestmark = pytest.mark.django_db
SUBJECT = {"name": "Grandmother", "kind": "deceased", "rule": "all", "adult_on": None}
LIMITS = {"acts": ["grant", "withdraw"], "purposes": None, "not_after": "2090-01-01T00:00:00Z"}


def made(call: Call, person: Person, **asked: Any) -> Answer:  # noqa: ANN401 - JSON
    body = {"key": person.key.key_id, "role": "heir", "basis": "I am her daughter.", **asked}
    drafted = call(person, "post", "claims/draft", body)
    assert drafted.status_code == 200
    document = drafted.json()["document"]
    asked_for = base64url.decode(drafted.json()["digest"])
    assert asked_for == digest("claim", document)
    signature = base64url.encode(person.private.sign(asked_for))
    return call(person, "post", "claims", {"document": document, "signature": signature})


def test_a_family_claims_adds_a_page_and_follows_it(call: Call, ada: Person) -> None:
    answer = made(call, ada, subject=SUBJECT)
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["state"], shown["due_at"] > shown["made_at"]) == ("open", True)
    page = {"document": SimpleUploadedFile("will.pdf", b"%PDF-1.7 a will"), "kind": "evidence"}
    sent = call(ada, "post", f"claims/{shown['id']}/documents", None, data=page)
    assert (sent.status_code, sent.json()["media_type"]) == (201, "application/pdf")
    whole = call(ada, "get", f"claims/{shown['id']}").json()
    assert whole["document"]["basis"] == "I am her daughter."
    assert [each["id"] for each in whole["documents"]] == [sent.json()["id"]]
    assert call(ada, "get", "claims").json()["items"] == [shown]
    assert call(ada, "post", f"claims/{shown['id']}/withdrawal").json()["state"] == "withdrawn"


def test_strangers_find_no_claim(call: Call, ada: Person, ben: Person) -> None:
    pk = made(call, ada, subject=SUBJECT).json()["id"]
    for path, method in ((f"claims/{pk}", "get"), (f"claims/{pk}/withdrawal", "post")):
        theirs = call(ben, method, path)
        nobodys = call(ben, method, path.replace(pk, people.some_id()))
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.json()["detail"] == nobodys.json()["detail"]
    page = {"document": SimpleUploadedFile("will.pdf", b"%PDF-1.7"), "kind": "evidence"}
    assert call(ben, "post", f"claims/{pk}/documents", None, data=page).status_code == 404
    assert call(ben, "get", "claims").json()["items"] == []
    assert not ClaimDocument.objects.exists()


def test_a_claim_about_a_likeness_answers_as_one_about_nothing(call: Call, ben: Person, face: Likeness) -> None:
    def told(likeness: str) -> dict[str, Any]:
        answer = made(call, ben, likeness=likeness, role="estate")
        row: dict[str, Any] = answer.json() | {"status": answer.status_code}
        return {name: row[name] for name in ("status", "likeness", "role", "state", "refusal")}

    assert told(str(face.pk)) == told(people.some_id())


@pytest.mark.parametrize(
    "body", [{}, {"document": {}}, {"document": {}, "signature": "AA"}, {"document": [], "signature": "AA"}, {"x": 1}]
)
def test_what_is_no_claim_is_refused_and_nothing_is_written(call: Call, ada: Person, body: dict[str, object]) -> None:
    assert call(ada, "post", "claims", body).status_code == 422
    assert not Claim.objects.exists()


def test_a_short_signature_is_refused(call: Call, ada: Person) -> None:
    asked = {"role": "heir", "basis": "x", "subject": SUBJECT}
    document = claims.draft(asked, key=ada.key, actor=ada.party)
    assert call(ada, "post", "claims", {"document": document, "signature": "AAAA"}).status_code == 422
    assert not Claim.objects.exists()


def test_a_holder_reads_signs_and_dismisses_an_agent(call: Call, ada: Person, ben: Person, face: Likeness) -> None:
    pk = made(call, ben, likeness=str(face.pk), role="agent", limits=LIMITS).json()["id"]
    whole = call(ada, "get", f"claims/{pk}").json()
    assert whole["documents"] == []
    people.agree(ada, face, "claim", whole["document"])
    reviews.recommend(Claim.objects.get(), "accept", actor=people.FIRST)
    reviews.accept(Claim.objects.get(), actor=SECOND)
    given = people.grant(ada, face, ben.party)
    assert call(ben, "post", "withdrawals", {"grant": str(given.pk)}).status_code == 200
    assert call(ada, "post", f"claims/{pk}/withdrawal").json()["state"] == "ended"
    given = people.grant(ada, face, ben.party)
    assert call(ben, "post", "withdrawals", {"grant": str(given.pk)}).status_code == 404


def test_an_assent_over_http(call: Call, ada: Person, ben: Person, face: Likeness) -> None:
    document = {"id": people.some_id()}
    asked = authority.assent_digest(face.pk, ada.party, ada.key.key_id, digest("grant", document))
    body = {
        "kind": "grant",
        "document": document,
        "key": ada.key.key_id,
        "signature": base64url.encode(ada.private.sign(asked)),
    }
    assert call(ben, "post", f"likenesses/{face.pk}/assents", body).status_code == 404
    assert call(ada, "post", f"likenesses/{face.pk}/assents", body | {"document": {}}).status_code == 422
    answer = call(ada, "post", f"likenesses/{face.pk}/assents", body)
    assert answer.status_code == 201
    assert base64url.decode(answer.json()["act"]) == digest("grant", document)


def test_anybody_may_ask_for_a_term(call: Call, db: None) -> None:
    answer = call(None, "get", "post-mortem-terms?jurisdiction=US-CA&died_on=2022-03-04").json()
    assert (answer["ends_on"], answer["status"]) == ("2092-03-04", "law")
    assert "never the last word" in answer["caveats"][-1]
    answer = call(None, "get", "post-mortem-terms?jurisdiction=FR&died_on=2022-03-04").json()
    assert (answer["ends_on"], answer["status"], answer["source"]) == (None, "not-known-here", None)


@pytest.mark.parametrize(
    "query",
    ["", "jurisdiction=US-CA", "jurisdiction=ca&died_on=2022-03-04"]
    + [
        f"jurisdiction=US-CA&died_on={day}" for day in ("x", "20220304", "2022-02-30", "2999-01-01", "2022-03-04T00:00")
    ],
)
def test_a_question_that_cannot_be_read_is_refused(call: Call, db: None, query: str) -> None:
    assert call(None, "get", f"post-mortem-terms?{query}").status_code == 400
