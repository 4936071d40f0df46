"""A stolen account: what was done in somebody's name since a moment is taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db.models import F

from consent import exclusions, keychain, keys, revocations, rfc3339, signing, standing, suspensions, undo
from consent.models import Exclusion, Grant, KeyEvent, Likeness, Party, PartyKey, Suspension, Undo, Withdrawal
from consent.standing import Standing
from consent.undo import Undone, UndoRefused
from ledger import log
from ledger.canonical import digest
from ledger.entry import decode
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def long_ago(person: Person, *, hours: int = 2) -> datetime:
    """Move all that exists into the past, and return a moment (whole seconds) after it."""
    shift = timedelta(hours=hours)
    for model, columns in (
        (Grant, ["created_at"]),
        (PartyKey, ["created_at"]),
        (Exclusion, ["created_at", "lifted_at"]),
        (Suspension, ["accepted_at", "resumed_at"]),
    ):
        model._default_manager.update(**{column: F(column) - shift for column in columns})
    person.key.refresh_from_db()
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=hours - 1)


def signed(person: Person, since: datetime, /, **changes: str) -> tuple[dict[str, str], bytes]:
    document = undo.document(since, key=person.key.key_id, actor=person.party) | changes
    return document, person.private.sign(digest("undo", document))


def undone(person: Person) -> Undone:
    """Undo what there is since an hour ago."""
    document, signature = signed(person, long_ago(person))
    return undo.undo_since(document, signature, actor=person.party)


def stolen_key(person: Person) -> Person:
    """Add a key in somebody's name, as whoever holds their token can, and return who signs with it."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    proof = private.sign(keys.possession_digest(person.party.handle, public))
    key = keys.register_key(person.party, public, proof, actor=person.party)
    return Person(person.party, key, private, person.token)


def test_the_story_of_a_stolen_key(ada: Person, ben: Person, carl: Person, face: Likeness) -> None:
    kept = people.grant(ada, face, ben.party)
    lost = people.grant(ada, face, ben.party)
    exclusions.withdraw_party(carl.party, actor=ada.party)
    pause = suspensions.suspend(kept, reason="paused", actor=ada.party)
    since = long_ago(ada)
    thief = stolen_key(ada)
    theirs = [people.grant(thief, face, carl.party) for _ in range(3)]
    exclusions.lift_exclusion(Exclusion.objects.get(), actor=ada.party)
    suspensions.resume(pause, actor=ada.party)
    revocations.withdraw_grant(lost, actor=ada.party)
    keys.revoke_key(ada.key, actor=ada.party)  # so that Ada cannot sign any more
    assert standing.all_stand_for([theirs[0].pk], carl.party.pk)

    seen = undo.preview(since, actor=ada.party)
    assert (set(seen.grants), seen.keys) == ({each.pk for each in theirs}, [thief.key.key_id])
    assert (len(seen.exclusions), len(seen.suspensions), seen.undo) == (1, 1, None)
    assert seen.final == {"withdrawals": [str(lost.pk)], "likenesses": [], "keys": [ada.key.key_id]}
    assert standing.all_stand([theirs[0].pk])  # a preview changes nothing

    document, signature = signed(ada, since)
    made = undo.undo_since(document, signature, actor=ada.party)
    assert (made.grants, made.keys) == (seen.grants, seen.keys)
    assert set(standing.standing(seen.grants).values()) == {Standing.WITHDRAWN}
    assert standing.standing([kept.pk]) == {kept.pk: Standing.SUSPENDED}
    assert exclusions.excluded([face.pk], carl.party.pk) == {face.pk}
    assert not PartyKey.objects.filter(party=ada.party, revoked_at=None).exists()
    assert Entry.objects.filter(kind="consent.undone").count() == 1
    withdrawal = next(each for each in made.effects if isinstance(each, Withdrawal) and each.scope == "since")
    ends = decode(bytes(withdrawal.entry.body))["ends"]
    assert set(ends) == {each.entry.commit_text for each in theirs}
    assert all(each.effective_at is not None for each in revocations.drain_all(made.effects))
    with pytest.raises(keys.KeyUnknown):
        people.grant(thief, face, carl.party)


def test_nothing_stays_visible_by_a_clause_that_a_thief_signed(ada: Person, carl: Person, face: Likeness) -> None:
    since = long_ago(ada)
    theirs = people.full_grant(stolen_key(ada), face, carl.party, after_end="keep")
    document, signature = signed(ada, since)
    undo.undo_since(document, signature, actor=ada.party)
    assert standing.standing([theirs.pk]) == {theirs.pk: Standing.WITHDRAWN}


