"""Propose the figures of a period, and release them: two members of staff, and what is shown stays what was released.

A page reads one row and counts nothing, so that nobody can make us count by asking, and so that a figure does not
change under whoever quoted it. A correction is another revision, and both are in the log.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction

from consent import clock, staff
from consent.models import TransparencyReport
from consent.transparency import figures, small
from consent.transparency.small import Public
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from consent.staff import Staff
    from consent.transparency.periods import Period

RELEASE: Final = "consent.release_transparency"
SUBJECT: Final = "system:transparency"


class ReportRefused(Problem):
    """The period is not over, or the report is not the newest proposal of it."""

    code: ClassVar[str] = "report-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This report cannot be published"


def propose(period: Period, *, actor: Staff) -> TransparencyReport:
    """Count a period that is over, and propose what may be published of it. Raises `ReportRefused`."""
    with transaction.atomic():
        at = clock.now()
        if period.ends > at:
            raise ReportRefused("The period is not over.", pointer="/period", remedy="Propose it when it is.")
        entry = log.append("transparency.proposed", {"period": period.code}, actor=actor.actor, subject=SUBJECT)
        made = TransparencyReport(id=uuid.uuid4(), period=period.code, computed_at=at, entry=entry)
        made.revision = 1 + TransparencyReport.objects.filter(period=period.code).count()
        made.figures = [asdict(each) for each in small.published(figures.counted(period))]
        made.proposed_by = actor.actor
        made.save(force_insert=True)  # two at once: the second is refused by the database, and can be tried again
    return made


def release(report: TransparencyReport, *, actor: Staff) -> TransparencyReport:
    """Publish what a colleague proposed. Twice is once. Raises `SecondPersonNeeded`, `ReportRefused` for an old one."""
    with transaction.atomic():
        held = TransparencyReport.objects.select_for_update(of=("self",)).get(pk=report.pk)
        if held.released_at is not None:
            return held
        staff.require_another(held.proposed_by, actor)
        if TransparencyReport.objects.filter(period=held.period, revision__gt=held.revision).exists():
            raise ReportRefused("A later revision was proposed.", remedy="Release that one.")
        payload = {"report": str(held.pk), "period": held.period, "revision": held.revision}
        held.released_entry = log.append("transparency.released", payload, actor=actor.actor, subject=SUBJECT)
        held.released_at, held.released_by = clock.now(), actor.actor
        held.save(update_fields=["released_at", "released_by", "released_entry"])
    return held


def shown(period: Period) -> TransparencyReport | None:
    """Return what is published of a period; `None`: nothing yet."""
    released = TransparencyReport.objects.filter(period=period.code, released_at__isnull=False)
    return released.order_by("-revision").first()


def every() -> list[TransparencyReport]:
    """Return the newest published report of each period, the newest period first."""
    rows = TransparencyReport.objects.filter(released_at__isnull=False).defer("figures")
    newest = {row.period: row for row in rows.order_by("period", "revision")}
    return sorted(newest.values(), key=lambda row: (row.period[:4], row.period[4:] == "", row.period), reverse=True)


def lines(report: TransparencyReport) -> list[Public]:
    """Return the figures of a report."""
    return [Public(**{**each, "of": tuple(each["of"])}) for each in report.figures]
