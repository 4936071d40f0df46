"""The follower of this app: consequences for videos of what the apps to the left entered in the log.

Each entry is handled in one transaction with the follower's cursor, and finding nothing left to do is success, so an
entry that is read twice changes nothing. What must be true at once (no byte after a withdrawal) is not done here:
gate 4 asks for it. Here the rows catch up, and what waits for a render is told its end.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from consent import royalties
from consent.erasure import settled
from consent.models import Approval, Block, Exclusion, Grant, Permit
from gpu_client.models import RenderJob
from ledger import log
from ledger.canonical import parse
from ledger.follower import LoggedEntry
from ledger.models import Entry
from ledger.subjectkeys import Erased
from provenance import erasure, lineage, publication, results, stops, tasks
from provenance.models import Appearance, Stop, Video

BATCH = 5_000  # videos in one statement and one entry


def handle(entry: LoggedEntry) -> None:
    """Act on one entry; kinds that are of no concern to videos are passed over."""
    match entry.kind:
        case "consent.withdrawn" | "consent.revoked":
            take_down(entry.entry_id)
        case "block.placed":
            block(entry.entry_id)
        case "permit.redeemed":
            begin(entry.entry_id)
        case "render.delivered":
            ring(entry.entry_id)
        case "render.failed" | "render.cancelled":
            end(entry.entry_id)
        case "video.published":
            charge(entry.entry_id)
        case "approval.given" | "approval.refused" | "approval.timed_out":
            answered(entry.entry_id)
        case "subject.erased":
            forget(entry.entry_id)


def take_down(withdrawal: UUID) -> int:
    """Withhold what rests on the grants that this entry ended, drafts included, and everything made from it.

    What a grant's own after-end clause keeps stays visible if it was published before. Where this entry shut somebody
    out, also what they made with the likeness goes, whatever grant it rests on, unless they were let in again since.
    """
    ended = Grant.objects.filter(ended_by__entry_id=withdrawal)
    kept = Q(grant__in=ended.filter(after_end__in=("keep", "keep_with_label")))
    gone = Q(grant__in=ended.exclude(after_end__in=("keep", "keep_with_label")))
    for out in Exclusion.objects.filter(entry_id=withdrawal, lifted_at=None):
        gone |= Q(likeness=out.likeness_id, video__client=out.party_id)
    if ended.filter(after_end="delete").exists():  # a bell that is not heard is made good by the next round
        transaction.on_commit(tasks.sweep_ended.delay, robust=True)
    stopped = _withhold(gone, withdrawal, published=True) + _withhold(kept, withdrawal, published=False)
    stops.tell_of_end(withdrawal)
    return stopped


def _withhold(meant: Q, cause: UUID, *, published: bool) -> int:
    """Withhold the videos with such an appearance, and everything made from them, in the order of their ids."""
    resting = Appearance.objects.filter(meant).values_list("video_id", flat=True).distinct()
    family = sorted(lineage.with_descendants(list(resting)))
    stopped = 0
    for at in range(0, len(family), BATCH):
        part = family[at : at + BATCH]
        found = publication.withhold_each(part, because="grant_withdrawn", published=published)
        stops.record(cause, found, Stop.Outcome.WITHHELD)
        if not published:
            stops.record_kept(cause, part)
        stopped += len(found)
    return stopped


def block(placed: UUID) -> None:
    """Write down what a block hides, and tell whose it is. The gates hid it already; nothing else changes."""
    for found in Block.objects.filter(entry_id=placed):
        family = {found.video} if found.scope == Block.Scope.VIDEO else lineage.with_descendants([found.video])
        ordered = sorted(family)
        for at in range(0, len(ordered), BATCH):
            stops.record_blocked(placed, ordered[at : at + BATCH])
        stops.tell_of_block(found)


def forget(erased: UUID) -> int:
    """Remove the videos of and with the party that this entry erased; an erasure of something else concerns none."""
    party = settled(erased)
    return 0 if party is None else erasure.forget(party)


def begin(redeemed: UUID) -> None:
    """Say that the render service is at work."""
    started = Permit.objects.filter(redeemed_entry_id=redeemed).values("job")
    Video.objects.filter(job__in=started, state=Video.State.QUEUED).update(state=Video.State.RENDERING)


def ring(delivered: UUID) -> None:
    """Have the result taken in, once the cursor has moved. A bell that is not heard is rung again by the sweeper."""
    for job in RenderJob.objects.filter(finished_entry_id=delivered):
        call = partial(tasks.accept_result.delay, str(job.video))
        transaction.on_commit(call, robust=True)


def charge(published: UUID) -> None:
    """Post what the use costs, now that its video was published. An entry without its payload charges nobody.

    Asked of the permit of the job that delivered it: a job that was replaced delivered nothing. A video that was
    withheld since is charged all the same: it was seen.
    """
    entry = Entry.objects.select_related("sealed").get(pk=published)
    try:
        payload = parse(log.opening(entry).payload)["payload"]
    except Erased:  # an entry that was read back into the database after a restore
        return
    video = Video.objects.get(pk=payload["video"])
    for permit in Permit.objects.filter(job=video.job, redeemed_at__isnull=False):
        royalties.accrue(permit, at=video.published_at or entry.created_at, actor=results.SYSTEM)


def answered(decided: UUID) -> None:
    """Withhold the draft that somebody said no to, or have gate 3 ask again after a yes.

    A bell that is not heard is rung by the sweeper, for which a draft counts again once nobody is asked about it.
    """
    for approval in Approval.objects.filter(decided_entry_id=decided):
        if code := publication.NOES.get(approval.state):
            reason = f"approval_{approval.state}"
            publication.withhold({approval.video}, because=reason, code=code, published=False)
        else:
            transaction.on_commit(partial(tasks.accept_result.delay, str(approval.video)), robust=True)


def end(finished: UUID) -> None:
    """Let the video fail for the reason that its job did."""
    for job in RenderJob.objects.filter(finished_entry_id=finished):
        results.end_without_result(job)
