"""What is left of renders when somebody is erased: nothing that was asked for, nothing that was received."""

from __future__ import annotations

from django.db.models import Q

from consent import clock
from consent.models import Party
from gpu_client import jobs
from gpu_client.endings import ACTOR, Code
from gpu_client.models import RenderJob
from ledger.durable import sync_folder


def forget(party: Party) -> int:
    """Stop and blank every job that the party asked for, or that shows a likeness of theirs; return how many.

    In the caller's transaction. Files go before it commits: if it does not, the next visit finds them gone. What a
    render service still holds is dismissed by a later phase, which needs none of what is blanked here.
    """
    theirs = Q(client=party) | Q(permit__grants__grantor=party)
    found = RenderJob.objects.filter(theirs, erased_at=None).order_by("pk").values_list("pk", flat=True).distinct()
    for key in list(found):
        _forget(RenderJob.objects.select_for_update(of=("self",)).get(pk=key))
    return len(found)


def _forget(job: RenderJob) -> None:
    if job.is_live:
        job = jobs.cancel(job, reason=Code.CONSENT_ENDED, actor=ACTOR)
    remove_files(job)
    job.prompt, job.attachments, job.error_detail, job.result_path = "", [], "", ""
    job.erased_at = clock.now()
    job.save(update_fields=["prompt", "attachments", "error_detail", "result_path", "erased_at"])


def remove_files(job: RenderJob) -> None:
    """Remove the result and what a dead worker received of it."""
    folder = job.result_file.parent
    if not folder.is_dir():
        return
    for path in (job.result_file, *folder.glob(f".{job.pk}.*.part")):
        path.unlink(missing_ok=True)
    sync_folder(folder)
