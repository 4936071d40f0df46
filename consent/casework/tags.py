"""Tags: words by which items are found again. Some are of a closed list; others the staff make up, short and plain.

A tag stands in a plain column: a name of somebody belongs into a note.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import IntegrityError, transaction

from consent import clock, staff
from consent.casework import queues
from consent.casework.own_queues import ANNOTATE
from consent.models import CaseTag
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from uuid import UUID

    from consent.staff import Staff

CLOSED: Final = (
    "intimate", "minor", "election", "deceased", "public-figure", "harassment", "fraud", "satire", "press",
    "repeat-notice", "false-notice", "needs-lawyer", "needs-translation",
)  # fmt: skip
FREE: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,22}[a-z0-9]")
MOST: Final = 12  # on one item


class TagRefused(Problem):
    """The tag has another form, or the item has enough."""

    code: ClassVar[str] = "tag-refused"
    title: ClassVar[str] = "The tag cannot be set"


def put(queue: str, item: UUID, tag: str, *, actor: Staff) -> CaseTag:
    """Set a tag. Set already: that one."""
    staff.require(actor, may=ANNOTATE)
    queues.named(queue)
    if tag not in CLOSED and not FREE.fullmatch(tag):
        raise TagRefused("This is no tag.", pointer="/tag", remedy="Use 3 to 24 of a-z 0-9 and hyphens.")
    try:
        with transaction.atomic():
            standing = CaseTag.objects.filter(queue=queue, item=item, removed_at=None)
            if (before := standing.filter(tag=tag).first()) is not None:
                return before
            if standing.count() >= MOST:
                raise TagRefused(f"There are {MOST} tags on it.", pointer="/tag", remedy="Remove one first.")
            row = CaseTag(id=uuid.uuid4(), queue=queue, item=item, tag=tag, actor=actor.actor, set_at=clock.now())
            row.entry = log.append("tag.set", _payload(row), actor=actor.actor, subject=queues.CASEWORK)
            row.save(force_insert=True)
            return row
    except IntegrityError:  # a twin was first
        return CaseTag.objects.get(queue=queue, item=item, tag=tag, removed_at=None)


def remove(tag: CaseTag, *, actor: Staff) -> CaseTag:
    """Remove a tag. Twice is once."""
    staff.require(actor, may=ANNOTATE)
    with transaction.atomic():
        held = CaseTag.objects.select_for_update(of=("self",)).get(pk=tag.pk)
        if held.removed_at is not None:
            return held
        held.removed_entry = log.append("tag.removed", _payload(held), actor=actor.actor, subject=queues.CASEWORK)
        held.removed_at, held.removed_by = clock.now(), actor.actor
        held.save(update_fields=["removed_at", "removed_by", "removed_entry"])
    return held


def of(queue: str, item: UUID) -> list[str]:
    """Return the tags of an item, in the order of the alphabet."""
    rows = CaseTag.objects.filter(queue=queue, item=item, removed_at=None)
    return sorted(rows.values_list("tag", flat=True))


def _payload(row: CaseTag) -> dict[str, object]:
    return {"tag": str(row.pk), "queue": row.queue, "item": str(row.item), "word": row.tag}
