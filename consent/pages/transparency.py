"""The transparency pages: which reports there are, and each with its figures as pictures, tables and files.

Open to everybody. They read what was released and count nothing; a period without a report, and text that is none, have
one page that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from consent.transparency import exports, pictures, reports, schemas
from consent.transparency.periods import PeriodInvalid, read

if TYPE_CHECKING:
    from consent.models import TransparencyReport

SCHEMAS: Final = {"figures": schemas.figures, "reasons": schemas.statements, "notices": schemas.notices}
SHORTLY: Final = "public, max-age=300"  # a correction is seen within five minutes


@csrf_exempt
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """List the reports, and say how we count."""
    return render(request, "consent/transparency/overview.html", {"reports": reports.every(), "schemas": SCHEMAS})


@csrf_exempt
@require_safe
def report(request: HttpRequest, period: str) -> HttpResponse:
    """Show one report."""
    found = _found(period)
    if found is None:
        return render(request, "consent/transparency/no_report.html", status=404)
    lines = reports.lines(found)
    told = {"report": found, "tiles": pictures.tiles(lines), "sections": pictures.sections(lines)}
    return render(request, "consent/transparency/report.html", told | {"period": read(found.period)})


@csrf_exempt
@require_safe
def figures_csv(request: HttpRequest, period: str) -> HttpResponse:
    """Give the figures as CSV."""
    found = _found(period)
    if found is None:
        return render(request, "consent/transparency/no_report.html", status=404)
    answer = HttpResponse(
        exports.figures_csv(reports.lines(found)), content_type="text/csv; charset=utf-8; header=present"
    )
    return _file(answer, f"transparency-{found.period}.csv")


@csrf_exempt
@require_safe
def figures_json(request: HttpRequest, period: str) -> HttpResponse:
    """Give the figures as JSON."""
    found = _found(period)
    if found is None:
        return render(request, "consent/transparency/no_report.html", status=404)
    return _file(JsonResponse(exports.figures_json(found)), f"transparency-{found.period}.json")


@csrf_exempt
@require_safe
def schema(request: HttpRequest, name: str) -> HttpResponse:
    """Give the JSON Schema of one kind of export."""
    if name not in SCHEMAS:
        return render(request, "consent/transparency/no_report.html", status=404)
    return _file(JsonResponse(SCHEMAS[name]()), f"{name}.schema.json")


def _found(text: str) -> TransparencyReport | None:
    try:
        return reports.shown(read(text))
    except PeriodInvalid:
        return None


def _file(answer: HttpResponse, name: str) -> HttpResponse:
    """Let it be saved under a name, which is made of what was read and never of what was asked."""
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = SHORTLY
    return answer
