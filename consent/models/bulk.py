"""Acts upon many items at once."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class Bulk(models.Model):
    """One verb for a list of items. Each item is an act and an entry of its own; this row says how far it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    verb = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict, help_text="Codes and ids; nothing that names anybody.")
    size = models.PositiveSmallIntegerField()
    actor = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    # null: it waits for a second person, or was refused; a small one is released by who made it
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=64, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # null: not each item is through
    ended_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Above the set number the database wants two people as well."""

        constraints = (
            models.CheckConstraint(condition=Q(size__range=(1, 1000)), name="bulk_of_a_thousand_at_most"),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by="") | (Q(released_at__isnull=False) & ~Q(released_by="")),
                name="bulk_released_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(size__lte=10) | ~Q(released_by=models.F("actor")), name="bulk_above_ten_by_two"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_entry=None)
                | Q(ended_at__isnull=False, ended_entry__isnull=False, released_at__isnull=False),
                name="bulk_ended_with_entry",
            ),
        )
        indexes = (
            models.Index(
                fields=["released_at"], condition=Q(released_at__isnull=False, ended_at=None), name="bulk_running"
            ),
        )

    def __str__(self) -> str:
        """Say what, and of how many."""
        return f"{self.verb} of {self.size}"


class BulkItem(models.Model):
    """One item of a bulk. If we crash it waits still, or its act is committed together with this row."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting"
        DONE = "done"
        ALREADY = "already"  # nothing was left to be done
        REFUSED = "refused"  # the verb said no: `problem` says why

    bulk = models.ForeignKey(Bulk, on_delete=models.PROTECT, related_name="items")
    number = models.PositiveSmallIntegerField(help_text="Its place in the list, from 0.")
    item = models.UUIDField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=64, blank=True, help_text="The code of the refusal.")
    done_at = models.DateTimeField(null=True, blank=True)  # null: it waits
    # the bulk's own: each act upon an item has its entry in that item's own rows
    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Each item once."""

        constraints = (
            models.UniqueConstraint(fields=["bulk", "number"], name="bulkitem_numbered_once"),
            models.UniqueConstraint(fields=["bulk", "item"], name="bulkitem_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", done_at=None, problem="")
                | Q(state__in=["done", "already"], done_at__isnull=False, problem="")
                | (Q(state="refused", done_at__isnull=False) & ~Q(problem="")),
                name="bulkitem_state_known",
            ),
        )

    def __str__(self) -> str:
        """Say which and how far."""
        return f"{self.item} ({self.state})"
