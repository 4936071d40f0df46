"""What the staff write beside an item of work: notes and tags."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class CaseNote(models.Model):
    """One internal note. It is never edited: a correction is another note. What it says is sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    queue = models.CharField(max_length=40)
    item = models.UUIDField()
    author = models.CharField(max_length=64)
    written_at = models.DateTimeField()
    # null: it was erased
    sealed = models.OneToOneField("ledger.Sealed", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)  # null: nobody erased it by itself
    erased_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """A blank note was erased."""

        permissions = (("erase_note", "Can erase an internal note"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(erased_at=None, erased_entry=None, sealed__isnull=False)
                | Q(erased_at__isnull=False, erased_entry__isnull=False, sealed=None),
                name="casenote_blank_means_erased",
            ),
        )
        indexes = (models.Index(fields=["queue", "item", "written_at", "id"], name="casenote_by_item"),)

    def __str__(self) -> str:
        """Say where it stands, and not what it says."""
        return f"note {self.pk} on {self.queue} {self.item}"


class CaseTag(models.Model):
    """One word by which items are found again: of the closed list, or a short one of the staff's own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    queue = models.CharField(max_length=40)
    item = models.UUIDField()
    tag = models.CharField(max_length=24)
    actor = models.CharField(max_length=64)
    set_at = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)  # null: it is set
    removed_by = models.CharField(max_length=64, blank=True)
    removed_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Each tag once at a time."""

        constraints = (
            models.UniqueConstraint(
                fields=["queue", "item", "tag"], condition=Q(removed_at=None), name="casetag_set_once"
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None, removed_by="", removed_entry=None)
                | (Q(removed_at__isnull=False, removed_entry__isnull=False) & ~Q(removed_by="")),
                name="casetag_removed_with_entry",
            ),
        )
        indexes = (models.Index(fields=["tag", "-set_at"], condition=Q(removed_at=None), name="casetag_by_tag"),)

    def __str__(self) -> str:
        """Say the tag and of what."""
        return f"{self.tag} on {self.queue} {self.item}"
