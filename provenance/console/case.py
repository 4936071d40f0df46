"""One page a case: what is said, what is shown, why it was made, what was done, and what one can do now."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.http import StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from consent import clock
from consent.casework import escalations, notes, roles, schedule, tags
from consent.models import Case, CaseTag, Escalation, Notice, NoticeEvidence, Snooze
from consent.portal.door import staff_page
from consent.takedown import cases, lanes, reading
from consent.takedown.cases import WORK
from ledger.problem import Problem
from provenance import answers, family
from provenance.console import case_facts, decide, media, sorting, waiting, work
from provenance.console.found_cases import found, missing
from provenance.pages.record import lineage_rows
from provenance.standing import public_standing

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

NUMBER: Final = re.compile(r"[A-Z]-[0-9A-Z]{4}-[0-9A-Z]{4}", re.ASCII)
HOURS: Final = (1, 4, 24, 72)  # for which a case can be put off


@require_safe
@staff_page(may=WORK)
def by_id(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Lead from the id of a case to its page."""
    del request, actor
    row = Case.objects.filter(pk=item).first()
    if row is None:
        raise missing()
    return redirect("console-case", row.number)


@require_safe
@staff_page(may=WORK)
def case(request: HttpRequest, actor: Staff, number: str) -> HttpResponseBase:
    """Show a case. Raises `CaseMissing`, `WorkConflict`."""
    return page(request, found(number, actor), actor)


@require_POST
@staff_page(may=WORK)
def beside(request: HttpRequest, actor: Staff, number: str, act: str) -> HttpResponseBase:
    """Do one of the small things beside a case. What is refused is said, and what was typed is kept."""
    row = found(number, actor)
    chosen = BESIDE.get(act)
    if chosen is None:
        raise missing()
    typed = request.POST.dict()
    try:
        if act == "ask" and request.POST.get("step") == "template":
            typed["question"] = sorting.begun(row, typed.get("template", ""))
            return page(request, row, actor, typed=typed, act=act)
        if act == "ask" and request.POST.get("step") != "send":
            asked = sorting.previewed(row, typed.get("question", ""))
            return page(request, row, actor, typed=typed, act=act, asked=asked)
        said = chosen(row, request.POST, actor)
    except Problem as problem:
        return page(request, row, actor, problem=problem, typed=typed, act=act)
    messages.success(request, said)
    return redirect(url(row))


@require_POST
@staff_page(may=WORK)
def notice(request: HttpRequest, actor: Staff, number: str, notice: str) -> HttpResponseBase:
    """Open what a notice says, on record. Not a redirect: to see it again is to open it again."""
    row = found(number, actor)
    told = Notice.objects.filter(case=row, number=notice).first()
    if told is None:
        raise missing()
    shown = {"case": row, "notice": told, "document": reading.read(told, actor=actor), "url": url(row)}
    return render(request, "provenance/console/notice.html", shown)


@require_POST
@staff_page(may=WORK)
def evidence(request: HttpRequest, actor: Staff, number: str, evidence: UUID) -> HttpResponseBase:
    """Hand out one file of a notice, on record. It is a stranger's: it is saved, never shown by us."""
    del request
    row = found(number, actor)
    file = NoticeEvidence.objects.filter(pk=evidence, notice__case=row).select_related("notice__case", "blob").first()
    if file is None:
        raise missing()
    answer = StreamingHttpResponse(reading.read_evidence(file, actor=actor), content_type="application/octet-stream")
    ending = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}.get(file.media_type, "mp4")
    answer["Content-Disposition"] = f'attachment; filename="{file.pk}.{ending}"'
    answer["X-Content-Type-Options"], answer["Cache-Control"] = "nosniff", "no-store"
    return answer


def url(row: Case) -> str:
    """Return the address of a case."""
    return reverse("console-case", args=[row.number])


