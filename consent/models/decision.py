"""Decisions: the stored answers, so that holders see who asked."""

from __future__ import annotations

import uuid

from django.db import models


class Decision(models.Model):
    """One answer to one proposed use, with every reason."""

    class Outcome(models.TextChoices):
        """There is no third."""

        ALLOW = "allow"
        DENY = "deny"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="decisions")
    use = models.JSONField()
    outcome = models.CharField(max_length=5, choices=Outcome)
    reasons = models.JSONField(default=list, blank=True)
    obligations = models.JSONField(default=list, blank=True)
    decided_at = models.DateTimeField()
    # null only for a denial: an allowance exists only as the permit it was minted into
    entry = models.OneToOneField("ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # the entry denials.digested that counts this denial; null: not digested yet, or allowed
    digest_entry = models.ForeignKey("ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)  # null: not erased
    likenesses: models.ManyToManyField[models.Model, models.Model] = models.ManyToManyField(
        "consent.Likeness", through="consent.DecisionLikeness", related_name="decisions"
    )

    class Meta:
        """Constraints."""

        constraints = (
            models.CheckConstraint(condition=models.Q(outcome__in=["allow", "deny"]), name="decision_outcome_known"),
            models.CheckConstraint(
                condition=models.Q(outcome="deny", entry=None) | models.Q(outcome="allow", entry__isnull=False),
                name="decision_deny_or_entry",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="deny") | models.Q(digest_entry=None), name="decision_digest_of_denials_only"
            ),
            models.CheckConstraint(
                condition=models.Q(~models.Q(use={}), erased_at=None) | models.Q(erased_at__isnull=False, use={}),
                name="decision_blank_means_erased",
            ),
        )
        indexes = (
            models.Index(
                fields=["decided_at", "id"],
                condition=models.Q(outcome="deny", digest_entry=None),
                name="decision_denials_undigested",
            ),
        )

    def __str__(self) -> str:
        """Return outcome and id."""
        return f"{self.outcome} {self.pk}"


class DecisionLikeness(models.Model):
    """One likeness that a decision was about. `decided_at` is repeated for the holder's list."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="cast")
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="attempts")
    decided_at = models.DateTimeField()

    class Meta:
        """Newest first, for one likeness."""

        constraints = (models.UniqueConstraint(fields=["decision", "likeness"], name="decision_likeness_once"),)
        indexes = (models.Index(fields=["likeness", "-decided_at", "-decision"], name="attempts_by_likeness"),)

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.decision_id} about {self.likeness_id}"
