"""Claims of authority, agreements and protected names by the pages: sworn, documented, said in words, kept private."""

from __future__ import annotations

import html
import io
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent import authority, claims, grants, likenesses, register, reviews
from consent.models import Assent, Claim, Grant, Likeness, Party, ProtectedName
from consent.portal import signing
from ledger import base64url
from tests.consent import logins, people
from tests.consent.namers import keeper
from tests.consent.people import FIRST, SECOND, Holder

__all__ = ["keeper"]  # a fixture
pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n and more"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u202egnp",
    "x" * 20_000,
    "a\0b",
    "\ud800",
    "🎭",
]
WORDS = {
    "role": "heir",
    "kind": "deceased",
    "name": "Grandmother",
    "rule": "all",
    "share": "1",
    "basis": "Her daughter.",
}


@pytest.fixture(autouse=True)
def held(monkeypatch: pytest.MonkeyPatch) -> dict[int, Holder]:
    """Let every log-in have the passkey of its party."""
    known: dict[int, Holder] = {}

    def of_user(user: Any) -> list[signing.Passkey]:  # noqa: ANN401 - Django's user
        one = known.get(user.pk)
        return [] if one is None else [signing.Passkey(1, "Phone", b"id", one.passkey.public, one.key.key_id)]

    monkeypatch.setattr(signing, "of_user", of_user)
    return known


@pytest.fixture
def ada(held: dict[int, Holder]) -> tuple[Holder, Client]:
    return somebody("ada", held)


@pytest.fixture
def ben(held: dict[int, Holder]) -> tuple[Holder, Client]:
    return somebody("ben", held)


def somebody(handle: str, held: dict[int, Holder]) -> tuple[Holder, Client]:
    person = people.register_passkey(handle)
    user = logins.own(person.party)
    held[user.pk] = person
    return person, logins.client_of(user)


def text(page: Any) -> str:  # noqa: ANN401 - Django's test response
    assert "no-store" in page["Cache-Control"]
    return html.unescape(page.content.decode())


def evidence(person: Holder, page: Any) -> str:  # noqa: ANN401 - Django's test response
    """Sign what the page asks for."""
    found = re.search(r'<script id="sign-options" type="application/json">(.*?)</script>', page.content.decode())
    assert found is not None
    challenge = json.loads(found[1])["options"]["challenge"]
    return json.dumps(person.passkey.sign(base64url.decode(challenge)))


def hidden(page: Any) -> dict[str, str]:  # noqa: ANN401 - Django's test response
    """Return the hidden fields of the form that signs."""
    form = page.content.decode().split("data-sign>")[1].split("</form>")[0]
    return {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}


def claimed(who: tuple[Holder, Client], **changes: Any) -> Claim:  # noqa: ANN401 - fields of the form
    person, browser = who
    page = browser.post("/me/claims/new", WORDS | {"key": person.key.key_id, "step": "read"} | changes)
    assert page.status_code == 200, text(page)
    made = browser.post("/me/claims/new", hidden(page) | {"evidence": evidence(person, page)})
    assert made.status_code == 302, text(made)
    return Claim.objects.get(pk=made["Location"].rpartition("/")[2])


def accepted(claim: Claim) -> Claim:
    for kind in ("evidence", "reference"):
        claims.add_document(claim, io.BytesIO(PNG), kind=kind, actor=claim.claimant)
    reviews.recommend(claim, "accept", actor=FIRST)
    return reviews.accept(claim, actor=SECOND)


def test_a_claim_is_read_sworn_documented_and_taken_back(ada: tuple[Holder, Client]) -> None:
    claim = claimed(ada)
    assert claims.document_of(claim)["basis"] == "Her daughter."
    page = text(ada[1].get(f"/me/claims/{claim.pk}"))
    assert "I declare that what I write here is true" in page
    assert "Two people read it" in page
    sent = {"document": SimpleUploadedFile("will.png", PNG), "kind": "evidence"}
    assert ada[1].post(f"/me/claims/{claim.pk}", sent).status_code == 302
    assert "image/png" in text(ada[1].get(f"/me/claims/{claim.pk}"))
    assert "Grandmother" in text(ada[1].get("/me/claims"))
    ada[1].post(f"/me/claims/{claim.pk}/withdrawal")
    claim.refresh_from_db()
    assert claim.state == "withdrawn"


