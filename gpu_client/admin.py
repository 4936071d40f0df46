"""Render jobs, services and queues, for reading. Nothing about them is changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from gpu_client.models import Queuer, RenderJob, RenderService

if TYPE_CHECKING:
    from django.http import HttpRequest

    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin


class ReadingAdmin(Base):
    """Shows, to those with the view permission; changes nothing."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Nobody; without it the admin shows, to those with the view permission."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Nobody."""
        del request, obj
        return False


@admin.register(RenderJob)
class RenderJobAdmin(ReadingAdmin):
    """Prompts are the client's content and clips are people: neither is listed."""

    list_display = ("id", "state", "client", "backend", "place", "progress", "attempts", "error_code", "created_at")
    list_filter = ("state", "backend", "error_code")
    search_fields = ("=id", "=video", "=upstream_id")
    ordering = ("-created_at",)
    exclude = ("prompt", "attachments", "lease")


@admin.register(RenderService)
class RenderServiceAdmin(ReadingAdmin):
    """How each service fares; drained by `./dev manage drain`."""

    list_display = ("name", "draining", "breaker", "failures", "until", "changed_at", "last_error")
    list_filter = ("breaker", "draining")
    ordering = ("name",)


@admin.register(Queuer)
class QueuerAdmin(ReadingAdmin):
    """What share of a queue each client has; set by `./dev manage weigh`."""

    list_display = ("client", "weight")
    list_filter = ("weight",)
    ordering = ("client",)
