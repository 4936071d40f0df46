"""The public pages: what they tell, what they never tell, and that a stranger's words stay words."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from pytest_django.fixtures import Settings

from consent import revocations
from provenance import answers, certificates, checklist, examination, renders
from provenance.consent_proof import ProvenPermit
from provenance.models import Video
from provenance.report import (
    Ancestor,
    Answer,
    Consent,
    Integrity,
    Lineage,
    Match,
    Recovered,
    Recovery,
    Report,
    Signer,
    Since,
    Stretch,
    Unchecked,
    Verdicts,
)
from tests.provenance import world as w

pytestmark = pytest.mark.django_db
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE provenance_video; --",
    "{{ settings.SECRET_KEY }}{% load x %}",
    "\u202egnp.exe\u2066 \x1b[2J\x00",
    "A" * 5000,
]

TAGS = {"div", "h2", "h3", "span", "p", "section", "strong", "dl", "dt", "dd", "details", "summary", "ol", "li"}
TAGS |= {"svg", "circle", "path", "rect", "g", "text", "title", "desc"}


@pytest.fixture
def http(settings: Settings) -> Client:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns without it
    return Client(raise_request_exception=False)


def upload(http: Client, data: bytes = b"x", name: str = "a.mp4") -> Any:  # noqa: ANN401 - Django's test response
    return http.post("/verify", {"file": SimpleUploadedFile(name, data)})


def answer(verdict: Any) -> Answer[Any]:  # noqa: ANN401 - any of the enums
    return Answer(verdict, f"A sentence about {verdict}.")


def verdicts(
    integrity: Integrity = Integrity.INTACT,
    signer: Signer = Signer.OURS,
    consent: Consent = Consent.PROVEN,
    since: Since = Since.STANDING,
) -> Verdicts:
    return Verdicts(answer(integrity), answer(signer), answer(consent), answer(since))


def report(own: Verdicts | None = None, **changes: Any) -> Report:  # noqa: ANN401 - fields
    made = Report(own or verdicts(), answer(Lineage.NONE), manifest_label=f"urn:c2pa:{uuid4()}:countenance")
    return replace(made, **changes)


# A stranger's words


@pytest.mark.parametrize("words", HOSTILE, ids=["script", "img", "sql", "template", "bidi", "long"])
@pytest.mark.parametrize("signer", [Signer.UNTRUSTED, Signer.OTHER_TRUSTED], ids=str)
def test_titles_names_and_reasons_of_strangers_stay_text_and_short(
    http: Client, monkeypatch: pytest.MonkeyPatch, words: str, signer: Signer
) -> None:
    own = verdicts(signer=signer, consent=Consent.NOT_PROVEN)
    ancestors = (
        Ancestor(words, words, words, words, own),
        Ancestor(None, words, words, words, verdicts(Integrity.NO_PROVENANCE, Signer.NONE)),
    )
    found = report(
        own,
        manifest_label=words,
        signer_name=words,
        lineage=ancestors,
        unchecked=(Unchecked("The file", words),),
    )
    monkeypatch.setattr(examination, "examine", lambda _: found)
    page = upload(http, name=words.replace("/", "") or "x").text
    result = page[page.index('<div id="result">') : page.index('<form id="check"')]
    assert set(re.findall(r"<([^\s>/]+)", result)) <= TAGS
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b\x00]", result)
    assert "A" * 401 not in result
    assert "A" * 100 not in result.split("What could not be checked")[0]
    assert Video.objects.count() == 0  # and the table is still there


def test_a_model_of_a_strange_name_is_text_on_the_record(http: Client) -> None:
    world = w.world()
    video = w.shown(world.ask(), b"bytes")
    Video.objects.filter(pk=video.pk).update(model="<b>\u202emodel</b>")
    page = http.get(f"/v/{video.pk}").text
    assert "&lt;b&gt;\ufffdmodel&lt;/b&gt;" in page


# The check


def test_the_page_keeps_to_a_strict_policy_and_sets_no_cookie(http: Client) -> None:
    for response in (http.get("/verify"), upload(http, b"garbage"), http.get(f"/v/{uuid4()}")):
        assert "unsafe" not in response["Content-Security-Policy"]
        assert "default-src 'self'" in response["Content-Security-Policy"]
        assert not re.search(r"style=|\son\w+=|javascript:|<script(?! src=)|https?://", response.text)
        assert response["Cache-Control"] == "no-store"
        assert dict(response.cookies) == {}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 422, "No file was chosen."),
        ({"file": [SimpleUploadedFile("a", b"a"), SimpleUploadedFile("b", b"b")]}, 422, "No file was chosen."),
        ({"file": SimpleUploadedFile("a", bytes(3000))}, 413, "too large to be checked here"),
    ],
    ids=["none", "two", "large"],
)
def test_what_cannot_be_taken_is_told_on_the_page(
    http: Client, settings: Settings, body: dict[str, Any], status: int, said: str
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 2000
    response = http.post("/verify", body)
    assert (response.status_code, said in response.text) == (status, True)


def test_when_all_turns_are_taken_the_page_says_so(http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "PATIENCE_SECONDS", 0.01)
    with examination.a_turn(), examination.a_turn():
        response = upload(http)
    assert (response.status_code, "Please try again in a minute." in response.text) == (503, True)


def test_a_file_that_cannot_be_checked_is_not_called_anything_else(http: Client) -> None:
    page = upload(http, b"garbage").text
    result = page[page.index('<div id="result">') : page.index('<form id="check"')]
    assert "This file could not be checked." in result
    assert "The file says nothing about permission." not in result
    assert result.count("Could not check") == 6  # what it is like could not be looked for either
    assert "mark bad" not in result
    assert "mark good" not in result


@pytest.mark.parametrize("shape", ["{0}", "  {0} ", "http://example.test/v/{0}", "urn:c2pa:{0}:countenance"])
def test_a_video_is_looked_up_by_id_link_or_label(http: Client, shape: str) -> None:
    video = uuid4()
    response = http.get("/verify", {"id": shape.format(str(video).upper())})
    assert (response.status_code, response["Location"]) == (302, f"/v/{video}")


NO_IDS = {
    "a word": "x",
    "an address": "//evil.test",
    "two ids": "25da1980-7a29-4b19-ace5-adcbcb15a36d 80ab4fd7-8062-4934-8171-5fb8be2ae4a7",
    "markup": "<script>",
    "nought": "\x00",
    "too long": "9" * 100_000,
}


@pytest.mark.parametrize("asked", NO_IDS.values(), ids=NO_IDS)
def test_what_is_no_id_leads_nowhere(http: Client, asked: str) -> None:
    response = http.get("/verify", {"id": asked})
    assert response.status_code == 422
    assert "neither the id of a video" in response.text
    assert "<script>" not in response.text


def test_the_anchors_are_the_roots_and_no_key(http: Client, settings: Settings) -> None:
    found = http.get("/verify/anchors.pem").text
    assert found == certificates.claim_chain(Path(settings.PROVENANCE_CLAIM_DIR)).anchors_pem
    assert "PRIVATE" not in found


def test_every_verdict_has_a_mark_with_words_and_a_shape() -> None:
    for question in (Integrity, Signer, Consent, Since, Lineage, Recovery):
        assert set(answers.MARKS[question]) == set(question)
    bad = {str(v) for marks in answers.MARKS.values() for v, (state, _) in marks.items() if state == "bad"}
    assert {"tampered", "withdrawn", "not_proven", "flawed", "untrusted", "expired", "blocked"} == bad


@pytest.mark.parametrize("integrity", Integrity, ids=str)
@pytest.mark.parametrize("since", Since, ids=str)
def test_the_headline_is_good_only_if_nothing_speaks_against_it(integrity: Integrity, since: Since) -> None:
    found = report(verdicts(integrity, since=since))
    page = answers.of(found)
    assert (page.state == "good") is found.ok
    if integrity is Integrity.COULD_NOT_CHECK:
        assert page.state == "open"


def test_what_the_content_is_like_is_told_as_recovered_and_never_as_good(
    http: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = str(uuid4())
    stretch = Stretch((0, 5000), (2000, 7000))
    match = Match(
        video,
        f"urn:c2pa:{video}:countenance",
        9,
        96,
        "picture",
        mirrored=False,
        stretches=(stretch,),
        standing="withdrawn",
        standing_sentence="It ended.",
    )
    own = verdicts(Integrity.NO_PROVENANCE, Signer.NONE, Consent.NOT_APPLICABLE, Since.NOT_APPLICABLE)
    found = report(own, manifest_label=None, recovered=Recovered(answer(Recovery.RECOVERED), (match,)))
    monkeypatch.setattr(examination, "examine", lambda _request: found)
    page = upload(http, b"any").text
    assert "Recovered by fingerprint" in page
    assert f'href="/v/{video}"' in page
    assert "seconds 0 to 5 of this file are like seconds 2 to 7 of it. It ended." in page
    assert answers.of(found).state == "open"
    assert "mark good" not in page[page.index("Recovered by") - 400 : page.index("Recovered by")]
    assert answers.of(report()).recovered is None


def test_a_label_of_ours_in_a_strangers_file_links_to_no_record() -> None:
    assert answers.of(report()).video is not None
    assert answers.of(report(verdicts(signer=Signer.UNTRUSTED))).video is None
    assert answers.of(report(verdicts(Integrity.TAMPERED))).video is None


# The record


def test_absent_private_and_never_published_answer_alike(http: Client) -> None:
    world = w.world()
    queued, published = world.ask(), w.shown(world.ask(prompt="Another"), b"bytes")
    draft = w.shown(world.ask(prompt="A third"), b"more")
    Video.objects.filter(pk=draft.pk).update(state="withheld", error_code="approval-refused", published_at=None)
    said = [http.get(f"/v/{each}", headers={"x-request-id": "the-same"}) for each in (uuid4(), queued.pk, draft.pk)]
    assert {(one.status_code, one.content, tuple(sorted(one.headers.items()))) for one in said} == {
        (404, said[0].content, tuple(sorted(said[0].headers.items())))
    }
    assert http.get(f"/v/{published.pk}").status_code == 200


def test_the_record_changes_with_consent_and_names_nobody(http: Client) -> None:
    world = w.world()
    video = w.shown(world.ask(prompt="Ada Lovelace on a walk"), b"bytes")
    before = http.get(f"/v/{video.pk}")
    assert (before["Cache-Control"], before["X-Robots-Tag"]) == ("no-store", "noindex")
    assert "Permission stands" in before.text
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    after = http.get(f"/v/{video.pk}").text
    assert "Permission has ended" in after
    assert "Permission stands" not in after
    for page in (before.text, after):
        for secret in (
            "Ada",
            "Ben",
            world.ada.party.handle,
            world.ben.party.handle,
            str(world.likeness.pk),
            "Lovelace",
        ):
            assert secret not in page, secret
        assert str(world.grant.pk) not in page


def test_parents_are_shown_if_public_and_remixes_only_counted(http: Client) -> None:
    world = w.world()
    first = w.shown(world.ask(), b"first")
    second = w.shown(renders.remix(first, prompt="Two", actor=world.ben.party), b"second")
    third = w.shown(renders.remix(second, prompt="Three", actor=world.ben.party), b"third")
    renders.remix(first, prompt="A draft", actor=world.ben.party)
    page = http.get(f"/v/{third.pk}").text
    assert f'href="/v/{first.pk}"' in page
    assert f'href="/v/{second.pk}"' in page
    parent = http.get(f"/v/{first.pk}").text
    assert str(second.pk) not in parent
    assert re.search(r"Number of published remixes</dt><dd>1</dd>", parent)
    Video.objects.filter(pk=second.pk).update(published_at=None, state="withheld", error_code="deleted-by-client")
    page = http.get(f"/v/{third.pk}").text
    assert str(second.pk) not in page
    assert "A video that is not public" in page


# Every word can be translated


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put every text that goes through gettext into « »; what stands outside them later is untranslatable."""
    translation.gettext("")
    monkeypatch.setattr(vars(translation)["_trans"], "gettext", lambda text: f"«{text}»" if text else "")
    monkeypatch.setattr(vars(translation)["_trans"], "ngettext", lambda one, many, n: f"«{one if n == 1 else many}»")


