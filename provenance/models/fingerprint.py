"""By what a copy of a video is found when nothing else of it is left."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

from provenance.fingerprint import CODE_BYTES, Kind


class Fingerprint(models.Model):
    """The code of one window of a stamped video. Ids grow in the order of commits: see `provenance.fingerprints`."""

    video = models.ForeignKey("provenance.Video", on_delete=models.PROTECT, related_name="fingerprints")
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in Kind])
    mirrored = models.BooleanField()  # of the picture turned left to right
    telling = models.BooleanField()  # False: too plain to find anything by
    start_ms = models.PositiveIntegerField()  # since the first frame
    end_ms = models.PositiveIntegerField()
    code = models.BinaryField(max_length=CODE_BYTES)
    # `video.stamped`, which commits to the whole set
    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="fingerprint_is_a_window",
                condition=Q(kind__in=[kind.value for kind in Kind]) & Q(end_ms__gt=models.F("start_ms")),
            ),
            models.CheckConstraint(
                name="fingerprint_code_is_whole",
                condition=models.lookups.Exact(Length("code"), CODE_BYTES),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of video {self.video_id} from {self.start_ms} ms"
