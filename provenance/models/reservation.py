"""Creators who keep their own video from being remixed by others."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Reservation(models.Model):
    """One video, kept by its client from the remixes of others until the client opens it again.

    `entry` is that of the restriction. It says nothing for the people in the video, who are asked apart.
    """

    video = models.ForeignKey("provenance.Video", on_delete=models.PROTECT, related_name="reservations")
    created_at = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)  # None: in force
    lifted_entry = models.OneToOneField("ledger.Entry", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["video"], condition=Q(lifted_at=None), name="one_reservation_at_a_time"),
            models.CheckConstraint(
                name="reservation_lifted_with_entry",
                condition=Q(lifted_at=None, lifted_entry=None) | Q(lifted_at__isnull=False, lifted_entry__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"reservation of {self.video_id}"
