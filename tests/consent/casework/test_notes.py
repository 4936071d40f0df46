"""Notes and tags: sealed where they may name somebody, never edited, and gone when they have to be."""

from __future__ import annotations

import uuid

import pytest
from django.db import DatabaseError

from consent import erasure
from consent.casework import notes, tags
from consent.casework.notes import NoteRefused
from consent.casework.tags import TagRefused
from consent.models import CaseNote, CaseTag
from consent.staff import Staff, StaffRefused
from ledger import log
from ledger.models import Entry, Sealed
from tests.consent import people
from tests.consent.casework import crew
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert(1)</script> "><img onerror=x> \u202e \U0001f600'


def test_a_note_is_read_by_colleagues_and_stands_in_no_column_and_no_entry(ada: Person, lin: Staff, zoe: Staff) -> None:
    claim = people.claim(ada)
    note = notes.write("claims", claim.pk, HOSTILE, actor=lin)
    notes.write("claims", claim.pk, "second", actor=zoe)
    assert [(each.author, each.text) for each in notes.of("claims", claim.pk, actor=zoe)] == [
        (lin.actor, HOSTILE),
        (zoe.actor, "second"),
    ]
    sealed = note.sealed
    assert sealed is not None
    assert sealed.subject_key.subject == ada.party.actor
    assert b"script" not in log.opening(note.entry).payload


def test_the_erasure_of_whom_it_is_about_takes_it_along(ada: Person, lin: Staff) -> None:
    claim = people.claim(ada)
    notes.write("claims", claim.pk, "Ada says that she moved to Rome", actor=lin)
    erasure.erase_party(ada.party, actor=ada.party)
    (shown,) = notes.of("claims", claim.pk, actor=lin)
    assert shown.text is None


def test_a_single_note_is_erased_by_who_may(lin: Staff, zoe: Staff) -> None:
    item = uuid.uuid4()
    note = notes.write("revocations", item, "a telephone number", actor=lin)
    sealed = note.sealed_id
    assert sealed is not None
    with pytest.raises(StaffRefused):
        notes.erase(note, actor=lin)
    notes.erase(note, actor=zoe)
    assert not Sealed.objects.filter(pk=sealed).exists()
    assert [each.text for each in notes.of("revocations", item, actor=lin)] == [None]
    assert notes.erase(note, actor=zoe).erased_entry is not None
    assert Entry.objects.filter(kind="note.erased").count() == 1


@pytest.mark.parametrize(
    "text", ["", " \n", "x" * 4001, "a\0b", "\ud800", "\x1b[2J"], ids=["none", "blank", "long", "nul", "half", "escape"]
)
def test_what_is_no_text_is_not_kept(text: str, lin: Staff) -> None:
    with pytest.raises(NoteRefused):
        notes.write("claims", uuid.uuid4(), text, actor=lin)
    assert not CaseNote.objects.exists()


def test_who_may_not_work_reads_and_writes_none() -> None:
    ana = crew.hire("ana", "analyst")
    with pytest.raises(StaffRefused):
        notes.write("claims", uuid.uuid4(), "hello", actor=ana)
    with pytest.raises(StaffRefused):
        notes.of("claims", uuid.uuid4(), actor=ana)
    with pytest.raises(StaffRefused):
        tags.put("claims", uuid.uuid4(), "intimate", actor=ana)


def test_a_tag_is_set_once_and_removed_once(lin: Staff, zoe: Staff) -> None:
    item = uuid.uuid4()
    first = tags.put("claims", item, "intimate", actor=lin)
    assert tags.put("claims", item, "intimate", actor=zoe) == first
    tags.put("claims", item, "radio-play", actor=zoe)
    assert tags.of("claims", item) == ["intimate", "radio-play"]
    tags.remove(first, actor=zoe)
    assert tags.remove(first, actor=lin).removed_by == zoe.actor
    assert tags.of("claims", item) == ["radio-play"]
    assert Entry.objects.filter(kind__startswith="tag.").count() == 3


@pytest.mark.parametrize("tag", ["", "Ada Example", "ab", "x" * 25, "<b>", "-a-"], ids=str)
def test_a_tag_is_a_short_plain_word(tag: str, lin: Staff) -> None:
    with pytest.raises(TagRefused):
        tags.put("claims", uuid.uuid4(), tag, actor=lin)


def test_an_item_has_not_more_tags_than_somebody_reads(lin: Staff) -> None:
    item = uuid.uuid4()
    for n in range(tags.MOST):
        tags.put("claims", item, f"tag-{n:02}", actor=lin)
    with pytest.raises(TagRefused):
        tags.put("claims", item, "one-more", actor=lin)


def test_the_database_keeps_a_note_from_being_blank_without_a_word(lin: Staff) -> None:
    note = notes.write("claims", uuid.uuid4(), "hello", actor=lin)
    with pytest.raises(DatabaseError, match="casenote_blank_means_erased"):
        CaseNote.objects.filter(pk=note.pk).update(sealed=None)
    assert CaseTag.objects is not None
