"""Which case an address names, and that nobody looks into one of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consent.casework.assignments import WorkConflict
from consent.models import Case
from consent.takedown.cases import CaseMissing
from provenance.console import work

if TYPE_CHECKING:
    from consent.staff import Staff


def found(number: str, actor: Staff) -> Case:
    """Return a case that this person may look into. Raises `CaseMissing`, `WorkConflict`."""
    row = Case.objects.filter(number=number).select_related("likeness").first()
    if row is None:
        raise missing()
    if work.is_own(row, actor):
        remedy = "Leave it to a colleague. You need not say anything: it is not handed to you."
        raise WorkConflict("You filed something in this case, or it is about you or a video of yours.", remedy=remedy)
    return row


def missing() -> CaseMissing:
    """Return the refusal."""
    return CaseMissing("There is no such case.", remedy="Look for it by its number.")
