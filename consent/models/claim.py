"""Claims of authority: that a party may act for somebody who cannot, or for what is theirs."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class Claim(models.Model):
    """One sworn claim. What the claimant wrote and signed is sealed; the columns hold closed lists, ids and times."""

    class Role(models.TextChoices):
        """As whom the claimant acts."""

        ESTATE = "estate"
        HEIR = "heir"
        AGENT = "agent"
        GUARDIAN = "guardian"
        STUDIO = "studio"
        RIGHTS_HOLDER = "rights_holder"

    class Tier(models.TextChoices):
        """Whether an earlier claim of this party was accepted. It changes no rule and no clock."""

        NEW = "new"
        VERIFIED = "verified"

    class State(models.TextChoices):
        """Only `accepted` gives authority."""

        OPEN = "open"
        DISPUTED = "disputed"  # credible, and against somebody else's: nobody may widen meanwhile
        ACCEPTED = "accepted"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        ENDED = "ended"

    class Refusal(models.TextChoices):
        """Why a claim was refused."""

        NOT_SHOWN = "not-shown"  # the documents do not show it
        UNREADABLE = "unreadable"
        NOT_AUTHENTIC = "not-authentic"
        SOMEBODY_ELSE = "somebody-else"  # somebody else has the authority
        NO_SUCH_LIKENESS = "no-such-likeness"
        NOT_OURS_TO_DECIDE = "not-ours-to-decide"  # a court has to

    id = models.UUIDField(primary_key=True, editable=False)
    claimant = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="claims")
    # null: the id that was asked for was nobody's; the claim is heard all the same, so that nobody learns that
    likeness = models.ForeignKey(
        "consent.Likeness", null=True, blank=True, on_delete=models.PROTECT, related_name="claims"
    )
    role = models.CharField(max_length=16, choices=Role)
    share = models.PositiveSmallIntegerField(default=1, help_text="Parts that an heir holds; only ratios count.")
    acts = models.JSONField(default=list, blank=True, help_text="What an agent may do: grant, withdraw, see.")
    purposes = models.JSONField(null=True, blank=True)  # null: no limit of purpose
    not_after = models.DateTimeField(null=True, blank=True)  # null: no end was claimed
    tier = models.CharField(max_length=8, choices=Tier)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    refusal = models.CharField(max_length=24, choices=Refusal, blank=True)
    statement = models.OneToOneField("ledger.Sealed", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)  # null: nobody has decided
    ended_at = models.DateTimeField(null=True, blank=True)  # null: not withdrawn, ended or transferred away
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    # the entry of the decision; null: undecided
    decided_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # claim.ended, or the authority.transferred that dropped it with all others; null: not ended
    ended_entry = models.ForeignKey("ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints, the queue, and who may work on it."""

        permissions = (("review_claim", "Can recommend, accept, refuse and end claims of authority"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(role__in=["estate", "heir", "agent", "guardian", "studio", "rights_holder"]),
                name="claim_role_known",
            ),
            models.CheckConstraint(condition=models.Q(tier__in=["new", "verified"]), name="claim_tier_known"),
            models.CheckConstraint(condition=models.Q(share__gte=1), name="claim_share_of_something"),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "disputed"], decided_entry=None, ended_entry=None, refusal="")
                | models.Q(state="accepted", decided_entry__isnull=False, ended_entry=None, refusal="")
                | models.Q(state="refused", decided_entry__isnull=False, ended_entry=None) & ~models.Q(refusal="")
                | models.Q(state="withdrawn", decided_entry=None, ended_entry__isnull=False, refusal="")
                | models.Q(state="ended", decided_entry__isnull=False, ended_entry__isnull=False, refusal=""),
                name="claim_state_with_entry",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="accepted") | models.Q(likeness__isnull=False),
                name="claim_accepted_of_something",
            ),
            models.UniqueConstraint(
                fields=["likeness", "claimant", "role"],
                condition=models.Q(state="accepted"),
                name="claim_once_at_a_time",
            ),
        )
        indexes = (
            models.Index(
                fields=["due_at", "id"], condition=models.Q(state__in=["open", "disputed"]), name="claim_queue"
            ),
            models.Index(fields=["claimant", "-made_at", "-id"], name="claim_by_claimant"),
        )

    def __str__(self) -> str:
        """Say role and state."""
        return f"claim {self.pk} ({self.role}, {self.state})"


class ClaimDocument(models.Model):
    """One file that a claim rests on, sealed as it came. We never decode it."""

    class Kind(models.TextChoices):
        """What it is for."""

        EVIDENCE = "evidence"
        REFERENCE = "reference"  # how a character, or somebody who died, looks or sounds

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=10, choices=Kind)
    media_type = models.CharField(max_length=20, help_text="By the first bytes, not by what was said.")
    blob = models.OneToOneField("ledger.Blob", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=["evidence", "reference"]), name="claimdocument_kind_known"
            ),
        )

    def __str__(self) -> str:
        """Say what it is."""
        return f"{self.kind} {self.pk}"


class ClaimReview(models.Model):
    """What one member of staff recommends. Somebody else decides."""

    class Verdict(models.TextChoices):
        """What should happen."""

        ACCEPT = "accept"
        TRANSFER = "transfer"  # accept, and end every authority that others have
        REFUSE = "refuse"
        END = "end"
        DISPUTE = "dispute"  # effective at once: it only narrows

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="reviews")
    verdict = models.CharField(max_length=8, choices=Verdict)
    actor = models.CharField(max_length=64)
    reviewed_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Constraints."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(verdict__in=["accept", "transfer", "refuse", "end", "dispute"]),
                name="claimreview_verdict_known",
            ),
        )

    def __str__(self) -> str:
        """Say the verdict."""
        return f"{self.verdict} by {self.actor}"
