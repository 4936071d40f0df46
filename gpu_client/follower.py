"""What a withdrawal means for renders: those that rest on an ended grant stop. An erasure leaves nothing of them.

The gates say no without this; it saves the work, and frees the requester from waiting for what cannot come.
"""

from __future__ import annotations

from uuid import UUID

from consent.erasure import settled
from consent.models import Withdrawal
from gpu_client import erasure, jobs
from gpu_client.endings import ACTOR, Code
from gpu_client.models import LIVE, RenderJob
from ledger.follower import LoggedEntry


def handle(entry: LoggedEntry) -> None:
    """Act on what ends consent; other entries are passed over, and a repetition finds nothing to do.

    Runs in the transaction that moves the cursor: the jobs' ends and the progress commit together.
    """
    match entry.kind:
        case "consent.withdrawn":
            stop(entry.entry_id)
        case "subject.erased":
            if (party := settled(entry.entry_id)) is not None:
                erasure.forget(party)


def stop(withdrawn: UUID) -> None:
    """Cancel the live jobs whose permit rests on a grant that this entry ended."""
    withdrawal = Withdrawal.objects.get(entry_id=withdrawn)  # committed with the entry: its absence is a fault
    affected = RenderJob.objects.filter(
        pk__in=RenderJob.objects.filter(state__in=LIVE, permit__grants__ended_by=withdrawal).values("pk")
    )
    for job in affected.order_by("pk"):
        jobs.cancel(job, reason=Code.CONSENT_ENDED, actor=ACTOR)