def test_the_same_signature_twice_is_one_claim(ada: tuple[Holder, Client]) -> None:
    person, browser = ada
    page = browser.post("/me/claims/new", WORDS | {"key": person.key.key_id, "step": "read"})
    sent = hidden(page) | {"evidence": evidence(person, page)}
    assert browser.post("/me/claims/new", sent)["Location"] == browser.post("/me/claims/new", sent)["Location"]
    assert Claim.objects.count() == 1


def test_a_signature_over_something_else_is_refused_and_the_words_are_kept(ada: tuple[Holder, Client]) -> None:
    person, browser = ada
    page = browser.post("/me/claims/new", WORDS | {"key": person.key.key_id, "step": "read"})
    wrong = json.dumps(person.passkey.sign(b"\0" * 32))
    again = browser.post("/me/claims/new", hidden(page) | {"evidence": wrong})
    assert again.status_code == 422
    assert "Her daughter." in text(again)
    assert not Claim.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"role": "guardian"}, "Nobody registers this kind in this role."),
        ({"kind": "", "name": ""}, ""),
        ({"likeness": "x"}, "no number of a likeness"),
        ({"role": "agent"}, ""),
        ({"basis": " "}, ""),
    ],
    ids=["role", "nobody", "number", "agent", "basis"],
)
def test_a_refused_claim_says_why_and_keeps_what_was_typed(
    ada: tuple[Holder, Client], changes: dict[str, str], words: str
) -> None:
    page = ada[1].post("/me/claims/new", WORDS | {"key": ada[0].key.key_id, "step": "read", "name": "Kept"} | changes)
    assert page.status_code == 422
    assert words in text(page)
    assert changes.get("name", "Kept") in text(page)


def test_heirs_ask_agree_and_put_in_force_together(ada: tuple[Holder, Client], ben: tuple[Holder, Client]) -> None:
    claim = accepted(claimed(ada))
    likeness = claim.likeness
    assert likeness is not None
    second = accepted(claimed(ben, likeness=str(likeness.pk), kind="", name=""))
    assert set(authority.principals(likeness, second.made_at)) == {ada[0].party.pk, ben[0].party.pk}
    assert "Ben" in text(ada[1].get(f"/me/claims/{claim.pk}"))  # who else can act
    document = drafted(ada[0], likeness)
    first = ada[1].post("/me/agreements/new", {"document": json.dumps(document)})
    assert "not yet" in text(first)
    answer = ada[1].post("/me/agreements/new", hidden(first) | {"evidence": evidence(ada[0], first)})
    url = answer["Location"]
    assert "waits for the others" in text(ada[1].get(url))
    assert url in text(ben[1].get("/me/agreements"))
    page = ben[1].get(url)
    assert "waits for you" in text(ben[1].get("/me/agreements"))
    ben[1].post(url, hidden(page) | {"evidence": evidence(ben[0], page)})
    assert Assent.objects.count() == 2
    page = ada[1].get(url)
    made = ada[1].post(url, {"step": "force", "evidence": evidence(ada[0], page)})
    assert made["Location"] == f"/me/permissions/{Grant.objects.get().pk}"


def drafted(person: Holder, likeness: Likeness) -> dict[str, Any]:
    named = Party.objects.filter(handle="friend").first() or people.register("friend").party
    return grants.draft(likeness, people.terms(named), key=person.key, language="en", actor=person.party)


def test_an_agent_is_agreed_to_seen_and_ended(ada: tuple[Holder, Client], ben: tuple[Holder, Client]) -> None:
    likeness = likenesses.register_likeness(name="Ada", kind="person", actor=ada[0].party)
    mandate = {"role": "agent", "likeness": str(likeness.pk), "kind": "", "name": "", "acts": ["see"]}
    claim = claimed(ben, **mandate, not_after="2031-01-01")
    assert "Wants to act as agent for Ada" in text(ada[1].get("/me/claims"))
    page = ada[1].get(f"/me/claims/{claim.pk}/agreement")
    assert "see what was made" in text(page)
    ada[1].post(f"/me/claims/{claim.pk}/agreement", hidden(page) | {"evidence": evidence(ada[0], page)})
    accepted(claim)
    assert "As agent for Ada" in text(ada[1].get("/me/claims"))
    ada[1].post(f"/me/claims/{claim.pk}/withdrawal")
    claim.refresh_from_db()
    assert claim.state == "ended"


