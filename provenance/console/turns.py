"""Leaf through a queue in the order in which it is handed out: by risk, then by what is due, then by what came first.

A page begins after the last row of the one before, so that it costs the same however far down one is. What has no clock
comes after what has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F, Q
from django.utils.dateparse import parse_datetime

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

LONGEST: Final = 160
RISKS: Final = frozenset("1234")


def page(rows: QuerySet[Any], after: str, size: int, lane: str = "") -> tuple[list[Any], str]:
    """Return one page of a queue's rows, and the query of the next ("": the last). What is no place is the top."""
    further = _beyond(after)
    if further is not None:
        rows = rows.filter(further)
    ordered = rows.order_by("-work_risk", F("work_due").asc(nulls_last=True), "work_since", "pk")
    found = list(ordered[: size + 1])
    if len(found) <= size:
        return found, ""
    said = {"lane": lane} if lane else {}
    return found[:size], "?" + urlencode({**said, "after": _place(found[size - 1])})


def _place(row: Any) -> str:  # noqa: ANN401 - a row of whatever package the queue is of
    due = "" if row.work_due is None else row.work_due.isoformat()
    return f"{row.work_risk}_{due}_{row.work_since.isoformat()}_{row.pk}"


def _beyond(after: str) -> Q | None:
    """Return the condition of what comes after a place; `None`: it is no place."""
    risk, _, rest = after[:LONGEST].partition("_")
    due, _, rest = rest.partition("_")
    since, _, pk = rest.partition("_")
    try:
        number, began, ended = UUID(pk), _time(since), _time(due) if due else None
    except ValueError:
        return None
    if risk not in RISKS or began is None or (due and ended is None):
        return None
    later = Q(work_since__gt=began) | Q(work_since=began, pk__gt=number)
    if ended is None:
        same = Q(work_due=None) & later
    else:
        same = Q(work_due__gt=ended) | Q(work_due=None) | (Q(work_due=ended) & later)
    return Q(work_risk__lt=int(risk)) | (Q(work_risk=int(risk)) & same)


def _time(written: str) -> datetime | None:
    found = parse_datetime(written)
    return None if found is None or found.tzinfo is None else found
