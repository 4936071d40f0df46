"""Templates of replies: what the staff write again and again, in two languages, each version kept."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class ReplyTemplate(models.Model):
    """One version of one template. A change is another version; the highest one that is not retired is in use."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    subject_en = models.CharField(max_length=120)
    text_en = models.TextField()
    subject_es = models.CharField(max_length=120)
    text_es = models.TextField()
    author = models.CharField(max_length=64)
    written_at = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)  # null: this version may be used
    retired_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Each version once."""

        permissions = (("edit_replies", "Can write and retire templates of replies"),)
        constraints = (
            models.UniqueConstraint(fields=["name", "version"], name="replytemplate_version_once"),
            models.CheckConstraint(
                condition=Q(retired_at=None, retired_entry=None)
                | Q(retired_at__isnull=False, retired_entry__isnull=False),
                name="replytemplate_retired_with_entry",
            ),
        )

    def __str__(self) -> str:
        """Say name and version."""
        return f"{self.name} {self.version}"
