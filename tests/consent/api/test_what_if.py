"""Terms are tried out before they are signed; nobody learns anything of a likeness that is not theirs."""

from __future__ import annotations

from typing import Any

import pytest

from consent.models import Decision, Grant, Likeness
from ledger.models import Entry
from tests.consent import people
from tests.consent.api.conftest import Call
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
Judged = list[tuple[str, list[str | None]]]


def example(*cast: object, client: Person | None = None, **change: object) -> dict[str, Any]:
    use = {"cast": [str(one) for one in cast], "purpose": "satire", "seconds": 4, "remix": False} | change
    return {"use": use} | ({} if client is None else {"client": str(client.party.pk)})


def body(face: Likeness, terms: dict[str, Any], *examples: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"likeness": str(face.pk), "terms": terms, "examples": list(examples)} | more


def judged(one: dict[str, Any]) -> Judged:
    return [
        (one[way]["outcome"], [reason["clause"] for reason in one[way]["reasons"]])
        for way in ("without", "alone", "beside")
    ]


def test_a_draft_is_judged_with_and_without_the_grants_that_exist(
    call: Call, ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    given = people.full_grant(ada, face, ben.party, scenes={"allowed": ["everyday"], "denied": ["alcohol"]})
    draft = people.full_terms(carl.party, scenes={"allowed": ["alcohol", "everyday"], "denied": []}, credit="Ada")
    before = Entry.objects.count()
    asked = [
        example(face.pk, client=ben),
        example(face.pk, client=carl),
        example(face.pk, client=carl, scenes=["alcohol"]),
        example(face.pk),
    ]
    answer = call(ada, "post", "decisions/what-if", body(face, draft, *asked)).json()
    parties = "/terms/audience/parties"
    assert answer["is_permit"] is False
    assert [judged(one) for one in answer["examples"]] == [
        [("allow", []), ("deny", [parties]), ("allow", [])],
        [("deny", [parties]), ("allow", []), ("allow", [])],
        [
            ("deny", ["/terms/scenes/denied", parties, "/terms/scenes/allowed"]),
            ("allow", []),
            ("deny", ["/terms/scenes/denied", parties, "/terms/scenes/allowed"]),
        ],
        [("deny", [parties]), ("deny", [parties]), ("deny", [parties, parties])],
    ]
    owed = answer["examples"][1]["beside"]["obligations"]
    assert [(one["duty"], one["grant"]) for one in owed] == [("label", None), ("attribute", "draft")]
    instead = body(face, draft, asked[2], supersedes=str(given.pk))
    (replaced,) = call(ada, "post", "decisions/what-if", instead).json()["examples"]
    assert judged(replaced)[2] == ("allow", [])
    assert (Entry.objects.count(), Decision.objects.count(), Grant.objects.count()) == (before, 0, 1)


def test_a_draft_to_mutuals_knows_who_is_one(
    call: Call, ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.grant(ben, people.enrolled(ben, monkeypatch), ada.party)
    draft = people.full_terms(audience={"kind": "mutuals", "except": []})
    asked = body(face, draft, example(face.pk, client=ben), example(face.pk))
    answer = call(ada, "post", "decisions/what-if", asked).json()["examples"]
    assert [one["alone"]["outcome"] for one in answer] == ["allow", "deny"]


def test_of_others_in_the_cast_nothing_is_said(
    call: Call, ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    bens = people.enrolled(ben, monkeypatch)
    draft = people.full_terms(company={"never": [], "only": []})
    answers = [
        call(ada, "post", "decisions/what-if", body(face, draft, example(face.pk, other))).json()
        for other in (bens.pk, people.some_id())
    ]
    assert answers[0] == answers[1]
    assert {reason["likeness"] for reason in answers[0]["examples"][0]["alone"]["reasons"]} == {str(face.pk)}


def test_a_stranger_hears_the_same_of_a_likeness_and_of_none(call: Call, ben: Person, face: Likeness) -> None:
    answers = []
    for pk in (str(face.pk), people.some_id()):
        sent = body(face, people.full_terms(), example(pk)) | {"likeness": pk}
        answer = call(ben, "post", "decisions/what-if", sent)
        answers.append((answer.status_code, answer.json()))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"examples": []}, "#/examples"),
        ({"examples": [{}] * 21}, "#/examples"),
        ({"examples": [{"use": {}}]}, "#/examples/0/use/cast"),
        ({"examples": [example(people.some_id())]}, "/examples/0/use/cast"),
        ({"terms": {"v": 2}}, "/terms/audience"),
        ({"signature": "x"}, "#/signature"),
    ],
    ids=["none", "too-many", "empty", "another-cast", "terms", "unknown"],
)
def test_what_cannot_be_tried_is_named(
    call: Call, ada: Person, face: Likeness, change: dict[str, Any], pointer: str
) -> None:
    sent = body(face, people.full_terms(), example(face.pk)) | change
    answer = call(ada, "post", "decisions/what-if", sent)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