def outside(page: str) -> list[str]:
    main = page[page.index("<main") : page.index("</main>")]
    text = re.sub(r"<code>.*?</code>|<time.*?</time>|<[^>]*>", " ", main, flags=re.DOTALL)
    while (fewer := re.sub(r"«[^«»]*»", " ", text)) != text:
        text = fewer
    return re.findall(r"[A-Za-z]{3,}", text)


def test_every_text_of_the_pages_goes_through_the_catalogue(
    http: Client, monkeypatch: pytest.MonkeyPatch, pseudo: None
) -> None:
    world = w.world()
    first = w.shown(world.ask(), b"first")
    second = w.shown(renders.remix(first, prompt="Two", actor=world.ben.party), b"second")
    own = replace(verdicts(signer=Signer.UNTRUSTED), permit=permit())
    lineage = (Ancestor("a", "urn:x", "parentOf", "1", verdicts(since=Since.WITHDRAWN)),)
    found = report(own, manifest_label="urn:x", signer_name="1", lineage=lineage, unchecked=(Unchecked("What", "Why"),))
    pages = [http.get("/verify").text, http.get(f"/v/{second.pk}").text, http.get(f"/v/{uuid4()}").text]
    for one in (found, checklist.could_not_check("Why."), report()):
        monkeypatch.setattr(examination, "examine", lambda _, one=one: one)
        pages.append(upload(http).text)
    for page in pages:
        assert set(outside(page)) <= {"anchors", "pem", "time", "reference", "Nov", "UTC"} | set(MONTHS), outside(page)


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Dec")


def permit() -> ProvenPermit:
    return ProvenPermit(uuid4(), uuid4(), (), "2026-11-23T10:00Z", "o", 1, 2, "http://x")
