"""Proposals to revoke: one member of staff asks, another approves."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class RevocationProposal(models.Model):
    """One proposal, of a grant or of the whole likeness. What it refers to (a file number) is sealed in its entry."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="revocation_proposals")
    # null: the whole likeness
    grant = models.ForeignKey(
        "consent.Grant", null=True, blank=True, on_delete=models.PROTECT, related_name="revocation_proposals"
    )
    reason = models.CharField(max_length=32, help_text="A code of consent.revocation_reasons.")
    proposed_by = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    approved_by = models.CharField(max_length=64, blank=True)  # "": nobody has approved it
    # null: nobody has approved it
    withdrawal = models.OneToOneField(
        "consent.Withdrawal", null=True, blank=True, on_delete=models.PROTECT, related_name="revocation_proposal"
    )

    class Meta:
        """Two people, and the database's word for it too."""

        permissions = (
            ("propose_revocation", "Can propose to revoke consent"),
            ("approve_revocation", "Can approve that consent is revoked"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(approved_by="", withdrawal=None)
                | models.Q(~models.Q(approved_by=""), withdrawal__isnull=False),
                name="revocation_approved_with_effect",
            ),
            models.CheckConstraint(
                condition=~models.Q(approved_by=models.F("proposed_by")), name="revocation_by_two_people"
            ),
        )
        indexes = (models.Index(fields=["created_at"], condition=models.Q(withdrawal=None), name="revocation_open"),)

    def __str__(self) -> str:
        """Say what is proposed and why."""
        return f"revocation of {self.likeness_id} proposed for {self.reason}"
