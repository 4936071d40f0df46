"""Decisions with the facts of the database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from consent import clock, decisions, denials, disclosure, revocations
from consent.models import Decision, Grant, Likeness
from consent.policy import Allow, Deny, Reason
from ledger.entry import decode
from ledger.freshness import RecordStale
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def told(decision: Decision, person: Person) -> list[tuple[str, str | None]]:
    return [(reason["reason"], reason["clause"]) for reason in disclosure.reasons_for(decision, person.party)]


def test_a_covered_use_is_allowed_and_names_its_grants(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    decision, outcome = decisions.decide_locked(people.use(ben.party, face), actor=ben.party)
    assert isinstance(outcome, Allow)
    assert outcome.grants == ((str(face.pk), str(given.pk)),)
    assert decision.outcome == "allow"
    assert not Decision.objects.exists()  # an allowance exists only as a permit


def test_an_empty_cast_is_denied_and_recorded(ben: Person) -> None:
    decision, outcome = decisions.decide_locked(people.use(ben.party), actor=ben.party)
    assert isinstance(outcome, Deny)
    assert told(decision, ben) == [("no_appearance", None)]
    assert Decision.objects.get() == decision


def test_the_client_hears_the_clause_of_a_grant_that_names_it(ada: Person, ben: Person, face: Likeness) -> None:
    people.grant(ada, face, ben.party)
    use = people.use(ben.party, face, purpose="advertising")
    decision = decisions.preflight(use, actor=ben.party)
    assert told(decision, ben) == [("purpose", "/terms/purposes")]
    assert told(decision, ada) == [("purpose", "/terms/purposes")]


def test_a_stranger_hears_the_same_of_absent_private_and_shared_with_others(
    ada: Person, ben: Person, carl: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.grant(ada, face, ben.party)
    private = people.enrolled(ada, monkeypatch)
    withdrawn = people.enrolled(ada, monkeypatch)
    revocations.withdraw_likeness(withdrawn, actor=ada.party)
    absent = Likeness()
    heard = set()
    for likeness in (face, private, withdrawn, absent):
        decision = decisions.preflight(people.use(carl.party, likeness), actor=carl.party)
        shown = disclosure.reasons_for(decision, carl.party)
        heard.add(str([reason | {"likeness": reason["likeness"] == str(likeness.pk)} for reason in shown]))
    assert len(heard) == 1
    assert "no_grant" in heard.pop()


def test_a_grant_to_everyone_explains_itself_to_anybody_but_whom_it_leaves_out(
    ada: Person, ben: Person, carl: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.proved(ada, face, monkeypatch)
    people.full_grant(ada, face, audience={"kind": "everyone", "except": [str(carl.party.pk)]})
    heard = {}
    for asker in (ben, carl):
        use = people.use(asker.party, face, purpose="education")
        heard[asker.party.handle] = told(decisions.preflight(use, actor=asker.party), asker)
    assert heard == {"ben": [("purpose", "/terms/purposes")], "carl": [("no_grant", None)]}


def test_the_holder_sees_every_reason_and_only_of_her_own(
    ada: Person, ben: Person, carl: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.grant(ada, face, ben.party)
    bens = people.enrolled(ben, monkeypatch)
    decision = decisions.preflight(people.use(carl.party, face, bens), actor=carl.party)
    assert told(decision, ada) == [("not_in_audience", "/terms/audience/parties")]
    assert told(decision, ben) == [("no_grant", None)]
    assert [one.decision for one in face.attempts.all()] == [decision]


def test_one_member_without_consent_denies_the_cast(
    ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.grant(ada, face, ben.party)
    other = people.enrolled(people.register("dora"), monkeypatch)
    assert decisions.decide_locked(people.use(ben.party, face), actor=ben.party)[1]
    assert not decisions.decide_locked(people.use(ben.party, face, other), actor=ben.party)[1]


def test_terms_that_cannot_be_read_deny(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    Grant.objects.filter(pk=given.pk).update(terms=given.terms | {"v": 2})
    decision, outcome = decisions.decide_locked(people.use(ben.party, face), actor=ben.party)
    assert not outcome
    assert [reason["reason"] for reason in decision.reasons] == [Reason.CHECK_FAILED]


def test_a_withdrawn_grant_is_explained_to_whom_it_named(ada: Person, ben: Person, face: Likeness) -> None:
    revocations.withdraw_grant(people.grant(ada, face, ben.party), actor=ada.party)
    assert told(decisions.preflight(people.use(ben.party, face), actor=ben.party), ben) == [("grant_withdrawn", None)]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"cast": frozenset({"not an id"})}, "/cast"),
        ({"cast": frozenset({"\0"})}, "/cast"),
        ({"cast": frozenset(people.some_id() for _ in range(17))}, "/cast"),
        ({"purpose": "\0"}, "/purpose"),
        ({"purpose": "anything"}, "/purpose"),
        ({"seconds": 0}, "/seconds"),
        ({"seconds": 3601}, "/seconds"),
        ({"client": people.some_id()}, "/client"),
    ],
)
def test_a_use_that_is_none_is_refused_by_field(ben: Person, change: dict[str, object], pointer: str) -> None:
    use = replace(people.use(ben.party), **change)  # type: ignore[arg-type]  # one field at a time
    with pytest.raises(decisions.UseInvalid) as refusal:
        decisions.decide_locked(use, actor=ben.party)
    assert refusal.value.pointer == pointer
    assert not Decision.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_cast(
    ada: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    cast: list[Likeness] = []
    for _ in range(3):
        cast.append(people.enrolled(ada, monkeypatch))
        people.grant(ada, cast[-1], ben.party)
        with CaptureQueriesContext(connection) as seen:
            assert decisions.decide_locked(people.use(ben.party, *cast), actor=ben.party)[1]
        counts.append(len(seen))
    assert len(set(counts)) == 1


def test_the_database_refuses_an_allowance_without_an_entry(ben: Person) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(client=ben.party, use={}, outcome="allow", decided_at=clock.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(client=ben.party, use={}, outcome="deny", decided_at=clock.now(), entry=ben.party.entry)


def test_denials_reach_the_log_once_as_a_number(ada: Person, carl: Person, face: Likeness) -> None:
    for _ in range(3):
        decisions.preflight(people.use(carl.party, face), actor=carl.party)
    assert denials.digest_denials() == 3
    assert denials.digest_denials() == 0
    entry = Entry.objects.get(kind="denials.digested")
    assert decode(bytes(entry.body))["count"] == 3
    assert set(Decision.objects.values_list("digest_entry", flat=True)) == {entry.pk}


def test_nothing_is_decided_on_a_record_that_has_stopped_moving(
    ada: Person, ben: Person, face: Likeness, settings: Settings
) -> None:
    people.grant(ada, face, ben.party)
    settings.LEDGER_STALE_SECONDS = 60
    for ask in (decisions.preflight, decisions.decide_locked):
        with pytest.raises(RecordStale):
            ask(people.use(ben.party, face), actor=ben.party)
    settings.LEDGER_STALE_SECONDS = 0
    _, outcome = decisions.decide_locked(people.use(ben.party, face), actor=ben.party)
    assert isinstance(outcome, Allow)
