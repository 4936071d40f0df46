"""Blocks: an order that a video must not be shown."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q


class Block(models.Model):
    """One order about one video, known here by its id alone: what videos there are is recorded further right.

    In force until `until` or until it is lifted, whichever is first, by the database's clock; there is no block without
    an end, only another one after it. `case` is an opaque reference to where the story is told, and names nobody.
    Where an appeal is open, or was decided, is for the case to say: here a block only stands, or was lifted.
    """

    class Scope(models.TextChoices):
        """What must not be shown."""

        VIDEO = "video"  # this video alone
        FAMILY = "family"  # and everything that was made from it

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    video = models.UUIDField()
    case = models.CharField(max_length=64)
    reason = models.CharField(max_length=32, help_text="A code of consent.revocation_reasons.")
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.FAMILY)
    stay_down = models.BooleanField(default=False, help_text="Its fingerprints refuse copies.")
    until = models.DateTimeField()
    placed_by = models.CharField(max_length=64)
    # taken inside the transaction, so it is earlier than the commit by however long that took
    accepted_at = models.DateTimeField()
    effective_at = models.DateTimeField(null=True, blank=True)  # null: some lease may still be running
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    drained_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # who of the staff proposed to confirm what no member of staff placed; "": nobody, or one of them placed it
    confirm_proposed_by = models.CharField(max_length=64, blank=True)
    confirm_proposed_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)  # null: provisional, nobody or one person has looked
    confirmed_by = models.CharField(max_length=64, blank=True)
    confirmed_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lift_proposed_by = models.CharField(max_length=64, blank=True)  # "": nobody proposed to lift it
    lift_proposed_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)  # null: nobody lifted it
    lifted_by = models.CharField(max_length=64, blank=True)
    lifted_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Two people, and the database's word for it too; the first index answers the gates."""

        permissions = (
            ("place_block", "Can place a provisional block on a video"),
            ("decide_block", "Can confirm a block, propose to lift one, and lift one"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(until__gt=F("accepted_at")), name="block_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(scope__in=["video", "family"]), name="block_scope_known"),
            models.CheckConstraint(
                condition=Q(effective_at=None, drained_entry=None)
                | Q(effective_at__isnull=False, drained_entry__isnull=False),
                name="block_effective_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by="", confirmed_entry=None)
                | (Q(confirmed_at__isnull=False, confirmed_entry__isnull=False) & ~Q(confirmed_by="")),
                name="block_confirmed_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(confirm_proposed_by="", confirm_proposed_entry=None)
                | (~Q(confirm_proposed_by="") & Q(confirm_proposed_entry__isnull=False)),
                name="block_confirm_proposed_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(lift_proposed_by="", lift_proposed_entry=None)
                | (~Q(lift_proposed_by="") & Q(lift_proposed_entry__isnull=False)),
                name="block_lift_proposed_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by="", lifted_entry=None)
                | (Q(lifted_at__isnull=False, lifted_entry__isnull=False) & ~Q(lifted_by="")),
                name="block_lifted_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None)
                | (Q(placed_by__startswith="staff:") & ~Q(confirmed_by=F("placed_by")))
                | (~Q(confirm_proposed_by="") & ~Q(confirmed_by=F("confirm_proposed_by"))),
                name="block_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None)
                | (Q(confirmed_at=None, placed_by__startswith="staff:") & ~Q(lifted_by=F("placed_by")))
                | (~Q(lift_proposed_by="") & ~Q(lifted_by=F("lift_proposed_by"))),
                name="block_lifted_by_two",
            ),
        )
        indexes = (
            models.Index(fields=["video"], condition=Q(lifted_at=None), name="block_in_force"),
            models.Index(fields=["accepted_at"], condition=Q(effective_at=None), name="block_undrained"),
            models.Index(fields=["-accepted_at", "-id"], name="block_by_time"),
        )

    def __str__(self) -> str:
        """Name what must not be shown."""
        return f"block {self.pk} of video {self.video}"

    @property
    def provisional(self) -> bool:
        """Whether no two of the staff stand behind it so far."""
        return self.confirmed_at is None
