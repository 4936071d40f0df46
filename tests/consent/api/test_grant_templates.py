"""Terms to begin from, over HTTP."""

from __future__ import annotations

import pytest

from consent.models import Likeness
from tests.consent.api.conftest import Call
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def test_a_template_is_filled_drafted_and_shown(call: Call, ada: Person, ben: Person, face: Likeness) -> None:
    listed = call(ada, "get", "grant-templates").json()["items"]
    assert [one["name"] for one in listed][:2] == ["only_me", "friends_for_fun"]
    assert listed[1]["title"] == {"en": "Friends, for fun", "es": "Amigos, por diversión"}
    body = {"parties": [str(ben.party.pk)], "days": 30}
    terms = call(ada, "post", "grant-templates/friends_for_fun", body).json()["terms"]
    asked = {"likeness": str(face.pk), "key": ada.key.key_id, "terms": terms}
    assert "Ben Example" in call(ada, "post", "grants/draft", asked).json()["text"]


@pytest.mark.parametrize(
    ("name", "body", "refusal"),
    [
        ("everything", {}, (404, "template-missing")),
        ("friends_for_fun", {}, (422, "statement-invalid")),
        ("only_me", {"parties": ["00000000-0000-0000-0000-000000000001"]}, (422, "statement-invalid")),
        ("only_me", {"parties": "all"}, (422, "invalid")),
        ("only_me", {"days": 0}, (422, "invalid")),
        ("only_me", {"for": "ever"}, (422, "invalid")),
    ],
    ids=["absent", "nobody", "somebody", "no list", "no day", "unknown"],
)
def test_what_does_not_fit_is_refused(
    call: Call, ada: Person, name: str, body: dict[str, object], refusal: tuple[int, str]
) -> None:
    answer = call(ada, "post", f"grant-templates/{name}", body)
    assert (answer.status_code, answer.json()["code"]) == refusal


def test_a_stranger_is_asked_who_they_are(call: Call) -> None:
    assert call(None, "get", "grant-templates").status_code == 401
