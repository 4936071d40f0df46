"""How much of its share of requests somebody has used."""

from __future__ import annotations

from django.db import models


class RequestMeter(models.Model):
    """One caller's meter, by GCRA: the moment at which nothing of what was asked counts any more.

    The table is UNLOGGED: after a crash everybody begins anew, which costs nothing, and no request waits for a disk.
    """

    key = models.BinaryField(max_length=32, unique=True)  # a keyed hash of a party's id or of a network
    clear_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"meter clear at {self.clear_at.isoformat()}"
