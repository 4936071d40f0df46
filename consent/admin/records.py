"""Parties, what they granted, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin

from consent import models
from consent.admin.reading import ReadOnly

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest


@admin.register(models.Party)
class PartyAdmin(ReadOnly):
    """Parties."""

    list_display = ("handle", "name", "kind", "created_at")
    search_fields = ("handle", "name")
    list_filter = ("kind",)


@admin.register(models.PartyKey)
class PartyKeyAdmin(ReadOnly):
    """Keys of parties."""

    list_display = ("key_id", "party", "algorithm", "created_at", "revoked_at")
    exclude = ("public",)


@admin.register(models.LoginLetter)
class LoginLetterAdmin(ReadOnly):
    """E-mails about log-ins that have not left yet."""

    list_display = ("id", "created_at", "mail_due_at", "mail_attempts")
    exclude = ("content",)


@admin.register(models.ErasureReceipt)
class ErasureReceiptAdmin(ReadOnly):
    """Receipts of erasures."""

    list_display = ("party", "created_at")
    exclude = ("digest",)


@admin.register(models.SpentChallenge)
class SpentChallengeAdmin(ReadOnly):
    """Challenges that were answered."""

    list_display = ("expires_at", "spent_at")
    exclude = ("nonce",)


@admin.register(models.ApiToken)
class ApiTokenAdmin(ReadOnly):
    """Tokens, without what would help to guess one."""

    list_display = ("party", "created_at")
    exclude = ("digest",)


@admin.register(models.OAuthClient)
class OAuthClientAdmin(ReadOnly):
    """Apps."""

    list_display = ("name", "party", "dpop_required", "created_at", "removed_at")


@admin.register(models.ClientSecret)
class ClientSecretAdmin(ReadOnly):
    """Secrets of apps, without what would help to guess one."""

    list_display = ("id", "client", "created_at", "ended_at")
    exclude = ("digest",)


@admin.register(models.Authorisation)
class AuthorisationAdmin(ReadOnly):
    """What people let apps do."""

    list_display = ("client", "party", "scope", "created_at", "expires_at", "ended_at")
    exclude = ("code_digest", "code_challenge", "refresh_digest")


@admin.register(models.RequestMeter)
class RequestMeterAdmin(ReadOnly):
    """How much of their share of requests callers have used."""

    list_display = ("clear_at",)
    exclude = ("key",)


@admin.register(models.DpopProof)
class DpopProofAdmin(ReadOnly):
    """Proofs that were shown."""

    list_display = ("expires_at",)
    exclude = ("digest",)


@admin.register(models.Likeness)
class LikenessAdmin(ReadOnly):
    """Likenesses."""

    list_display = ("name", "kind", "state", "epoch", "holder", "created_at")
    list_filter = ("state", "kind")
    search_fields = ("name", "holder__handle")


@admin.register(models.Enrolment)
class EnrolmentAdmin(ReadOnly):
    """Enrolments; the clip itself is not shown."""

    list_display = ("id", "likeness", "assurance", "created_at")
    exclude = ("template",)


@admin.register(models.EnrolmentSession)
class EnrolmentSessionAdmin(ReadOnly):
    """Enrolment sessions; those in review wait for a person."""

    list_display = ("id", "likeness", "state", "doubt", "opened_at", "expires_at")
    list_filter = ("state", "doubt")
    exclude = ("template", "clip")


@admin.register(models.EnrolmentTry)
class EnrolmentTryAdmin(ReadOnly):
    """Clips that were judged, without what was measured."""

    list_display = ("session", "number", "created_at")
    exclude = ("measured",)


@admin.register(models.Exclusion)
class ExclusionAdmin(ReadOnly):
    """Parties who are shut out."""

    list_display = ("likeness", "party", "created_at", "lifted_at")


@admin.register(models.Suspension)
class SuspensionAdmin(ReadOnly):
    """Permission that rests."""

    list_display = ("likeness", "grant", "reason", "actor", "until", "accepted_at", "effective_at", "resumed_at")
    list_filter = ("reason",)


@admin.register(models.RevocationProposal)
class RevocationProposalAdmin(ReadOnly):
    """Revocations, proposed and approved."""

    list_display = ("likeness", "grant", "reason", "proposed_by", "created_at", "approved_by")
    list_filter = ("reason",)


@admin.register(models.Undo)
class UndoAdmin(ReadOnly):
    """What was undone since when."""

    list_display = ("party", "since", "created_at")


@admin.register(models.Grant)
class GrantAdmin(ReadOnly):
    """Grants."""

    list_display = ("id", "likeness", "grantor", "not_before", "not_after", "remix", "ended_at")
    exclude = ("signature",)
    list_select_related = ("likeness", "grantor")


@admin.register(models.Withdrawal)
class WithdrawalAdmin(ReadOnly):
    """Withdrawals."""

    list_display = ("id", "likeness", "grant", "actor", "epoch", "accepted_at", "effective_at")


class CastInline(admin.TabularInline):  # type: ignore[type-arg]  # not subscriptable at run time
    """The likenesses that a decision was about."""

    model = models.DecisionLikeness
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        del request, obj
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        del request, obj
        return False


@admin.register(models.Decision)
class DecisionAdmin(ReadOnly):
    """Decisions."""

    list_display = ("id", "client", "outcome", "decided_at")
    list_filter = ("outcome",)
    inlines: ClassVar[list[Any]] = [CastInline]


@admin.register(models.Permit)
class PermitAdmin(ReadOnly):
    """Permits, without the token: whoever reads it could use it."""

    list_display = ("id", "job", "video", "minted_at", "expires_at", "redeemed_at")
    exclude = ("token", "binding_salt")


@admin.register(models.DecisionLikeness)
class DecisionLikenessAdmin(ReadOnly):
    """Which likeness each decision was about."""

    list_display = ("decision", "likeness", "decided_at")


@admin.register(models.Reach)
class ReachAdmin(ReadOnly):
    """Whom grants speak about."""

    list_display = ("grant", "likeness", "subject")


@admin.register(models.GrantUsage)
class GrantUsageAdmin(ReadOnly):
    """How much of grants was used."""

    list_display = ("grant", "party", "uses", "seconds")


@admin.register(models.PermitGrant)
class PermitGrantAdmin(ReadOnly):
    """Which grants each permit rests on."""

    list_display = ("permit", "grant")


@admin.register(models.KeyEvent)
class KeyEventAdmin(ReadOnly):
    """What happened to keys, in order."""

    list_display = ("party", "number", "kind", "key", "created_at")
    list_filter = ("kind",)


@admin.register(models.Farewell)
class FarewellAdmin(ReadOnly):
    """Last e-mails that have not left yet; the address is sealed and not shown."""

    list_display = ("entry", "mail_due_at", "mail_attempts")
    exclude = ("address",)


@admin.register(models.Message)
class MessageAdmin(ReadOnly):
    """What parties were told, and whether an e-mail has left."""

    list_display = ("party", "kind", "created_at", "read_at", "mailed_at", "mail_attempts")
    list_filter = ("kind",)


@admin.register(models.Claim)
class ClaimAdmin(ReadOnly):
    """Claims of authority; what was written and signed is sealed."""

    list_display = ("id", "role", "tier", "state", "claimant", "likeness", "made_at", "due_at")
    list_filter = ("state", "role", "tier")


@admin.register(models.ClaimDocument)
class ClaimDocumentAdmin(ReadOnly):
    """Documents of claims; the files themselves are not shown."""

    list_display = ("id", "claim", "kind", "media_type", "added_at")


@admin.register(models.ClaimReview)
class ClaimReviewAdmin(ReadOnly):
    """What the staff recommended."""

    list_display = ("claim", "verdict", "actor", "reviewed_at")
    list_filter = ("verdict",)


@admin.register(models.Assent)
class AssentAdmin(ReadOnly):
    """Who agreed to what."""

    list_display = ("likeness", "party", "given_at", "dropped_entry")
    exclude = ("act",)


@admin.register(models.ProtectedName)
class ProtectedNameAdmin(ReadOnly):
    """That names are protected, and on which ground; which ones, nobody can see."""

    list_display = ("id", "ground", "requested_by", "created_at", "end_proposed_by", "ended_at")
    list_filter = ("ground",)


@admin.register(models.NameKey)
class NameKeyAdmin(ReadOnly):
    """How many keys a name is found by, without the hashes."""

    list_display = ("name", "words", "doubtful", "curated")
    exclude = ("digest", "slip")


@admin.register(models.LicenceOffer)
class LicenceOfferAdmin(ReadOnly):
    """Offers of licences."""

    list_display = ("id", "likeness", "licensor", "licensee", "state", "created_at", "expires_at")
    list_filter = ("state",)
    list_select_related = ("likeness", "licensor", "licensee")


@admin.register(models.Licence)
class LicenceAdmin(ReadOnly):
    """Licences."""

    list_display = ("id", "likeness", "licensor", "licensee", "exclusive", "not_before", "not_after", "ended_at")
    exclude = ("signature",)
    list_filter = ("exclusive",)
    list_select_related = ("likeness", "licensor", "licensee")


@admin.register(models.PostingSet)
class PostingSetAdmin(ReadOnly):
    """What accrued, and what became of it."""

    list_display = ("id", "kind", "permit", "basis", "units", "rate", "currency", "because", "at")
    list_filter = ("kind", "basis", "currency")


@admin.register(models.Posting)
class PostingAdmin(ReadOnly):
    """Lines of posting sets."""

    list_display = ("posting_set", "account", "party", "amount", "currency", "part")
    list_filter = ("account", "currency")
    list_select_related = ("posting_set", "party")


@admin.register(models.Approval)
class ApprovalAdmin(ReadOnly):
    """What holders were asked about single videos."""

    list_display = ("video", "grant", "state", "asked_at", "due_at", "decided_at")
    list_filter = ("state",)


@admin.register(models.ApprovalVoice)
class ApprovalVoiceAdmin(ReadOnly):
    """The yes of each of several."""

    list_display = ("approval", "party")


@admin.register(models.Ask)
class AskAdmin(ReadOnly):
    """Requests for a permission; what they say is sealed."""

    list_display = ("id", "client", "state", "reached", "asked_at", "expires_at", "ended_at")
    exclude = ("letter", "same")
    list_filter = ("state", "reached")
    list_select_related = ("client",)


@admin.register(models.AskRefusal)
class AskRefusalAdmin(ReadOnly):
    """Doors that are closed to such requests."""

    list_display = ("likeness", "client", "created_at", "lifted_at")
    list_select_related = ("likeness", "client")


@admin.register(models.Narrowing)
class NarrowingAdmin(ReadOnly):
    """Grants that were made smaller."""

    list_display = ("grant", "actor", "epoch", "created_at")
    exclude = ("document",)


@admin.register(models.Block)
class BlockAdmin(ReadOnly):
    """Blocks of videos."""

    list_display = ("video", "case", "reason", "scope", "accepted_at", "until", "confirmed_at", "lifted_at")
    list_filter = ("reason", "scope", "stay_down")


@admin.register(models.WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnly):
    """Webhooks, without addresses and secrets."""

    list_display = ("id", "party", "state", "failures", "answered_at", "created_at")
    list_filter = ("state",)
    exclude = ("url", "secret", "old_secret")


@admin.register(models.WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly):
    """What was and is to be told there: ids only."""

    list_display = ("id", "event", "state", "attempts", "status", "problem", "created_at")
    list_filter = ("state", "event")
