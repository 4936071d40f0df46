"""The register of protected names: who may add, who may remove, and that it yields nobody's name."""

from __future__ import annotations

import json

import pytest
from django.db import IntegrityError, connection, transaction

from consent import clock, erasure, register, revocations
from consent.models import Likeness, NameKey, ProtectedName
from consent.register import NameRefused, ProtectedNameMissing
from consent.staff import SecondPersonNeeded
from ledger import log
from ledger.aead import Undecipherable
from ledger.models import Entry, SubjectKey
from ledger.subjectkeys import Erased
from tests.consent.namers import keeper
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def own(holder: Person, likeness: Likeness, *names: str, aliases: tuple[str, ...] = ()) -> ProtectedName:
    ground = "own_likeness"
    return register.protect(names or ("Ada Example",), aliases, ground=ground, likeness=likeness, actor=holder.party)


def test_a_holder_protects_the_names_of_an_own_likeness(ada: Person, face: Likeness) -> None:
    name = own(ada, face, "Ada Example", aliases=("Ada Instance",))
    entry = Entry.objects.get(pk=name.entry_id)
    payload = json.loads(log.opening(entry).payload)["payload"]
    assert (entry.kind, payload["spellings"], payload["aliases"]) == (
        "name.protected",
        ["Ada Example"],
        ["Ada Instance"],
    )
    assert (name.ground, name.requested_by, name.likeness) == ("own_likeness", "holder", face)
    assert b"xample" not in bytes(entry.body)
    assert register.naming("ADA  exämple") == [name]


@pytest.mark.parametrize("ground", ["opted_out", "deceased_without_estate"])
def test_staff_protect_a_stranger_and_the_name_is_kept_nowhere(ground: str) -> None:
    name = register.protect(["Nikola Tesla"], ["NT"], ground=ground, actor=keeper())
    payload = log.opening(Entry.objects.get(pk=name.entry_id)).payload.decode()
    assert "esla" not in payload
    assert name.requested_by in payload
    with connection.cursor() as cursor:
        cursor.execute("SELECT k, n FROM consent_namekey k, consent_protectedname n")
        assert "esla" not in str(cursor.fetchall())
    assert register.naming("Nikola Tesla") == [name]
    assert register.naming("Nikola") == []


def test_the_hashes_of_another_house_are_others(ada: Person, face: Likeness) -> None:
    own(ada, face, "Augusta Example")
    mine = set(NameKey.objects.values_list("digest", flat=True))
    NameKey.objects.all().delete()
    SubjectKey.objects.filter(subject=register.KEEPER).update(subject="system:another")
    own(ada, face, "Augusta Example")
    assert len(mine) > 3
    assert mine.isdisjoint(NameKey.objects.values_list("digest", flat=True))


@pytest.mark.parametrize("ground", ["estate", "opted_out", "deceased_without_estate", "because", ""])
def test_a_holder_uses_no_other_ground(ada: Person, face: Likeness, ground: str) -> None:
    with pytest.raises(NameRefused) as refused:
        register.protect(["Ada Example"], ground=ground, likeness=face, actor=ada.party)
    assert refused.value.pointer == "/ground"
    assert not ProtectedName.objects.exists()


@pytest.mark.parametrize("ground", ["own_likeness", "estate", "because"])
def test_staff_use_no_ground_of_holders(face: Likeness, ground: str) -> None:
    for likeness in (None, face):
        with pytest.raises(NameRefused):
            register.protect(["Ada Example"], ground=ground, likeness=likeness, actor=keeper(f"k{likeness is None}"))


def test_nobody_protects_names_for_a_likeness_of_somebody_else(ben: Person, face: Likeness) -> None:
    with pytest.raises(NameRefused):
        own(ben, face)


def test_a_withdrawn_likeness_protects_no_further_name_and_keeps_the_old(ada: Person, face: Likeness) -> None:
    name = own(ada, face)
    revocations.withdraw_likeness(face, actor=ada.party)
    face.refresh_from_db()
    with pytest.raises(NameRefused):
        own(ada, face, "Ada Other")
    assert register.naming("Ada Example") == [name]


