"""Double-entry postings: what clients owe for uses, and to whom. Rows are only ever added.

Amounts are signed: a debit is positive, a credit negative, so that a posting set sums to zero in each currency. The
database refuses, at the commit, a set that does not, and every change of a row.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class PostingSet(models.Model):
    """One movement: a use that accrued under one grant, or what later became of that accrual.

    permit, grant: for which use, and by which of the grants that it rests on
    basis, period: what was counted, and which batch of it; a permit accrues once for each
    accrual:       the set whose amounts this one moves; null: this is an accrual
    number:        0 for an accrual, then 1, 2 … for what became of it
    """

    class Kind(models.TextChoices):
        """What happened."""

        ACCRUED = "accrued"
        HELD = "held"
        RELEASED = "released"
        REVERSED = "reversed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    permit = models.ForeignKey("consent.Permit", on_delete=models.PROTECT, related_name="posting_sets")
    grant = models.ForeignKey("consent.Grant", on_delete=models.PROTECT, related_name="posting_sets")
    # null: at the grant's own rate
    licence = models.ForeignKey(
        "consent.Licence", null=True, blank=True, on_delete=models.PROTECT, related_name="posting_sets"
    )
    basis = models.CharField(max_length=6)
    period = models.CharField(max_length=64, blank=True)  # "": a use or its seconds, which accrue once
    units = models.PositiveBigIntegerField()
    rate = models.DecimalField(max_digits=15, decimal_places=6)
    currency = models.CharField(max_length=3)
    because = models.CharField(max_length=20, blank=True)  # "": an accrual needs no reason
    accrual = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="sequel")
    number = models.PositiveIntegerField(default=0)
    size = models.PositiveSmallIntegerField(help_text="How many lines it has: none is added later.")
    at = models.DateTimeField(help_text="In whose period it counts.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints: no accrual twice, and no two sequels in one place."""

        constraints = (
            models.UniqueConstraint(
                fields=["permit", "grant", "period"],
                condition=models.Q(accrual=None),
                name="posting_accrues_once",
            ),
            models.UniqueConstraint(fields=["accrual", "number"], name="posting_sequel_once"),
            models.CheckConstraint(
                condition=models.Q(kind="accrued", accrual=None, number=0, because="")
                | models.Q(
                    ~models.Q(because=""),
                    kind__in=["held", "released", "reversed"],
                    accrual__isnull=False,
                    number__gt=0,
                ),
                name="posting_accrual_or_sequel",
            ),
            models.CheckConstraint(
                condition=models.Q(basis="view") & ~models.Q(period="")
                | models.Q(basis__in=["second", "use"], period=""),
                name="posting_basis_known",
            ),
        )

    def __str__(self) -> str:
        """Say what it is."""
        return f"{self.kind} {self.pk}"


class Posting(models.Model):
    """One line of a set: so much on this account of this party. `part`: the share it was split by; null: none."""

    class Account(models.TextChoices):
        """Receivable and reversed are a client's, and sum to what it owes; payable and hold are a payee's."""

        RECEIVABLE = "receivable"
        REVERSED = "reversed"
        PAYABLE = "payable"
        HOLD = "hold"

    posting_set = models.ForeignKey(PostingSet, on_delete=models.PROTECT, related_name="lines")
    account = models.CharField(max_length=10, choices=Account)
    party = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="postings")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    part = models.DecimalField(max_digits=7, decimal_places=6, null=True, blank=True)

    class Meta:
        """Constraints."""

        constraints = (
            models.UniqueConstraint(fields=["posting_set", "account", "party"], name="posting_line_once"),
            models.CheckConstraint(
                condition=models.Q(account__in=["receivable", "reversed", "payable", "hold"]),
                name="posting_account_known",
            ),
        )
        indexes = (models.Index(fields=["party", "currency", "posting_set"], name="postings_by_party"),)

    def __str__(self) -> str:
        """Say where, and of whom nothing."""
        return f"{self.account} in {self.posting_set_id}"
