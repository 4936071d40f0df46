"""Exclusions: one party whom no grant of a likeness covers."""

from __future__ import annotations

import uuid

from django.db import models


class Exclusion(models.Model):
    """One party shut out from one likeness, until its holder lets it back in.

    It says more than the end of grants does: grants to everyone, and grants that are signed later, do not cover the
    party either. `entry` is that of the withdrawal which shut it out.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="exclusions")
    party = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="exclusions")
    created_at = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)  # null: in force
    lifted_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """A party is shut out once at a time; the index also answers the gates."""

        constraints = (
            models.UniqueConstraint(
                fields=["likeness", "party"], condition=models.Q(lifted_at=None), name="exclusion_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(lifted_at=None, lifted_entry=None)
                | models.Q(lifted_at__isnull=False, lifted_entry__isnull=False),
                name="exclusion_lifted_with_entry",
            ),
        )

    def __str__(self) -> str:
        """Name both."""
        return f"{self.party_id} shut out from {self.likeness_id}"
