"""A stranger files a notice by plain forms: nothing typed is lost, links are all they need, and words stay words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from consent import blocks
from consent.models import Appeal, CounterNotice, Notice, NoticeDraft, NoticeEvidence
from consent.takedown import drafts, filing, floods, links, notice_document
from provenance.desk import locate
from provenance.models import Video
from tests.consent import logins
from tests.consent.takedown.notices import decided, document
from tests.provenance import world as w

pytestmark = pytest.mark.django_db
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u202egnp.exe\u2066 \x00\x1b",
    "\U0001f600" * 40,
    "A" * 100_000,
]
NAMES = ["script", "img", "bidi", "emoji", "long"]
WHO = {"role": "parent", "depicted_name": "Marta Example", "standing": "living"}
WRONG = {"topic": "likeness", "explanation": "She never agreed."}
CONTACT = {"name": "Rosa Example", "email": "rosa@example.org"}
DECLARE = {
    "non_consent": "on",
    "good_faith": "on",
    "accuracy": "on",
    "authority_perjury": "on",
    "exclusions": ["none"],
    "signature": "Rosa Example",
}


@pytest.fixture
def http(settings: Settings) -> Client:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    return Client()


@pytest.fixture
def video() -> Video:
    return w.shown(w.world().ask(), b"bytes")


def secret_of(url: str) -> str:
    return url.split("/")[3]


def begun(http: Client, **more: Any) -> str:  # noqa: ANN401 - fields
    return secret_of(http.post("/takedown", WHO | more).headers["Location"])


def written(http: Client, place: str = "https://videos.example.org/v/1") -> str:
    secret = begun(http)
    for step, answers in {"video": {"places": place}, "wrong": WRONG, "contact": CONTACT, "declare": DECLARE}.items():
        assert http.post(f"/takedown/draft/{secret}/{step}/", answers).status_code == 302
    return secret


def sent(http: Client, secret: str, **more: Any) -> str:  # noqa: ANN401 - fields
    return str(http.post(f"/takedown/draft/{secret}/send/", {"language": "en"} | more).headers["Location"])


# Filing


def test_a_stranger_files_in_steps_and_the_video_is_held_back_at_once(http: Client, video: Video) -> None:
    there = sent(http, written(http, str(video.pk)))
    page = http.get(there)
    assert blocks.in_force([video.pk]).exists()
    assert "The video is hidden while we look at it." in page.text
    notice = Notice.objects.get()
    assert notice.number in page.text
    assert notice.entry.commit_text in page.text
    assert set(notice.regimes) >= {"dsa-16", "no-fakes", "ordinary"}
    assert not NoticeDraft.objects.exists()


def test_the_same_form_twice_is_one_notice_and_the_old_draft_leads_to_it(http: Client) -> None:
    secret = written(http)
    assert sent(http, secret) == sent(http, secret)
    for again in (f"/takedown/draft/{secret}/review/", f"/takedown/draft/{secret}/who/"):
        assert http.get(again).headers["Location"].startswith("/takedown/status/")
    assert Notice.objects.count() == 1


def test_every_page_is_kept_by_nobody_and_told_to_nobody(http: Client) -> None:
    secret = written(http)
    pages = [http.get("/takedown"), http.get(f"/takedown/draft/{secret}/declare/")]
    pages += [
        http.get(f"/takedown/draft/{secret}/review/"),
        http.get(sent(http, secret)),
        http.get("/takedown/status/x/"),
    ]
    for page in pages:
        assert page["Cache-Control"] == "no-store"
        assert page["X-Robots-Tag"] == "noindex"
        assert page["Referrer-Policy"] == "no-referrer"
        assert not re.search(r"style=|\son\w+=|<script(?! src=)", page.text)


def test_the_record_of_a_video_leads_here_with_its_id_filled_in(http: Client, video: Video) -> None:
    assert f"/takedown?video={video.pk}" in http.get(f"/v/{video.pk}").text
    page = http.get(f"/takedown?video={video.pk}").text
    assert f'name="video" value="{video.pk}"' in page
    assert drafts.open_draft(begun(http, video=str(video.pk))).works[0].record == str(video.pk)


def test_intimate_images_are_told_at_once_that_they_go_first(http: Client) -> None:
    secret = begun(http)
    http.post(f"/takedown/draft/{secret}/wrong/", WRONG | {"topic": "intimate"})
    assert "within 48 hours" in http.get(f"/takedown/draft/{secret}/contact/").text
    assert "With this, the 48-hour duty" in http.get(f"/takedown/draft/{secret}/review/").text


def test_a_video_that_is_not_there_or_is_down_has_words_of_its_own(http: Client, video: Video) -> None:
    Video.objects.filter(pk=video.pk).update(state=Video.State.WITHHELD, error_code="deleted")
    for place, said in ((str(uuid4()), "no public video there"), (str(video.pk), "not shown here any more")):
        secret = begun(http)
        http.post(f"/takedown/draft/{secret}/video/", {"places": place, "stay": "yes"})
        assert said in http.get(f"/takedown/draft/{secret}/video/").text
        assert said in http.get(sent(http, secret)).text


def test_a_copy_of_the_file_finds_the_video(http: Client, video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "by_copy", lambda _request: [video.pk])
    secret, body = begun(http), {"places": "https://x.example/1", "file": SimpleUploadedFile("a.mp4", b"x")}
    page = http.post(f"/takedown/draft/{secret}/video/", body, follow=True)
    assert "We found it" in page.text
    assert [work.record for work in drafts.open_draft(secret).works] == ["", str(video.pk)]


def test_a_video_that_was_never_public_is_found_by_nobody(http: Client) -> None:
    hidden = w.world().ask()
    sent(http, written(http, str(hidden.pk)))
    assert not blocks.in_force([hidden.pk]).exists()


# Nothing typed is lost


@pytest.mark.parametrize("words", HOSTILE, ids=NAMES)
def test_hostile_text_in_every_field_stays_text(http: Client, words: str) -> None:
    assert http.post("/takedown", dict.fromkeys(WHO, words)).status_code == 422
    secret = begun(http)
    for step, names in {
        "who": ["role", "depicted_name", "standing", "minor"],
        "video": ["places"],
        "wrong": ["topic", "explanation"],
        "contact": ["name", "email", "phone", "address", "jurisdiction"],
        "declare": ["exclusions", "signature"],
    }.items():
        page = http.post(f"/takedown/draft/{secret}/{step}/", dict.fromkeys(names, words), follow=True)
        assert page.status_code in {200, 422}
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
    free = {"who": WHO | {"depicted_name": words}, "wrong": WRONG | {"explanation": words}}
    for step, answers in free.items():
        http.post(f"/takedown/draft/{secret}/{step}/", answers)
    for page in (http.get(f"/takedown/draft/{secret}/review/"), http.get(sent(http, secret))):
        assert page.status_code == 200
        assert not re.search("<script>alert|<img src=x|[\u202a-\u202e\u2066-\u2069\x00]", page.text)


def test_a_refused_step_comes_back_as_it_was_typed(http: Client) -> None:
    secret = begun(http)
    page = http.post(f"/takedown/draft/{secret}/contact/", {"name": "Rosa", "email": "rosa at home", "phone": "555"})
    assert page.status_code == 422
    assert all(words in page.text for words in ("rosa at home", 'value="555"', 'href="#id_email"'))


def test_a_file_that_is_too_large_loses_nothing(http: Client, settings: Settings) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 2000
    secret = begun(http)
    body = {"places": "https://x.example/1", "file": SimpleUploadedFile("a.mp4", bytes(300_000))}
    page = http.post(f"/takedown/draft/{secret}/video/", body)
    assert page.status_code == 422
    assert "https://x.example/1" in page.text
    assert drafts.open_draft(secret).works[0].url == "https://x.example/1"


def test_what_is_typed_into_an_ended_draft_is_kept_in_a_new_one(http: Client) -> None:
    page = http.post(f"/takedown/draft/{links.new()}/wrong/", WRONG)
    assert drafts.open_draft(secret_of(page.headers["Location"])).explanation == WRONG["explanation"]


@pytest.mark.parametrize(
    "secret", ["x", "A" * 43, "%00", "é" * 20, "A" * 4000], ids=["x", "a", "nul", "accents", "long"]
)
def test_a_forged_link_leads_nowhere(http: Client, secret: str) -> None:
    for there in (f"/takedown/status/{secret}/", f"/takedown/draft/{secret}/review/"):
        page = http.get(there)
        assert page.status_code == 404
        assert "This link leads nowhere" in page.text
    for act in ("withdraw", "evidence", "appeal"):
        assert http.post(f"/takedown/status/{secret}/{act}/").status_code == 404


def test_past_the_bound_it_says_when_to_come_back_and_keeps_the_draft(
    http: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floods, "PER_NETWORK", 0)
    secret = written(http)
    page = http.post(f"/takedown/draft/{secret}/send/", {"language": "en"})
    assert page.status_code == 429
    assert int(page["Retry-After"]) > 0
    assert "mailto:" in page.text
    assert drafts.open_draft(secret).claimant.name == "Rosa Example"


# Who is logged in


def test_details_of_who_is_logged_in_are_filled_in(http: Client) -> None:
    ben = w.world().ben.party
    http.force_login(logins.own(ben))
    assert drafts.open_draft(begun(http)).claimant.name == ben.name


@pytest.mark.parametrize(("site", "known"), [("same-origin", True), ("cross-site", False), (None, False)])
def test_a_log_in_counts_only_where_the_browser_says_that_the_form_is_ours(
    http: Client, site: str | None, known: object
) -> None:
    ben = w.world().ben.party
    secret = written(http)
    http.force_login(logins.own(ben))
    headers = {} if site is None else {"Sec-Fetch-Site": site}
    http.post(f"/takedown/draft/{secret}/send/", {"language": "en"}, headers=headers)
    assert Notice.objects.get().party == (ben if known else None)


# Following it


def test_what_is_missing_is_added_by_the_link_and_the_clock_begins(http: Client, video: Video) -> None:
    there = sent(http, begun(http, video=str(video.pk)))
    assert "Something is still missing." in http.get(there).text
    for step, answers in {"wrong": WRONG, "contact": CONTACT, "declare": DECLARE}.items():
        assert http.post(f"{there}change/{step}/", answers).headers["Location"] == there
    page = http.get(there).text
    assert "The video is hidden while we look at it." in page
    assert "no law sets this time" in page
    assert blocks.in_force([video.pk]).exists()


def test_evidence_is_added_and_what_is_none_is_told(http: Client) -> None:
    there = sent(http, written(http), evidence=SimpleUploadedFile("a.pdf", b"%PDF-1.7"))
    body = {"evidence": [SimpleUploadedFile("b.png", b"\x89PNG\r\n\x1a\n"), SimpleUploadedFile("c.exe", b"MZ")]}
    page = http.post(f"{there}evidence/", body, follow=True)
    assert "of no kind that is taken" in page.text
    assert NoticeEvidence.objects.count() == 2
    assert "No file was chosen" in http.post(f"{there}evidence/", follow=True).text


def test_it_is_taken_back_only_by_who_means_it(http: Client) -> None:
    there = sent(http, written(http))
    http.post(f"{there}withdraw/")
    assert Notice.objects.get().withdrawn_at is None
    page = http.post(f"{there}withdraw/", {"sure": "yes"}, follow=True)
    assert "You took this notice back." in page.text
    assert http.post(f"{there}change/wrong/", {"topic": "other"}).headers["Location"] == there


def test_a_decision_is_appealed_once_and_an_empty_word_is_refused(http: Client) -> None:
    there = sent(http, written(http), evidence=SimpleUploadedFile("a.pdf", b"%PDF-1.7"))
    assert http.post(f"{there}appeal/", {"text": "x"}).status_code == 409
    decided(Notice.objects.get().case)
    assert http.post(f"{there}appeal/", {"text": " "}).status_code == 422
    for words in ("<script>x</script>", "again"):
        assert http.post(f"{there}appeal/", {"text": words}).status_code == 302
    assert Appeal.objects.count() == 1


def test_the_receipt_names_the_entries(http: Client) -> None:
    there = sent(http, written(http))
    assert Notice.objects.get().entry.commit_text in http.get(f"{there}receipt/").content.decode()


# The other side


def test_whose_video_it_is_answers_and_nobody_else_sees_the_case(http: Client) -> None:
    world = w.world()
    video = w.shown(world.ask(), b"bytes")
    found = locate.found(notice_document.parse({"works": [{"record": str(video.pk)}]}))
    made = filing.file(document(), token=links.new(), language="en", actor=None, found=found)
    there = f"/takedown/case/{made.notice.case.number}/"
    assert http.get(there).status_code == 302
    http.force_login(logins.user("stranger"))
    assert http.get(there).status_code in {302, 404}
    http.force_login(logins.own(video.client))
    page = http.get(there)
    assert "A video of yours is hidden" in page.text
    assert "Rosa" not in page.text
    body = dict.fromkeys(("location", "explanation", "name", "address", "signature"), "<script>x</script>")
    wrong = http.post(there, body | {"ground": "authorised", "email": "no"})
    assert wrong.status_code == 422
    assert "<script>x" not in wrong.text
    assert "&lt;script&gt;x" in wrong.text
    good = body | {"ground": "authorised", "email": "ben@example.org", "perjury": "yes", "jurisdiction": "yes"}
    assert "We have your answer" in http.post(there, good, follow=True).text
    assert http.post(there, good).status_code == 302
    assert CounterNotice.objects.count() == 1
    assert "due back from" in http.get(there).text


def test_the_desk_speaks_spanish(http: Client) -> None:
    page = http.get("/takedown", headers={"accept-language": "es"}).text
    assert "Pedir que se retire un vídeo" in page
