"""Internal notes beside an item: sealed, never edited, and gone with whom they are about.

A note is sealed under the key of the party that its queue says an item concerns, so that an erasure destroys it too.
One of the staff can also be made to erase a single note: its row stays, and says who erased it.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction

from consent import clock, staff
from consent.casework import queues
from consent.casework.own_queues import ANNOTATE
from consent.casework.plain import is_plain
from consent.models import CaseNote
from ledger import base64url, log, vault
from ledger.canonical import canonical, parse
from ledger.problem import Problem
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from consent.staff import Staff

ERASE: Final = "consent.erase_note"
LONGEST: Final = 4000  # characters
SHOWN: Final = 200


class NoteRefused(Problem):
    """The note is empty, too long, or gone."""

    code: ClassVar[str] = "note-refused"
    title: ClassVar[str] = "The note cannot be kept"


@dataclass(frozen=True, slots=True)
class Shown:
    """One note as a colleague reads it; `text` is `None` once it is erased."""

    id: UUID
    author: str
    written_at: datetime
    text: str | None


def write(queue: str, item: UUID, text: str, *, actor: Staff) -> CaseNote:
    """Add a note. The entry commits to it by a salted digest, which says nothing once the note is gone."""
    staff.require(actor, may=ANNOTATE)
    concerned = queues.named(queue).concerns(item)
    words = text.strip()
    if not words or len(words) > LONGEST or not is_plain(words):
        remedy = f"Write 1 to {LONGEST} characters, without control characters."
        raise NoteRefused("The note is empty, too long or not text.", pointer="/text", remedy=remedy)
    note = CaseNote(id=uuid.uuid4(), queue=queue, item=item, author=actor.actor, written_at=clock.now())
    body = canonical({"text": words, "salt": base64url.encode(secrets.token_bytes(32))})
    payload: dict[str, object] = {"note": str(note.pk), "queue": queue, "item": str(item)}
    payload["digest"] = base64url.encode(hashlib.sha256(body).digest())
    with transaction.atomic():
        note.sealed = vault.seal(concerned, body, context=f"case-note:{note.pk}")
        note.entry = log.append("note.written", payload, actor=actor.actor, subject=concerned)
        note.save(force_insert=True)
    return note


def of(queue: str, item: UUID, *, actor: Staff) -> list[Shown]:
    """Return the notes of an item, the oldest first; at most the newest 200."""
    staff.require(actor, may=ANNOTATE)
    rows = CaseNote.objects.filter(queue=queue, item=item).select_related("sealed__subject_key")
    return [_shown(row) for row in reversed(rows.order_by("-written_at", "-pk")[:SHOWN])]


def erase(note: CaseNote, *, actor: Staff) -> CaseNote:
    """Destroy what a note says. Twice is once."""
    staff.require(actor, may=ERASE)
    with transaction.atomic():
        held = CaseNote.objects.select_for_update(of=("self",)).select_related("sealed").get(pk=note.pk)
        sealed = held.sealed
        if sealed is None:
            return held
        payload: dict[str, object] = {"note": str(held.pk)}
        held.erased_entry = log.append("note.erased", payload, actor=actor.actor, subject=queues.CASEWORK)
        held.erased_at, held.sealed = clock.now(), None
        held.save(update_fields=["erased_at", "erased_entry", "sealed"])
        sealed.delete()
    return held


def _shown(row: CaseNote) -> Shown:
    return Shown(row.pk, row.author, row.written_at, _text(row))


def _text(row: CaseNote) -> str | None:
    if row.sealed is None:
        return None
    try:
        return str(parse(vault.unseal(row.sealed))["text"])
    except Erased:
        return None
