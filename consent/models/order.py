"""Orders of courts and authorities, as a member of staff recorded them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Order(models.Model):
    """One order. Its docket reference and its words are sealed under the case: they lead to names."""

    class Kind(models.TextChoices):
        """Whose order it is; the lane follows from it and from `country`."""

        COURT = "court"
        RESTRAINING = "restraining"  # a temporary restraining order
        GOVERNMENT = "government"

    class Scope(models.TextChoices):
        """What it reaches."""

        VIDEO = "video"
        FAMILY = "family"  # the video and what was made from it
        LIKENESS = "likeness"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("consent.Case", on_delete=models.PROTECT, related_name="orders")
    kind = models.CharField(max_length=12, choices=Kind)
    court = models.CharField(max_length=120, help_text="The institution, never a person.")
    country = models.CharField(max_length=6, help_text="ISO 3166, with a subdivision where one matters: US-CA.")
    details = models.OneToOneField("ledger.Sealed", on_delete=models.PROTECT, related_name="+")
    # the paper as it was served, sealed under the case; null: it was not added
    document = models.OneToOneField("ledger.Blob", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    document_type = models.CharField(max_length=24, blank=True)  # "": with the above
    # what lets a whole likeness rest for this order; null: it is about a video, or was not carried out
    suspension = models.OneToOneField(
        "consent.Suspension", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    scope = models.CharField(max_length=8, choices=Scope)
    territory = models.JSONField(null=True, blank=True)  # ISO 3166-1 codes; null: the order names none
    served_at = models.DateTimeField()
    ordered_by = models.DateTimeField(null=True, blank=True)  # the time that the order itself sets; null: it sets none
    due_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)  # null: until the court says otherwise
    recorded_by = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    carried_by = models.CharField(max_length=64, blank=True)  # "": nothing is blocked for it yet
    carried_at = models.DateTimeField(null=True, blank=True)
    carried_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    end_proposed_by = models.CharField(max_length=64, blank=True)  # "": nobody says that it was lifted
    ended_by = models.CharField(max_length=64, blank=True)  # "": it stands, or ended at `ends_at`
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Constraints."""

        permissions = (("record_order", "Can record orders of courts and authorities"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=["court", "restraining", "government"]), name="order_kind_known"
            ),
            models.CheckConstraint(condition=Q(scope__in=["video", "family", "likeness"]), name="order_scope_known"),
            models.CheckConstraint(
                condition=Q(document=None, document_type="") | (Q(document__isnull=False) & ~Q(document_type="")),
                name="order_document_with_type",
            ),
            models.CheckConstraint(
                condition=Q(carried_at=None, carried_by="", carried_entry=None)
                | (Q(carried_at__isnull=False, carried_entry__isnull=False) & ~Q(carried_by="")),
                name="order_carried_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="", ended_entry=None)
                | (
                    Q(ended_at__isnull=False, ended_entry__isnull=False)
                    & Q(ended_by__startswith="staff:", end_proposed_by__startswith="staff:")
                    & ~Q(ended_by=F("end_proposed_by"))
                ),
                name="order_ended_by_two",
            ),
        )
        indexes = (models.Index(fields=["case", "recorded_at"], name="order_by_case"),)

    def __str__(self) -> str:
        """Say whose it is."""
        return f"{self.kind} order {self.pk}"
