"""Figures of the desk in pictures: what comes in, how long it takes, whether clocks are kept, how often we were wrong.

Exact, and for staff who may see them; each picture has its table. Moderators stand under a pseudonym of the month.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from consent.casework import sampling
from consent.portal.door import staff_page
from consent.transparency import dashboards, pictures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponseBase

    from consent.charts import Chart
    from consent.staff import Staff
    from consent.transparency.figure import Figure

SPANS: Final = (7, 28, 92)
NOTHING: Final = "-"  # there was nothing to count
APPEALS: Final = 184  # days: appeals come late, and few


@require_safe
@staff_page(may=sampling.SEE)
def dashboard(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """Show the figures of a span of days (`days`)."""
    del actor
    asked = request.GET.get("days", "")
    span = int(asked) if asked in {str(each) for each in SPANS} else SPANS[1]
    days, inflow = dashboards.inflow(span)
    handling, kept, wrong = dashboards.handling(span), dashboards.compliance(span), dashboards.overturn_rate(APPEALS)
    shown = {
        "spans": [(each, each == span) for each in SPANS],
        "tiles": _tiles(sum(sum(each.days) for each in inflow), handling, kept, wrong),
        "sections": [
            _section("inflow", gettext("Inflow"), dashboards.inflow_chart(days, inflow) if inflow else None),
            _section("handling", gettext("Handling time"), dashboards.handling_chart(handling) if handling else None),
            _section("clocks", gettext("Clocks kept"), _shares(gettext("Clocks kept"), kept)),
            _section("overturned", gettext("Appeals that changed the decision"), _shares(gettext("Overturned"), wrong)),
        ],
        "moderators": dashboards.moderators(span),
    }
    return render(request, "provenance/oversight/figures.html", shown)


def _section(code: str, title: str, chart: Chart | None) -> dict[str, Any]:
    """Return a picture with its table, each cell beside the head of its column; without one there is nothing yet."""
    rows = [] if chart is None else [list(zip(chart.head, row, strict=True)) for row in chart.rows]
    return {"code": code, "title": title, "chart": chart, "rows": rows}


def _shares(title: str, found: Sequence[Figure]) -> Chart | None:
    about = gettext("In per cent.")
    return dashboards.share_chart(title, about, found) if any(each.count for each in found) else None


def _tiles(
    notices: int, handling: Sequence[Figure], kept: Sequence[Figure], wrong: Sequence[Figure]
) -> list[tuple[str, str]]:
    slowest = max(
        (each.median for each in handling if each.table == "decision" and each.median is not None), default=None
    )
    return [
        (f"{notices:,}", gettext("notices")),
        (
            NOTHING if slowest is None else pictures.duration(int(slowest)),
            gettext("to half of the decisions, slowest clock"),
        ),
        (_share(kept), gettext("of the clocks were kept")),
        (_share(wrong), gettext("of decided appeals changed the decision")),
    ]


def _share(found: Sequence[Figure]) -> str:
    count = sum(each.count for each in found)
    return f"{100 * sum(each.part or 0 for each in found) / count:.0f} %" if count else NOTHING
