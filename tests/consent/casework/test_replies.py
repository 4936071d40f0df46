"""Replies: nothing goes out with a hole in it, and what somebody typed is never read as a place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from consent.casework import replies
from consent.casework.replies import PlaceUnfilled, ReplyRefused
from consent.models import ReplyTemplate
from consent.staff import Staff, StaffRefused
from tests.consent.casework import crew

SUBJECT = {"en": "Your case {{ case }}", "es": "Su caso {{ case }}"}
TEXT = {"en": "Please send us {{ wanted }}.\n", "es": "Envíenos, por favor, {{ wanted }}.\n"}


@pytest.fixture
def pat() -> Staff:
    return crew.hire("pat", "policy-manager")


def template(**changes: str) -> ReplyTemplate:
    given = {"subject_en": SUBJECT["en"], "subject_es": SUBJECT["es"], "text_en": TEXT["en"], "text_es": TEXT["es"]}
    return ReplyTemplate(name="ask-proof", version=1, **given | changes)


def test_a_filled_reply_is_sent_in_either_language() -> None:
    values = {"case": "C-1", "wanted": "a letter"}
    assert replies.fill(template(), values, language="en").text == "Please send us a letter.\n"
    assert replies.fill(template(), values, language="es").subject == "Su caso C-1"


@pytest.mark.parametrize("values", [{}, {"case": "C-1"}, {"case": "C-1", "wanted": "  "}], ids=["none", "one", "blank"])
def test_what_is_not_filled_keeps_it_from_being_sent_and_the_preview_shows_it(values: dict[str, str]) -> None:
    with pytest.raises(PlaceUnfilled) as refused:
        replies.fill(template(), values, language="en")
    assert "wanted" in refused.value.remedy
    seen = replies.preview(template(), values, language="en")
    assert "{{ wanted }}" in seen.text
    assert "wanted" in seen.missing


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40).filter(str.strip))
@rules(max_examples=60)
def test_a_value_is_put_in_as_it_is(value: str) -> None:
    reply = replies.fill(template(), {"case": "{{ wanted }}", "wanted": value}, language="en")
    assert reply.subject == "Your case {{ wanted }}"
    assert reply.text == f"Please send us {value.strip()}.\n"


@pytest.mark.parametrize(
    "value", ["a\nBcc: x@example.org", "\0", "\ud800", "x" * 2001], ids=["line", "nul", "half", "long"]
)
def test_a_value_is_one_line_of_text(value: str) -> None:
    with pytest.raises(ReplyRefused):
        replies.fill(template(), {"case": value, "wanted": "x"}, language="en")


@pytest.mark.django_db
def test_a_change_is_another_version_and_the_one_before_comes_back_when_it_is_retired(pat: Staff) -> None:
    first = replies.write("ask-proof", subject=SUBJECT, text=TEXT, actor=pat)
    second = replies.write("ask-proof", subject=SUBJECT, text=TEXT | {"en": "Send {{ wanted }}!"}, actor=pat)
    assert (first.version, second.version) == (1, 2)
    assert replies.in_use("ask-proof") == second
    replies.retire(second, actor=pat)
    assert replies.retire(second, actor=pat).retired_at is not None
    assert replies.in_use("ask-proof") == first
    second.refresh_from_db()
    with pytest.raises(ReplyRefused):
        replies.fill(second, {"case": "C", "wanted": "x"}, language="en")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (SUBJECT, {"en": "only English"}),
        (SUBJECT, TEXT | {"es": "Envíe {{ otro }}."}),
        (SUBJECT, {"en": "{{ Wanted }}", "es": "{{ Wanted }}"}),
        (SUBJECT, {"en": "{{ a.b }}", "es": "{{ a.b }}"}),
        (SUBJECT | {"en": "two\nlines {{ case }}"}, TEXT),
        (SUBJECT, {"en": "", "es": ""}),
    ],
    ids=["language", "places", "capital", "dotted", "lines", "empty"],
)
def test_a_template_that_could_go_wrong_is_not_kept(subject: dict[str, str], text: dict[str, str], pat: Staff) -> None:
    with pytest.raises(ReplyRefused):
        replies.write("ask-proof", subject=subject, text=text, actor=pat)
    assert not ReplyTemplate.objects.exists()


@pytest.mark.django_db
def test_moderators_use_templates_and_write_none(lin: Staff) -> None:
    with pytest.raises(StaffRefused):
        replies.write("ask-proof", subject=SUBJECT, text=TEXT, actor=lin)
