"""Challenges that were answered, so that no answer counts twice."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Length, Now
from django.db.models.lookups import Exact

NONCE_BYTES = 16


class SpentChallenge(models.Model):
    """One challenge that a passkey answered. The unique nonce is what makes it single-use.

    It belongs to nobody: the nonce is random, and who answered is not noted. It is kept for longer than the challenge
    lives, and swept then.
    """

    nonce = models.BinaryField(max_length=NONCE_BYTES, unique=True)
    expires_at = models.DateTimeField(db_index=True, help_text="When the challenge was over.")
    spent_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Constraints."""

        constraints = (
            models.CheckConstraint(condition=Exact(Length("nonce"), NONCE_BYTES), name="spentchallenge_nonce_length"),
        )

    def __str__(self) -> str:
        """Say when it was over."""
        return f"challenge until {self.expires_at}"
