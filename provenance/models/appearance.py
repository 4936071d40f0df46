"""Who is depicted in a video, and which grant that rests on."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F


class Appearance(models.Model):
    """One likeness in one video, with the grant and the epoch that were decided on at dispatch.

    A remix has a row of its own for each likeness that it inherits, so that one look at its rows names the whole cast.
    """

    video = models.ForeignKey("provenance.Video", on_delete=models.PROTECT, related_name="appearances")
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="appearances")
    grant = models.ForeignKey("consent.Grant", on_delete=models.PROTECT, related_name="appearances")
    epoch = models.PositiveIntegerField()
    created_at = models.DateTimeField()  # the video's own, here too, so that one index has the list of a likeness
    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["video", "likeness"], name="one_appearance_of_each_likeness"),
        ]
        indexes: ClassVar = [
            models.Index(F("likeness"), F("created_at").desc(), F("video").desc(), name="appearances_of_a_likeness"),
        ]

    def __str__(self) -> str:
        return f"likeness {self.likeness_id} in video {self.video_id}"
