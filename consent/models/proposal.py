"""Proposals of acts of high impact, and what a confirmed one lets somebody see."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q


class Proposal(models.Model):
    """One act that one member of staff proposed; another confirms it, and only then does it happen.

    The reason in words is sealed in the entry. The database refuses a row whose proposer confirms it, one that is made
    decided, and any change of what was proposed and by whom (triggers in the migration).
    """

    class Decision(models.TextChoices):
        """What became of it."""

        OPEN = ""
        CONFIRMED = "confirmed"
        REFUSED = "refused"  # by a colleague, or taken back by who proposed it

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    act = models.CharField(max_length=32, help_text="A name of consent.casework.acts.")
    target = models.UUIDField()
    arguments = models.JSONField(default=dict, help_text="Codes and ids; nothing that names anybody.")
    proposed_by = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.OPEN, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)  # null: nobody decided
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    decided_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Two people, and the database's word for it too."""

        permissions = (
            ("propose_bulk", "Can propose an act upon many items at once"),
            ("confirm_bulk", "Can confirm an act upon many items at once"),
            ("propose_erasure", "Can propose to erase somebody at their request"),
            ("confirm_erasure", "Can confirm that somebody is erased at their request"),
            ("propose_key_act", "Can propose to end a key or token of somebody's"),
            ("confirm_key_act", "Can confirm that a key or token of somebody's is ended"),
            ("propose_viewing", "Can ask to see something sealed"),
            ("confirm_viewing", "Can let a colleague see something sealed"),
        )
        constraints = (
            models.CheckConstraint(
                condition=~Q(decision="confirmed") | ~Q(decided_by=F("proposed_by")), name="proposal_by_two_people"
            ),
            models.CheckConstraint(
                condition=Q(proposed_by__regex=r"^staff:[0-9]+$")
                & (Q(decided_by="") | Q(decided_by__regex=r"^staff:[0-9]+$")),
                name="proposal_by_staff",
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_by="", decided_at=None, decided_entry=None)
                | (
                    Q(decision__in=["confirmed", "refused"], decided_at__isnull=False, decided_entry__isnull=False)
                    & ~Q(decided_by="")
                ),
                name="proposal_decided_with_entry",
            ),
            models.CheckConstraint(
                condition=~Q(decision="confirmed") | Q(decided_at__lte=F("expires_at")), name="proposal_not_too_late"
            ),
        )
        indexes = (models.Index(fields=["proposed_at", "id"], condition=Q(decision=""), name="proposal_open"),)

    def __str__(self) -> str:
        """Say what is proposed."""
        return f"{self.act} {self.target} proposed by {self.proposed_by}"


class Viewing(models.Model):
    """One look at one sealed thing by the one who asked, while the proposal's quarter of an hour lasts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="viewings")
    actor = models.CharField(max_length=64)
    seen_at = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Nothing but what names it."""

    def __str__(self) -> str:
        """Say who looked."""
        return f"{self.actor} looked, by proposal {self.proposal_id}"