def test_what_is_somebody_elses_is_absent(ada: tuple[Holder, Client], ben: tuple[Holder, Client]) -> None:
    claim = accepted(claimed(ada))
    assert claim.likeness is not None
    act = base64url.encode(b"\1" * 32)
    paths = [f"/me/claims/{claim.pk}", f"/me/claims/{claim.pk}/agreement", f"/me/agreements/{claim.likeness.pk}/{act}"]
    assert {ben[1].get(path).status_code for path in paths} == {404}
    assert ben[1].post(f"/me/claims/{claim.pk}/withdrawal").status_code == 404
    document = {"document": json.dumps(drafted(ada[0], claim.likeness))}
    assert ben[1].post("/me/agreements/new", document).status_code == 404
    page = ada[1].post("/me/agreements/new", document)
    url = ada[1].post("/me/agreements/new", hidden(page) | {"evidence": evidence(ada[0], page)})["Location"]
    assert ada[1].get(url).status_code == 200
    assert ben[1].get(url).status_code == 404


def test_a_name_is_protected_read_back_and_let_go(ada: tuple[Holder, Client], ben: tuple[Holder, Client]) -> None:
    likeness = likenesses.register_likeness(name="Ada", kind="person", actor=ada[0].party)
    Likeness.objects.filter(pk=likeness.pk).update(state="active")
    sent = {"likeness": str(likeness.pk), "names": "Ada Example\n\nAda King", "aliases": "The Countess"}
    assert ada[1].post("/me/names", sent).status_code == 302
    page = text(ada[1].get("/me/names"))
    assert "Ada King" in page
    assert "The Countess" in page
    again = ada[1].post("/me/names", sent | {"names": "Ada"})
    assert again.status_code == 422
    assert "may be the name of anything" in text(again)
    row = ProtectedName.objects.get()
    assert ben[1].post(f"/me/names/{row.pk}/end").status_code in {302, 404}
    assert register.naming("Ada Example") == [row]
    assert "Ada King" not in text(ben[1].get("/me/names"))


def test_lists_cost_the_same_whatever_they_list(ada: tuple[Holder, Client]) -> None:
    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert ada[1].get(path).status_code == 200
        return len(asked)

    likeness = accepted(claimed(ada)).likeness
    assert likeness is not None
    paths, costs = ["/me/claims", "/me/agreements", "/me/names"], []
    for n in range(3):
        ground = register.ground_of(likeness)
        register.protect([f"Ada Example{n}x"], ground=ground, likeness=likeness, actor=ada[0].party)
        asked = {"document": json.dumps(drafted(ada[0], likeness))}
        page = ada[1].post("/me/agreements/new", asked)
        ada[1].post("/me/agreements/new", hidden(page) | {"evidence": evidence(ada[0], page)})
        claimed(ada)
        costs.append([cost(path) for path in paths])
    assert costs[0] == costs[-1]


@pytest.mark.parametrize("bad", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_breaks_no_page(ada: tuple[Holder, Client], bad: str) -> None:
    bad = bad.encode(errors="replace").decode()
    fields = dict.fromkeys(WORDS | {"likeness": "", "adult_on": "", "acts": "", "purposes": "", "not_after": ""}, bad)
    browser, key = ada[1], ada[0].key.key_id
    assert browser.post("/me/claims/new", fields | {"key": key}).status_code == 422
    answers = [
        browser.post("/me/claims/new", WORDS | {"key": key, "name": bad, "basis": bad}),
        browser.post("/me/claims/new", WORDS | {"key": key, "step": "sign", "document": bad, "evidence": bad}),
        browser.post("/me/agreements/new", {"document": bad, "evidence": bad}),
        browser.get(f"/me/agreements/{ada[0].party.pk}/{base64url.encode(bad[:40].encode())}"),
        browser.post("/me/names", {"likeness": bad, "names": bad, "aliases": bad}),
    ]
    assert {answer.status_code for answer in answers} <= {200, 302, 400, 404, 422}
    assert not any("<script>alert" in answer.content.decode() for answer in answers)
