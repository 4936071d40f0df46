"""Statements of reasons: each rule of the schema, one change a row; and nobody is named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent import reasons_statement
from consent.reasons_statement import FIELDS, StatementInvalid, StatementPersonal

GOOD: dict[str, object] = {
    "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
    "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
    "incompatible_content_ground": "Rules, section 3: no likeness without consent",
    "incompatible_content_explanation": "The person shown gave no permission for this use.",
    "content_type": ["CONTENT_TYPE_VIDEO", "CONTENT_TYPE_SYNTHETIC_MEDIA"],
    "category": "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
    "territorial_scope": ["DE", "ES"],
    "content_date": "2026-11-20",
    "application_date": "2026-11-22",
    "decision_facts": "A notice of 2026-11-21 said that the video was made without consent. No grant covers it.",
    "source_type": "SOURCE_ARTICLE_16",
    "automated_detection": "No",
    "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
    "puid": "sor-0f8fad5b-d9cb-469f-a165-70867728950e",
}
GONE = object()


def changed(**changes: object) -> dict[str, object]:
    return {name: value for name, value in (GOOD | changes).items() if value is not GONE}


def test_a_whole_statement_is_built_in_the_order_of_the_schema() -> None:
    built = reasons_statement.build(dict(reversed(GOOD.items())))
    assert list(built) == [name for name in FIELDS if name in GOOD]
    assert built["content_type"] == ["CONTENT_TYPE_SYNTHETIC_MEDIA", "CONTENT_TYPE_VIDEO"]


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.required])
def test_what_is_required_is_missed(name: str) -> None:
    with pytest.raises(StatementInvalid) as refused:
        reasons_statement.build(changed(**{name: GONE}))
    assert refused.value.pointer == f"/{name}"


@pytest.mark.parametrize(
    ("pointer", "changes"),
    [
        ("/_", {"permalink": "x"}),
        ("/decision_visibility", {"decision_visibility": GONE}),
        ("/decision_visibility", {"decision_visibility": []}),
        ("/decision_visibility", {"decision_visibility": "DECISION_VISIBILITY_CONTENT_REMOVED"}),
        ("/decision_visibility", {"decision_visibility": ["CONTENT_REMOVED"]}),
        ("/decision_visibility_other", {"decision_visibility": ["DECISION_VISIBILITY_OTHER"]}),
        ("/decision_visibility_other", {"decision_visibility_other": "hidden"}),
        ("/decision_monetary_other", {"decision_monetary": "DECISION_MONETARY_OTHER"}),
        ("/content_type_other", {"content_type": ["CONTENT_TYPE_OTHER"]}),
        ("/content_type", {"content_type": ["CONTENT_TYPE_VIDEO", "CONTENT_TYPE_VIDEO"]}),
        ("/category_specification_other", {"category_specification": ["KEYWORD_OTHER"]}),
        ("/category_addition", {"category_addition": [GOOD["category"]]}),
        ("/illegal_content_legal_ground", {"decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT"}),
        ("/illegal_content_explanation", {"illegal_content_explanation": "x"}),
        ("/incompatible_content_explanation", {"incompatible_content_explanation": GONE}),
        ("/territorial_scope", {"territorial_scope": ["US"]}),
        ("/content_date", {"content_date": "1999-12-31"}),
        ("/content_date", {"content_date": "20261120"}),
        ("/content_date", {"content_date": "2026-02-30"}),
        ("/application_date", {"application_date": "2019-12-31"}),
        ("/application_date", {"application_date": "2038-01-02"}),
        ("/end_date_visibility_restriction", {"end_date_visibility_restriction": "2026-11-21"}),
        ("/end_date_account_restriction", {"end_date_account_restriction": "2027-01-01"}),
        ("/decision_facts", {"decision_facts": "x" * 5001}),
        ("/decision_facts", {"decision_facts": "a\x00b"}),
        ("/decision_facts", {"decision_facts": "a\ud800"}),
        ("/decision_facts", {"decision_facts": "  "}),
        ("/automated_detection", {"automated_detection": True}),
        ("/puid", {"puid": "a b"}),
        ("/puid", {"puid": "x" * 501}),
        ("/content_language", {"content_language": "en"}),
    ],
)
def test_one_flaw_is_refused_with_its_field(pointer: str, changes: dict[str, object]) -> None:
    with pytest.raises(StatementInvalid) as refused:
        reasons_statement.build(changed(**changes))
    assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    "words",
    [
        "Write to ana@example.org",
        "Write to ana＠example.org",  # noqa: RUF001 - an @ of full width is the point
        "Posted by @ana",
        "Call +34 600 123 456",
        "Call 600-123-456 or so",
        "See https://example.org/@ana",
        "See https://example.org/users/ana",
        "See https://ana:pw@example.org/",
        "ANA   Núñez asked for it",
        "Ana Nunez asked for it",
    ],
)
def test_nobody_is_named(words: str) -> None:
    with pytest.raises(StatementPersonal) as refused:
        reasons_statement.build(changed(decision_facts=words), parties=["Ana Núñez", ""])
    assert refused.value.pointer == "/decision_facts"


@pytest.mark.parametrize("words", ["Anabel was not asked", "On 2026-11-22 at 14:35 UTC", "Article 17(3), point (b)"])
def test_what_names_nobody_is_allowed(words: str) -> None:
    reasons_statement.build(changed(decision_facts=words), parties=["Ana Núñez"])


def test_nobody_notified_and_so_nobody_is_the_source() -> None:
    built = reasons_statement.build(changed(source_type="SOURCE_VOLUNTARY", source_identity="a trusted flagger"))
    assert "source_identity" not in built


@settings(max_examples=80)
@given(st.dictionaries(st.sampled_from([*FIELDS, "x"]), st.none() | st.text() | st.integers() | st.lists(st.text())))
def test_whatever_is_said_is_built_or_refused(changes: dict[str, object]) -> None:
    try:
        built = reasons_statement.build(GOOD | changes)
    except (StatementInvalid, StatementPersonal):
        return
    assert reasons_statement.build(built) == built
