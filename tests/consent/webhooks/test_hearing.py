"""Who hears of what: exactly those who may know, and of ids only."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import Any
from uuid import UUID

import pytest

from consent import amendments, evidence, exclusions, keys, revocations, suspensions
from consent.models import Likeness, Message, WebhookDelivery
from consent.webhooks import hearing
from consent.webhooks.events import EVENTS
from ledger.entry import KINDS
from ledger.follower import LoggedEntry
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import Person
from tests.consent.test_authority import MANDATE
from tests.consent.webhooks.conftest import Listen, tell_all

pytestmark = pytest.mark.django_db
UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KEY_FORM = re.compile(r"[A-Za-z0-9_-]{22}")
TIME_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def everyone(ada: Person, ben: Person, carl: Person, listen: Listen) -> dict[UUID, Person]:
    """Let all three listen to everything, before anything happens."""
    for person in (ada, ben, carl):
        listen(person)
    return {person.party.pk: person for person in (ada, ben, carl)}


def heard() -> dict[str, list[dict[str, Any]]]:
    """Return what was queued for each, by handle: type and data."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in WebhookDelivery.objects.select_related("endpoint__party").order_by("entry__created_at", "created_at"):
        found[row.endpoint.party.handle].append(row.body)
    return found


def events(handle: str) -> list[str]:
    return sorted(body["type"] for body in heard()[handle])


def told(handle: str, event: str) -> dict[str, Any]:
    (body,) = [body for body in heard()[handle] if body["type"] == event]
    data: dict[str, Any] = body["data"]
    return data


def after(entries: set[UUID]) -> None:
    """Let the followers read what came since."""
    fresh = Entry.objects.exclude(pk__in=entries)
    assert fresh.exists()
    tell_all()
    WebhookDelivery.objects.filter(entry__in=entries).delete()


def now_on_record() -> set[UUID]:
    return set(Entry.objects.values_list("pk", flat=True))


def test_a_grant_is_told_to_its_grantor_and_to_whom_it_names(
    everyone: dict[UUID, Person], ada: Person, ben: Person, face: Likeness
) -> None:
    before = now_on_record()
    given = people.grant(ada, face, ben.party)
    after(before)
    assert events("ada") == events("ben") == ["grant.recorded"]
    assert events("carl") == []
    assert told("ben", "grant.recorded") == {
        "entry": str(given.entry_id),
        "grant": str(given.pk),
        "likeness": str(face.pk),
    }


