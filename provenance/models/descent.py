"""What a video was made from, at any distance, and what it rests on: kept flat, so that one look answers.

Both are derived. The database's own triggers (migration 0007) write them whenever a video, an edge or an appearance
does, in the same transaction; nobody else does. They hold no foreign keys: rows that they are derived from are never
removed, and each play of a video would pay for looking.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Descent(models.Model):
    """`ancestor` went into `video`, through however many others; each video is its own."""

    pk = models.CompositePrimaryKey("video", "ancestor")
    video = models.UUIDField()
    ancestor = models.UUIDField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ancestor", "video"], name="descent_downwards")]

    def __str__(self) -> str:
        return f"video {self.video} from {self.ancestor}"


class Footing(models.Model):
    """`video`, or one that it was made from, shows `likeness` by `grant`, made for `client`."""

    pk = models.CompositePrimaryKey("video", "grant", "likeness", "client")
    video = models.UUIDField()
    grant = models.UUIDField()
    likeness = models.UUIDField()
    client = models.UUIDField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["grant", "video"], name="footing_by_grant")]

    def __str__(self) -> str:
        return f"video {self.video} on grant {self.grant}"
