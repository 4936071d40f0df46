"""Webhooks: where a party's own programs are told of what concerns it, and what was or is to be told there."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class WebhookEndpoint(models.Model):
    """One address of a party. URL and secrets are sealed under the party's key: an URL often holds a secret itself.

    `last_entry` is that of the newest act on it. `failures` counts attempts without a success since the last one.
    """

    class State(models.TextChoices):
        """Only `enabled` is told anything new."""

        ENABLED = "enabled"
        DISABLED = "disabled"  # by its party, or by us after days without an answer
        REMOVED = "removed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="webhooks")
    state = models.CharField(max_length=8, choices=State, default=State.ENABLED)
    events = models.JSONField(help_text='Names of events; ["*"]: every one.')
    # url, secret: null once it was removed
    url = models.OneToOneField("ledger.Sealed", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    secret = models.OneToOneField("ledger.Sealed", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # the secret before, which signs beside the new one until then; null: no rotation is under way
    old_secret = models.OneToOneField(
        "ledger.Sealed", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    old_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    resume_at = models.DateTimeField(null=True, blank=True)  # null: nothing is held back for failures
    busy_until = models.DateTimeField(null=True, blank=True)  # null: no worker is sending; past: one was, and went away
    answered_at = models.DateTimeField(null=True, blank=True)  # null: nothing was ever taken there
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    last_entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints, and how endpoints are found."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=["enabled", "disabled"], url__isnull=False, secret__isnull=False)
                | models.Q(state="removed", url=None, secret=None, old_secret=None),
                name="webhookendpoint_removed_means_empty",
            ),
            models.CheckConstraint(
                condition=models.Q(old_secret=None, old_until=None)
                | models.Q(old_secret__isnull=False, old_until__isnull=False),
                name="webhookendpoint_old_secret_ends",
            ),
        )
        indexes = (
            models.Index(fields=["party", "-created_at", "-id"], name="webhookendpoint_by_party"),
            models.Index(fields=["party"], condition=models.Q(state="enabled"), name="webhookendpoint_enabled"),
        )

    def __str__(self) -> str:
        """Name the endpoint, and of its address nothing."""
        return f"webhook {self.pk} ({self.state})"


class WebhookDelivery(models.Model):
    """One message to one endpoint. The row is the outbox, and afterwards the log of deliveries.

    Its id is the `webhook-id`, the same at every attempt. `body` holds ids only.
    """

    class State(models.TextChoices):
        """Where it is. A failed one can be replayed."""

        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries")
    event = models.CharField(max_length=40)
    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    body = models.JSONField()
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    queued_at = models.DateTimeField(help_text="Since when it is tried; a replay begins anew.")
    due_at = models.DateTimeField(null=True, blank=True)  # null: not pending
    attempts = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)  # null: not tried yet
    status = models.PositiveSmallIntegerField(null=True, blank=True)  # of the last answer; null: none came
    problem = models.CharField(max_length=16, blank=True)  # why none came, or why it was given up; empty: neither
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """An entry is told once to an endpoint, however often it is read; a test is told each time."""

        verbose_name_plural = "webhook deliveries"
        constraints = (
            models.UniqueConstraint(
                fields=["endpoint", "entry", "event"],
                condition=~models.Q(event="webhook.test"),
                name="webhookdelivery_once_of_each_entry",
            ),
            models.CheckConstraint(
                condition=models.Q(state="pending", due_at__isnull=False)
                | models.Q(state__in=["delivered", "failed"], due_at=None),
                name="webhookdelivery_pending_is_due",
            ),
        )
        indexes = (
            models.Index(fields=["endpoint", "-created_at", "-id"], name="webhookdelivery_log"),
            models.Index(
                fields=["endpoint", "due_at"], condition=models.Q(state="pending"), name="webhookdelivery_due"
            ),
            models.Index(fields=["created_at"], name="webhookdelivery_age"),
        )

    def __str__(self) -> str:
        """Name event and state."""
        return f"{self.event} {self.pk} ({self.state})"
