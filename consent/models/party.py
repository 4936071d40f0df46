"""Parties, their signing keys and their API tokens."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Length, Now
from django.db.models.lookups import Exact, LessThanOrEqual

ERASED_HANDLE = r"^erased-[0-9a-f]{32}$"  # stands where the handle stood; nobody can register one
ERASED_KEY_ID = r"^erased-[0-9]{15}$"


class Party(models.Model):
    """A person, organisation or client app that acts. Also the `request.user` of the API."""

    class Kind(models.TextChoices):
        """What sort of actor a party is."""

        PERSON = "person"
        ORGANISATION = "organisation"
        CLIENT = "client"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    handle = models.CharField(max_length=39, unique=True, help_text="Lower-case letters, digits and hyphens.")
    name = models.CharField(max_length=120, help_text="The shown name.")
    kind = models.CharField(max_length=12, choices=Kind)
    # null: the party has no log-in to the pages, only keys and tokens
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="party"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)  # null: not erased
    # the entry subject.erased; null: not erased
    erased_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    is_authenticated = True  # what Django REST framework asks of a user
    is_anonymous = False
    is_active = True

    class Meta:
        """Constraints."""

        verbose_name_plural = "parties"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=["person", "organisation", "client"]), name="party_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(handle__regex=r"^[a-z0-9][a-z0-9-]{1,38}$"), name="party_handle_form"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    ~models.Q(name="") & ~models.Q(handle__regex=ERASED_HANDLE), erased_at=None, erased_entry=None
                )
                | models.Q(
                    erased_at__isnull=False,
                    erased_entry__isnull=False,
                    name="",
                    user=None,
                    handle__regex=ERASED_HANDLE,
                ),
                name="party_blank_means_erased",
            ),
        )

    def __str__(self) -> str:
        """Return the handle."""
        return self.handle

    @property
    def actor(self) -> str:
        """The name under which the ledger knows this party, as actor and as subject."""
        return f"party:{self.pk}"

    @property
    def is_erased(self) -> bool:
        """Whether only the row is left, because records of others point at it."""
        return self.erased_at is not None


class PartyKey(models.Model):
    """A public key whose private half the party has shown to hold."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="keys")
    key_id = models.CharField(max_length=22, unique=True)
    algorithm = models.CharField(max_length=16, default="Ed25519")  # or "WebAuthn": a passkey
    public = models.BinaryField(max_length=1024, help_text="The 32 bytes of Ed25519, or a passkey's COSE key.")
    # what the passkey counted when it last signed here; 0: it does not count, as synced passkeys and app keys do not
    counter = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)  # null: in use
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    # the entry key.revoked; null: in use
    revoked_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    erased_at = models.DateTimeField(null=True, blank=True)  # null: not erased

    class Meta:
        """Constraints."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(algorithm="Ed25519", counter=0)
                | models.Q(algorithm="WebAuthn", counter__gte=0, counter__lt=2**32),
                name="partykey_algorithm_known",
            ),
            models.CheckConstraint(
                condition=models.Q(Exact(Length("public"), 32), algorithm="Ed25519")
                | models.Q(LessThanOrEqual(Length("public"), 1024), algorithm="WebAuthn")
                | models.Q(public=b""),
                name="partykey_public_length",
            ),
            models.CheckConstraint(
                condition=models.Q(~models.Q(public=b"") & ~models.Q(key_id__regex=ERASED_KEY_ID), erased_at=None)
                | models.Q(erased_at__isnull=False, revoked_at__isnull=False, public=b"", key_id__regex=ERASED_KEY_ID),
                name="partykey_blank_means_erased",
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at=None, revoked_entry=None)
                | models.Q(revoked_at__isnull=False, revoked_entry__isnull=False),
                name="partykey_revoked_with_entry",
            ),
        )

    def __str__(self) -> str:
        """Return the key id."""
        return self.key_id
