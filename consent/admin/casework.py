"""The work of moderators."""

from __future__ import annotations

from django.contrib import admin

from consent import models
from consent.admin.reading import ReadOnly


@admin.register(models.Assignment)
class AssignmentAdmin(ReadOnly):
    """Who had which item of work."""

    list_display = ("queue", "item", "actor", "taken_at", "expires_at", "outcome")
    list_filter = ("queue", "outcome")


@admin.register(models.CaseNote)
class CaseNoteAdmin(ReadOnly):
    """Internal notes, without what they say."""

    list_display = ("queue", "item", "author", "written_at", "erased_at")
    exclude = ("sealed",)


@admin.register(models.CaseTag)
class CaseTagAdmin(ReadOnly):
    """Tags."""

    list_display = ("tag", "queue", "item", "set_at", "removed_at")
    list_filter = ("queue",)


@admin.register(models.Escalation)
class EscalationAdmin(ReadOnly):
    """What was handed to a role or a queue."""

    list_display = ("queue", "item", "to_role", "to_queue", "reason", "made_at", "settled_at")
    list_filter = ("reason",)


@admin.register(models.Snooze)
class SnoozeAdmin(ReadOnly):
    """What sleeps, and until when."""

    list_display = ("queue", "item", "until", "actor", "woken_at")


@admin.register(models.ScheduledAct)
class ScheduledActAdmin(ReadOnly):
    """Acts for later."""

    list_display = ("verb", "item", "due_at", "actor", "state", "problem")
    list_filter = ("verb", "state")


@admin.register(models.Proposal)
class ProposalAdmin(ReadOnly):
    """Acts that need two persons."""

    list_display = ("act", "target", "proposed_by", "proposed_at", "decision", "decided_by")
    list_filter = ("act", "decision")


@admin.register(models.Viewing)
class ViewingAdmin(ReadOnly):
    """Who looked at something sealed."""

    list_display = ("proposal", "actor", "seen_at")


@admin.register(models.Bulk)
class BulkAdmin(ReadOnly):
    """Acts upon many items."""

    list_display = ("verb", "size", "actor", "made_at", "released_by", "ended_at")
    list_filter = ("verb",)


@admin.register(models.BulkItem)
class BulkItemAdmin(ReadOnly):
    """Their items."""

    list_display = ("bulk", "number", "item", "state", "problem")


@admin.register(models.ReplyTemplate)
class ReplyTemplateAdmin(ReadOnly):
    """Templates of replies."""

    list_display = ("name", "version", "author", "written_at", "retired_at")


@admin.register(models.QualitySample)
class QualitySampleAdmin(ReadOnly):
    """Second looks: the first decision is not shown here, so that they stay blind."""

    list_display = ("queue", "item", "lane", "drawn_at", "looked_at")
    exclude = ("decision", "decided_by", "assignment")