@pytest.mark.parametrize("text", ["dog", "Al Go", "", "...", "a b c d e f", "x" * 121, "Ada\0Example", "魏敏"])
def test_what_may_be_the_name_of_anything_is_refused_to_a_holder(ada: Person, face: Likeness, text: str) -> None:
    for names, aliases, pointer in (([text], [], "/names/0"), (["Ada Example"], [text], "/aliases/0")):
        with pytest.raises(NameRefused) as refused:
            register.protect(names, aliases, ground="own_likeness", likeness=face, actor=ada.party)
        assert refused.value.pointer == pointer
    assert not NameKey.objects.exists()


@pytest.mark.parametrize("names", [[], [f"Ada Number{n}" for n in range(21)]], ids=["none", "many"])
def test_too_few_or_too_many_spellings_are_refused(ada: Person, face: Likeness, names: list[str]) -> None:
    with pytest.raises(NameRefused):
        register.protect(names, ground="own_likeness", likeness=face, actor=ada.party)


def test_a_likeness_has_so_many_acts_in_force(ada: Person, face: Likeness) -> None:
    kept = [own(ada, face, f"Ada Version{chr(97 + n)}") for n in range(register.MAX_IN_FORCE)]
    with pytest.raises(NameRefused):
        own(ada, face, "Ada Further")
    register.unprotect(kept[0], actor=ada.party)
    own(ada, face, "Ada Further")


def test_a_single_word_that_staff_enter_is_curated() -> None:
    register.protect(["Houdini"], ["HH"], ground="opted_out", actor=keeper())
    assert NameKey.objects.filter(curated=True).count() == 2
    assert NameKey.objects.filter(doubtful=True, curated=False).count() == 2


def test_a_holder_ends_a_protection_and_its_keys_are_gone(ada: Person, ben: Person, face: Likeness) -> None:
    name = own(ada, face)
    with pytest.raises(ProtectedNameMissing):
        register.unprotect(name, actor=ben.party)
    ended = register.unprotect(name, actor=ada.party)
    assert ended.ended_entry is not None
    assert ended.ended_entry.kind == "name.unprotected"
    assert not NameKey.objects.exists()
    with pytest.raises(ProtectedNameMissing):
        register.unprotect(name, actor=ada.party)


def test_two_of_the_staff_end_what_protects_somebody() -> None:
    first, second = keeper("first"), keeper("second")
    name = register.protect(["Nikola Tesla"], ground="opted_out", actor=first)
    with pytest.raises(SecondPersonNeeded):
        register.approve_end(name, actor=second)  # nobody proposed it
    register.propose_end(name, actor=first)
    with pytest.raises(SecondPersonNeeded):
        register.approve_end(name, actor=first)
    assert register.naming("Nikola Tesla") == [name]
    assert register.approve_end(name, actor=second).ended_at is not None
    assert register.naming("Nikola Tesla") == []
    assert set(Entry.objects.filter(kind__startswith="removal").values_list("kind", flat=True)) == {"removal.proposed"}


def test_staff_end_a_holders_abuse_two_together(ada: Person, face: Likeness) -> None:
    name = own(ada, face, "Living Room")
    register.propose_end(name, actor=keeper("first"))
    register.approve_end(name, actor=keeper("second"))
    assert not NameKey.objects.exists()


def test_erasing_a_holder_ends_the_protection_and_destroys_the_keys(ada: Person, face: Likeness) -> None:
    name = own(ada, face)
    other = register.protect(["Nikola Tesla"], ground="opted_out", actor=keeper())
    erasure.erase_party(ada.party, actor=ada.party)
    name.refresh_from_db()
    assert name.ended_entry is not None
    assert name.ended_entry.kind == "subject.erased"
    assert set(NameKey.objects.values_list("name", flat=True)) == {other.pk}


@pytest.mark.parametrize(
    "change", [{"likeness": None}, {"ground": "opted_out"}, {"requested_by": "person"}, {"ground": "because"}]
)
def test_the_database_refuses_a_ground_that_does_not_fit(
    ada: Person, face: Likeness, change: dict[str, str | None]
) -> None:
    name = own(ada, face)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProtectedName.objects.filter(pk=name.pk).update(**change)


def test_without_its_vault_key_the_register_answers_nothing(ada: Person, face: Likeness) -> None:
    own(ada, face)
    SubjectKey.objects.filter(subject=register.KEEPER).update(wrapped=b"\0" * 60)
    with pytest.raises(Undecipherable):
        register.naming("Ada Example")
    SubjectKey.objects.filter(subject=register.KEEPER).update(wrapped=None, erased_at=clock.now())
    with pytest.raises(Erased):
        register.naming("Ada Example")
