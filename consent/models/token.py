"""Tokens: what a program shows in place of its party."""

from __future__ import annotations

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now


class ApiToken(models.Model):
    """The SHA-256 of a token. The token itself is shown once and stored nowhere.

    A plain hash suffices because a token is 256 random bits: there is nothing to guess. `entry` is that of the act
    under which it was given: its own, or that of the app or the authorisation that gives short ones by the hour.
    """

    party = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="tokens")
    public_id = models.UUIDField(unique=True, db_default=RandomUUID(), editable=False)
    digest = models.BinaryField(max_length=32, unique=True)
    name = models.CharField(max_length=80, blank=True, help_text="By which its party knows it. Empty: of sign-up.")
    # scopes separated by spaces (RFC 6749, section 3.3); null: all that the party may do
    scope = models.CharField(max_length=600, null=True, blank=True)  # noqa: DJ001 - empty would be nothing, null is all
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)  # null: it does not end by itself
    last_used_at = models.DateTimeField(null=True, blank=True)  # to the hour; null: never used
    # an app's token by the hour; null: made by hand
    client = models.ForeignKey(
        "consent.OAuthClient", null=True, blank=True, on_delete=models.PROTECT, related_name="tokens"
    )
    # what somebody let that app do; null: the app acts for its own party
    authorisation = models.ForeignKey(
        "consent.Authorisation", null=True, blank=True, on_delete=models.PROTECT, related_name="tokens"
    )
    # SHA-256 of the key that has to sign each request (RFC 9449, section 6; RFC 7638), base64url; "": a bearer token
    jkt = models.CharField(max_length=43, blank=True)
    # the token that took its place; until `expires_at` both are good; null: none
    replaced_by = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaces")
    revoked_at = models.DateTimeField(null=True, blank=True)  # null: nobody revoked it
    revoked_entry = models.ForeignKey("ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints, and how tokens are listed and swept."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(revoked_at=None, revoked_entry=None)
                | models.Q(revoked_at__isnull=False, revoked_entry__isnull=False),
                name="apitoken_revoked_with_entry",
            ),
            models.CheckConstraint(
                condition=models.Q(client=None, authorisation=None)
                | models.Q(client__isnull=False, scope__isnull=False, expires_at__isnull=False),
                name="apitoken_of_an_app_is_bounded",
            ),
            models.CheckConstraint(condition=~models.Q(scope=""), name="apitoken_scope_not_empty"),
        )
        indexes = (
            models.Index(
                fields=["party", "-created_at", "-public_id"],
                condition=models.Q(client=None),
                name="apitoken_by_party",
            ),
            models.Index(fields=["expires_at"], condition=models.Q(client__isnull=False), name="apitoken_of_apps_age"),
        )

    def __str__(self) -> str:
        """Say whose token it is, and nothing of the token."""
        return f"token of {self.party_id}"
