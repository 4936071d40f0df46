"""Reports of figures: what was proposed for publication, and what was published."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class TransparencyReport(models.Model):
    """The figures of one period as they are published. Nothing is edited: a correction is another revision.

    `figures` holds rounded counts alone, no exact one. One member of staff proposes, another releases; the newest that
    is released is shown. `computed_at`: what the figures knew.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    period = models.CharField(max_length=8)
    revision = models.PositiveSmallIntegerField()
    figures = models.JSONField(default=list, blank=True)
    computed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=64)
    proposed_at = models.DateTimeField(db_default=Now(), editable=False)
    released_by = models.CharField(max_length=64, blank=True)  # "": nobody yet
    released_at = models.DateTimeField(null=True, blank=True)  # null: not published
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    released_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Two people, and the database's word for it."""

        permissions = (("release_transparency", "Can propose reports of figures, and release a colleague's"),)
        constraints = (
            models.UniqueConstraint(fields=["period", "revision"], name="transparencyreport_once"),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by="", released_entry=None)
                | (Q(released_at__isnull=False, released_entry__isnull=False) & ~Q(released_by="")),
                name="transparencyreport_released_with_entry",
            ),
            models.CheckConstraint(
                condition=~Q(released_by=F("proposed_by")), name="transparencyreport_released_by_another"
            ),
        )

    def __str__(self) -> str:
        """Say which period."""
        return f"{self.period}, revision {self.revision}"
