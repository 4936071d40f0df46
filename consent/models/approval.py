"""Approvals: the holder's yes or no to one video, where a grant reserves it."""

from __future__ import annotations

import uuid

from django.db import models


class Approval(models.Model):
    """One question to the holder, asked with the stamped draft. Only a yes in time lets the video be shown."""

    class State(models.TextChoices):
        """One to begin with, three that end it."""

        PENDING = "pending"
        GIVEN = "given"
        REFUSED = "refused"
        TIMED_OUT = "timed_out"  # silence is a no

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    permit = models.ForeignKey("consent.Permit", on_delete=models.PROTECT, related_name="approvals")
    grant = models.ForeignKey("consent.Grant", on_delete=models.PROTECT, related_name="approvals")
    video = models.UUIDField(db_index=True)
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="From then on it is a no.")
    decided_at = models.DateTimeField(null=True, blank=True)  # null: pending
    decided_by = models.CharField(max_length=64, blank=True)  # empty: pending
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    decided_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """A permit asks once for each of its grants, and an answer has its entry."""

        constraints = (
            models.UniqueConstraint(fields=["permit", "grant"], name="approval_once"),
            models.CheckConstraint(condition=models.Q(due_at__gt=models.F("asked_at")), name="approval_has_time"),
            models.CheckConstraint(
                condition=models.Q(state="pending", decided_at=None, decided_entry=None, decided_by="")
                | models.Q(
                    ~models.Q(decided_by=""),
                    state__in=["given", "refused", "timed_out"],
                    decided_at__isnull=False,
                    decided_entry__isnull=False,
                ),
                name="approval_decided_with_entry",
            ),
        )
        indexes = (models.Index(fields=["due_at", "id"], condition=models.Q(state="pending"), name="approval_due"),)

    def __str__(self) -> str:
        """Name the video and the answer."""
        return f"approval of {self.video}: {self.state}"


class ApprovalVoice(models.Model):
    """The yes of one of several who decide together. It does nothing until enough of them said it."""

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="voices")
    party = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="+")
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Once each."""

        constraints = (models.UniqueConstraint(fields=["approval", "party"], name="approval_voice_once"),)

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.party_id} agrees to {self.approval_id}"
