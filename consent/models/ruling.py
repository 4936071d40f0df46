"""Rulings: what was decided about a case, by whom, and what was decided again."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from consent.models.block import Block


class Ruling(models.Model):
    """One decision. Nothing is edited: a reversal is another ruling that names the one it reverses.

    One member of staff proposes, another confirms where the action needs two; in force from `in_force_at`. `facts` are
    sealed under the case. `version` is that of the case which the person who proposed had before them.
    """

    class Action(models.TextChoices):
        """What happens."""

        REFUSE = "refuse"  # nothing is taken down: a provisional block is lifted
        REMOVE = "remove"
        DISABLE = "disable"  # in `territory` alone
        LABEL = "label"
        DEMONETISE = "demonetise"
        BLOCK_FUTURE = "block_future"  # removed, and copies are refused
        RESTORE = "restore"

    class State(models.TextChoices):
        """Where it stands."""

        PROPOSED = "proposed"
        IN_FORCE = "in_force"
        DECLINED = "declined"  # the second person said no
        REVERSED = "reversed"  # by a later ruling

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("consent.Case", on_delete=models.PROTECT, related_name="rulings")
    action = models.CharField(max_length=16, choices=Action)
    policy = models.CharField(max_length=48, help_text="A code of the published policies.")
    reason = models.CharField(max_length=48, help_text="A code of the policy's reasons.")
    facts = models.OneToOneField("ledger.Sealed", on_delete=models.PROTECT, related_name="+")
    # of the same case: the notice that is found abusive; null: the decision is about no single one
    notice = models.ForeignKey(
        "consent.Notice", null=True, blank=True, on_delete=models.PROTECT, related_name="rulings"
    )
    scope = models.CharField(max_length=8, choices=Block.Scope, default=Block.Scope.VIDEO)
    stay_down = models.BooleanField(default=False, help_text="Copies are refused.")
    territory = models.JSONField(null=True, blank=True)  # ISO 3166-1 codes; null: everywhere
    ends_at = models.DateTimeField(null=True, blank=True)  # null: no end was set
    applies_at = models.DateTimeField(null=True, blank=True)  # null: as soon as it is in force
    applied_at = models.DateTimeField(null=True, blank=True)  # null: what it orders is not done yet
    needs_two = models.BooleanField(default=True, help_text="Whether it is in force only if a second person confirms.")
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    version = models.PositiveIntegerField()
    reverses = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversals"
    )  # null: the first word on the case
    proposed_by = models.CharField(max_length=64)
    proposed_at = models.DateTimeField(db_default=Now(), editable=False)
    confirmed_by = models.CharField(max_length=64, blank=True)  # "": nobody yet, or one person was enough
    in_force_at = models.DateTimeField(null=True, blank=True)  # null: it never was
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    # of the second person's word; null: there was none
    settled_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Two people where two confirmed, and the database's word for it."""

        permissions = (
            ("propose_ruling", "Can decide takedown cases, or propose what needs two people"),
            ("confirm_ruling", "Can confirm or decline what a colleague proposed about a takedown case"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    action__in=["refuse", "remove", "disable", "label", "demonetise", "block_future", "restore"]
                ),
                name="ruling_action_known",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", in_force_at=None, confirmed_by="", settled_entry=None)
                | (Q(state="declined", in_force_at=None, settled_entry__isnull=False) & ~Q(confirmed_by=""))
                | (
                    Q(state__in=["in_force", "reversed"], in_force_at__isnull=False)
                    & (Q(confirmed_by="", settled_entry=None) | (~Q(confirmed_by="") & Q(settled_entry__isnull=False)))
                ),
                name="ruling_state_with_entry",
            ),
            models.CheckConstraint(condition=~Q(confirmed_by=F("proposed_by")), name="ruling_confirmed_by_another"),
            models.CheckConstraint(condition=~Q(reverses=F("id")), name="ruling_reverses_another"),
            models.CheckConstraint(
                condition=Q(needs_two=False) | ~Q(state__in=["in_force", "reversed"]) | ~Q(confirmed_by=""),
                name="ruling_in_force_by_two",
            ),
            models.CheckConstraint(
                condition=Q(needs_two=True, proposed_by__startswith="staff:")
                | Q(action__in=["refuse", "label"], reverses=None, proposed_by__startswith="staff:"),
                name="ruling_two_where_needed",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by="") | Q(confirmed_by__startswith="staff:"), name="ruling_confirmed_by_staff"
            ),
            models.CheckConstraint(condition=Q(scope__in=["video", "family"]), name="ruling_scope_known"),
            models.CheckConstraint(
                condition=Q(applied_at=None) | Q(state__in=["in_force", "reversed"]), name="ruling_applied_in_force"
            ),
            models.CheckConstraint(
                condition=~Q(action="disable") | Q(ends_at__isnull=False), name="ruling_disabled_with_end"
            ),
            models.UniqueConstraint(fields=["case"], condition=Q(state="proposed"), name="ruling_proposed_once"),
            models.UniqueConstraint(fields=["reverses"], condition=~Q(state="declined"), name="ruling_reversed_once"),
        )
        indexes = (
            models.Index(fields=["case", "-proposed_at", "-id"], name="ruling_by_case"),
            models.Index(
                fields=["applies_at", "id"], condition=Q(state="in_force", applied_at=None), name="ruling_to_apply"
            ),
        )

    def __str__(self) -> str:
        """Say what was decided."""
        return f"{self.action} ({self.state})"


