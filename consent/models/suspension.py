"""Suspensions: permission that rests."""

from __future__ import annotations

import uuid

from django.db import models


class Suspension(models.Model):
    """One suspension, of a grant or of the whole likeness. Several may be in force; the last one lifted brings back.

    The actor is the holder ("pause") or a member of staff. `until` promises an end; only the entry `consent.resumed`
    makes it one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="suspensions")
    # null: the whole likeness is suspended
    grant = models.ForeignKey(
        "consent.Grant", null=True, blank=True, on_delete=models.PROTECT, related_name="suspensions"
    )
    reason = models.CharField(max_length=32, help_text="A code of consent.revocation_reasons.")
    actor = models.CharField(max_length=64)
    until = models.DateTimeField(null=True, blank=True)  # null: until somebody lifts it
    epoch = models.PositiveIntegerField(help_text="The likeness's epoch from this suspension on.")
    accepted_at = models.DateTimeField()
    effective_at = models.DateTimeField(null=True, blank=True)  # null: some lease may still be running
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    drained_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    resumed_at = models.DateTimeField(null=True, blank=True)  # null: in force
    resumed_by = models.CharField(max_length=64, blank=True)
    resumed_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """What belongs together, and what the gates and the sweepers look for."""

        permissions = (("suspend_likeness", "Can suspend a likeness or a grant, and lift what a colleague suspended"),)
        constraints = (
            models.UniqueConstraint(fields=["likeness", "epoch"], name="suspension_once_an_epoch"),
            models.CheckConstraint(
                condition=models.Q(effective_at=None, drained_entry=None)
                | models.Q(effective_at__isnull=False, drained_entry__isnull=False),
                name="suspension_effective_with_entry",
            ),
            models.CheckConstraint(
                condition=models.Q(resumed_at=None, resumed_by="", resumed_entry=None)
                | models.Q(~models.Q(resumed_by=""), resumed_at__isnull=False, resumed_entry__isnull=False),
                name="suspension_resumed_with_entry",
            ),
        )
        indexes = (
            models.Index(fields=["likeness", "grant"], condition=models.Q(resumed_at=None), name="suspension_in_force"),
            models.Index(fields=["grant"], condition=models.Q(resumed_at=None), name="suspension_by_grant"),
            models.Index(fields=["until"], condition=models.Q(resumed_at=None), name="suspension_due"),
            models.Index(fields=["accepted_at"], condition=models.Q(effective_at=None), name="suspension_undrained"),
        )

    def __str__(self) -> str:
        """Name what is suspended."""
        return f"suspension {self.pk} of {self.likeness_id}"
