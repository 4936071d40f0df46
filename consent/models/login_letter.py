"""E-mails to people of whom there is no party yet, or about their log-in alone, until they have left."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class LoginLetter(models.Model):
    """An outbox row, deleted once the e-mail has left or is given up. It belongs to nobody, and records nothing.

    Address, subject and text are sealed under a key of the system's: a text may hold a code that logs in.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    content = models.BinaryField(help_text="Sealed under the system's key.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    mail_due_at = models.DateTimeField(null=True, blank=True)  # null: every attempt failed
    mail_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        """Indexes."""

        indexes = (
            models.Index(
                fields=["mail_due_at"], condition=models.Q(mail_due_at__isnull=False), name="loginletter_mail_due"
            ),
        )

    def __str__(self) -> str:
        """Name the row; whom it is for stands nowhere."""
        return f"login letter {self.pk}"
