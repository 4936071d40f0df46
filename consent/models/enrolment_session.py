"""Enrolment sessions: what somebody was shown and asked, each clip they answered with, and how it ended."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class EnrolmentSession(models.Model):
    """One challenge to the holder of a likeness. `expires_at` ends it whatever `state` says."""

    class State(models.TextChoices):
        """How far it is."""

        OPEN = "open"
        PASSED = "passed"
        IN_REVIEW = "in_review"  # a person of ours decides
        REFUSED = "refused"  # a person of ours did
        EXPIRED = "expired"  # another one was opened; one that ran out stays `open` until then

    class Doubt(models.TextChoices):
        """Why a person of ours decides. Never told to the holder: some would say who else is enrolled."""

        NONE = ""
        TRIES = "tries-spent"
        DUPLICATE = "possible-duplicate"
        CHANGED = "not-the-enrolled-face"
        VENDOR = "vendor-doubt"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="enrolment_sessions")
    language = models.CharField(max_length=8)
    notice_sha256 = models.CharField(max_length=64, help_text="Hex SHA-256 of the notice that was shown.")
    notice_version = models.PositiveSmallIntegerField()
    steps = models.JSONField(help_text="What was asked, in order.")
    digits = models.JSONField(help_text="The digits to say, as English words.")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    doubt = models.CharField(max_length=24, choices=Doubt, default=Doubt.NONE, blank=True)
    verdict = models.CharField(max_length=24, blank=True, help_text="The reviewer's reason; empty: nobody reviewed it.")
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # null: nothing waits for a person, or it was refused and destroyed
    clip = models.OneToOneField("ledger.Blob", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    template = models.OneToOneField("ledger.Sealed", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # null: it has not passed
    enrolment = models.OneToOneField(
        "consent.Enrolment", null=True, blank=True, on_delete=models.PROTECT, related_name="session"
    )
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    # null: nobody refused it
    refused_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Constraints, and who reviews."""

        permissions = (("review_enrolment", "Can review enrolments"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "passed", "in_review", "refused", "expired"]),
                name="enrolmentsession_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state="passed", enrolment__isnull=False)
                | models.Q(~models.Q(state="passed"), enrolment=None),
                name="enrolmentsession_passed_with_enrolment",
            ),
            models.CheckConstraint(
                condition=models.Q(state="refused", refused_entry__isnull=False)
                | models.Q(~models.Q(state="refused"), refused_entry=None),
                name="enrolmentsession_refused_with_entry",
            ),
            models.UniqueConstraint(
                fields=["likeness"],
                condition=models.Q(state__in=["open", "in_review"]),
                name="enrolmentsession_one_at_a_time",
            ),
        )
        indexes = (
            models.Index(fields=["opened_at"], condition=models.Q(state="in_review"), name="enrolmentsession_queue"),
        )

    def __str__(self) -> str:
        """Name the likeness and the state."""
        return f"enrolment session of {self.likeness_id} ({self.state})"


class EnrolmentTry(models.Model):
    """One clip that was judged. Which checks failed stands here; what was measured is sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(EnrolmentSession, on_delete=models.PROTECT, related_name="tries")
    number = models.PositiveSmallIntegerField(help_text="1, 2 or 3.")
    checks = models.JSONField(help_text="Each check by name, and whether it passed.")
    measured = models.OneToOneField("ledger.Sealed", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)  # null: not erased

    class Meta:
        """Constraints."""

        ordering = ("session", "number")
        verbose_name_plural = "enrolment tries"
        constraints = (
            models.UniqueConstraint(fields=["session", "number"], name="enrolmenttry_numbered_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1, number__lte=3), name="enrolmenttry_three_at_most"),
            models.CheckConstraint(
                condition=models.Q(~models.Q(checks={}), erased_at=None) | models.Q(erased_at__isnull=False, checks={}),
                name="enrolmenttry_blank_means_erased",
            ),
        )

    def __str__(self) -> str:
        """Name the session and the number."""
        return f"try {self.number} of {self.session_id}"
