"""Statements of reasons: what was told, once, to those whom a decision affects."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class ReasonsStated(models.Model):
    """One statement of reasons, as it was given. Nothing is edited: another statement supersedes it.

    The whole statement is sealed under the case; the columns repeat its closed lists, for counting. `restores`: it
    tells that a restriction is over, and has no restriction, ground or category of its own.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    puid = models.CharField(max_length=64, unique=True, help_text="Random: the id in the database of the Commission.")
    case = models.ForeignKey("consent.Case", on_delete=models.PROTECT, related_name="reasons")
    # null: nobody ruled, as with a provisional block
    ruling = models.OneToOneField(
        "consent.Ruling", null=True, blank=True, on_delete=models.PROTECT, related_name="reasons_given"
    )
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )  # null: the first word
    restores = models.BooleanField(default=False)
    statement = models.OneToOneField("ledger.Sealed", on_delete=models.PROTECT, related_name="+")
    ground = models.CharField(max_length=64, blank=True)
    category = models.CharField(max_length=96, blank=True)
    source = models.CharField(max_length=48, blank=True)
    automated_detection = models.BooleanField(default=False)
    automated_decision = models.CharField(max_length=48)
    stated_by = models.CharField(max_length=64)
    stated_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints and indexes."""

        constraints = (
            models.CheckConstraint(
                condition=Q(restores=False) & ~Q(ground="") & ~Q(category="") & ~Q(source="")
                | Q(restores=True, ground="", category="", source="", supersedes__isnull=False),
                name="reasonsstated_restricts_or_restores",
            ),
            models.CheckConstraint(condition=~Q(supersedes=F("id")), name="reasonsstated_supersedes_another"),
            models.CheckConstraint(
                condition=Q(
                    automated_decision__in=[
                        "AUTOMATED_DECISION_FULLY",
                        "AUTOMATED_DECISION_PARTIALLY",
                        "AUTOMATED_DECISION_NOT_AUTOMATED",
                    ]
                ),
                name="reasonsstated_automation_known",
            ),
        )
        indexes = (
            models.Index(fields=["case", "-stated_at", "-id"], name="reasonsstated_by_case"),
            models.Index(fields=["stated_at", "id"], name="reasonsstated_by_time"),
        )

    def __str__(self) -> str:
        """Say its public id."""
        return f"reasons {self.puid}"
