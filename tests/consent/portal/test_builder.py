"""Building a permission by the pages: what is shown is what is signed, and nothing typed is lost."""

from __future__ import annotations

import hashlib
import html
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from consent import grant_templates, statements
from consent.models import Grant, Likeness
from consent.portal import terms_form, terms_read
from consent.standing import Standing, standing
from consent.terms import parties_mentioned
from ledger import base64url
from tests.consent import logins, people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
DRAFT = "/me/permissions/draft"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u202ea\u202d",
    "x" * 100_000,
    "a\x00b",
    "\U0001f600",
]


@pytest.fixture
def browser(ada: Person) -> Client:
    return logins.client_of(logins.own(ada.party))


def typed(page: Any, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - Django's test response
    """Return what a browser would post of the form on this page."""
    form, people_form = page.context["form"], page.context["people"]
    sent: dict[str, Any] = {}
    for form_of in (form, people_form.management_form, *people_form):
        for bound in form_of:
            value = bound.value()
            if value is not None and value is not False and value != "":
                sent[bound.html_name] = "on" if value is True else value
    sent |= {"likeness": str(page.context["likeness"].pk), "step": "preview"}
    if page.context["replaces"]:
        sent["replaces"] = str(page.context["replaces"].pk)
    return sent | changes


def carried(page: Any) -> dict[str, str]:  # noqa: ANN401 - Django's test response
    """Return what every form of a preview carries."""
    draft = page.context["draft"]
    found = {"likeness": str(draft.likeness.pk), "terms": draft.written, "language": draft.language}
    return found | ({"replaces": str(draft.replaces.pk)} if draft.replaces else {})


def signed(person: Person, page: Any) -> dict[str, str]:  # noqa: ANN401 - Django's test response
    document = page.context["to_sign"].document
    signature = base64url.encode(person.sign(json.loads(document)))
    return carried(page) | {"step": "sign", "document": document, "signature": signature}


def friends(browser: Client, face: Likeness, **changes: Any) -> Any:  # noqa: ANN401 - Django's test response
    """Return the preview of the template for friends, for Ben."""
    page = browser.get(f"/me/permissions/new/friends_for_fun?likeness={face.pk}")
    return browser.post(DRAFT, typed(page, **({"people-0-handle": "ben"} | changes)))


def test_from_a_template_to_a_signed_permission(browser: Client, ada: Person, ben: Person, face: Likeness) -> None:
    cards = browser.get("/me/permissions/new").content.decode()
    assert cards.count("template-picture") == len(grant_templates.TEMPLATES)
    page = friends(browser, face, **{"people-0-uses": "3"})
    assert page.status_code == 200
    shown = re.search(r'<pre class="signed"[^>]*>(.*?)</pre>', page.content.decode(), re.DOTALL)
    assert shown is not None
    text = html.unescape(shown[1])
    document = json.loads(page.context["to_sign"].document)
    assert base64url.encode(hashlib.sha256(text.encode()).digest()) == document["text"]["sha256"]
    assert page.context["to_sign"].sha256 in page.content.decode()
    assert "at most 3 videos" in text
    assert not Grant.objects.exists()
    done = browser.post(DRAFT, signed(ada, page))
    made = Grant.objects.get()
    assert done["Location"] == f"/me/permissions/{made.pk}?signed"
    assert standing([made.pk])[made.pk] is Standing.STANDS
    assert made.terms["audience"]["parties"][0]["party"] == str(ben.party.pk)
    assert "Signed and recorded" in browser.get(done["Location"]).content.decode()


def test_the_same_signature_twice_is_one_permission(browser: Client, ada: Person, ben: Person, face: Likeness) -> None:
    page = friends(browser, face)
    one, two = (browser.post(DRAFT, signed(ada, page))["Location"] for _ in range(2))
    assert one == two
    assert Grant.objects.count() == 1
    assert ben.party.handle == "ben"


def test_another_text_or_nothing_is_not_signed(
    browser: Client, ada: Person, eve: Person, ben: Person, face: Likeness
) -> None:
    page = friends(browser, face)
    sent = signed(ada, page)
    changed = json.loads(sent["document"])
    changed["terms"]["remix"] = {"allowed": True, "depth": 3}
    for wrong in (
        sent | {"document": json.dumps(changed)},
        sent | {"signature": signed(eve, page)["signature"]},
        sent | {"signature": ""},
        sent | {"signature": "*"},
    ):
        answer = browser.post(DRAFT, wrong)
        assert answer.status_code == 422
        assert "to_sign" in answer.context
        assert 'role="alert"' in answer.content.decode()
    assert not Grant.objects.exists()
    assert ben.party.pk != eve.party.pk


def test_the_text_is_read_and_signed_in_spanish(browser: Client, ada: Person, ben: Person, face: Likeness) -> None:
    page = friends(browser, face)
    spanish = browser.post(DRAFT, carried(page) | {"step": "show", "language": "es"})
    assert "Usted permite" in spanish.context["to_sign"].text
    browser.post(DRAFT, signed(ada, spanish))
    assert Grant.objects.get().terms["audience"]["parties"][0]["party"] == str(ben.party.pk)


def test_the_pages_speak_spanish_to_who_reads_it(browser: Client, face: Likeness, ben: Person) -> None:
    page = browser.get(f"/me/permissions/new/friends_for_fun?likeness={face.pk}")
    sent = typed(page, **{"people-0-handle": "ben"})
    shown = browser.post(DRAFT, sent, headers={"accept-language": "es", "accept": "text/html"})
    text = shown.content.decode()
    assert "El texto que usted firma" in text
    assert "Usted permite" in shown.context["to_sign"].text
    assert "The text that you sign" not in text
    assert ben.party.handle == "ben"


def test_a_refused_field_loses_nothing_and_says_what_is_wrong(browser: Client, face: Likeness, ben: Person) -> None:
    refused = friends(
        browser,
        face,
        **{
            "people-1-handle": "nobody-here",
            "credit": "Ada of the north",
            "where": "some",
            "territories": "Atlantis\nES",
        },
    )
    assert refused.status_code == 422
    text = refused.content.decode()
    for kept in ("nobody-here", "Ada of the north", "Atlantis", 'value="ben"'):
        assert kept in text
    assert "nobody with the handle" in text
    assert {"audience", "territories"} <= set(refused.context["form"].errors)
    assert ben.party.handle == "ben"


def test_the_way_back_and_more_rows_keep_what_was_typed(browser: Client, face: Likeness, ben: Person) -> None:
    page = friends(browser, face, description="A film about the sea")
    back = browser.post(DRAFT, carried(page) | {"step": "edit"})
    assert "A film about the sea" in back.content.decode()
    assert 'value="ben"' in back.content.decode()
    more = browser.post(DRAFT, typed(back, step="more", credit="Typed meanwhile"))
    assert "Typed meanwhile" in more.content.decode()
    assert 'value="ben"' in more.content.decode()
    assert len(more.context["people"].forms) == 3
    assert ben.party.handle == "ben"


def test_examples_say_what_it_would_allow(browser: Client, face: Likeness, ben: Person) -> None:
    page = friends(browser, face)
    said = {one.words: one for one in page.context["examples"]}
    assert page.context["examples"][0].allowed
    assert not said["The same, by a stranger"].allowed
    assert "not among" in said["The same, by a stranger"].why
    sent = carried(page) | {"step": "try", "try-who": "ben", "try-purpose": "satire", "try-scene": "everyday"}
    short, long = (browser.post(DRAFT, sent | {"try-seconds": n}) for n in ("10", "31"))
    assert short.context["result"].allowed
    assert not long.context["result"].allowed
    assert "too long" in long.context["result"].why
    assert browser.post(DRAFT, sent | {"try-seconds": "x"}).status_code == 422
    assert ben.party.handle == "ben"


def test_what_reaches_far_is_said_and_needs_a_fresh_proof(browser: Client, ada: Person, face: Likeness) -> None:
    page = browser.get(f"/me/permissions/new/satire_by_everyone?likeness={face.pk}")
    shown = browser.post(DRAFT, typed(page))
    assert shown.context["needs_proof"]
    assert "Anybody may use your likeness" in shown.content.decode()
    refused = browser.post(DRAFT, signed(ada, shown))
    assert refused.status_code == 422
    assert "fresh proof" in refused.content.decode()
    assert not Grant.objects.exists()


def test_smaller_is_in_force_at_once_and_further_is_signed(
    browser: Client, ada: Person, ben: Person, face: Likeness
) -> None:
    held = people.full_grant(ada, face, ben.party)
    page = browser.get(f"/me/permissions/{held.pk}/change")
    same = browser.post(DRAFT, typed(page))
    assert not same.context["at_once"]
    assert "Nothing changes" in same.content.decode()
    smaller = browser.post(DRAFT, typed(page, purposes=["satire"]))
    assert smaller.context["at_once"]
    browser.post(DRAFT, carried(smaller) | {"step": "narrow"})
    held.refresh_from_db()
    assert held.terms["purposes"] == ["satire"]
    further = browser.post(DRAFT, typed(browser.get(f"/me/permissions/{held.pk}/change"), remix_depth="9"))
    assert further.context["wider"] == ("/terms/remix/depth",)
    assert [part.change for part in further.context["parts"] if part.change] == ["wider"]
    assert browser.post(DRAFT, carried(further) | {"step": "narrow"}).status_code == 422
    browser.post(DRAFT, signed(ada, further))
    held.refresh_from_db()
    assert held.superseded_by is not None
    assert held.superseded_by.terms["remix"] == {"allowed": True, "depth": 9}


def test_a_stranger_builds_nothing_with_it(face: Likeness, ada: Person, ben: Person, eve: Person) -> None:
    stranger = logins.client_of(logins.own(eve.party))
    held = people.full_grant(ada, face, ben.party)
    assert stranger.get(f"/me/permissions/new/only_me?likeness={face.pk}").status_code == 404
    assert stranger.get(f"/me/permissions/{held.pk}/change").status_code == 404
    sent = {"likeness": str(face.pk), "terms": json.dumps(held.terms), "step": "show"}
    assert stranger.post(DRAFT, sent).status_code == 404
    assert stranger.get("/me/permissions/new").status_code == 200


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_every_field_is_refused_by_a_page(
    browser: Client, face: Likeness, ben: Person, text: str
) -> None:
    page = browser.get(f"/me/permissions/new/friends_for_fun?likeness={face.pk}")
    names = [bound.html_name for bound in page.context["form"]]
    sent = typed(page) | dict.fromkeys([*names, "people-0-handle", "people-0-uses", "people-TOTAL_FORMS"], text)
    refused = browser.post(DRAFT, sent)
    assert refused.status_code == (413 if len(text) > 1000 else 422)  # a body may have 2.5 MB
    assert b"<script>alert" not in refused.content
    assert b"<img src=x" not in refused.content
    for step in ("show", "edit", "try", "sign", "narrow"):
        broken = dict.fromkeys(["terms", "document", "evidence", "signature", "key", "replaces", "language"], text)
        assert browser.post(DRAFT, {"likeness": str(face.pk), "step": step} | broken).status_code in {
            400,
            404,
            413,
            422,
        }
    spoken = friends(browser, face, description=text, credit=text, **{"people-0-handle": "ben"})
    assert spoken.status_code in {200, 422}
    assert b"<script>alert" not in spoken.content
    assert ben.party.handle == "ben"


@pytest.mark.parametrize("name", grant_templates.TEMPLATES)
def test_a_form_says_the_terms_that_it_was_filled_with(name: str, ada: Person, ben: Person) -> None:
    template = grant_templates.TEMPLATES[name]
    parties: list[object] = [] if template.parties == "none" else [str(ben.party.pk), str(ada.party.pk)]
    document = grant_templates.fill(name, parties, None, datetime.now(UTC).replace(microsecond=0) + timedelta(days=1))
    terms = statements.parse_terms(document)
    fields, rows = terms_form.initial(terms, terms_read.handles(parties_mentioned(terms)))
    blank = terms_form.PeopleForm(initial=rows, prefix="people")
    sent: dict[str, Any] = {}
    for form_of in (terms_form.TermsForm(initial=fields), blank.management_form, *blank):
        for bound in form_of:
            value = bound.value()
            if value is not None and value is not False and value != "":
                sent[bound.html_name] = "on" if value is True else value
    form, people_form = terms_form.TermsForm(sent), terms_form.PeopleForm(sent, prefix="people")
    assert form.is_valid(), form.errors
    assert people_form.is_valid(), people_form.errors
    assert terms_read.document(form, people_form) == document
