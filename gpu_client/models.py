"""One row per render: the outbox, the recovery points and the outcome."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models


class RenderJob(models.Model):
    """What was ordered, how far it got, how it ended. The row is written in the transaction that mints the permit.

    What each column says after a crash: `unresolved`, an order was sent and its answer is not known; `upstream_id`, the
    service accepted it under this name; `upstream_completed`, the result waits there; `dismiss_pending`, the job is
    over here, but the service has not been told to stop and forget.
    """

    class State(models.TextChoices):
        """Three that go on and three that end."""

        QUEUED = "queued"
        SUBMITTING = "submitting"
        RENDERING = "rendering"
        DELIVERED = "delivered"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    video = models.UUIDField(db_index=True)
    client = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="render_jobs")
    # the permit that is presented; another one after a renewal
    permit = models.ForeignKey("consent.Permit", on_delete=models.PROTECT, related_name="render_jobs")
    prompt = models.TextField()
    model = models.CharField(max_length=200)
    seconds = models.PositiveSmallIntegerField()
    size = models.CharField(max_length=11)
    attachments = models.JSONField(help_text="Where the clips are: vault blobs, or files under MEDIA_ROOT.")
    backend = models.CharField(max_length=100, help_text="The name of the render service.")

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent, as the service says
    upstream_id = models.CharField(max_length=128, blank=True)  # empty: none known
    upstream_completed = models.BooleanField(default=False)
    unresolved = models.BooleanField(default=False)
    dismiss_pending = models.BooleanField(default=False)
    redeemed_here = models.BooleanField(default=False)  # the service knows no permits: we redeemed, as we sent

    created_at = models.DateTimeField()
    turn = models.FloatField(default=0)  # where it stands in its service's queue; `gpu_client.turns`
    place = models.GeneratedField(  # of its service's `slots`: by the recovery points, so no verb can forget it
        expression=models.Case(
            models.When(
                models.Q(finished_entry=None) | models.Q(dismiss_pending=True),
                then=models.Case(
                    models.When(upstream_completed=True, then=models.Value("")),
                    models.When(
                        ~models.Q(upstream_id="") | models.Q(unresolved=True) | models.Q(lease__isnull=False),
                        then=models.Value("taken"),
                    ),
                    models.When(finished_entry=None, then=models.Value("waiting")),
                    default=models.Value(""),
                ),
            ),
            default=models.Value(""),
        ),
        output_field=models.CharField(max_length=8),
        db_persist=True,
    )

    attempts = models.PositiveIntegerField(default=0)  # orders sent
    faults = models.PositiveIntegerField(default=0)  # failed calls in a row: the back-off
    next_attempt_at = models.DateTimeField()
    rung_at = models.DateTimeField(null=True, blank=True)  # null: the sweeper never had to ring
    lease = models.UUIDField(null=True, blank=True)  # null: nobody works on it
    leased_until = models.DateTimeField(null=True, blank=True)

    error_code = models.CharField(max_length=64, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)
    result_path = models.CharField(max_length=100, blank=True, help_text="File name under GPU_RESULTS_DIR.")
    result_sha256 = models.CharField(max_length=64, blank=True)
    result_size = models.BigIntegerField(null=True, blank=True)  # null: no result
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    # null: the job is not over
    finished_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    erased_at = models.DateTimeField(null=True, blank=True)  # null: not erased

    class Meta:
        """A job ends with an entry, a result has its digest, and both are the database's business."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "submitting", "rendering"], finished_entry=None)
                | models.Q(state__in=["delivered", "failed", "cancelled"], finished_entry__isnull=False),
                name="renderjob_ends_with_entry",
            ),
            models.CheckConstraint(
                condition=models.Q(state="delivered", result_size__gt=0, result_sha256__regex=r"^[0-9a-f]{64}$")
                | (~models.Q(state="delivered") & models.Q(result_size=None, result_sha256="")),
                name="renderjob_result_iff_delivered",
            ),
            models.CheckConstraint(
                condition=models.Q(lease=None, leased_until=None)
                | models.Q(lease__isnull=False, leased_until__isnull=False),
                name="renderjob_lease_has_end",
            ),
            models.CheckConstraint(
                condition=models.Q(~models.Q(prompt=""), erased_at=None)
                | models.Q(
                    erased_at__isnull=False,
                    finished_entry__isnull=False,
                    prompt="",
                    attachments=[],
                    error_detail="",
                    result_path="",
                ),
                name="renderjob_blank_means_erased",
            ),
        )
        indexes = (
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(finished_entry=None) | models.Q(dismiss_pending=True),
                name="renderjob_due",
            ),
            models.Index(fields=["backend", "turn"], condition=models.Q(place="waiting"), name="renderjob_queue"),
            models.Index(
                fields=["backend", "client", "turn"], condition=models.Q(place="waiting"), name="renderjob_own_queue"
            ),
            models.Index(fields=["backend"], condition=models.Q(place="taken"), name="renderjob_taken"),
        )

    def __str__(self) -> str:
        """Name the job and where it is."""
        return f"render {self.pk} ({self.state})"

    @property
    def is_live(self) -> bool:
        """Whether it may still deliver."""
        return self.state in LIVE

    @property
    def result_file(self) -> Path:
        """Where the result is, or will be."""
        return Path(settings.GPU_RESULTS_DIR) / f"{self.pk}.mp4"


LIVE = (RenderJob.State.QUEUED, RenderJob.State.SUBMITTING, RenderJob.State.RENDERING)


class RenderService(models.Model):
    """What all workers know together of a service: whether it gets jobs, and how it fares. Made when first needed."""

    name = models.CharField(max_length=100, primary_key=True)
    draining = models.BooleanField(default=False)  # gets no new jobs; what runs there ends
    breaker = models.CharField(max_length=9, default="closed")
    failures = models.PositiveIntegerField(default=0)  # in a row
    trips = models.PositiveIntegerField(default=0)  # openings since it was last closed
    until = models.DateTimeField(null=True, blank=True)  # null: the breaker is closed
    changed_at = models.DateTimeField(null=True, blank=True)  # null: the breaker never moved
    last_error = models.CharField(max_length=64, blank=True)

    class Meta:
        """A breaker that is not closed has an end, or nobody would ever be let through."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(breaker="closed", until=None)
                | models.Q(breaker__in=["open", "half-open"], until__isnull=False),
                name="renderservice_open_has_end",
            ),
        )

    def __str__(self) -> str:
        """Name the service and its breaker."""
        return f"{self.name} ({self.breaker})"


class Queuer(models.Model):
    """A client in the queues. Locked while an order of theirs is written: two at once would stand in one round."""

    client = models.OneToOneField("consent.Party", on_delete=models.PROTECT, related_name="queuer")
    weight = models.PositiveSmallIntegerField(default=1)  # jobs in each round of a queue

    class Meta:
        """A weight is at least one."""

        constraints = (models.CheckConstraint(condition=models.Q(weight__gte=1), name="queuer_weight"),)

    def __str__(self) -> str:
        """Name the client by their id."""
        return f"queuer {self.client_id}"
