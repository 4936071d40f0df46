"""Grants: signed permissions."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Length, Now
from django.db.models.lookups import LessThanOrEqual


class Grant(models.Model):
    """One signed permission. The statement is sealed; the columns are what queries need of it.

    Appended, never edited, but for its end, its erasure, and terms that were narrowed (`Narrowing`): the statement
    stays what was signed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="grants")
    grantor = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="grants")
    statement = models.OneToOneField("ledger.Sealed", on_delete=models.PROTECT, related_name="+")
    terms = models.JSONField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    remix = models.BooleanField()
    signature = models.BinaryField(max_length=512, help_text="64 bytes of Ed25519, or a passkey's own.")
    key = models.ForeignKey("consent.PartyKey", on_delete=models.PROTECT, related_name="grants")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)  # null: nobody has ended it
    ended_by = models.ForeignKey(
        "consent.Withdrawal", null=True, blank=True, on_delete=models.PROTECT, related_name="ended_grants"
    )
    after_end = models.CharField(max_length=16, default="hide", help_text="What becomes of what was made under it.")
    # the grant that replaces this one, which covers nothing new then but still carries what was made; null: none
    superseded_by = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="supersedes"
    )
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)  # null: not erased

    class Meta:
        """Constraints and the two ways grants are looked up."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(not_after__gt=models.F("not_before")), name="grant_window_not_empty"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_by=None)
                | models.Q(ended_at__isnull=False, ended_by__isnull=False),
                name="grant_ended_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(~models.Q(terms={}) & ~models.Q(signature=b""), erased_at=None)
                | models.Q(erased_at__isnull=False, ended_at__isnull=False, terms={}, signature=b""),
                name="grant_blank_means_erased",
            ),
            models.CheckConstraint(condition=LessThanOrEqual(Length("signature"), 512), name="grant_signature_length"),
            models.CheckConstraint(
                condition=models.Q(after_end__in=["hide", "delete", "keep", "keep_with_label"]),
                name="grant_after_end_known",
            ),
            models.CheckConstraint(
                condition=models.Q(superseded_by=None) | ~models.Q(superseded_by=models.F("id")),
                name="grant_not_its_own_successor",
            ),
        )
        indexes = (
            models.Index(fields=["grantor", "-created_at", "-id"], name="grant_by_grantor"),
            models.Index(fields=["likeness"], condition=models.Q(ended_at=None), name="grant_live_by_likeness"),
        )

    def __str__(self) -> str:
        """Name grant and likeness."""
        return f"grant {self.pk} of {self.likeness_id}"
