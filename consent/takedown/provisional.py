"""Hold back at once what somebody swore about, before anybody has read it: provisional, with an end, and reversible.

A named video: on a valid, sworn notice. A whole likeness: only for its own party, or one whose claim was accepted; for
everybody else the case waits for a person. Who was found to have lied too often (`strikes`) is read like everybody
else, by a person, and holds back nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from consent import authority, blocks, clock, endings, suspensions
from consent.models import Likeness
from consent.takedown import regimes, strikes

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from consent.models import Block, Case, Party
    from consent.takedown.notice_document import NoticeDocument

REASON: Final = "sworn-notice"
LASTS: Final = timedelta(days=30)
LASTS_INTIMATE: Final = timedelta(days=90)  # to be late with these does the greater harm
SHOWN: Final = "shown"
DOWN: Final = "down"
ABSENT: Final = "absent"


@dataclass(frozen=True, slots=True)
class Video:
    """A video that a notice points at, as whoever knows videos found it. `absent` is also what strangers may not know.

    `uploader`: the party whose it is; None: not known.
    """

    id: UUID
    state: str = SHOWN
    uploader: UUID | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """All the videos that a notice points at, in its order."""

    videos: tuple[Video, ...] = field(default=())

    @property
    def known(self) -> tuple[Video, ...]:
        """Those that are here, shown or taken down."""
        return tuple(video for video in self.videos if video.state != ABSENT)


def hold_back(notice: NoticeDocument, found: Found, case: Case, party: Party | None) -> list[Block]:
    """Block what is shown, if the notice carries that. The caller holds the case; its video's lock is taken first."""
    if not may_hold(notice, party):
        return []
    until = clock.now() + (LASTS_INTIMATE if notice.about_intimate or notice.depicted.minor else LASTS)
    mine = None if party is None else party.pk
    shown = [each for each in found.known if each.state == SHOWN and (mine is None or each.uploader != mine)]
    return [_placed(video, case, until) for video in sorted(shown, key=lambda each: each.id)]


def _placed(video: Video, case: Case, until: datetime) -> Block:
    standing = blocks.in_force([video.id]).filter(case=case.number, reason=REASON).first()
    if standing is not None:
        return standing  # a later notice of the same case renews nothing: else a block could be kept for ever
    return blocks.place(video.id, case=case.number, reason=REASON, actor=blocks.SYSTEM, until=until)


def may_hold(notice: NoticeDocument, party: Party | None) -> bool:
    """Tell whether a notice by itself holds back the videos that it names."""
    if not regimes.valid(notice) or not regimes.sworn(notice):
        return False
    return not strikes.barred(party, notice.claimant.email)


def suspend(likeness: Likeness | None, party: Party | None) -> bool:
    """Let a whole likeness rest, if this party may decide that; return whether it rests. Nobody else's word does it.

    A transaction of its own: gates hold the likeness before a video, and who files holds the video.
    """
    if likeness is None or party is None:
        return False
    with transaction.atomic():
        held = endings.lock(likeness.pk)
        if not authority.may_act(held.pk, party, authority.Act.WITHDRAW).may:
            return False
        if held.state == Likeness.State.ACTIVE:
            suspensions.place(held, None, reason="paused", actor=party.actor)
        return held.state in (Likeness.State.ACTIVE, Likeness.State.SUSPENDED)
