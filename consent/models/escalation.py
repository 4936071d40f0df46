"""Escalations, snoozes and scheduled acts: work that waits for somebody else, or for a later hour."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class Escalation(models.Model):
    """One item handed to whoever has a role, or works a queue; until it is settled its own does not hand it out."""

    class Reason(models.TextChoices):
        """Why. What else there is to say goes into a note."""

        CHILD_SAFETY = "child-safety"
        THREAT_TO_LIFE = "threat-to-life"
        LAW = "law"
        POLICY = "policy-unclear"
        SENIOR = "senior-look"
        LANGUAGE = "language"
        PRESS = "press"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    queue = models.CharField(max_length=40)
    item = models.UUIDField()
    to_role = models.CharField(max_length=32, blank=True)  # "": to whoever works `to_queue`
    to_queue = models.CharField(max_length=40, blank=True)  # "": to whoever has `to_role`
    reason = models.CharField(max_length=20, choices=Reason)
    risk = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField(null=True, blank=True)  # as the item's was then; null: no clock
    actor = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)  # null: open
    settled_by = models.CharField(max_length=64, blank=True)
    settled_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """One open escalation of an item, to one address."""

        verbose_name = "escalation"
        constraints = (
            models.UniqueConstraint(
                fields=["queue", "item"], condition=Q(settled_at=None), name="escalation_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=(Q(to_role="") & ~Q(to_queue="")) | (~Q(to_role="") & Q(to_queue="")),
                name="escalation_to_one_address",
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by="", settled_entry=None)
                | (Q(settled_at__isnull=False, settled_entry__isnull=False) & ~Q(settled_by="")),
                name="escalation_settled_with_entry",
            ),
        )
        indexes = (models.Index(fields=["made_at"], name="escalation_by_time"),)

    def __str__(self) -> str:
        """Say what goes where."""
        return f"{self.queue} {self.item} to {self.to_role or self.to_queue}"


class Snooze(models.Model):
    """One item that is not handed out before `until`. Its clock runs on: a law's clock knows no sleep."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    queue = models.CharField(max_length=40)
    item = models.UUIDField()
    until = models.DateTimeField()
    actor = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    woken_at = models.DateTimeField(null=True, blank=True)  # null: nobody woke it; over after `until` all the same
    woken_by = models.CharField(max_length=64, blank=True)
    woken_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Constraints, and the look-up of the hand-out."""

        constraints = (
            models.CheckConstraint(condition=Q(until__gt=models.F("made_at")), name="snooze_ends_later"),
            models.CheckConstraint(
                condition=Q(woken_at=None, woken_by="", woken_entry=None)
                | (Q(woken_at__isnull=False, woken_entry__isnull=False) & ~Q(woken_by="")),
                name="snooze_woken_with_entry",
            ),
        )
        indexes = (models.Index(fields=["queue", "item", "until"], condition=Q(woken_at=None), name="snooze_running"),)

    def __str__(self) -> str:
        """Say until when."""
        return f"{self.queue} {self.item} until {self.until}"


class ScheduledAct(models.Model):
    """One verb with its arguments, to be carried out at `due_at` under the name of who scheduled it."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting"
        DONE = "done"
        REFUSED = "refused"  # the permission had gone, or the verb said no: `problem` says which
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    verb = models.CharField(max_length=40)
    item = models.UUIDField()
    arguments = models.JSONField(default=dict, help_text="Codes and ids; nothing that names anybody.")
    due_at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=64, blank=True, help_text="The code of the refusal.")
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)  # null: it waits
    ended_by = models.CharField(max_length=64, blank=True)
    ended_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Constraints, and what beat looks up."""

        constraints = (
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at=None, ended_by="", ended_entry=None, problem="")
                | (
                    Q(state__in=["done", "refused", "cancelled"], ended_at__isnull=False, ended_entry__isnull=False)
                    & ~Q(ended_by="")
                ),
                name="scheduledact_ended_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(state="refused") & ~Q(problem="") | ~Q(state="refused") & Q(problem=""),
                name="scheduledact_refused_with_problem",
            ),
        )
        indexes = (models.Index(fields=["due_at"], condition=Q(state="waiting"), name="scheduledact_due"),)

    def __str__(self) -> str:
        """Say what and when."""
        return f"{self.verb} {self.item} at {self.due_at}"
