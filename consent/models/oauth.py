"""OAuth 2: apps, their secrets, what people let them do, and the proofs of possession that were shown."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class OAuthClient(models.Model):
    """An app of a party; its id is the `client_id` (RFC 6749, section 2.2). It is confidential: it has a secret.

    `scope` is the most that its tokens may be good for.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="oauth_clients")
    name = models.CharField(max_length=80, help_text="As people read it when they are asked.")
    scope = models.CharField(max_length=600)
    redirect_uris = models.JSONField(help_text="Compared letter by letter; [] asks nobody and acts for its party.")
    dpop_required = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)  # null: in use
    removed_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints."""

        verbose_name = "OAuth client"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(removed_at=None, removed_entry=None)
                | models.Q(removed_at__isnull=False, removed_entry__isnull=False),
                name="oauthclient_removed_with_entry",
            ),
            models.CheckConstraint(condition=~models.Q(scope="") & ~models.Q(name=""), name="oauthclient_not_blank"),
        )
        indexes = (models.Index(fields=["party", "-created_at", "-id"], name="oauthclient_by_party"),)

    def __str__(self) -> str:
        """Name it."""
        return f"app {self.pk}"


class ClientSecret(models.Model):
    """The SHA-256 of an app's secret, 256 random bits. At most two are good at a time: that is the rotation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(OAuthClient, on_delete=models.PROTECT, related_name="secrets")
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)  # null: good
    ended_entry = models.ForeignKey("ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_entry=None)
                | models.Q(ended_at__isnull=False, ended_entry__isnull=False),
                name="clientsecret_ended_with_entry",
            ),
        )

    def __str__(self) -> str:
        """Name it, and of the secret nothing."""
        return f"secret {self.pk}"


class Authorisation(models.Model):
    """What a party let an app do, and until when. It begins as a code, which the app exchanges once.

    Its refresh token lives as long as it does: it is of use only together with the app's secret (RFC 6749, section 6).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(OAuthClient, on_delete=models.PROTECT, related_name="authorisations")
    party = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="authorisations")
    scope = models.CharField(max_length=600)
    redirect_uri = models.CharField(max_length=500)
    code_digest = models.BinaryField(max_length=32, unique=True)
    code_challenge = models.CharField(max_length=43, help_text="S256 (RFC 7636).")
    code_until = models.DateTimeField()
    code_used_at = models.DateTimeField(null=True, blank=True)  # null: not exchanged
    refresh_digest = models.BinaryField(max_length=32, unique=True, null=True, blank=True)  # null: not exchanged
    jkt = models.CharField(max_length=43, blank=True)  # the key that its tokens are bound to; "": none
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # null: nobody ended it
    ended_entry = models.ForeignKey("ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_entry=None)
                | models.Q(ended_at__isnull=False, ended_entry__isnull=False),
                name="authorisation_ended_with_entry",
            ),
            models.CheckConstraint(
                condition=models.Q(code_used_at=None, refresh_digest=None)
                | models.Q(code_used_at__isnull=False, refresh_digest__isnull=False),
                name="authorisation_refreshed_once_used",
            ),
            models.CheckConstraint(condition=~models.Q(scope=""), name="authorisation_scope_not_empty"),
        )
        indexes = (models.Index(fields=["party", "-created_at", "-id"], name="authorisation_by_party"),)

    def __str__(self) -> str:
        """Name it."""
        return f"authorisation {self.pk}"


class DpopProof(models.Model):
    """A proof of possession that was shown: shown again, it is refused (RFC 9449, section 11.1).

    `digest` is SHA-256 over key and `jti`. Rows go once the proof is too old to be taken anyway.
    """

    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        """Say when it is forgotten."""
        return f"proof until {self.expires_at}"
