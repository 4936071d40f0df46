"""Offers of a licence, and licences: what is owed for uses that a grant permits."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Length, Now
from django.db.models.lookups import LessThanOrEqual


class LicenceOffer(models.Model):
    """Terms at a rate, offered to one party or to anybody. Past `expires_at` an open offer is expired."""

    class State(models.TextChoices):
        """Where an offer is. That it has expired is a matter of the clock, and of no row."""

        OPEN = "open"
        ACCEPTED = "accepted"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grant = models.ForeignKey("consent.Grant", on_delete=models.PROTECT, related_name="licence_offers")
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="licence_offers")
    licensor = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="offers_made")
    # null: offered to anybody
    licensee = models.ForeignKey(
        "consent.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="offers_received"
    )
    terms = models.JSONField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    # the entry licence.withdrawn; null: it was not taken back
    withdrawn_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    erased_at = models.DateTimeField(null=True, blank=True)  # null: not erased

    class Meta:
        """Constraints, and the two ways offers are listed."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "accepted"], withdrawn_entry=None)
                | models.Q(state="withdrawn", withdrawn_entry__isnull=False),
                name="licenceoffer_withdrawn_with_entry",
            ),
            models.CheckConstraint(
                condition=models.Q(~models.Q(terms={}), erased_at=None) | models.Q(erased_at__isnull=False, terms={}),
                name="licenceoffer_blank_means_erased",
            ),
        )
        indexes = (
            models.Index(fields=["licensor", "-created_at", "-id"], name="offers_by_licensor"),
            models.Index(fields=["licensee", "-created_at", "-id"], name="offers_to_licensee"),
        )

    def __str__(self) -> str:
        """Name offer and state."""
        return f"offer {self.pk} ({self.state})"


class Licence(models.Model):
    """An agreement: an offer that its licensee accepted by signature. Appended; only its end is written later.

    It ends by itself at `not_after`, and stands for nothing once its grant has ended.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    offer = models.OneToOneField(LicenceOffer, on_delete=models.PROTECT, related_name="licence")
    grant = models.ForeignKey("consent.Grant", on_delete=models.PROTECT, related_name="licences")
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="licences")
    licensor = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="licences_given")
    licensee = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="licences_held")
    document = models.JSONField()
    signature = models.BinaryField(max_length=512, help_text="64 bytes of Ed25519, or a passkey's own.")
    key = models.ForeignKey("consent.PartyKey", on_delete=models.PROTECT, related_name="licences")
    exclusive = models.BooleanField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    agreed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # null: neither party has ended it
    ended_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)  # null: not erased

    class Meta:
        """Constraints, and the ways licences are looked up."""

        constraints = (
            models.CheckConstraint(condition=models.Q(not_after__gt=models.F("not_before")), name="licence_has_a_term"),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_entry=None)
                | models.Q(ended_at__isnull=False, ended_entry__isnull=False),
                name="licence_ended_with_entry",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("signature"), 512), name="licence_signature_length"
            ),
            models.CheckConstraint(
                condition=models.Q(~models.Q(document={}) & ~models.Q(signature=b""), erased_at=None)
                | models.Q(erased_at__isnull=False, document={}, signature=b""),
                name="licence_blank_means_erased",
            ),
        )
        indexes = (
            models.Index(fields=["licensor", "-agreed_at", "-id"], name="licences_by_licensor"),
            models.Index(fields=["licensee", "-agreed_at", "-id"], name="licences_by_licensee"),
            models.Index(fields=["likeness"], condition=models.Q(ended_at=None), name="licences_live"),
        )

    def __str__(self) -> str:
        """Name licence and likeness."""
        return f"licence {self.pk} of {self.likeness_id}"
