"""Withdrawals: a person takes consent back, or somebody else ends it."""

from __future__ import annotations

import uuid

from django.db import models


class Withdrawal(models.Model):
    """One end of consent. `reason` is empty where the person took it back; a revocation says why."""

    class Scope(models.TextChoices):
        """What it ends."""

        LIKENESS = "likeness"  # the likeness for good, with every grant of it
        GRANT = "grant"
        PARTY = "party"  # whatever covers one party; only grants to nobody else end
        SINCE = "since"  # the grants that one undoing took back

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="withdrawals")
    scope = models.CharField(max_length=8, choices=Scope)
    # null: not one grant
    grant = models.ForeignKey(
        "consent.Grant", null=True, blank=True, on_delete=models.PROTECT, related_name="withdrawals"
    )
    # null: nobody is shut out
    party = models.ForeignKey(
        "consent.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="shut_out_by"
    )
    reason = models.CharField(max_length=32, blank=True, help_text="A code of consent.revocation_reasons.")
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
                fields=["likeness"], condition=models.Q(scope="likeness"), name="withdrawal_once_a_likeness"
            ),
            models.CheckConstraint(
                condition=models.Q(scope__in=["likeness", "since"], grant=None, party=None)
                | models.Q(scope="grant", grant__isnull=False, party=None)
                | models.Q(scope="party", grant=None, party__isnull=False),
                name="withdrawal_scope_known",
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
