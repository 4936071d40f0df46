"""Assents: that one of several who hold authority agrees to one act."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Length, Now
from django.db.models.lookups import Exact


class Assent(models.Model):
    """One signature under one act. It counts only while its party has authority, and until authority moves."""

    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="assents")
    party = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="assents")
    act = models.BinaryField(max_length=32, help_text="The digest of the document that the act rests on.")
    signed = models.OneToOneField("ledger.Sealed", on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    # authority.transferred; null: it counts
    dropped_entry = models.ForeignKey("ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints."""

        constraints = (
            models.CheckConstraint(condition=Exact(Length("act"), 32), name="assent_act_length"),
            models.UniqueConstraint(
                fields=["likeness", "party", "act"],
                condition=models.Q(dropped_entry=None),
                name="assent_once",
            ),
        )

    def __str__(self) -> str:
        """Say who agreed."""
        return f"assent of {self.party_id}"