def test_whoever_a_newer_grant_leaves_out_hears_that_the_old_one_was_replaced(
    everyone: dict[UUID, Person], ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    old = people.full_grant(ada, face, ben.party)
    before = now_on_record()
    people.full_grant(ada, face, carl.party, supersedes=old)
    after(before)
    assert events("ben") == ["grant.superseded"]
    assert told("ben", "grant.superseded")["grant"] == str(old.pk)
    assert told("ben", "grant.superseded")["entry"] == str(old.entry_id)
    assert events("carl") == ["grant.recorded"]


def test_a_withdrawal_is_told_as_accepted_and_as_effective(
    everyone: dict[UUID, Person], ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = people.grant(ada, face, ben.party)
    before = now_on_record()
    withdrawal = revocations.withdraw_grant(given, actor=ada.party)
    monkeypatch.setattr(revocations, "OVERDUE", -revocations.OVERDUE)
    revocations._record_drained(withdrawal)
    after(before)
    assert events("ada") == ["consent.withdrawn", "withdrawal.drained"]
    assert told("ada", "withdrawal.drained")["withdrawal"] == str(withdrawal.pk)
    assert told("ben", "grant.ended")["grants"] == [str(given.pk)]
    assert events("ben") == ["grant.ended"]
    assert events("carl") == []


def test_whoever_is_shut_out_hears_that_their_grant_ended_and_not_why(
    everyone: dict[UUID, Person], ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    alone = people.grant(ada, face, ben.party)
    people.grant(ada, face, ben.party, carl.party)
    before = now_on_record()
    exclusions.withdraw_party(ben.party, likeness=face, actor=ada.party)
    exclusions.withdraw_party(carl.party, likeness=face, actor=ada.party)
    after(before)
    assert events("ben") == ["grant.ended"]
    assert set(told("ben", "grant.ended")) == {"entry", "likeness", "grants", "count"}
    assert told("ben", "grant.ended")["grants"] == [str(alone.pk)]
    assert events("carl") == []  # nothing of theirs ended; that they are shut out is not said


def test_whoever_a_narrowing_takes_out_hears_that_it_ended_for_them(
    everyone: dict[UUID, Person], ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    given = people.full_grant(ada, face, ben.party, carl.party)
    before = now_on_record()
    smaller = dict(given.terms)
    named = smaller["audience"]["parties"]
    smaller["audience"] = smaller["audience"] | {"parties": [one for one in named if one["party"] == str(ben.party.pk)]}
    amendments.narrow(given, smaller, actor=ada.party)
    after(before)
    assert events("ben") == ["grant.narrowed"]
    assert events("carl") == ["grant.ended"]
    assert told("carl", "grant.ended")["entry"] is None
    assert events("ada") == ["grant.narrowed"]


def test_a_rest_is_told_to_whom_it_concerns_from_beginning_to_end(
    everyone: dict[UUID, Person], ada: Person, ben: Person, face: Likeness
) -> None:
    given = people.grant(ada, face, ben.party)
    over = people.grant(ada, face, ben.party)
    revocations.withdraw_grant(over, actor=ada.party)
    before = now_on_record()
    rest = suspensions.suspend(face, reason="paused", actor=ada.party)
    suspensions.resume(rest, actor=ada.party)
    after(before)
    assert events("ada") == ["consent.resumed", "consent.suspended"]
    assert events("ben") == ["grant.resumed", "grant.suspended"]
    assert told("ben", "grant.suspended")["grants"] == [str(given.pk)]
    assert events("carl") == []


def test_keys_are_told_to_whose_they_are(everyone: dict[UUID, Person], ada: Person) -> None:
    before = now_on_record()
    keys.revoke_key(ada.key, actor=ada.party)
    after(before)
    assert events("ada") == ["key.revoked"]
    assert told("ada", "key.revoked")["key_id"] == ada.key.key_id
    assert events("ben") == events("carl") == []


def test_a_claim_is_told_to_who_made_it_and_the_letter_to_who_got_it(
    everyone: dict[UUID, Person], ada: Person, ben: Person, face: Likeness
) -> None:
    before = now_on_record()
    made = people.claim(ben, face, role="agent", limits=MANDATE)
    after(before)
    assert told("ben", "claim.made")["claim"] == str(made.pk)
    letter = Message.objects.get(party=ada.party, entry=made.entry)
    assert told("ada", "claim.made") == {"entry": str(made.entry_id), "message": str(letter.pk)}
    assert events("carl") == []


def test_nobody_hears_of_what_they_may_not_know_and_of_ids_only(
    everyone: dict[UUID, Person], ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    """A long story; then each message is asked: may its hearer see the proof, and does it say more than ids."""
    first = people.full_grant(ada, face, ben.party, carl.party, description="To be read by nobody else")
    second = people.full_grant(ada, face, ben.party, supersedes=first)
    people.grant(ada, face, carl.party)
    rest = suspensions.suspend(second, reason="paused", actor=ada.party)
    suspensions.resume(rest, actor=ada.party)
    people.claim(ben, face, role="agent", limits=MANDATE)
    people.accepted(carl, people.claim(carl))
    revocations.withdraw_grant(second, actor=ada.party)
    exclusions.withdraw_party(carl.party, likeness=face, actor=ada.party)
    revocations.withdraw_likeness(face, actor=ada.party)
    keys.revoke_key(ben.key, actor=ben.party)
    tell_all()
    rows = list(WebhookDelivery.objects.select_related("endpoint__party"))
    assert len(rows) > 25
    for row in rows:
        shown = row.body["data"]["entry"]
        assert shown is None or evidence.concerning(row.endpoint.party, UUID(shown))
        assert set(row.body) == {"type", "timestamp", "data"}
        assert row.body["type"] in EVENTS
        assert TIME_FORM.fullmatch(row.body["timestamp"])
        for name, value in row.body["data"].items():
            assert is_id_or_count(name, value), (row.event, name, value)
    said = json.dumps([row.body for row in rows])
    for person in everyone.values():
        assert person.party.name not in said


def is_id_or_count(name: str, value: object) -> bool:
    if name == "count":
        return isinstance(value, int)
    if name == "key_id":
        return isinstance(value, str) and KEY_FORM.fullmatch(value) is not None
    each = value if isinstance(value, list) else [value]
    return all(one is None or (isinstance(one, str) and UUID_FORM.fullmatch(one)) for one in each)


def test_without_a_listener_nothing_is_asked(face: Likeness, django_assert_num_queries: Any) -> None:  # noqa: ANN401 - a fixture
    entry = Entry.objects.get(kind="likeness.registered")
    with django_assert_num_queries(1):
        hearing.handle(LoggedEntry(0, entry.kind, entry.pk, {}))


def test_every_event_is_a_kind_of_entry_or_a_consequence() -> None:
    consequences = {"webhook.test", "grant.superseded", "grant.suspended", "grant.resumed", "grant.ended"}
    assert set(EVENTS) - set(KINDS) == consequences


def test_every_entry_that_a_party_can_export_is_an_event() -> None:
    about_webhooks = {kind for kind in KINDS if kind.startswith("webhook.")}
    assert evidence.OWN - about_webhooks - set(EVENTS) == set()
    assert set(hearing.OTHERS) <= set(EVENTS)
