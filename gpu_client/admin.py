"""Render jobs, for reading. Nothing about a job is changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from gpu_client.models import RenderJob

if TYPE_CHECKING:
    from django.http import HttpRequest

    Base = admin.ModelAdmin[RenderJob]
else:
    Base = admin.ModelAdmin


@admin.register(RenderJob)
class RenderJobAdmin(Base):
    """Prompts are the client's content and clips are people: neither is listed."""

    list_display = ("id", "state", "client", "backend", "progress", "attempts", "error_code", "created_at")
    list_filter = ("state", "backend", "error_code")
    search_fields = ("=id", "=video", "=upstream_id")
    ordering = ("-created_at",)
    exclude = ("prompt", "attachments", "lease")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: RenderJob | None = None) -> bool:
        """Nobody; without it the admin shows, to those with the view permission."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RenderJob | None = None) -> bool:
        """Nobody."""
        del request, obj
        return False
