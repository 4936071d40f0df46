"""What a video was made from."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class Lineage(models.Model):
    """One edge from a video to a video that it was made from; edges are only ever added, children after parents."""

    class Relationship(models.TextChoices):
        """How the child came from the parent, in the word that C2PA has for the ingredient."""

        PARENT_OF = "parentOf"

    child = models.ForeignKey("provenance.Video", on_delete=models.PROTECT, related_name="parents")
    parent = models.ForeignKey("provenance.Video", on_delete=models.PROTECT, related_name="children")
    relationship = models.CharField(max_length=16, choices=Relationship.choices, default=Relationship.PARENT_OF)
    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["child", "parent"], name="one_edge_between_two_videos"),
            models.CheckConstraint(name="no_video_is_its_own_parent", condition=~Q(child=F("parent"))),
        ]

    def __str__(self) -> str:
        return f"video {self.child_id} from {self.parent_id}"
