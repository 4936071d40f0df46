"""Narrowings: a grant made smaller without a new signature."""

from __future__ import annotations

import uuid

from django.db import models


class Narrowing(models.Model):
    """One change of a grant's terms to narrower ones. The document, terms before and after, is sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grant = models.ForeignKey("consent.Grant", on_delete=models.PROTECT, related_name="narrowings")
    document = models.OneToOneField("ledger.Sealed", on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=64)
    epoch = models.PositiveIntegerField(help_text="The likeness's epoch from this narrowing on.")
    created_at = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Each has an epoch of its own, in which permits are judged again."""

        constraints = (models.UniqueConstraint(fields=["grant", "epoch"], name="narrowing_once_an_epoch"),)

    def __str__(self) -> str:
        """Name the grant."""
        return f"narrowing of {self.grant_id}"
