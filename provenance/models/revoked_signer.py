"""Certificates of ours whose signatures count no longer."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class RevokedSigner(models.Model):
    """One leaf certificate that a member of staff wants revoked; revoked once another one has agreed.

    What it signed from `since` on proves nothing, and neither does what bears no trusted time.
    """

    serial = models.CharField(max_length=49, unique=True)  # decimal, as C2PA readers report it; RFC 5280: 20 octets
    since = models.DateTimeField()
    proposed_by = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    approved_by = models.CharField(max_length=64, blank=True)  # "": nobody has agreed yet
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")  # `stamp.signer_suspected`
    # `stamp.signer_revoked`; None: not yet
    revoked_entry = models.OneToOneField("ledger.Entry", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        permissions: ClassVar = [("revoke_signer", "Can revoke a certificate that videos are signed under")]
        constraints: ClassVar = [
            models.CheckConstraint(name="signer_serial_is_decimal", condition=Q(serial__regex="^[1-9][0-9]*$")),
            models.CheckConstraint(
                name="two_revoke_a_signer",
                condition=Q(approved_by="", revoked_entry=None)
                | ~Q(approved_by="") & Q(revoked_entry__isnull=False) & ~Q(approved_by=F("proposed_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"signer {self.serial} ({'revoked' if self.approved_by else 'suspected'})"
