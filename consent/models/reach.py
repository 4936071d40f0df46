"""Reach and usage: whom each grant speaks about, and how much of it has been used."""

from __future__ import annotations

import uuid
from typing import Final

from django.db import models

# Stands for everybody: a grant to everyone or to mutuals, and one that forbids something outright, concerns any asker.
ANYBODY: Final = uuid.UUID(int=0)


class Reach(models.Model):
    """One subject that a grant speaks about: written with the grant, so that a decision reads only what may matter.

    Says nothing about whether the grant stands; that is asked of the grant's own row, each time.
    """

    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="+", db_index=False)
    subject = models.UUIDField(help_text="A party's id, or zeroes for anybody.")
    grant = models.ForeignKey("consent.Grant", on_delete=models.PROTECT, related_name="reach")

    class Meta:
        """Once each, found by likeness and subject."""

        constraints = (models.UniqueConstraint(fields=["likeness", "subject", "grant"], name="reach_once"),)

    def __str__(self) -> str:
        """Name both ends."""
        return f"{self.grant_id} speaks about {self.subject}"


class GrantUsage(models.Model):
    """How much of a grant was used, by one party or by all. Narrow, so that counting rewrites little.

    Counted where the grant limits it: a row that is missing means that nothing was used.
    """

    grant = models.ForeignKey("consent.Grant", on_delete=models.PROTECT, related_name="usage", db_index=False)
    party = models.UUIDField(help_text="A party's id, or zeroes for all together.")
    uses = models.PositiveIntegerField(default=0)
    seconds = models.PositiveIntegerField(default=0)

    class Meta:
        """Once each."""

        constraints = (models.UniqueConstraint(fields=["grant", "party"], name="usage_once"),)

    def __str__(self) -> str:
        """Say how much."""
        return f"{self.uses} uses of {self.grant_id}"
