"""Assignments: who has which item of work, and since when."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q


class Assignment(models.Model):
    """One item in one person's hands. The item is known by queue and id: whose it is does not know of this table.

    It stands until `ended_at`; one past `expires_at` may be taken over by somebody else, and stands until it is.
    """

    class Outcome(models.TextChoices):
        """How it ended."""

        DONE = "done"
        RELEASED = "released"
        SKIPPED = "skipped"  # not handed to the same person again for a while
        EXPIRED = "expired"  # somebody else took it over
        MOVED = "moved"  # snoozed or escalated out of their hands

    class Skip(models.TextChoices):
        """Why somebody passes an item on."""

        NONE = ""
        CONFLICT = "conflict"  # they know somebody in it
        LANGUAGE = "language"
        UNSURE = "unsure"
        HARD_TO_SEE = "hard-to-see"  # nobody has to look at everything
        OTHER = "other"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    queue = models.CharField(max_length=40)
    item = models.UUIDField()
    lane = models.CharField(max_length=24, blank=True)
    actor = models.CharField(max_length=64)
    taken_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # a renewal moves it; that is a clock of work, and no act
    ended_at = models.DateTimeField(null=True, blank=True)  # null: it stands
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    skip = models.CharField(max_length=12, choices=Skip, default=Skip.NONE, blank=True)
    decision = models.CharField(max_length=32, blank=True, help_text="A code of the item's own package.")
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    # null: it stands; for one that expired, the entry of whoever took it over
    ended_entry = models.ForeignKey("ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Never two people on one item, and the database's word for it."""

        permissions = (
            ("see_queues", "Can see which queues there are, and how long they are"),
            ("annotate_work", "Can write notes, set tags, snooze and escalate items of work"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["queue", "item"], condition=Q(ended_at=None), name="assignment_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("taken_at")), name="assignment_expires_later"),
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="", ended_entry=None)
                | Q(
                    ended_at__isnull=False,
                    outcome__in=["done", "released", "skipped", "expired", "moved"],
                    ended_entry__isnull=False,
                ),
                name="assignment_ended_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(outcome="skipped") & ~Q(skip="") | ~Q(outcome="skipped") & Q(skip=""),
                name="assignment_skipped_with_reason",
            ),
        )
        indexes = (
            models.Index(fields=["queue", "actor", "item", "-ended_at"], name="assignment_by_person"),
            models.Index(fields=["queue", "-ended_at"], condition=Q(outcome="done"), name="assignment_done"),
        )

    def __str__(self) -> str:
        """Say who has what."""
        return f"{self.queue} {self.item} with {self.actor}"
