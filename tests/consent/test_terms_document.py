"""Terms are written and read without loss; whatever else stands in a field is refused by its name."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import fields, speech, vocabulary
from consent.fields import StatementInvalid
from consent.terms import Limits, Terms
from consent.terms_document import FIELDS, parse_terms, terms_document
from tests.consent import anything

ID, OTHER = str(UUID(int=1)), str(UUID(int=2))
DOCUMENT: dict[str, Any] = {
    "v": 2,
    "audience": {"kind": "named", "parties": [{"party": ID, "not_after": None, "uses": 3, "seconds": None}]},
    "window": {"not_before": "2026-11-22T12:00:00Z", "not_after": "2027-11-22T12:00:00Z"},
    "limits": {"uses": 10, "seconds": 60, "seconds_each": 8},
    "purposes": ["advertising", "satire"],
    "campaigns": ["spring"],
    "territories": ["DE", "ES"],
    "modalities": ["face", "voice"],
    "scenes": {"allowed": ["everyday", "politics"], "denied": ["crime", "intimate"]},
    "speech": {"kind": "scripts", "scripts": ["Good morning."], "banned": ["buy"], "languages": ["en", "es"]},
    "company": {"never": [ID], "only": [OTHER]},
    "remix": {"allowed": True, "depth": 2},
    "after_end": "keep_with_label",
    "approval": {"hours": 48},
    "training": False,
    "rate": {
        "currency": "EUR",
        "per": "second",
        "amount": "0.05",
        "split": [{"party": ID, "part": "0.7"}, {"party": OTHER, "part": "0.3"}],
    },
    "credit": "Ada Example",
    "description": "Advertisements for bicycles.",
    "representation": "counsel",
}


def changed(pointer: str, value: object) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    at: Any = document
    *way, last = pointer.removeprefix("/terms/").split("/")
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[int(last) if isinstance(at, list) else last] = value
    return document


def refused(document: object) -> StatementInvalid:
    with pytest.raises(StatementInvalid) as refusal:
        parse_terms(document)
    assert refusal.value.remedy
    return refusal.value


@given(anything.terms)
def test_every_terms_survive_their_document(terms: Terms) -> None:
    document = terms_document(terms)
    assert parse_terms(document) == terms
    assert terms_document(parse_terms(document)) == document


def test_the_example_is_read_and_written_back() -> None:
    assert terms_document(parse_terms(DOCUMENT)) == DOCUMENT


@pytest.mark.parametrize("name", FIELDS[2].split())
def test_each_missing_field_is_named(name: str) -> None:
    document = {key: value for key, value in DOCUMENT.items() if key != name}
    if name == "v":  # then it is read as the newest, and found wanting
        assert refused(document).pointer == "/terms/v"
    else:
        assert refused(document).pointer == f"/terms/{name}"


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["everyday", ID]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def pointers(value: object, at: str = "/terms") -> list[str]:
    """Return the pointer to each thing in a document, the document itself left out."""
    pairs: list[tuple[Any, object]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    below = [pointer for key, inner in pairs for pointer in (f"{at}/{key}", *pointers(inner, f"{at}/{key}"))]
    return list(dict.fromkeys(below))


@given(st.sampled_from(pointers(DOCUMENT)), json)
def test_whatever_stands_in_a_field_is_read_exactly_or_refused_by_name(pointer: str, value: object) -> None:
    document, refusal = changed(pointer, value), None
    try:
        terms = parse_terms(document)
    except StatementInvalid as error:
        refusal = error
    if refusal is None:
        assert terms_document(terms) == document
        return
    named, field = refusal.pointer or "", "/terms/" + pointer.split("/")[2]
    # A window that moves leaves the end of a party outside it, and that end is then what is named.
    assert named.startswith(field) or (field == "/terms/window" and named.startswith("/terms/audience"))
    assert refusal.remedy


@given(json)
def test_whatever_is_no_terms_at_all_is_refused(value: object) -> None:
    assert refused(value).pointer is not None


PARTY = {"party": ID, "not_after": None, "uses": None, "seconds": None}


@pytest.mark.parametrize(
    ("pointer", "value", "named"),
    [
        ("/terms/v", 3, "/terms/v"),
        ("/terms/v", True, "/terms/v"),
        ("/terms/v", 2.0, "/terms/v"),
        ("/terms/v", [], "/terms/v"),
        ("/terms/audience", None, "/terms/audience/kind"),
        ("/terms/audience", {"kind": "friends"}, "/terms/audience/kind"),
        ("/terms/audience", {"kind": "only_me", "except": []}, "/terms/audience/except"),
        ("/terms/audience", {"kind": "everyone"}, "/terms/audience/except"),
        ("/terms/audience", {"kind": "everyone", "except": [OTHER, ID]}, "/terms/audience/except"),
        ("/terms/audience", {"kind": "mutuals", "except": [ID, ID]}, "/terms/audience/except"),
        (
            "/terms/audience",
            {"kind": "everyone", "except": [str(UUID(int=n)) for n in range(65)]},
            "/terms/audience/except",
        ),
        ("/terms/audience/parties", [], "/terms/audience/parties"),
        ("/terms/audience/parties", [PARTY, PARTY], "/terms/audience/parties"),
        (
            "/terms/audience/parties",
            [PARTY | {"party": str(UUID(int=n))} for n in range(65)],
            "/terms/audience/parties",
        ),
        (
            "/terms/audience/parties",
            [PARTY | {"party": str(UUID(int=n))} for n in range(10_000)],
            "/terms/audience/parties",
        ),
        ("/terms/audience/parties/0/uses", 0, "/terms/audience/parties/0/uses"),
        ("/terms/audience/parties/0/seconds", 1.5, "/terms/audience/parties/0/seconds"),
        ("/terms/audience/parties/0/uses", True, "/terms/audience/parties/0/uses"),
        ("/terms/audience/parties/0/uses", 1_000_001, "/terms/audience/parties/0/uses"),
        ("/terms/audience/parties/0/not_after", "2027-11-22T12:00:01Z", "/terms/audience/parties/0/not_after"),
        ("/terms/audience/parties/0/not_after", "2026-11-22T12:00:00Z", "/terms/audience/parties/0/not_after"),
        ("/terms/window/not_after", "2026-11-22T12:00:00Z", "/terms/window/not_after"),
        ("/terms/window/not_after", "2036-11-23T12:00:01Z", "/terms/window/not_after"),
        ("/terms/limits/uses", 0, "/terms/limits/uses"),
        ("/terms/limits/seconds", "60", "/terms/limits/seconds"),
        ("/terms/limits/seconds_each", 61, "/terms/limits/seconds_each"),
        ("/terms/limits", {"uses": None}, "/terms/limits/seconds"),
        ("/terms/purposes", [], "/terms/purposes"),
        ("/terms/purposes/0", "anything", "/terms/purposes/0"),
        ("/terms/purposes", ["satire", "advertising"], "/terms/purposes"),
        ("/terms/campaigns", [], "/terms/campaigns"),
        ("/terms/campaigns/0", "Spring", "/terms/campaigns/0"),
        ("/terms/campaigns/0", "spring\n", "/terms/campaigns/0"),
        ("/terms/campaigns/0", "a" * 65, "/terms/campaigns/0"),
        ("/terms/territories", [], "/terms/territories"),
        ("/terms/territories/0", "EU", "/terms/territories/0"),
        ("/terms/territories/0", "XX", "/terms/territories/0"),
        ("/terms/territories/0", "de", "/terms/territories/0"),
        ("/terms/territories", ["ES", "DE"], "/terms/territories"),
        ("/terms/modalities", [], "/terms/modalities"),
        ("/terms/modalities/0", "gait", "/terms/modalities/0"),
        ("/terms/scenes/allowed", [], "/terms/scenes/allowed"),
        ("/terms/scenes/allowed/0", "fun", "/terms/scenes/allowed/0"),
        ("/terms/scenes/allowed", ["everyday", "intimate"], "/terms/scenes/allowed/1"),
        ("/terms/scenes/denied/0", "everything", "/terms/scenes/denied/0"),
        ("/terms/scenes/denied", ["crime", "politics"], "/terms/scenes/denied"),
        ("/terms/speech/kind", "anything", "/terms/speech/kind"),
        ("/terms/speech/kind", "none", "/terms/speech/scripts"),
        ("/terms/speech/kind", "own_words", "/terms/speech/scripts"),
        ("/terms/speech/scripts", [], "/terms/speech/scripts"),
        ("/terms/speech/scripts/0", "Good  morning.", "/terms/speech/scripts/0"),
        ("/terms/speech/scripts/0", "Good\nmorning.", "/terms/speech/scripts/0"),
        ("/terms/speech/scripts/0", "Good\u200bmorning.", "/terms/speech/scripts/0"),
        ("/terms/speech/scripts/0", "\ufb01ne", "/terms/speech/scripts/0"),
        ("/terms/speech/scripts/0", "a" * 1001, "/terms/speech/scripts/0"),
        ("/terms/speech/scripts", [f"No. {n:02}" for n in range(17)], "/terms/speech/scripts"),
        ("/terms/speech/banned/0", "Buy", "/terms/speech/banned/0"),
        ("/terms/speech/banned/0", "buy it", "/terms/speech/banned/0"),
        ("/terms/speech/banned/0", "café", "/terms/speech/banned/0"),
        ("/terms/speech/banned/0", "!", "/terms/speech/banned/0"),
        ("/terms/speech/languages", [], "/terms/speech/languages"),
        ("/terms/speech/languages/0", "en-GB", "/terms/speech/languages/0"),
        ("/terms/company/never/0", "Ben", "/terms/company/never/0"),
        ("/terms/company/only", [ID], "/terms/company/only"),
        ("/terms/remix", {"allowed": True}, "/terms/remix/depth"),
        ("/terms/remix/depth", 0, "/terms/remix/depth"),
        ("/terms/remix/depth", 17, "/terms/remix/depth"),
        ("/terms/remix/allowed", False, "/terms/remix/depth"),
        ("/terms/remix/allowed", 1, "/terms/remix/allowed"),
        ("/terms/after_end", "forget", "/terms/after_end"),
        ("/terms/after_end", None, "/terms/after_end"),
        ("/terms/approval/hours", 0, "/terms/approval/hours"),
        ("/terms/approval/hours", 721, "/terms/approval/hours"),
        ("/terms/approval", True, "/terms/approval"),
        ("/terms/training", None, "/terms/training"),
        ("/terms/training", 0, "/terms/training"),
        ("/terms/rate/currency", "XXX", "/terms/rate/currency"),
        ("/terms/rate/currency", "eur", "/terms/rate/currency"),
        ("/terms/rate/per", "minute", "/terms/rate/per"),
        ("/terms/rate/amount", 0.05, "/terms/rate/amount"),
        ("/terms/rate/amount", "0", "/terms/rate/amount"),
        ("/terms/rate/amount", "-1", "/terms/rate/amount"),
        ("/terms/rate/amount", "1e3", "/terms/rate/amount"),
        ("/terms/rate/amount", "NaN", "/terms/rate/amount"),
        ("/terms/rate/amount", "0.0000001", "/terms/rate/amount"),
        ("/terms/rate/amount", "0.50", "/terms/rate/amount"),
        ("/terms/rate/amount", "1.0", "/terms/rate/amount"),
        ("/terms/rate/amount", "\u0660.5", "/terms/rate/amount"),
        ("/terms/rate/split/0/part", "0.6", "/terms/rate/split"),
        ("/terms/rate/split/0/part", "0", "/terms/rate/split/0/part"),
        ("/terms/rate/split/0/part", "1.1", "/terms/rate/split/0/part"),
        ("/terms/rate/split/0/party", OTHER, "/terms/rate/split"),
        ("/terms/rate/split", [{"party": OTHER, "part": "0.3"}, {"party": ID, "part": "0.7"}], "/terms/rate/split"),
        ("/terms/credit", "", "/terms/credit"),
        ("/terms/credit", "a" * 121, "/terms/credit"),
        ("/terms/description", None, "/terms/description"),
        ("/terms/description", "a" * 2001, "/terms/description"),
        ("/terms/representation", "friend", "/terms/representation"),
        ("/terms/everything", True, "/terms/everything"),
        ("/terms/limits/views", 3, "/terms/limits/views"),
        ("/terms/a\0b", 1, "/terms/a\0b"),
    ],
)
def test_each_impossible_clause_is_refused_by_name(pointer: str, value: object, named: str) -> None:
    assert refused(changed(pointer, value)).pointer == named


@pytest.mark.parametrize("field", ["credit", "description"])
@pytest.mark.parametrize(
    "text",
    [
        "a\nb",
        "a\r\nb",
        "a\u2028b",
        "a\u0085b",
        "a\0b",
        "a\tb",
        "zero\u200bwidth",
        "join\u200der",
        "turned\u202eround",
        "soft\u00adhyphen",
        "mark\ufeff",
        "tag\U000e0041",
        "filler\u3164",
        "filler\u115f",
        "blank\u2800",
        "joiner\u034f",
        "variant\ufe0f",
        "variant\U000e0100",
        "two  spaces",
        "a\u00a0hard one",
        "a\u3000wide one",
        " before",
        "after ",
        "e\u0301 in two",
        "private \ue000",
        "half \ud800",
        7,
        ["a"],
    ],
)
def test_a_text_shows_all_that_it_holds_on_one_line(field: str, text: object) -> None:
    assert refused(changed(f"/terms/{field}", text)).pointer == f"/terms/{field}"


@given(st.text(), st.text())
def test_a_text_has_no_wide_gap_and_no_invisible_twin(text: str, other: str) -> None:
    """A gap that a screen wraps at would let a typed text begin a line."""
    for one in (text, other):
        try:
            fields.text(one, "", 10_000)
        except StatementInvalid:
            continue
        assert one == " ".join(one.split())


@given(st.text())
def test_each_word_that_can_be_said_can_be_banned(text: str) -> None:
    """What `words_in` finds is itself a word in its plain form, so that whoever wants to ban it can write it down."""
    for word in speech.words_in(text):
        assert speech.words_in(word) == {word}
        if len(word) <= vocabulary.MAX_LIST:
            assert parse_terms(changed("/terms/speech/banned", [word])).speech.banned == {word}


@pytest.mark.parametrize("word", ["한국", "straße", "\uff22\uff55\uff59", "naïve", "КУПИ", "don't"])
def test_a_word_is_found_however_it_is_written(word: str) -> None:
    (plain,) = speech.words_in(word)
    assert speech.words_in(f"Say: {word.upper()}!") == {"say", plain}
    assert parse_terms(changed("/terms/speech/banned", [plain])).speech.banned == {plain}


@given(st.text())
def test_a_script_has_one_spelling(text: str) -> None:
    assert speech.spelled(speech.spelled(text)) == speech.spelled(text)


def test_version_1_is_read_as_what_it_could_say() -> None:
    document = {
        "v": 1,
        "audience": {"kind": "only_me"},
        "window": DOCUMENT["window"],
        "purposes": ["satire"],
        "remix": {"allowed": True},
    }
    terms = parse_terms(document)
    assert terms.scenes.allowed == {"everyday"}
    assert (terms.speech.kind, terms.training) == ("none", False)
    assert (terms.limits, terms.after_end, terms.rate, terms.approval) == (Limits(), "hide", None, None)
    assert terms.window.not_after - terms.window.not_before == timedelta(days=365)
    assert terms_document(terms) == document
    with pytest.raises(StatementInvalid):
        parse_terms(document | {"training": False})
    with pytest.raises(StatementInvalid):
        parse_terms(document | {"audience": {"kind": "everyone", "except": []}})
