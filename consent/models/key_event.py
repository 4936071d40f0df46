"""What happened to a party's keys, in order."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class KeyEvent(models.Model):
    """One link of a party's chain of keys. Its entry's payload names the commitment of the link before."""

    class Kind(models.TextChoices):
        """The kinds of their entries."""

        REGISTERED = "key.registered"
        ROTATED = "key.rotated"
        REVOKED = "key.revoked"

    party = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="key_events")
    number = models.PositiveIntegerField(help_text="From 0, without a gap.")
    kind = models.CharField(max_length=16, choices=Kind)
    key = models.ForeignKey("consent.PartyKey", on_delete=models.PROTECT, related_name="events")
    # the key that `key` took the place of; null: none, it is no rotation
    replaces = models.ForeignKey(
        "consent.PartyKey", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints: one chain a party."""

        constraints = (
            models.UniqueConstraint(fields=["party", "number"], name="keyevent_one_chain"),
            models.CheckConstraint(
                condition=models.Q(kind="key.rotated", replaces__isnull=False)
                | models.Q(kind__in=["key.registered", "key.revoked"], replaces=None),
                name="keyevent_rotation_replaces",
            ),
        )

    def __str__(self) -> str:
        """Name the place in the chain."""
        return f"{self.kind} {self.number} of {self.party_id}"
