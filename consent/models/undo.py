"""Undoings: a holder takes back what was done in their name since a moment."""

from __future__ import annotations

import uuid

from django.db import models


class Undo(models.Model):
    """One undoing. What it ended has rows and entries of its own; this is the one that covers them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="undoings")
    since = models.DateTimeField()
    key = models.ForeignKey("consent.PartyKey", on_delete=models.PROTECT, related_name="undoings")
    created_at = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints."""

        constraints = (
            models.CheckConstraint(condition=models.Q(since__lt=models.F("created_at")), name="undo_looks_back"),
        )

    def __str__(self) -> str:
        """Say how far back."""
        return f"undoing of {self.party_id} since {self.since}"
