"""The public pages that belong to no app: what this is, what each error code means, and whether the house stands."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from config import refusals


@csrf_exempt  # it changes nothing: another method is told so, not asked for a form of ours
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is, and where to go."""
    return render(request, "config/home.html", {"checkpoint": newest_checkpoint(), "origin": settings.LEDGER_ORIGIN})


def newest_checkpoint() -> dict[str, str] | None:
    """Return size and root of the published checkpoint; `None` while the log has published nothing yet."""
    published = settings.LEDGER_PUBLIC_DIR / "checkpoint"
    try:
        _origin, size, root = published.read_text().splitlines()[:3]
    except (OSError, ValueError):
        return None
    return {"size": size, "root": root}


@csrf_exempt
@require_safe
def problem_list(request: HttpRequest) -> HttpResponse:
    """List every code that a refusal of ours may carry, with what it means."""
    return render(request, "config/problems.html", {"problems": refusals.known()})


@csrf_exempt
@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """Answer 200 if this process can decide anything, which takes the database; 503 if it cannot."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"ok": False, "database": "unreachable"}, status=503)
    return JsonResponse({"ok": True, "database": "reachable"})
