"""Messages to a party: what it must know at once."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class Message(models.Model):
    """One message, made in the transaction of what it tells. The row is also the outbox of its e-mail.

    `mail_due_at`: from then on somebody sends it; null: nobody does, because it was sent, given up, or the party has no
    address. The address itself is read when it is sent, and kept nowhere else.
    """

    class Kind(models.TextChoices):
        """What it tells."""

        KEY_ADDED = "key-added"
        KEY_ROTATED = "key-rotated"
        KEY_REVOKED = "key-revoked"
        LOGIN_CHANGED = "login-changed"
        CLAIM_MADE = "claim-made"
        CLAIM_NEEDS_YOU = "claim-needs-you"
        CLAIM_ACCEPTED = "claim-accepted"
        CLAIM_REFUSED = "claim-refused"
        CLAIM_ENDED = "claim-ended"
        CLAIM_DISPUTED = "claim-disputed"
        AUTHORITY_LEFT = "authority-left"
        CONSENT_REVOKED = "consent-revoked"
        CONSENT_SUSPENDED = "consent-suspended"
        CONSENT_RESUMED = "consent-resumed"
        APPROVAL_ASKED = "approval-asked"
        PERMISSION_ASKED = "permission-asked"
        GRANT_ENDED = "grant-ended"  # to those whom the grant named
        VIDEOS_STOPPED = "videos-stopped"  # to whom they belong, and to who is in them besides
        WEBHOOK_DISABLED = "webhook-disabled"
        VIDEO_HELD = "video-held"  # to whose video a sworn notice held back
        COUNTER_NOTICE_RECEIVED = "counter-notice-received"
        APPEAL_RECEIVED = "appeal-received"
        CASE_DECIDED = "case-decided"  # to whose video it is, and to whom it shows

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=32, choices=Kind)
    subject = models.CharField(max_length=200)
    text = models.TextField(help_text="No secrets: it may be read on somebody else's screen.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True, blank=True)  # null: unread
    mail_due_at = models.DateTimeField(null=True, blank=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True, blank=True)  # null: no e-mail has left
    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints and indexes."""

        constraints = (
            models.UniqueConstraint(fields=["entry", "party"], name="message_once_of_each_entry"),
            models.CheckConstraint(
                condition=models.Q(mailed_at=None) | models.Q(mail_due_at=None), name="message_mailed_once"
            ),
        )
        indexes = (
            models.Index(fields=["party", "-created_at", "-id"], name="message_by_party"),
            models.Index(
                fields=["mail_due_at"], condition=models.Q(mail_due_at__isnull=False), name="message_mail_due"
            ),
        )

    def __str__(self) -> str:
        """Say what it tells."""
        return f"{self.kind} {self.pk}"
