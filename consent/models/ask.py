"""Consent requests: an app asks for a grant. And the doors that people close to them."""

from __future__ import annotations

import uuid

from django.db import models


class Ask(models.Model):
    """One request for a grant. What it says is sealed; `state` is what the app may know, and nothing else.

    A no that its app is not told of leaves `state` open until the time is over. A request that reaches nobody is a row
    like any other.
    """

    class State(models.TextChoices):
        """One to begin with, four that end it."""

        OPEN = "open"
        WITHDRAWN = "withdrawn"  # by the app
        DECLINED = "declined"  # and the app was told
        GRANTED = "granted"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="asks")
    # null: nobody has looked yet whom it names, or it names nobody
    likeness = models.ForeignKey(
        "consent.Likeness", null=True, blank=True, on_delete=models.PROTECT, related_name="asks"
    )
    # whom it names, terms, reason and address to return to; null: forgotten some time after its end, or erased
    letter = models.OneToOneField("ledger.Sealed", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # SHA-256 over app, name and terms, by which the same request is known while it is open; null afterwards
    same = models.BinaryField(max_length=32, null=True, blank=True, unique=True)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True, blank=True)  # null: nobody has looked yet whom it names
    reached = models.BooleanField(default=False, help_text="Whether whoever decides sees it.")
    ended_at = models.DateTimeField(null=True, blank=True)  # null: open
    declined_at = models.DateTimeField(null=True, blank=True)  # null: nobody said no
    grant = models.ForeignKey(
        "consent.Grant", null=True, blank=True, on_delete=models.PROTECT, related_name="asks"
    )  # null: not granted
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    ended_entry = models.ForeignKey("ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # several have one where a door was closed upon them; null: nobody said no
    declined_entry = models.ForeignKey(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Constraints, and the ways requests are looked up."""

        constraints = (
            models.CheckConstraint(condition=models.Q(expires_at__gt=models.F("asked_at")), name="ask_has_time"),
            models.CheckConstraint(
                condition=models.Q(state="open", ended_at=None, ended_entry=None)
                | models.Q(
                    state__in=["withdrawn", "declined", "granted", "expired"],
                    same=None,
                    ended_at__isnull=False,
                    ended_entry__isnull=False,
                ),
                name="ask_ended_with_entry",
            ),
            models.CheckConstraint(
                condition=models.Q(declined_at=None, declined_entry=None)
                | models.Q(reached=True, declined_at__isnull=False, declined_entry__isnull=False),
                name="ask_declined_with_entry",
            ),
            models.CheckConstraint(
                condition=models.Q(state="granted", grant__isnull=False)
                | models.Q(~models.Q(state="granted"), grant=None),
                name="ask_granted_with_grant",
            ),
            models.CheckConstraint(
                condition=models.Q(reached=False) | models.Q(likeness__isnull=False, looked_at__isnull=False),
                name="ask_reached_somebody",
            ),
        )
        indexes = (
            models.Index(fields=["client", "-asked_at", "-id"], name="asks_by_client"),
            models.Index(
                fields=["likeness", "-asked_at", "-id"], condition=models.Q(reached=True), name="asks_of_whom"
            ),
            models.Index(fields=["asked_at"], condition=models.Q(looked_at=None, state="open"), name="asks_unread"),
            models.Index(fields=["expires_at"], condition=models.Q(state="open"), name="asks_due"),
            models.Index(fields=["ended_at"], condition=models.Q(letter__isnull=False), name="asks_to_forget"),
        )

    def __str__(self) -> str:
        """Name it and its state."""
        return f"ask {self.pk} ({self.state})"


class AskRefusal(models.Model):
    """A door that is closed to requests about one likeness: of one app, or of everybody (`client` null)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="ask_refusals")
    client = models.ForeignKey(
        "consent.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # null: nobody may ask
    created_at = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)  # null: in force
    lifted_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Each door is closed once at a time."""

        constraints = (
            models.UniqueConstraint(
                fields=["likeness", "client"],
                condition=models.Q(lifted_at=None),
                nulls_distinct=False,
                name="askrefusal_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(lifted_at=None, lifted_entry=None)
                | models.Q(lifted_at__isnull=False, lifted_entry__isnull=False),
                name="askrefusal_lifted_with_entry",
            ),
        )

    def __str__(self) -> str:
        """Name both."""
        return f"{self.client_id or 'nobody'} may not ask about {self.likeness_id}"
