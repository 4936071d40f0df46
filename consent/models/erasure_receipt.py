"""The secret link under which somebody who was erased finds the receipt: there is no account any more to log in to."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class ErasureReceipt(models.Model):
    """Made as an erasure is asked for, so that a crash in between loses no receipt; it records nothing by itself.

    What was done is read from the party, of which a random id is left. `destroyed` holds counts.
    """

    digest = models.BinaryField(max_length=32, unique=True, help_text="SHA-256 of the secret in the link.")
    party = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="erasure_receipts")
    destroyed = models.JSONField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        """Name the party by its id."""
        return f"receipt of {self.party_id}"
