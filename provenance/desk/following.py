"""Follow a notice by its secret link: what happened, what happens next and by when; add to it, take it back, appeal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from consent import clock
from consent.models import Block, Case, Notice, Ruling
from consent.takedown import appeals, filing, letters
from consent.takedown.appeals import AppealRefused
from consent.takedown.filing import NoticeRefused
from ledger import log
from ledger.problem import Problem
from ledger.subjectkeys import Erased
from provenance.desk import lacking, page, paper, reading, story
from provenance.desk.writing import attach

if TYPE_CHECKING:
    from consent.models import Letter

MOST_LETTERS: Final = 50


@page.desk
@require_http_methods(["GET", "HEAD"])
def status(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Show where a notice stands."""
    return _page(request, secret)


@page.desk
@require_POST
def add_evidence(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Seal more files with a notice."""
    notice = filing.of_link(secret)
    if not attach(request, notice) and not request.FILES and not getattr(request, "upload_too_large", False):
        messages.error(request, gettext("No file was chosen."))
    return redirect("takedown-status", secret=secret)


@page.desk
@require_POST
def withdraw(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Take a notice back; that it is meant is ticked, since a slip of the thumb must not do it."""
    notice = filing.of_link(secret)
    if request.POST.get("sure") != "yes":
        messages.error(request, gettext("Nothing was taken back. Tick the box first if you mean it."))
    else:
        try:
            filing.withdraw(notice, actor=None)
            messages.success(request, gettext("You took your notice back. You can write a new one at any time."))
        except NoticeRefused as problem:
            messages.error(request, problem.detail)
    return redirect("takedown-status", secret=secret)


@page.desk
@require_POST
def appeal(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Ask that a decision is looked at again."""
    notice, text = filing.of_link(secret), request.POST.get("text", "")
    ruling = latest(notice.case)
    if ruling is None:
        return _page(request, secret, appeal_problem=gettext("There is no decision yet."), typed=text, status=409)
    try:
        appeals.file_by_notifier(ruling, text, notice=notice, actor=None)
    except AppealRefused:
        return _page(request, secret, appeal_problem=not_appealed(text), typed=text, status=422)
    messages.success(request, gettext("We look at it again. Somebody who had no part in the decision does that."))
    return redirect("takedown-status", secret=secret)


@page.desk
@require_http_methods(["GET", "HEAD"])
def receipt(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Give the receipt as a text file: numbers, commitments, and the proofs that there are."""
    del request
    notice = filing.of_link(secret)
    lines = [f"notice {notice.number}", f"case {notice.case.number}", f"filed {notice.filed_at.isoformat()}"]
    entries = [notice.entry, *(one.entry for one in notice.evidence.select_related("entry").order_by("added_at", "pk"))]
    for entry in entries:
        lines += ["", f"entry {entry.index} {entry.kind}", f"commitment {entry.commit_text}", *_proof(entry)]
    answer = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{notice.number}.txt"'
    return answer


def latest(case: Case) -> Ruling | None:
    """Return the decision that stands; `None`: there is none."""
    return case.rulings.filter(state=Ruling.State.IN_FORCE).order_by("-in_force_at", "-pk").first()


def not_appealed(text: str) -> str:
    """Say why an appeal was not taken."""
    if text.strip():
        return gettext("It is too long, or the time to ask has passed. Shorten it, or write a new notice.")
    return gettext("Say in a few words why you think that it is wrong.")


def _page(
    request: HttpRequest, secret: str, *, appeal_problem: str = "", typed: str = "", status: int = 200
) -> HttpResponse:
    found = paper.of_notice(secret)
    notice: Notice = found.notice  # type: ignore[assignment]  # `of_notice` has one
    case, ruling = notice.case, latest(notice.case)
    blocks = list(Block.objects.filter(case=case.number).order_by("accepted_at", "pk")[:20])
    over = notice.withdrawn_at is not None or case.state != Case.State.OPEN
    context: dict[str, Any] = {
        "notice": notice,
        "case": case,
        "secret": secret,
        "link": letters.link(secret),
        "headline": story.headline(notice, case, blocks),
        "events": story.events(notice, case, blocks),
        "why_clock": story.why(case),
        "paused": case.paused_at is not None,
        "letters": [(one, _text(one)) for one in notice.letters.order_by("-created_at", "-pk")[:MOST_LETTERS]],
        "evidence": list(notice.evidence.order_by("added_at", "pk")),
        "groups": [] if over else lacking.groups(found),
        "rows": reading.rows(found),
        "places": reading.located(found.document),
        "over": over,
        "appealable": appealable(ruling) and not notice.appeals.filter(ruling=ruling).exists(),
        "appeal_until": None if ruling is None else appeals.open_until(ruling),
        "appeal_problem": appeal_problem,
        "typed": typed,
        "commitment": notice.entry.commit_text,
        "log_url": settings.PUBLIC_URL,
        "come_back": not appeal_problem,
    }
    return render(request, "provenance/desk/status.html", context, status=status)


def appealable(ruling: Ruling | None) -> bool:
    """Tell whether the time to ask again is still running."""
    until = None if ruling is None else appeals.open_until(ruling)
    return until is not None and until >= clock.now()


def _text(letter: Letter) -> str:
    try:
        return letters.read(letter)
    except Erased:
        return gettext("What this said was destroyed.")


def _proof(entry: Any) -> list[str]:  # noqa: ANN401 - an entry of the log
    try:
        return log.proof(entry).splitlines()
    except Problem:
        return ["proof: not published yet; ask again later"]
