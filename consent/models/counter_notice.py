"""The other side's word: counter-notices, and appeals by either."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class CounterNotice(models.Model):
    """The uploader's sworn answer to a case. What was written is sealed under the party's own subject.

    `restore_at`: from then on the video is due back unless a suit was recorded; null: the regime knows no such date,
    and the remedy is the appeal, or nothing was taken down.
    """

    class Ground(models.TextChoices):
        """What the uploader says."""

        NOT_A_REPLICA = "not-a-replica"  # it shows somebody else, or nobody
        AUTHORISED = "authorised"
        EXCLUDED = "excluded"  # news, commentary, parody and the like; explained
        MISTAKEN = "mistaken"  # another video was meant

    class Outcome(models.TextChoices):
        """What people made of it."""

        ACCEPTED = "accepted"  # two of the staff: the video comes back, at its date
        REJECTED = "rejected"  # it is no counter-notice, or plainly untrue; the appeal is open

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=16, unique=True)
    case = models.ForeignKey("consent.Case", on_delete=models.PROTECT, related_name="counter_notices")
    party = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="counter_notices")
    ground = models.CharField(max_length=16, choices=Ground)
    regime = models.CharField(max_length=24, blank=True, help_text="Whose rule gave `restore_at`.")
    document = models.OneToOneField("ledger.Sealed", on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField(db_default=Now(), editable=False)
    restore_at = models.DateTimeField(null=True, blank=True)
    restore_by = models.DateTimeField(null=True, blank=True)  # the last day of the same rule; null: it names none
    suit_at = models.DateTimeField(null=True, blank=True)  # null: nobody showed that a court was asked
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # null: it stands
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)  # "": nobody decided about it
    outcome_by = models.CharField(max_length=64, blank=True)
    outcome_at = models.DateTimeField(null=True, blank=True)  # null: with the above
    outcome_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    suit_entry = models.OneToOneField("ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """One that stands, of each party in each case."""

        constraints = (
            models.CheckConstraint(
                condition=Q(ground__in=["not-a-replica", "authorised", "excluded", "mistaken"]),
                name="counternotice_ground_known",
            ),
            models.CheckConstraint(
                condition=Q(suit_at=None, suit_entry=None) | Q(suit_at__isnull=False, suit_entry__isnull=False),
                name="counternotice_suit_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_entry=None)
                | Q(withdrawn_at__isnull=False, withdrawn_entry__isnull=False),
                name="counternotice_withdrawn_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", outcome_by="", outcome_at=None, outcome_entry=None)
                | (
                    Q(outcome__in=["accepted", "rejected"], outcome_at__isnull=False, outcome_entry__isnull=False)
                    & Q(outcome_by__startswith="staff:")
                ),
                name="counternotice_outcome_with_entry",
            ),
            models.UniqueConstraint(
                fields=["case", "party"], condition=Q(withdrawn_at=None), name="counternotice_once_a_case"
            ),
        )
        indexes = (
            models.Index(
                fields=["restore_at", "id"],
                condition=Q(withdrawn_at=None, suit_at=None, restore_at__isnull=False),
                name="counternotice_by_restoration",
            ),
        )

    def __str__(self) -> str:
        """Say the number."""
        return f"counter-notice {self.number}"


class Appeal(models.Model):
    """One side's wish that somebody who did not decide before looks again at a ruling.

    `decided_before` holds the actors of everybody who had a word in the rulings of the case so far: none of them
    decides this one. By a notifier (`notice`) or by an uploader (`party`). `text` is sealed under the appellant.
    """

    class State(models.TextChoices):
        """Where it stands."""

        PENDING = "pending"
        UPHELD = "upheld"  # the ruling stands
        OVERTURNED = "overturned"
        SUPERSEDED = "superseded"  # another ruling made it pointless
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"  # the ruling came to its own end before anybody decided

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=16, unique=True)
    case = models.ForeignKey("consent.Case", on_delete=models.PROTECT, related_name="appeals")
    ruling = models.ForeignKey("consent.Ruling", on_delete=models.PROTECT, related_name="appeals")
    notice = models.ForeignKey(
        "consent.Notice", null=True, blank=True, on_delete=models.PROTECT, related_name="appeals"
    )
    party = models.ForeignKey("consent.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="appeals")
    text = models.OneToOneField("ledger.Sealed", on_delete=models.PROTECT, related_name="+")
    decided_before = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    filed_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField()
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)  # null: pending
    # the ruling that it led to; null: none, the one before stands
    result = models.OneToOneField(
        "consent.Ruling", null=True, blank=True, on_delete=models.PROTECT, related_name="came_of"
    )
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    decided_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """By one side, once about each ruling; and the queue."""

        permissions = (("decide_appeal", "Can decide appeals about takedown cases"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(notice__isnull=False, party=None) | Q(notice=None, party__isnull=False),
                name="appeal_by_one_side",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", decided_at=None, decided_by="", decided_entry=None, result=None)
                | (
                    Q(
                        state__in=["upheld", "overturned", "superseded", "withdrawn", "expired"],
                        decided_at__isnull=False,
                        decided_entry__isnull=False,
                    )
                    & ~Q(decided_by="")
                ),
                name="appeal_state_with_entry",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["upheld", "overturned"]) | Q(decided_by__startswith="staff:"),
                name="appeal_decided_by_a_person",
            ),
            models.UniqueConstraint(
                fields=["ruling", "notice", "party"], nulls_distinct=False, name="appeal_once_a_ruling"
            ),
        )
        indexes = (models.Index(fields=["due_at", "id"], condition=Q(state="pending"), name="appeal_queue"),)

    def __str__(self) -> str:
        """Say number and state."""
        return f"appeal {self.number} ({self.state})"