class Strike(models.Model):
    """One proven abuse, by who notifies or by who uploads. It ends after a year, and can be reversed.

    `address` is a keyed hash of the e-mail address of somebody without an account; empty: the party is known. A keyed
    hash can be computed by us alone; the row is deleted a year after it ended.
    """

    class Side(models.TextChoices):
        """Of whom."""

        NOTIFIER = "notifier"
        UPLOADER = "uploader"

    class Reason(models.TextChoices):
        """For what."""

        FALSE_STATEMENT = "false-statement"
        NOT_ENTITLED = "not-entitled"  # signed for somebody else without authority
        REPEATED_UNFOUNDED = "repeated-unfounded"
        REPEATED_VIOLATION = "repeated-violation"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    side = models.CharField(max_length=8, choices=Side)
    case = models.ForeignKey("consent.Case", on_delete=models.PROTECT, related_name="strikes")
    party = models.ForeignKey("consent.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="strikes")
    address = models.BinaryField(max_length=32, blank=True)
    reason = models.CharField(max_length=24, choices=Reason)
    given_by = models.CharField(max_length=64)
    given_at = models.DateTimeField(db_default=Now(), editable=False)
    ends_at = models.DateTimeField()
    reversed_by = models.CharField(max_length=64, blank=True)
    reversed_at = models.DateTimeField(null=True, blank=True)  # null: it counts until it ends
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    reversed_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Against exactly one, once for a case."""

        permissions = (("give_strike", "Can count proven abuse against who notifies or uploads, and take it back"),)
        constraints = (
            models.CheckConstraint(condition=Q(side__in=["notifier", "uploader"]), name="strike_side_known"),
            models.CheckConstraint(
                condition=Q(party__isnull=False, address=b"") | (Q(party=None) & ~Q(address=b"")),
                name="strike_against_one",
            ),
            models.CheckConstraint(
                condition=Q(reversed_at=None, reversed_by="", reversed_entry=None)
                | (Q(reversed_at__isnull=False, reversed_entry__isnull=False) & ~Q(reversed_by="")),
                name="strike_reversed_with_entry",
            ),
            models.UniqueConstraint(
                fields=["case", "side", "party", "address"],
                condition=Q(reversed_at=None),
                nulls_distinct=False,
                name="strike_once_a_case",
            ),
        )
        indexes = (
            models.Index(fields=["party", "ends_at"], condition=Q(reversed_at=None), name="strike_by_party"),
            models.Index(fields=["address", "ends_at"], condition=Q(reversed_at=None), name="strike_by_address"),
        )

    def __str__(self) -> str:
        """Say of which side."""
        return f"strike {self.pk} ({self.side})"
