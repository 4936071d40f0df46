"""Letters to somebody without an account: what they are told about their notice."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Letter(models.Model):
    """One letter, made in the transaction of what it tells; it stands on the status page, and is its e-mail's outbox.

    The text is sealed under the notice. `subject` is the same for everybody but for a number. The address is read from
    the sealed notice when it is sent, and kept nowhere else. `mail_due_at` null: it was sent, given up, there is no
    address, or the notice was erased.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey("consent.Notice", on_delete=models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=24, help_text="A code of consent.takedown.letters.")
    subject = models.CharField(max_length=200)
    text = models.OneToOneField("ledger.Sealed", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    mail_due_at = models.DateTimeField(null=True, blank=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True, blank=True)  # null: no e-mail has left
    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints and indexes."""

        constraints = (
            models.UniqueConstraint(fields=["entry", "notice", "kind"], name="letter_once_of_each_entry"),
            models.CheckConstraint(condition=Q(mailed_at=None) | Q(mail_due_at=None), name="letter_mailed_once"),
        )
        indexes = (
            models.Index(fields=["notice", "-created_at", "-id"], name="letter_by_notice"),
            models.Index(fields=["mail_due_at"], condition=Q(mail_due_at__isnull=False), name="letter_mail_due"),
        )

    def __str__(self) -> str:
        """Say what it tells."""
        return f"{self.kind} {self.pk}"