def page(
    request: HttpRequest,
    row: Case,
    actor: Staff,
    *,
    problem: Problem | None = None,
    typed: dict[str, str] | None = None,
    act: str = "",
    **more: Any,  # noqa: ANN401 - what a template shows
) -> HttpResponseBase:
    """Show the page of a case; with a problem, beside what was typed."""
    facts = case_facts.of(row, actor=actor)
    mine = facts.held is not None and facts.held.actor == actor.actor
    shown = {
        "case": row,
        "facts": facts,
        "mine": mine,
        "colleague": facts.held is not None and not mine and facts.held.expires_at > clock.now(),
        "why": case_facts.why(row),
        "opens_minors": request.user.has_perm(reading.MINORS),
        "groups": sorting.grouped(facts.notices),
        "pausable": facts.lane is not None and facts.lane.pausable,
        "standing": case_facts.in_force(facts.blocks),
        "looking": mine and media.looking(request, row, actor) is not None,
        "bare": bool(request.session.get(media.BARE)),
        "lineage": _lineage(facts),
        "problem": problem,
        "typed": typed or {},
        "act": act,
        "closed_tags": tags.CLOSED,
        "hours": HOURS,
        "roles": sorted(roles.ROLES),
        "reasons": Escalation.Reason.choices,
        "pauses": Case.Pause.choices,
        "risk": waiting.RISKS.get(row.risk, "bad"),
    }
    shown |= decide.offered(row, facts, actor) | sorting.offered(row, facts.similar) | more
    return render(request, "provenance/console/case.html", shown, status=200 if problem is None else _status(problem))


def _status(problem: Problem) -> int:
    """Return 409 for a stale page and 403 for who may not; everything else that a form says is 422."""
    return problem.status if problem.status in {403, 409} else 422


def _lineage(facts: case_facts.Facts) -> dict[str, Any]:
    if facts.video is None:
        return {}
    rows = lineage_rows(facts.video, public_standing(facts.video.pk))
    words = {"title": gettext("What this video was made from"), "description": answers.described(len(rows))}
    drawn = mark_safe(family.picture(rows, **words))  # noqa: S308 - it escapes each text
    return {"rows": rows, "picture": drawn, "cut": family.is_cut(rows)}


def _note(row: Case, said: Any, actor: Staff) -> str:  # noqa: ANN401 - a QueryDict, as of the next
    notes.write(work.CASES, row.pk, said.get("text", ""), actor=actor)
    return gettext("Your note is kept.")


def _tag(row: Case, said: Any, actor: Staff) -> str:  # noqa: ANN401 - as above
    tags.put(work.CASES, row.pk, said.get("tag", "").strip(), actor=actor)
    return gettext("The tag is set.")


def _untag(row: Case, said: Any, actor: Staff) -> str:  # noqa: ANN401 - as above
    word = said.get("tag", "").replace("\0", "")
    tag = CaseTag.objects.filter(queue=work.CASES, item=row.pk, tag=word, removed_at=None).first()
    if tag is not None:
        tags.remove(tag, actor=actor)
    return gettext("The tag is removed.")


def _escalate(row: Case, said: Any, actor: Staff) -> str:  # noqa: ANN401 - as above
    escalations.escalate(work.CASES, row.pk, said.get("reason", ""), to_role=said.get("to_role", ""), actor=actor)
    return gettext("It is handed on, and no longer in your hands.")


def _settle(row: Case, said: Any, actor: Staff) -> str:  # noqa: ANN401 - as above
    del said
    standing = Escalation.objects.filter(queue=work.CASES, item=row.pk, settled_at=None).first()
    if standing is not None:
        escalations.settle(standing, actor=actor)
    return gettext("It is back in its queue.")


def _snooze(row: Case, said: Any, actor: Staff) -> str:  # noqa: ANN401 - as above
    hours = int(said["hours"]) if said.get("hours") in {str(each) for each in HOURS} else 0
    schedule.snooze(work.CASES, row.pk, clock.now() + timedelta(hours=hours), actor=actor)
    return gettext("It is put off. Its clock runs on.")


def _wake(row: Case, said: Any, actor: Staff) -> str:  # noqa: ANN401 - as above
    del said
    for each in Snooze.objects.filter(queue=work.CASES, item=row.pk, woken_at=None, until__gt=clock.now()):
        schedule.wake(each, actor=actor)
    return gettext("It can be handed out again.")


def _pause(row: Case, said: Any, actor: Staff) -> str:  # noqa: ANN401 - as above
    reading.require_in_hands(row, actor=actor)
    known = decide.version_of(said.get("version", ""))
    lanes.require_pausable(row.lane)
    cases.pause(row, said.get("pause", ""), version=known, actor=actor)
    return gettext("The clock is stopped. Say in a note what you wait for.")


def _resume(row: Case, said: Any, actor: Staff) -> str:  # noqa: ANN401 - as above
    del said
    cases.resume(row, actor=actor)
    return gettext("The clock goes on.")


BESIDE: Final[dict[str, Callable[[Case, Any, Staff], str]]] = {
    "note": _note, "tag": _tag, "untag": _untag, "escalate": _escalate, "settle": _settle,
    "snooze": _snooze, "wake": _wake, "pause": _pause, "resume": _resume, **sorting.BESIDE,
}  # fmt: skip
