"""What one cause stopped: written by the cascade, told to those whose it is, and read as a report.

Everybody is told once of a cause, however many videos it stopped. Whoever brought it about is not told of their own
act; whoever was shut out is not told by whom, for it hears what a stranger hears.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q

from consent import messages, revocation_reasons
from consent.models import Block, Grant, Message, Party, Withdrawal
from ledger.models import Entry
from provenance.models import Stop, Video

WRITE: Final = """
INSERT INTO provenance_stop (video_id, outcome, entry_id) SELECT unnest(%s::uuid[]), %s, %s ON CONFLICT DO NOTHING
"""
STOPPED: Final = ("withheld", "blocked")


def record(cause: UUID, videos: Collection[UUID], outcome: Stop.Outcome) -> None:
    """Write a line for each video; one that the cause has a line for already keeps it."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [list(videos), outcome, cause])


def record_kept(cause: UUID, videos: Collection[UUID]) -> None:
    """Write down which of these stay because the person's own clause keeps what was published."""
    shown = Video.objects.filter(id__in=videos, state=Video.State.PUBLISHED)
    record(cause, list(shown.values_list("id", flat=True)), Stop.Outcome.KEPT)


def record_blocked(cause: UUID, videos: Collection[UUID]) -> None:
    """Write down which of these a block hides; what had ended before is not hidden by it."""
    ended = (Video.State.WITHHELD, Video.State.FAILED)
    hidden = Video.objects.filter(id__in=videos).exclude(state__in=ended)
    record(cause, list(hidden.values_list("id", flat=True)), Stop.Outcome.BLOCKED)


def tell_of_end(cause: UUID) -> int:
    """Tell whose videos an end of consent stopped, and who else is in them; return how many were told."""
    withdrawal = Withdrawal.objects.select_related("likeness", "entry").filter(entry_id=cause).first()
    if withdrawal is None:
        return 0
    silent = {withdrawal.likeness.holder_id, withdrawal.party_id}
    silent |= {UUID(withdrawal.actor.removeprefix("party:"))} if withdrawal.actor.startswith("party:") else set()
    english = "Somebody in them, or in what they were made from, no longer gives permission."
    spanish = "Alguien que aparece en ellos, o en aquello de lo que se hicieron, ya no da su permiso."
    return _tell(withdrawal.entry, silent, english=english, spanish=spanish, appeal="")


def tell_of_block(block: Block) -> int:
    """Tell whose videos a block hides, and who is in them, for which reason, and how to object."""
    reason = revocation_reasons.BLOCKS[block.reason]
    until = f"{block.until:%-d %B %Y}"
    english = f"{reason.english} This is for now: until {until} at the latest, unless it is ordered again."
    spanish = f"{reason.spanish} Es por ahora: como máximo hasta el {block.until:%d/%m/%Y}, salvo nueva orden."
    return _tell(block.entry, set(), english=english, spanish=spanish, appeal=revocation_reasons.APPEAL)


def report(cause: UUID) -> dict[str, Any]:
    """Return the counts of a cause. `deleted`: files that are gone; `to_delete`: files that the next rounds remove."""
    lines = Stop.objects.filter(entry_id=cause)
    by = dict(lines.values_list("outcome").annotate(count=Count("pk")).values_list("outcome", "count"))
    gone = lines.filter(outcome=Stop.Outcome.WITHHELD, video__path="", video__stamp__isnull=False).count()
    deletes = Grant.objects.filter(ended_by__entry_id=cause, after_end="delete").exists()
    left = lines.filter(outcome=Stop.Outcome.WITHHELD).exclude(video__path="").count()
    return {
        "withheld": by.get(Stop.Outcome.WITHHELD, 0),
        "kept": by.get(Stop.Outcome.KEPT, 0),
        "blocked": by.get(Stop.Outcome.BLOCKED, 0),
        "deleted": gone,
        "to_delete": left if deletes else 0,
        "told": Message.objects.filter(entry_id=cause).count(),
    }


def lines(cause: UUID, *, after: int, limit: int) -> list[Stop]:
    """Return the lines of a report from a number on, in the order in which they were written."""
    found = Stop.objects.select_related("video", "video__stamp").filter(entry_id=cause, pk__gt=after)
    return list(found.order_by("pk")[:limit])


def _tell(entry: Entry, silent: set[UUID | None], **facts: str) -> int:
    """Tell each party once. Who has a message of this cause already, of its grant, hears no second one."""
    stopped = Stop.objects.filter(entry=entry, outcome__in=STOPPED)
    videos = stopped.values("video")
    own = dict(stopped.values_list("video__client").annotate(n=Count("pk")).values_list("video__client", "n"))
    shown = Q(likenesses__appearances__video__in=videos)
    concerned = Party.objects.filter(Q(pk__in=own) | shown, erased_at=None).distinct()
    told = Message.objects.filter(entry=entry).values("party")
    count = 0
    for party in concerned.exclude(pk__in=told).exclude(pk__in=[each for each in silent if each]).order_by("pk"):
        many = own.get(party.pk) or stopped.filter(video__appearances__likeness__holder=party).distinct().count()
        messages.inform(party, Message.Kind.VIDEOS_STOPPED, entry, count=str(many), **facts)
        count += 1
    return count
