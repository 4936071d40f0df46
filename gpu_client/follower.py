"""What a withdrawal means for renders: those that rest on an ended grant stop.

The gates say no without this; it saves the work, and frees the requester from waiting for what cannot come.
"""

from __future__ import annotations

from consent.models import Withdrawal
from gpu_client import jobs
from gpu_client.endings import ACTOR, Code
from gpu_client.models import LIVE, RenderJob
from ledger.follower import LoggedEntry


def handle(entry: LoggedEntry) -> None:
    """Cancel the live jobs whose permit rests on a grant that this entry ended. A repetition finds none.

    Runs in the transaction that moves the cursor: the jobs' ends and the progress commit together.
    """
    if entry.kind != "consent.withdrawn":
        return
    withdrawal = Withdrawal.objects.get(entry_id=entry.entry_id)  # committed with the entry: its absence is a fault
    affected = RenderJob.objects.filter(
        pk__in=RenderJob.objects.filter(state__in=LIVE, permit__grants__ended_by=withdrawal).values("pk")
    )
    for job in affected.order_by("pk"):
        jobs.cancel(job, reason=Code.CONSENT_ENDED, actor=ACTOR)
