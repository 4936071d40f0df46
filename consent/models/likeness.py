"""Likenesses: the depicted identities."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class Likeness(models.Model):
    """One depicted identity, and the row that every decision about it locks.

    `epoch` counts the withdrawals that touched it. A gate that holds the row
    FOR SHARE knows that no withdrawal commits until it has finished.
    """

    class Kind(models.TextChoices):
        """Whose likeness it is."""

        PERSON = "person"
        DECEASED = "deceased"
        CHARACTER = "character"

    class State(models.TextChoices):
        """Only `active` can be granted or used."""

        ENROLLING = "enrolling"
        ACTIVE = "active"
        DISPUTED = "disputed"  # held: two parties claim authority, and neither is believed yet
        SUSPENDED = "suspended"  # as long as a suspension of the whole likeness is in force
        WITHDRAWN = "withdrawn"  # final: a new likeness is enrolled anew

    class HeirsRule(models.TextChoices):
        """How several heirs decide what widens (`consent.heirs`)."""

        ANY = "any"
        MAJORITY = "majority"
        ALL = "all"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    holder = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="likenesses")
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.ENROLLING)
    epoch = models.PositiveIntegerField(default=0)
    # the epoch since which those act who act now: a permit from before it is worth nothing
    authority_epoch = models.PositiveIntegerField(default=0)
    heirs_rule = models.CharField(max_length=8, choices=HeirsRule, default=HeirsRule.ALL)
    adult_on = models.DateField(null=True, blank=True)  # the day they turn 18; null: an adult, or nobody of flesh
    # claim.accepted or authority.transferred; null: no claim was needed, or none is accepted yet
    authority_entry = models.ForeignKey(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)  # null: not erased

    class Meta:
        """Constraints."""

        verbose_name_plural = "likenesses"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=["person", "deceased", "character"]), name="likeness_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["enrolling", "active", "disputed", "suspended", "withdrawn"]),
                name="likeness_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(heirs_rule__in=["any", "majority", "all"]), name="likeness_heirs_rule_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["enrolling", "withdrawn"])
                | models.Q(kind="person", adult_on=None)
                | models.Q(authority_entry__isnull=False),
                name="likeness_active_by_authority",
            ),
            models.CheckConstraint(
                condition=models.Q(adult_on=None) | models.Q(kind="person"), name="likeness_minor_is_a_person"
            ),
            models.CheckConstraint(
                condition=models.Q(~models.Q(name=""), erased_at=None)
                | models.Q(erased_at__isnull=False, name="", state="withdrawn", adult_on=None),
                name="likeness_blank_means_erased",
            ),
        )

    def __str__(self) -> str:
        """Return the name and the state."""
        return f"{self.name} ({self.state})"
