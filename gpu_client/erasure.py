"""What is left of renders when somebody is erased: nothing that was asked for, nothing that was received.

A worker that was receiving a result while its job was blanked goes on until it comes to keep the file, and finds the
job over. If it is killed before that, the part that it has written stays: so whoever comes again removes the files of
blank jobs too, and for a day the sweeper comes again.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models import Q

from consent import clock
from consent.models import Party
from gpu_client import jobs
from gpu_client.endings import ACTOR, Code
from gpu_client.models import RenderJob
from ledger.durable import sync_folder

REVISITED = timedelta(days=1)  # far longer than any worker receives one result
logger = logging.getLogger(__name__)


def forget(party: Party) -> int:
    """Stop and blank every job that the party asked for, or that shows a likeness of theirs.

    In the caller's transaction; returns how many were not blank yet. The files that are there now go before it commits,
    those of jobs blanked by an earlier visit too; for what a worker still writes see `revisit`. What a render service
    still holds is dismissed by a later phase, which needs none of what is blanked here.
    """
    theirs = Q(client=party) | Q(permit__grants__grantor=party)
    found = sorted(set(RenderJob.objects.filter(theirs).values_list("pk", flat=True)))
    return sum(_forget(RenderJob.objects.select_for_update(of=("self",)).get(pk=key)) for key in found)


def revisit() -> int:
    """Remove what workers wrote for jobs that were blanked meanwhile; return for how many that was tried in vain."""
    stayed = 0
    for job in RenderJob.objects.filter(erased_at__gt=clock.now() - REVISITED).only("pk").iterator():
        try:
            remove_files(job)
        except OSError:
            logger.exception("files of the erased %s stay until the next visit", job.pk)
            stayed += 1
    return stayed


def _forget(job: RenderJob) -> bool:
    """Leave nothing of one job, whose row is locked; `False`: it was blank, and only files can have come back."""
    if job.is_live:
        job = jobs.cancel(job, reason=Code.CONSENT_ENDED, actor=ACTOR)
    remove_files(job)
    if job.erased_at is not None:
        return False
    job.prompt, job.attachments, job.error_detail, job.result_path = "", [], "", ""
    job.erased_at = clock.now()
    job.save(update_fields=["prompt", "attachments", "error_detail", "result_path", "erased_at"])
    return True


def remove_files(job: RenderJob) -> None:
    """Remove the result, and what of it was received until now; raise `OSError` if something stays."""
    folder = job.result_file.parent
    found = [path for path in (job.result_file, *folder.glob(f".{job.pk}.*.part")) if path.exists()]
    for path in found:
        path.unlink(missing_ok=True)
    if found:
        sync_folder(folder)
