"""What the end of consent means for renders: those that rest on it stop. An erasure leaves nothing of them.

The gates say no without this; it saves the work, and frees the requester from waiting for what cannot come.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

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
        case "consent.withdrawn" | "consent.revoked":
            stop(entry.entry_id)
        case "subject.erased":
            if (party := settled(entry.entry_id)) is not None:
                erasure.forget(party)


def stop(withdrawn: UUID) -> None:
    """Cancel the live jobs whose permit rests on a grant that this entry ended, or whose client it shut out."""
    withdrawal = Withdrawal.objects.get(entry_id=withdrawn)  # committed with the entry: its absence is a fault
    meant = Q(permit__grants__ended_by=withdrawal)
    if withdrawal.party_id is not None:
        meant |= Q(client=withdrawal.party_id, permit__grants__likeness=withdrawal.likeness_id)
    affected = RenderJob.objects.filter(pk__in=RenderJob.objects.filter(meant, state__in=LIVE).values("pk"))
    for job in affected.order_by("pk"):
        jobs.cancel(job, reason=Code.CONSENT_ENDED, actor=ACTOR)
