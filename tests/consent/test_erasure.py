"""A party that asks to be forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.db.models.functions import Now

from consent import blanking, decisions, erasure, follower, keys, parties, permits, revocations
from consent.erasure import ConfirmationInvalid, PartyMissing
from consent.models import (
    ApiToken,
    Decision,
    DecisionLikeness,
    Enrolment,
    Grant,
    Likeness,
    Party,
    PartyKey,
    Permit,
    Withdrawal,
)
from consent.permit import Order
from consent.policy import Allow
from consent.statements import StatementInvalid
from ledger import erasure as vault_erasure
from ledger import log, vault
from ledger.canonical import parse
from ledger.follower import LoggedEntry
from ledger.models import Entry, Sealed
from ledger.subjectkeys import Erased
from tests.consent import people
from tests.consent.people import Person

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def short_leases(settings: Settings) -> None:
    settings.SERVING_LEASE_SECONDS = 0.01


def permitted(asker: Person, face: Likeness) -> Permit:
    with transaction.atomic():
        decision, allow = decisions.decide_locked(people.use(asker.party, face), actor=asker.party)
        assert isinstance(allow, Allow)
        job, video = people.some_id(), people.some_id()
        order = Order("0" * 64, "reference-1", 4, "1280x720", None)
        return permits.mint(decision, allow, job=job, video=video, order=order, actor=asker.party)  # type: ignore[arg-type]  # Django reads the text of a UUID


def erase(person: Person) -> erasure.Receipt:
    return erasure.erase_party(person.party, actor=person.party)


def rows(model: type[Model]) -> list[dict[str, Any]]:
    return list(model._default_manager.order_by("pk").values())


def test_nothing_private_is_left_in_plain_columns(ada: Person, ben: Person, face: Likeness) -> None:
    grant = people.grant(ada, face, ben.party)
    permit = permitted(ben, face)
    decisions.preflight(people.use(ada.party, face), actor=ada.party)
    receipt = erase(ada)
    party = Party.objects.get(pk=ada.party.pk)
    assert (party.name, party.handle) == ("", f"erased-{party.pk.hex}")
    assert (party.erased_at, party.erased_entry_id) == (receipt.erased_at, receipt.entry.pk)
    key = PartyKey.objects.get(party=party)
    assert (bytes(key.public), key.key_id) == (b"", f"erased-{key.pk:015d}")
    assert not ApiToken.objects.filter(party=party).exists()
    assert not DecisionLikeness.objects.filter(likeness=face).exists()
    assert Likeness.objects.get().name == ""
    assert Enrolment.objects.get().probe == {}
    grant.refresh_from_db()
    assert (grant.terms, bytes(grant.signature)) == ({}, b"")
    permit.refresh_from_db()
    assert (permit.token, bytes(permit.binding_salt), permit.binding_document) == ("", b"", {})
    with pytest.raises(Erased):
        vault.unseal(grant.statement)
    with pytest.raises(Erased):
        vault.read_blob(Enrolment.objects.get().blob)


def test_consent_ends_effectively_before_the_key_is_destroyed(ada: Person, face: Likeness) -> None:
    people.grant(ada, face)
    erase(ada)
    withdrawal = Withdrawal.objects.get()
    assert withdrawal.effective_at is not None
    grant = Grant.objects.get()
    assert grant.ended_by == withdrawal
    assert withdrawal.entry.body
    assert Likeness.objects.get().state == "withdrawn"
    assert list(Entry.objects.order_by("created_at", "pk").values_list("kind", flat=True))[-1] == "subject.erased"


def test_keys_and_tokens_work_no_more(ada: Person) -> None:
    erase(ada)
    assert parties.by_token(ada.token) is None
    assert PartyKey.objects.get().revoked_at is not None
    with pytest.raises(keys.KeyUnknown):
        keys.key_in_use(ada.party, ada.key.key_id)


def test_what_others_have_stays_as_it_is(
    ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.grant(ada, face, ben.party)
    people.grant(ben, people.enrolled(ben, monkeypatch), ada.party)
    kept = (Party.objects.filter(pk=ben.party.pk), Grant.objects.filter(grantor=ben.party), ben.party.keys.all())
    before = [list(found.values()) for found in kept]
    erase(ada)
    assert [list(found.values()) for found in kept] == before
    assert parties.by_token(ben.token) == ben.party
    assert log.opening(ben.party.entry)


def test_the_receipt_opens_the_entry_and_counts_what_went(ada: Person, face: Likeness, settings: Settings) -> None:
    settings.LEDGER_BACKUP_DAYS = 9
    people.grant(ada, face)
    receipt = erase(ada)
    assert receipt.destroyed == {"likenesses": 1, "clips": 1, "grants": 1, "keys": 1, "tokens": 1, "requests": 0}
    assert (receipt.backups_until - receipt.erased_at).days == 9
    opened = log.opening(receipt.entry)
    assert parse(opened.payload)["payload"]["subject"] == ada.party.actor
    assert receipt.opening["payload"]


def test_a_second_erasure_finds_nothing(ada: Person) -> None:
    erase(ada)
    with pytest.raises(Erased):
        erase(ada)


def test_nobody_erases_somebody_else(ada: Person, ben: Person) -> None:
    for act in (erasure.erase_party, erasure.preview):
        with pytest.raises(PartyMissing):
            act(ada.party, actor=ben.party)
    assert parties.by_token(ada.token) == ada.party


def test_the_log_in_goes_too_unless_it_is_one_of_the_staff(ada: Person, ben: Person) -> None:
    users = get_user_model().objects
    for person, staff in ((ada, False), (ben, True)):
        person.party.user = users.create_user(
            person.party.handle, email=f"{person.party.handle}@x.test", is_staff=staff
        )
        person.party.save()
        erase(person)
    assert [user.get_username() for user in users.all()] == ["ben"]
    assert not Party.objects.exclude(user=None).exists()


def test_the_handle_is_free_again_and_the_placeholder_is_nobodys(ada: Person) -> None:
    erase(ada)
    people.register("ada")
    with pytest.raises(parties.PartyInvalid):
        people.register(f"erased-{ada.party.pk.hex}")


def test_an_erased_party_cannot_be_named_in_a_new_grant(
    ada: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = people.enrolled(ben, monkeypatch)
    erase(ada)
    with pytest.raises(StatementInvalid):
        people.grant(ben, mine, ada.party)


def test_a_permit_of_an_erased_client_cannot_be_renewed(ada: Person, ben: Person, face: Likeness) -> None:
    people.grant(ada, face, ben.party)
    permit = permitted(ben, face)
    erase(ben)
    permit.refresh_from_db()
    with pytest.raises(Erased):
        decisions.use_of(permit.decision)
    assert Decision.objects.get().reasons == []


@pytest.mark.parametrize(
    ("model", "blank"),
    [
        (Party, {"name": ""}),
        (Party, {"handle": "erased-" + "0" * 32}),
        (PartyKey, {"public": b""}),
        (Likeness, {"name": ""}),
        (Enrolment, {"probe": {}}),
        (Grant, {"terms": {}}),
        (Grant, {"signature": b""}),
        (Decision, {"use": {}}),
        (Permit, {"token": ""}),
        (Permit, {"binding_document": {}}),
    ],
)
def test_the_database_refuses_a_blank_row_that_was_not_erased(
    ada: Person, ben: Person, face: Likeness, model: type[Model], blank: dict[str, Any]
) -> None:
    people.grant(ada, face, ben.party)
    permitted(ben, face)
    row = model._default_manager.order_by("pk")[:1].get()
    with pytest.raises(IntegrityError), transaction.atomic():
        model._default_manager.filter(pk=row.pk).update(**blank)


@pytest.mark.parametrize("model", [Party, PartyKey, Likeness, Enrolment, Grant, Decision, Permit])
def test_the_database_refuses_an_erased_row_that_still_tells(
    ada: Person, ben: Person, face: Likeness, model: type[Model]
) -> None:
    people.grant(ada, face, ben.party)
    permitted(ben, face)
    with pytest.raises(IntegrityError), transaction.atomic():
        model._default_manager.update(erased_at=Now())


# --- interruptions ------------------------------------------------


def test_a_crash_before_the_erasure_leaves_consent_ended_and_the_token_working(
    ada: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.grant(ada, face)

    def crash(*_given: object) -> None:
        raise OSError("power")

    monkeypatch.setattr(blanking, "blank", crash)
    with pytest.raises(OSError, match="power"):
        erase(ada)
    assert Likeness.objects.get().state == "withdrawn"
    assert parties.by_token(ada.token) == ada.party
    assert not vault_erasure.journal().path.exists()
    monkeypatch.undo()
    erase(ada)
    assert Withdrawal.objects.count() == 1


def test_what_is_registered_meanwhile_is_withdrawn_too(
    ada: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain = revocations.drain_all
    late: list[Likeness] = []

    def meanwhile(found: Any) -> Any:  # noqa: ANN401 - as the real one
        if not late:
            late.append(people.enrolled(ada, monkeypatch))
        return drain(found)

    monkeypatch.setattr(revocations, "drain_all", meanwhile)
    erase(ada)
    assert set(Likeness.objects.values_list("state", "name")) == {("withdrawn", "")}
    assert Withdrawal.objects.filter(effective_at=None).count() == 0


def test_whoever_registers_for_ever_is_not_erased(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "_stop", lambda *_given: None)
    with pytest.raises(ConfirmationInvalid):
        erase(ada)
    assert not vault_erasure.is_erased(ada.party.actor)
    assert not vault_erasure.journal().path.exists()


# --- after a restore ----------------------------------------------


def replayed(person: Person) -> LoggedEntry:
    """As `ledger_erasures --replay` leaves it: the vault is erased, the rows are those of the backup."""
    entry = vault_erasure.erase(person.party.actor, actor="system:operator", reason="replayed")
    return LoggedEntry(-1, entry.kind, entry.pk, {})


def test_a_replay_ends_consent_and_blanks_what_the_backup_knew(ada: Person, ben: Person, face: Likeness) -> None:
    people.grant(ada, face, ben.party)
    entry = replayed(ada)
    follower.handle(entry)
    party = Party.objects.get(pk=ada.party.pk)
    assert (party.name, party.erased_entry_id) == ("", entry.entry_id)
    assert Grant.objects.get().ended_at is not None
    assert PartyKey.objects.get(party=party).revoked_at is not None
    assert revocations.drain(Withdrawal.objects.get()).effective_at is not None
    follower.handle(entry)
    assert Withdrawal.objects.count() == 1


def test_a_replay_whose_entry_cannot_be_opened_finds_its_party_all_the_same(ada: Person, ben: Person) -> None:
    entry = replayed(ada)
    Sealed.objects.filter(entry=entry.entry_id).update(ciphertext=None)  # read back from the published files
    follower.handle(entry)
    assert Party.objects.get(pk=ada.party.pk).name == ""
    assert Party.objects.get(pk=ben.party.pk).name == "Ben Example"


def test_other_entries_and_other_subjects_are_passed_over(ada: Person) -> None:
    follower.handle(LoggedEntry(1, "party.registered", ada.party.entry_id, {}))
    vault.seal("system:old", b"x", context="test")
    gone = vault_erasure.erase("system:old", actor="system:test", reason="")
    follower.handle(LoggedEntry(1, gone.kind, gone.pk, {}))
    assert rows(Party)[0]["name"] == "Ada Example"
