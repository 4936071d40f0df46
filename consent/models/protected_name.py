"""Names that must not be drawn without their bearer's consent, in a form that nobody can read back."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class ProtectedName(models.Model):
    """That somebody's name is protected, on which ground, and whose word it was. The name itself is not here."""

    class Ground(models.TextChoices):
        """Why it is protected; `consent.register` says who may use which."""

        OWN_LIKENESS = "own_likeness"
        ESTATE = "estate"
        OPTED_OUT = "opted_out"
        DECEASED = "deceased_without_estate"

    class RequestedBy(models.TextChoices):
        """Who asked. Only the ground `deceased_without_estate` is asked for by the next of kin."""

        HOLDER = "holder"
        PERSON = "person"
        NEXT_OF_KIN = "next_of_kin"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ground = models.CharField(max_length=23, choices=Ground)
    requested_by = models.CharField(max_length=11, choices=RequestedBy)
    # null: nobody here holds the likeness. A prompt may name the person if the cast declares this likeness
    likeness = models.ForeignKey(
        "consent.Likeness", null=True, blank=True, on_delete=models.PROTECT, related_name="protected_names"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    # who of the staff proposed that the protection end; empty: nobody
    end_proposed_by = models.CharField(max_length=40, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # null: protected
    # name.unprotected, or the subject.erased of the holder; null: protected
    ended_entry = models.ForeignKey("ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints."""

        permissions = (("keep_register", "Can enter names into the register of protected persons, and end that"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ground__in=["own_likeness", "estate"], requested_by="holder", likeness__isnull=False)
                | models.Q(ground="opted_out", requested_by="person", likeness=None)
                | models.Q(ground="deceased_without_estate", requested_by="next_of_kin", likeness=None),
                name="protected_name_ground_known",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_entry=None)
                | models.Q(ended_at__isnull=False, ended_entry__isnull=False),
                name="protected_name_ends_with_entry",
            ),
        )

    def __str__(self) -> str:
        """Return ground and id."""
        return f"{self.ground} {self.pk}"


class NameKey(models.Model):
    """One key by which a protected name is found: a keyed hash of 64 bits. Deleted when the protection ends.

    The key of the hash is not in this database, so whoever steals the table cannot try names on it.
    """

    name = models.ForeignKey(ProtectedName, on_delete=models.PROTECT, related_name="keys")
    digest = models.BigIntegerField(db_index=True)
    words = models.PositiveSmallIntegerField()
    slip = models.PositiveSmallIntegerField(default=0)  # the place of the letter that is left out; 0: none is
    doubtful = models.BooleanField(default=False)  # never sure enough to block
    curated = models.BooleanField(default=False)  # a single word that one of the staff chose

    def __str__(self) -> str:
        """Name what it finds."""
        return f"key of {self.name_id}"
