"""Notices: what somebody says about a video or a likeness, with or without an account."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Notice(models.Model):
    """One notice. What was written is sealed under the notice's own subject, and so can be erased.

    The columns hold closed lists, ids and times. Whoever has the secret link sees its status; only a digest of the
    secret is kept. `secret_sha256` null: the notice was erased, and no link leads to it.
    """

    class Language(models.TextChoices):
        """In which its letters are written."""

        ENGLISH = "en"
        SPANISH = "es"

    class Role(models.TextChoices):
        """As whom the notifier writes."""

        SELF = "self"
        PARENT = "parent"
        AGENT = "agent"
        ESTATE = "estate"
        RIGHTS_HOLDER = "rights_holder"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=16, unique=True)
    case = models.ForeignKey("consent.Case", on_delete=models.PROTECT, related_name="notices")
    secret_sha256 = models.BinaryField(max_length=32, null=True, blank=True, unique=True)
    language = models.CharField(max_length=2, choices=Language)
    role = models.CharField(max_length=16, choices=Role)
    regimes = models.JSONField(default=list, blank=True, help_text="Codes of those under which it is valid.")
    missing = models.JSONField(default=list, blank=True, help_text="Fields that the nearest regime still lacks.")
    intimate = models.BooleanField(default=False)
    minor = models.BooleanField(default=False)
    deceased = models.BooleanField(default=False)
    # null: filed by somebody who was not logged in
    party = models.ForeignKey("consent.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="notices")
    document = models.OneToOneField("ledger.Sealed", on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveSmallIntegerField(default=1, help_text="Raised each time it is completed.")
    filed_at = models.DateTimeField(db_default=Now(), editable=False)
    valid_at = models.DateTimeField(null=True, blank=True)  # null: something is missing, no clock runs for it
    due_at = models.DateTimeField(null=True, blank=True)  # the end of its own clock; null with `valid_at`
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # null: it stands
    erased_at = models.DateTimeField(null=True, blank=True)  # null: what was written can be read
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    withdrawn_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    erased_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Constraints and indexes."""

        permissions = (("open_minor_notice", "Can open what a notice about a minor says, and its files"),)
        constraints = (
            models.CheckConstraint(condition=Q(language__in=["en", "es"]), name="notice_language_known"),
            models.CheckConstraint(
                condition=Q(role__in=["self", "parent", "agent", "estate", "rights_holder"]), name="notice_role_known"
            ),
            models.CheckConstraint(
                condition=Q(valid_at=None, due_at=None) | Q(valid_at__isnull=False, due_at__isnull=False),
                name="notice_clock_from_validity",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_entry=None)
                | Q(withdrawn_at__isnull=False, withdrawn_entry__isnull=False),
                name="notice_withdrawn_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None, erased_entry=None, secret_sha256__isnull=False)
                | Q(erased_at__isnull=False, erased_entry__isnull=False, secret_sha256=None),
                name="notice_erased_with_entry",
            ),
        )
        indexes = (
            models.Index(fields=["case", "filed_at", "id"], name="notice_by_case"),
            models.Index(fields=["party", "-filed_at", "-id"], name="notice_by_party"),
        )

    def __str__(self) -> str:
        """Say the number."""
        return f"notice {self.number}"

    @property
    def subject(self) -> str:
        """Under whose key everything about the notice is sealed."""
        return f"notice:{self.pk}"


class NoticeEvidence(models.Model):
    """One file that a notice rests on, sealed as it came. We never decode it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="evidence")
    media_type = models.CharField(max_length=20, help_text="By the first bytes, not by what was said.")
    sha256 = models.BinaryField(max_length=32, help_text="Keyed by the notice, so that a known file is not recognised.")
    blob = models.OneToOneField("ledger.Blob", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """The same file once."""

        constraints = (models.UniqueConstraint(fields=["notice", "sha256"], name="noticeevidence_once"),)

    def __str__(self) -> str:
        """Say what it is."""
        return f"evidence {self.pk}"


class NoticeDraft(models.Model):
    """A notice that is being written, for whoever has its link.

    `ciphertext` is under a key derived from the link's secret, of which only a digest is kept: without the link nobody
    reads it, we neither. It is no act of anybody's yet, and so has no entry. It ends after 14 days.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lookup_sha256 = models.BinaryField(max_length=32, unique=True)
    ciphertext = models.BinaryField()
    saved_at = models.DateTimeField(db_default=Now(), editable=False)
    ends_at = models.DateTimeField()

    class Meta:
        """What the sweeper looks for."""

        indexes = (models.Index(fields=["ends_at"], name="noticedraft_by_end"),)

    def __str__(self) -> str:
        """Name the row; whose it is nobody knows."""
        return f"draft {self.pk}"


class FilingCount(models.Model):
    """How many notices came today from one place, for the bounds of consent.takedown.floods. Deleted after two days.

    `key` is a keyed hash of the day and the place: it cannot be told where they came from, nor whether two days' rows
    are of one place. No act: no entry.
    """

    key = models.BinaryField(max_length=32, unique=True)
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        """What the sweeper looks for."""

        indexes = (models.Index(fields=["day"], name="filingcount_by_day"),)

    def __str__(self) -> str:
        """Say how many."""
        return f"{self.count} on {self.day}"
