"""The signed C2PA manifest of a video, and its record."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Stamp(models.Model):
    """The one stamp of a video, ever. C2PA is not a whole-file hash, so the file's own digest stands beside it."""

    video = models.OneToOneField("provenance.Video", on_delete=models.PROTECT, related_name="stamp")
    manifest_label = models.CharField(max_length=255, unique=True)  # "urn:c2pa:<uuid4>:countenance"
    claim_sha256 = models.CharField(max_length=64)  # hex
    file_sha256 = models.CharField(max_length=64)  # hex
    # hex; of the hard binding (`hard_binding`); "": stamped before it was recorded
    bmff_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")  # `video.stamped`

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="stamp_digests_are_whole",
                condition=models.Q(
                    claim_sha256__regex="^[0-9a-f]{64}$",
                    file_sha256__regex="^[0-9a-f]{64}$",
                    bmff_sha256__regex="^([0-9a-f]{64})?$",
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"stamp of video {self.video_id}"
