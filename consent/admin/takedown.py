"""Takedown cases, what they consist of, and what was said of them."""

from __future__ import annotations

from django.contrib import admin

from consent import models
from consent.admin.reading import ReadOnly


@admin.register(models.Case)
class CaseAdmin(ReadOnly):
    """Takedown cases."""

    list_display = ("number", "kind", "state", "lane", "risk", "opened_at", "due_at", "pause", "version")
    list_filter = ("state", "kind", "lane", "risk")


@admin.register(models.Notice)
class NoticeAdmin(ReadOnly):
    """Notices, without what was written and without what would help to guess a link."""

    list_display = ("number", "case", "language", "role", "filed_at", "valid_at", "withdrawn_at", "erased_at")
    list_filter = ("role", "intimate", "minor", "deceased")
    exclude = ("secret_sha256", "document")


@admin.register(models.NoticeEvidence)
class NoticeEvidenceAdmin(ReadOnly):
    """That a file was added."""

    list_display = ("notice", "media_type", "added_at")
    exclude = ("sha256",)


@admin.register(models.NoticeDraft)
class NoticeDraftAdmin(ReadOnly):
    """That somebody is writing a notice."""

    list_display = ("saved_at", "ends_at")
    exclude = ("lookup_sha256", "ciphertext")


@admin.register(models.FilingCount)
class FilingCountAdmin(ReadOnly):
    """How many notices came from one place on one day."""

    list_display = ("day", "count")
    exclude = ("key",)


@admin.register(models.Ruling)
class RulingAdmin(ReadOnly):
    """Rulings, without the facts."""

    list_display = ("case", "action", "policy", "reason", "state", "proposed_by", "confirmed_by", "in_force_at")
    list_filter = ("action", "state", "policy")
    exclude = ("facts",)


@admin.register(models.Breach)
class BreachAdmin(ReadOnly):
    """Times that were missed."""

    list_display = ("case", "kind", "due_at", "noticed_at")
    list_filter = ("kind",)


@admin.register(models.Strike)
class StrikeAdmin(ReadOnly):
    """Proven abuse."""

    list_display = ("case", "side", "reason", "given_by", "given_at", "ends_at", "reversed_at")
    list_filter = ("side", "reason")
    exclude = ("address",)


@admin.register(models.CounterNotice)
class CounterNoticeAdmin(ReadOnly):
    """Counter-notices, without what was written."""

    list_display = ("number", "case", "ground", "filed_at", "restore_at", "suit_at", "withdrawn_at")
    exclude = ("document",)


@admin.register(models.Appeal)
class AppealAdmin(ReadOnly):
    """Appeals, without what was written."""

    list_display = ("number", "case", "state", "filed_at", "due_at", "decided_by", "decided_at")
    list_filter = ("state",)
    exclude = ("text",)


@admin.register(models.ReasonsStated)
class ReasonsStatedAdmin(ReadOnly):
    """Statements of reasons, without their words."""

    list_display = ("puid", "case", "ground", "category", "automated_decision", "restores", "stated_at")
    list_filter = ("ground", "automated_decision", "restores")
    exclude = ("statement",)


@admin.register(models.TransparencyReport)
class TransparencyReportAdmin(ReadOnly):
    """Published figures."""

    list_display = ("period", "revision", "proposed_by", "released_by", "released_at")


@admin.register(models.Order)
class OrderAdmin(ReadOnly):
    """Orders of courts and authorities."""

    list_display = ("case", "kind", "court", "country", "scope", "served_at", "due_at", "ends_at")
    list_filter = ("kind", "scope")
    exclude = ("details", "document")


@admin.register(models.Letter)
class LetterAdmin(ReadOnly):
    """Letters, without their words."""

    list_display = ("notice", "kind", "created_at", "mailed_at")
    list_filter = ("kind",)
    exclude = ("text",)
