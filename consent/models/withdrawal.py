"""Withdrawals: a person takes consent back."""

from __future__ import annotations

import uuid

from django.db import models


class Withdrawal(models.Model):
    """One withdrawal, of a grant or of the whole likeness."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="withdrawals")
    # null: the whole likeness is withdrawn
    grant = models.ForeignKey(
        "consent.Grant", null=True, blank=True, on_delete=models.PROTECT, related_name="withdrawals"
    )
    actor = models.CharField(max_length=64)
    epoch = models.PositiveIntegerField(help_text="The likeness's epoch from this withdrawal on.")
    # taken inside the transaction, so it is earlier than the commit by however long that took
    accepted_at = models.DateTimeField()
    effective_at = models.DateTimeField(null=True, blank=True)  # null: some lease may still be running
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    drained_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Constraints: a likeness has at most one withdrawal an epoch, a grant at most one at all."""

        constraints = (
            models.UniqueConstraint(fields=["likeness", "epoch"], name="withdrawal_once_an_epoch"),
            models.UniqueConstraint(fields=["grant"], name="withdrawal_once_a_grant"),
            models.UniqueConstraint(
                fields=["likeness"], condition=models.Q(grant=None), name="withdrawal_once_a_likeness"
            ),
            models.CheckConstraint(
                condition=models.Q(effective_at=None, drained_entry=None)
                | models.Q(effective_at__isnull=False, drained_entry__isnull=False),
                name="withdrawal_effective_with_entry",
            ),
        )
        indexes = (
            models.Index(fields=["accepted_at"], condition=models.Q(effective_at=None), name="withdrawal_undrained"),
        )

    def __str__(self) -> str:
        """Name what was withdrawn."""
        return f"withdrawal {self.pk} of {self.likeness_id}"
