"""Takedown cases: what one video, or one likeness, is complained about, and the clock that applies."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Case(models.Model):
    """One case. The notices that arrived about one video while it was open are grouped in it.

    Nothing here names anybody: what people wrote is sealed with their notices. `number` is drawn at random, so that it
    says nothing of how many cases there are. Every act raises `version`, and an act upon a stale one is refused.
    """

    class Kind(models.TextChoices):
        """Who asks."""

        TAKEDOWN = "takedown"  # anybody
        ORDER = "order"  # a court or an authority

    class Risk(models.IntegerChoices):
        """How bad it would be to be late; queues put the higher first."""

        ORDINARY = 1
        RAISED = 2  # somebody who died, or a whole likeness
        HIGH = 3  # intimate, or an order
        URGENT = 4  # intimate and a minor

    class Pause(models.TextChoices):
        """What a clock of our own waits for. A clock that a law sets is never paused."""

        NOTIFIER = "notifier"  # the notifier was asked something
        VIDEO = "video"  # nobody could find the video yet
        PROOF = "proof"  # proof for a whole likeness is awaited

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open"
        DECIDED = "decided"  # a ruling is in force, and can be appealed
        CLOSED = "closed"  # withdrawn, or nothing can be done about it any more

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=16, unique=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.TAKEDOWN)
    # the id alone, this app knows no row of a video; null: not located yet, or about a whole likeness
    video = models.UUIDField(null=True, blank=True)
    # null: about a video alone, or about a likeness that is not on record
    likeness = models.ForeignKey(
        "consent.Likeness", null=True, blank=True, on_delete=models.PROTECT, related_name="cases"
    )
    lane = models.CharField(max_length=24, help_text="A code of consent.takedown.lanes.")
    risk = models.PositiveSmallIntegerField(choices=Risk, default=Risk.ORDINARY)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    valid_at = models.DateTimeField(null=True, blank=True)  # null: no notice in it is valid yet, no clock runs
    due_at = models.DateTimeField(null=True, blank=True)  # null: no clock runs
    paused_at = models.DateTimeField(null=True, blank=True)  # null: it is not paused
    pause = models.CharField(max_length=16, choices=Pause, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)  # null: undecided
    closed_at = models.DateTimeField(null=True, blank=True)  # null: open or decided
    version = models.PositiveIntegerField(default=1)
    # the entry of the notice or order that opened it
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """One open case of a video, and the queue: by risk, and within it by what is due first."""

        permissions = (("work_case", "Can see and work on takedown cases"),)
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=["takedown", "order"]), name="case_kind_known"),
            models.CheckConstraint(condition=Q(risk__range=(1, 4)), name="case_risk_known"),
            models.CheckConstraint(
                condition=Q(valid_at=None, due_at=None) | Q(valid_at__isnull=False, due_at__isnull=False),
                name="case_clock_from_validity",
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None, pause="")
                | Q(paused_at__isnull=False, pause__in=["notifier", "video", "proof"], due_at__isnull=False),
                name="case_paused_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None, closed_at=None)
                | Q(state="decided", decided_at__isnull=False, closed_at=None)
                | Q(state="closed", closed_at__isnull=False),
                name="case_state_with_time",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="case_version_counts"),
            models.UniqueConstraint(
                fields=["video", "kind"],
                condition=Q(state="open", video__isnull=False),
                name="case_open_once_of_a_video",
            ),
        )
        indexes = (
            models.Index(fields=["due_at", "id"], condition=Q(state="open"), name="case_queue"),
            models.Index(fields=["video"], name="case_by_video"),
            models.Index(fields=["-opened_at", "-id"], name="case_by_time"),
        )

    def __str__(self) -> str:
        """Say number and state."""
        return f"case {self.number} ({self.state})"

    @property
    def subject(self) -> str:
        """Under whose key what we write about the case is sealed."""
        return f"case:{self.pk}"
