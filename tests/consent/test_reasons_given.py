"""Statements of reasons as they are given: with the decision, once, in words, and superseded by another."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from consent import reasons_given, reasons_text
from consent.models import Case, ReasonsStated
from consent.reasons_given import ReasonsSuperseded
from consent.reasons_statement import AUTOMATED, DECISIONS, FIELDS, SOURCES, StatementInvalid, StatementPersonal
from ledger.models import Entry
from tests.consent.takedown import notices
from tests.consent.test_reasons_statement import GOOD

SAID: dict[str, Any] = {name: value for name, value in GOOD.items() if name != "puid"}
ACTOR = notices.FIRST.actor


@pytest.fixture
def case(db: None) -> Case:
    return notices.filed().notice.case


@pytest.mark.django_db
def test_a_statement_is_sealed_under_its_case_and_on_record(case: Case) -> None:
    row = reasons_given.issue(SAID, case=case, actor=ACTOR)
    assert reasons_given.statement_of(row) == GOOD | {"puid": row.puid, "content_type": sorted(SAID["content_type"])}
    assert row.statement.subject_key.subject == case.subject
    assert (row.entry.kind, row.ground, row.source) == ("reasons.stated", SAID["decision_ground"], "SOURCE_ARTICLE_16")


@pytest.mark.django_db
def test_a_ruling_has_one_statement_however_often_it_is_given(case: Case) -> None:
    ruling = notices.decided(case)
    first = reasons_given.issue(SAID, case=case, ruling=ruling, actor=ACTOR)
    entries = Entry.objects.count()
    assert reasons_given.issue(SAID, case=case, ruling=ruling, actor=ACTOR) == first
    assert Entry.objects.count() == entries


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (StatementInvalid, {"decision_facts": ""}),
        (StatementInvalid, {"puid": "mine"}),
        (StatementInvalid, {"content_id": "x"}),
        (StatementPersonal, {"decision_facts": "Rosa Example says so."}),
        (StatementPersonal, {"decision_facts": "Write to rosa@example.org."}),
    ],
    ids=["no-facts", "own-puid", "unknown-field", "name", "address"],
)
def test_what_is_refused_leaves_no_trace(case: Case, refusal: type[Exception], changes: dict[str, object]) -> None:
    entries = Entry.objects.count()
    with pytest.raises(refusal):
        reasons_given.issue(SAID | changes, case=case, parties=["Rosa Example"], actor=ACTOR)
    assert (Entry.objects.count(), ReasonsStated.objects.count()) == (entries, 0)


@pytest.mark.django_db
def test_a_ruling_of_another_case_is_refused(case: Case) -> None:
    other = Case.objects.create(number="T-1111-1111", lane="ours", entry=Entry.objects.exclude(pk=case.entry_id)[0])
    with pytest.raises(StatementInvalid):
        reasons_given.issue(SAID, case=other, ruling=notices.decided(case), actor=ACTOR)


@pytest.mark.django_db
def test_a_restriction_that_is_over_has_a_statement_and_the_one_before_stays(case: Case) -> None:
    row = reasons_given.issue(SAID, case=case, actor=ACTOR)
    over = reasons_given.reverse(row, facts="The permission was found.", actor=ACTOR)
    assert (over.restores, over.supersedes, over.ground) == (True, row, "")
    assert reasons_given.statement_of(over)["restored"] == row.puid
    assert reasons_given.newest(case) == over
    assert "decision_visibility" in reasons_given.statement_of(ReasonsStated.objects.get(pk=row.pk))


@pytest.mark.django_db
def test_another_restriction_takes_the_place_of_one_once_for_its_ruling(case: Case) -> None:
    row = reasons_given.issue(SAID, case=case, actor=ACTOR)
    ruling = notices.decided(case)
    said = SAID | {"decision_visibility": ["DECISION_VISIBILITY_CONTENT_LABELLED"]}
    made = reasons_given.reverse(row, said=said, ruling=ruling, actor=ACTOR)
    assert reasons_given.reverse(row, said=said, ruling=ruling, actor=ACTOR) == made
    with pytest.raises(ReasonsSuperseded):
        reasons_given.reverse(row, facts="Again.", actor=ACTOR)


@pytest.mark.django_db
def test_a_reversal_names_nobody_and_says_why(case: Case) -> None:
    row = reasons_given.issue(SAID, case=case, actor=ACTOR)
    with pytest.raises(StatementPersonal):
        reasons_given.reverse(row, facts="Rosa Example agreed.", parties=["rosa example"], actor=ACTOR)
    with pytest.raises(StatementInvalid):
        reasons_given.reverse(row, facts=" ", actor=ACTOR)
    with pytest.raises(StatementInvalid):
        reasons_given.reverse(row, facts="It is over.", automated="YES", actor=ACTOR)


@pytest.mark.django_db
def test_the_database_refuses_what_restores_nothing(case: Case) -> None:
    row = reasons_given.issue(SAID, case=case, actor=ACTOR)
    for change in ({"restores": True}, {"ground": ""}, {"automated_decision": "x"}, {"supersedes": row}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ReasonsStated.objects.filter(pk=row.pk).update(**change)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_affected_person_reads_it_in_their_language(case: Case, language: str) -> None:
    row = reasons_given.issue(SAID, case=case, actor=ACTOR)
    over = reasons_given.reverse(row, facts="The permission was found.", actor=ACTOR)
    for each in (row, over):
        text = reasons_given.rendered(each, language)
        assert each.puid in text
        assert ("21" in text, "six months" in text or "seis meses" in text) == (True, True)


def test_every_member_of_article_17_is_said() -> None:
    text = reasons_text.rendered({**SAID, "puid": "p-1", "end_date_visibility_restriction": "2026-12-24"}, "en")
    for said in (
        "The content was removed.",
        "In: DE, ES.",
        "From 22 November 2026. Until 24 December 2026.",
        SAID["decision_facts"],
        "made by people",
        "not found by automated means",
        SAID["incompatible_content_ground"],
        SAID["incompatible_content_explanation"],
        "free of charge",
        "Out of court",
        "In court",
    ):
        assert said in text


def test_every_key_of_the_schema_has_words_in_both_languages() -> None:
    keys = {key for name in (*DECISIONS, "decision_ground") for key in FIELDS[name].keys} | SOURCES | AUTOMATED
    for language in ("en", "es"):
        assert keys - set(reasons_text.KEYS[language]) == set()
    assert set(reasons_text.KEYS["en"]) == set(reasons_text.KEYS["es"])
    assert FIELDS["territorial_scope"].keys == reasons_text.EEA


def test_a_language_that_there_is_not_is_a_fault_and_not_a_page() -> None:
    with pytest.raises(KeyError):
        reasons_text.rendered({**SAID, "puid": str(uuid.uuid4())}, "tlh")