def test_the_chain_of_keys_holds_after_it(ada: Person, face: Likeness) -> None:
    since = long_ago(ada)
    thief = stolen_key(ada)
    document, signature = signed(ada, since)
    undo.undo_since(document, signature, actor=ada.party)
    links = []
    for event in KeyEvent.objects.select_related("entry").filter(party=ada.party).order_by("number"):
        opened = log.opening(event.entry)
        links.append(keychain.Link(bytes(event.entry.body), opened.salt, opened.payload))
    assert keychain.verify(str(ada.party.pk), links) == {ada.key.key_id: True, thief.key.key_id: False}


def test_again_finds_nothing_more_to_undo(ada: Person, ben: Person, face: Likeness) -> None:
    pause = suspensions.suspend(face, reason="paused", actor=ada.party)
    exclusions.withdraw_party(ben.party, actor=ada.party)
    since = long_ago(ada)
    suspensions.resume(pause, actor=ada.party)
    exclusions.lift_exclusion(Exclusion.objects.get(), actor=ada.party)
    people.grant(ada, face, ben.party)
    document, signature = signed(ada, since)
    first = undo.undo_since(document, signature, actor=ada.party)
    assert len(first.effects) == 3
    again = undo.undo_since(document, signature, actor=ada.party)
    assert (again.grants, again.exclusions, again.suspensions, again.effects) == ([], [], [], ())
    assert Suspension.objects.filter(resumed_at=None).count() == 1
    assert Undo.objects.count() == 2


def test_the_thiefs_own_key_undoes_nothing(ada: Person, face: Likeness) -> None:
    since = long_ago(ada)
    thief = stolen_key(ada)
    document, signature = signed(thief, since)
    with pytest.raises(UndoRefused, match="not in use at that moment"):
        undo.undo_since(document, signature, actor=ada.party)


def test_a_key_that_was_revoked_before_that_moment_undoes_nothing(ada: Person, face: Likeness) -> None:
    keys.revoke_key(ada.key, actor=ada.party)
    since = long_ago(ada)
    PartyKey.objects.update(revoked_at=since - timedelta(minutes=1))
    document, signature = signed(ada, since)
    with pytest.raises(UndoRefused, match="not in use at that moment"):
        undo.undo_since(document, signature, actor=ada.party)


@pytest.mark.parametrize(
    "changes",
    [
        {"party": people.some_id()},
        {"key": "unknown"},
        {"since": "yesterday"},
        {"since": rfc3339.write(datetime(2020, 1, 1, tzinfo=UTC))},
        {"since": rfc3339.write(datetime(2200, 1, 1, tzinfo=UTC))},
        {"issued_at": rfc3339.write(datetime(2020, 1, 1, tzinfo=UTC))},
        {"more": "x"},
    ],
    ids=["another", "key", "no-time", "too-far", "future", "stale", "more"],
)
def test_a_document_with_one_flaw_undoes_nothing(ada: Person, face: Likeness, changes: dict[str, Any]) -> None:
    document, signature = signed(ada, long_ago(ada), **changes)
    with pytest.raises(UndoRefused):
        undo.undo_since(document, signature, actor=ada.party)
    assert not Undo.objects.exists()


def test_another_signature_undoes_nothing(ada: Person, ben: Person, face: Likeness) -> None:
    since = long_ago(ada)
    people.grant(ada, face, ben.party)
    document, _ = signed(ada, since)
    with pytest.raises(signing.SignatureRefused):
        undo.undo_since(document, ben.private.sign(digest("undo", document)), actor=ada.party)
    with pytest.raises(UndoRefused):
        undo.undo_since(document, ada.private.sign(digest("undo", document)), actor=ben.party)
    assert Grant.objects.filter(ended_at=None).count() == 1


def test_another_partys_doings_are_left_alone(ada: Person, ben: Person, face: Likeness, monkeypatch: Any) -> None:  # noqa: ANN401 - pytest's
    theirs = people.enrolled(ben, monkeypatch)
    since = long_ago(ada)
    given = people.grant(ben, theirs, ada.party)
    document, signature = signed(ada, since)
    undo.undo_since(document, signature, actor=ada.party)
    assert standing.all_stand([given.pk])
    assert Party.objects.count() == 2
