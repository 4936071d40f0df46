"""The last e-mail to somebody who was erased, until it has left."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class Farewell(models.Model):
    """An outbox row, made in the transaction of the erasure and deleted once the e-mail has left or is given up.

    The text is the same for all. `address` is sealed under a key of the system's, because the party's own is destroyed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address = models.BinaryField(help_text="Sealed under the system's key.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    mail_due_at = models.DateTimeField(null=True, blank=True)  # null: every attempt failed
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        """Name the row; whom it is for stands nowhere."""
        return f"farewell {self.pk}"
