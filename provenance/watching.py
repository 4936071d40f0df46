"""Let staff see the video of a case that nobody else may: by who has the case in hand, on record, and for minutes.

This goes around gate 4 and is the only way that does. One looks by `begin`, which writes the entry before the first
byte; then bytes leave under a lease of their own (`Watch.take`), which asks each time whether the case is still in
these hands, and the permission still given. What was destroyed with somebody's data is not there to be seen.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction

from consent import clock
from consent.casework.assignments import WorkNotYours
from consent.staff import Staff, StaffRefused
from consent.takedown.reading import require_in_hands
from ledger import log
from ledger.problem import Problem
from provenance import leases
from provenance.body import CHUNK, LeaseLost
from provenance.models import Video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from consent.models import Case

LOOK: Final = "provenance.look_at_video"
LASTS: Final = timedelta(minutes=15)


class NotLooking(Problem):
    """Nobody began to look, or it is over: a look lasts a quarter of an hour."""

    code: ClassVar[str] = "not-looking"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "You are not looking at this video now"


@dataclass(frozen=True, slots=True)
class Watch:
    """One person's look at the video of one case."""

    case: Case
    actor: Staff
    until: datetime

    @property
    def over(self) -> bool:
        """Whether the quarter of an hour is over."""
        return clock.now() >= self.until

    def take(self) -> float:
        """Return until when bytes may leave, by this process's monotonic clock. Counted from before it was asked."""
        started = time.monotonic()
        if self.over:
            raise NotLooking("Your look is over.", remedy="Ask to see the video again.")
        require_in_hands(self.case, actor=self.actor, may=LOOK)
        return started + leases.length()

    def body(self, path: Path, span: range) -> Iterator[bytes]:
        """Yield the bytes while the look lasts; break off where it does not.

        What the kernel holds already still leaves: it goes to who might have seen it a moment ago.
        """
        until, left = self.take(), len(span)
        with contextlib.suppress(FileNotFoundError), path.open("rb") as source:
            source.seek(span.start)
            while left:
                until = until if time.monotonic() < until else self._again()
                data = source.read(min(CHUNK, left))
                if not data:
                    break
                left -= len(data)
                yield data
        if left:
            raise LeaseLost

    def _again(self) -> float:
        try:
            return self.take()
        except (NotLooking, WorkNotYours, StaffRefused) as refusal:
            raise LeaseLost from refusal


def begin(case: Case, *, actor: Staff) -> Watch:
    """Begin to look. Raises `StaffRefused`, `WorkNotYours`, `NotLooking` if there is no file."""
    with transaction.atomic():
        require_in_hands(case, actor=actor, may=LOOK)
        if case.video is None or not Video.objects.filter(pk=case.video).exclude(path="").exists():
            raise NotLooking("There is no file of this video.", remedy="Decide by the record.")
        payload: dict[str, object] = {"case": str(case.pk), "video": str(case.video)}
        log.append("case.video_seen", payload, actor=actor.actor, subject=case.subject)
    return Watch(case, actor, clock.now() + LASTS)
