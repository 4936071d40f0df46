"""Permits: what was minted, what it rests on, and whether it was used."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class Permit(models.Model):
    """One minted permit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    decision = models.OneToOneField("consent.Decision", on_delete=models.PROTECT, related_name="permit")
    job = models.UUIDField(db_index=True)
    video = models.UUIDField(db_index=True)
    token = models.TextField()
    epochs = models.JSONField(help_text="Likeness id to epoch, at the decision.")
    grants: models.ManyToManyField[models.Model, models.Model] = models.ManyToManyField(
        "consent.Grant", through="consent.PermitGrant", related_name="permits"
    )
    minted_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True, blank=True)  # null: not used
    redeemed_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    binding_salt = models.BinaryField(max_length=32)
    binding_document = models.JSONField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)  # null: not erased

    class Meta:
        """A job is rendered once, whatever number of permits was minted for it."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(redeemed_at=None, redeemed_entry=None)
                | models.Q(redeemed_at__isnull=False, redeemed_entry__isnull=False),
                name="permit_redeemed_with_entry",
            ),
            models.CheckConstraint(
                condition=models.Q(~models.Q(token=""), ~models.Q(binding_document={}), erased_at=None)
                | models.Q(erased_at__isnull=False, token="", binding_salt=b"", binding_document={}),
                name="permit_blank_means_erased",
            ),
            models.UniqueConstraint(
                fields=["job"], condition=models.Q(redeemed_at__isnull=False), name="permit_one_redeemed_a_job"
            ),
        )

    def __str__(self) -> str:
        """Name permit and job."""
        return f"permit {self.pk} for {self.job}"


class PermitGrant(models.Model):
    """One grant that a permit rests on."""

    permit = models.ForeignKey(Permit, on_delete=models.PROTECT, related_name="rests_on")
    grant = models.ForeignKey("consent.Grant", on_delete=models.PROTECT, related_name="supports")
    # what this permit counts against the grant's limits; null: the grant limits nothing in number, or it was given back
    counted_seconds = models.PositiveIntegerField(null=True, blank=True)
    # what it counted until then; null: it counts still, or never did, or gave back before this was kept
    released_seconds = models.PositiveIntegerField(null=True, blank=True)
    # the entry permit.released, one for all grants of the permit; null: with the above
    released_entry = models.ForeignKey(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Once each, and nothing is both counted and given back."""

        constraints = (
            models.UniqueConstraint(fields=["permit", "grant"], name="permit_grant_once"),
            models.CheckConstraint(
                condition=models.Q(released_seconds=None, released_entry=None)
                | models.Q(counted_seconds=None, released_seconds__isnull=False, released_entry__isnull=False),
                name="permit_grant_released_with_entry",
            ),
        )

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.permit_id} rests on {self.grant_id}"
