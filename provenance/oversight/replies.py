"""Templates of replies: read, tried with values, written anew upon the version that was read, and taken out of use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from consent.casework import own_queues, replies
from consent.casework.replies import LANGUAGES, ReplyRefused
from consent.models import ReplyTemplate
from consent.portal.door import staff_page
from ledger.problem import Problem
from provenance.console.decide import version_of
from provenance.hearings import matter

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

SHOWN: Final = 50
VERSIONS: Final = 20
FIELDS: Final = ("subject_en", "subject_es", "text_en", "text_es")


@require_safe
@staff_page(may=own_queues.ANNOTATE)
def listed(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """List the templates by name, each with the version that is in use."""
    del actor
    rows = ReplyTemplate.objects.filter(retired_at=None, name__gt=request.GET.get("after", "")[:40].replace("\0", ""))
    found = list(rows.order_by("name", "-version").distinct("name")[: SHOWN + 1])
    older = f"?after={found[SHOWN - 1].name}" if len(found) > SHOWN else ""
    shown = {"rows": found[:SHOWN], "older": older, "edits": request.user.has_perm(replies.EDIT)}
    return render(request, "provenance/oversight/replies.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=replies.EDIT)
def new(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """Write the first version of a template. Refused, what was typed is kept."""
    typed, problem = {name: request.POST.get(name, "") for name in (*FIELDS, "name")}, None
    if request.method == "POST":
        try:
            made = _written(typed["name"].strip(), typed, 0, actor)
        except Problem as found:
            problem = found
        else:
            messages.success(request, gettext("It can be used."))
            return redirect("console-reply", made.name)
    context = {"typed": typed, "problem": problem, "new": True, "edits": True}
    return render(request, "provenance/oversight/reply.html", context, status=matter.status(problem))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=own_queues.ANNOTATE)
def reply(request: HttpRequest, actor: Staff, name: str) -> HttpResponseBase:
    """Show a template, try it with values (`step` try), write the next version, or take one out of use."""
    rows = list(ReplyTemplate.objects.filter(name=name[:40]).order_by("-version")[:VERSIONS])
    if not rows:
        raise ReplyRefused("There is no such template.", remedy="Choose one of the list.")
    step, problem, tried = request.POST.get("step", ""), None, None
    typed = {field: request.POST.get(field, getattr(rows[0], field)) for field in FIELDS}
    values = {
        key.removeprefix("value-")[:32]: str(said) for key, said in request.POST.items() if key.startswith("value-")
    }
    if request.method == "POST":
        try:
            if step == "try":
                tried = [replies.fill(replies.in_use(name), values, language=each) for each in LANGUAGES]
            else:
                version = version_of(request.POST.get("version", ""))
                if step == "retire":
                    _retired(rows, version, actor)
                else:
                    _written(name, typed, version, actor)
                messages.success(request, gettext("It is done, and on record."))
                return redirect("console-reply", name)
        except Problem as found:
            problem = found
    places = sorted(replies.places_of(rows[0]))
    context = {
        "name": name, "row": rows[0], "versions": rows, "typed": typed, "problem": problem, "tried": tried,
        "places": [(place, values.get(place, "")) for place in places], "edits": request.user.has_perm(replies.EDIT),
    }  # fmt: skip
    return render(request, "provenance/oversight/reply.html", context, status=matter.status(problem))


def _retired(rows: list[ReplyTemplate], version: int, actor: Staff) -> None:
    row = next((each for each in rows if each.version == version), None)
    if row is None:
        raise ReplyRefused("There is no such version.", pointer="/version", remedy="Choose one of the list.")
    replies.retire(row, actor=actor)


def _written(name: str, typed: dict[str, str], after: int, actor: Staff) -> ReplyTemplate:
    subject = {each: typed[f"subject_{each}"].strip() for each in LANGUAGES}
    text = {each: typed[f"text_{each}"].replace("\r\n", "\n").strip() for each in LANGUAGES}
    return replies.write(name, subject=subject, text=text, actor=actor, after=after)
