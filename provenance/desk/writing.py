"""Write a notice in steps, read it over, send it; and change one that was sent.

What is written is kept at each step behind the draft's link, so a lost page, a late night or a broken upload loses one
step at the most, and a refused one comes back as it was typed.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from consent import clock
from consent.portal import door
from consent.takedown import drafts, evidence, filing, floods, links, notice_document
from consent.takedown.evidence import EvidenceRefused
from consent.takedown.filing import NoticeRefused
from consent.takedown.floods import TooManyNotices
from consent.takedown.notice_document import NoticeDocument
from ledger.problem import Problem
from provenance.desk import forms, lacking, locate, page, paper, reading
from provenance.desk.paper import Paper
from provenance.pages.verify import explained

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from consent.models import Notice
    from provenance.desk.forms import Step

DRAFTS_PER_NETWORK: Final = 300  # new ones, on one day


@page.desk
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponseBase:
    """Ask the first questions, and open a draft with what is answered."""
    document = _known(request)
    if request.method != "POST":
        return _step(request, Paper("", document), "who", forms.Who(initial=forms.Who.shown(document)))
    form = forms.Who(forms.clean(request.POST))
    plain = form.written(document)
    if plain is None:
        return _step(request, Paper("", document), "who", form, status=422)
    try:
        made = _opened(request, plain)
    except TooManyNotices:
        return _too_many(request, Paper("", document))
    return redirect(made.address("video"))


@page.desk
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, secret: str, step: str) -> HttpResponseBase:
    """Write one step of a draft. One that was sent leads to its notice; what is typed into an ended one is kept."""
    kind = _kind(step)
    try:
        found = paper.of_draft(secret)
    except links.LinkInvalid:
        sent = _sent(secret)
        if sent is not None:
            return redirect(sent)
        if request.method != "POST":
            raise
        return _begun_anew(request, step, kind)
    return _written(request, found, step, kind)


@page.desk
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, secret: str, step: str) -> HttpResponseBase:
    """Write one step of a notice that was sent: add what is missing."""
    return _written(request, paper.of_notice(secret), step, _kind(step))


@page.desk
@require_http_methods(["GET", "HEAD"])
def review(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Show all that was written, what it does and what is missing, before it is sent."""
    try:
        found = paper.of_draft(secret)
    except links.LinkInvalid:
        sent = _sent(secret)
        if sent is None:
            raise
        return redirect(sent)
    return render(request, "provenance/desk/review.html", _frame(found, "review") | {"rows": reading.rows(found)})


@page.desk
@require_POST
def send(request: HttpRequest, secret: str) -> HttpResponseBase:
    """File the draft. Twice is once: the draft's own secret is the form's token."""
    try:
        found = paper.of_draft(secret)
    except links.LinkInvalid:
        sent = _sent(secret)
        if sent is None:
            raise
        return redirect(sent)
    language = request.POST.get("language", "")
    try:
        filed = filing.file(
            notice_document.written(found.document),
            token=secret,
            language=language if language in ("en", "es") else page.language(),
            actor=page.party(request),
            found=locate.found(found.document),
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except TooManyNotices:
        return _too_many(request, found)
    except NoticeRefused:  # it was sent meanwhile, from another window
        return redirect(_sent(secret) or "takedown")
    drafts.discard(secret)
    messages.success(request, gettext("We have your notice. Keep its number and the address of this page."))
    attach(request, filed.notice)
    return redirect("takedown-status", secret=filed.secret)


def attach(request: HttpRequest, notice: Notice) -> int:
    """Seal the files that came with a form; say of each that could not be taken why. Return how many were."""
    taken = 0
    files: list[UploadedFile[Any]] = request.FILES.getlist("evidence")
    for upload in files[: evidence.MAX_FILES]:
        try:
            evidence.add_evidence(notice, upload, actor=None)  # type: ignore[arg-type]  # it reads as a file does
            taken += 1
        except EvidenceRefused as problem:
            messages.error(request, f"{gettext(problem.detail)} {gettext(problem.remedy)}")
        except Problem:
            messages.error(request, gettext("A file could not be read. Send a PDF, a picture, or an MP4 video."))
    if getattr(request, "upload_too_large", False):
        messages.error(request, gettext("The files are too large. Add them here one at a time, of at most 10 MB."))
    if taken:
        messages.success(request, gettext("We have what you sent, sealed."))
    return taken


def _written(request: HttpRequest, found: Paper, step: str, kind: type[Step]) -> HttpResponseBase:
    if request.method != "POST":
        return _step(request, found, step, kind(initial=kind.shown(found.document)))
    form = kind(forms.clean(request.POST))
    plain = form.written(found.document)
    searched, problem = (False, "") if plain is None or step != "video" else _searched(request, plain)
    if plain is None or problem:
        if plain is not None:
            paper.save(found, plain)
        return _step(request, found, step, form, status=422, file_problem=problem)
    try:
        paper.save(found, plain)
    except NoticeRefused:
        messages.error(request, gettext("This notice is over, and cannot be changed. Write a new one."))
        return redirect(found.address("review"))
    if searched or "stay" in request.POST:
        return redirect(found.address(step))
    return redirect(found.address(forms.after(step) if found.notice is None else "review"))


def _searched(request: HttpRequest, plain: dict[str, Any]) -> tuple[bool, str]:
    """Look for the video by a copy of it, and add what is found. Return whether it was looked for, and what failed."""
    if not request.FILES.getlist("file") and not getattr(request, "upload_too_large", False):
        return False, ""
    try:
        ids = locate.by_copy(request)
    except Problem as problem:
        return True, " ".join(explained(problem))
    if not ids:
        messages.warning(
            request, gettext("We did not find this copy here. You can go on all the same: say where you saw it.")
        )
    standing = {work["record"] for work in plain["works"] if work.get("record")}
    new = [one for one in ids if str(one) not in standing][: notice_document.MAX_WORKS - len(plain["works"])]
    plain["works"] += [{"url": locate.address(one), "record": str(one)} for one in new]
    if ids:
        messages.success(request, gettext("We found it, and wrote it into your notice. You need not watch it."))
    return True, ""


def _begun_anew(request: HttpRequest, step: str, kind: type[Step]) -> HttpResponseBase:
    form = kind(forms.clean(request.POST))
    plain = form.written(NoticeDocument())
    if plain is None:
        return _step(request, Paper("", NoticeDocument()), step, form, status=422)
    try:
        made = _opened(request, plain)
    except TooManyNotices:
        return _too_many(request, Paper("", NoticeDocument()))
    said = gettext("The link that you used had ended. What you just wrote is kept here; please fill in the rest again.")
    messages.warning(request, said)
    return redirect(made.address("who"))


def _opened(request: HttpRequest, plain: dict[str, Any]) -> Paper:
    floods.count("draft", floods.network(request.META.get("REMOTE_ADDR", "")), DRAFTS_PER_NETWORK)
    secret = drafts.save_draft(plain)
    return Paper(secret, notice_document.parse(plain))


def _known(request: HttpRequest) -> NoticeDocument:
    """Return what need not be asked: the video that the link named, and the details of who is logged in."""
    plain = notice_document.written(NoticeDocument())
    asked = request.POST.get("video") or request.GET.get("video", "")
    if locate.ID.fullmatch(asked):
        plain["works"] = [{"url": locate.address(UUID(asked)), "record": str(UUID(asked))}]
    party = door.party_of(request) if request.user.is_authenticated else None
    if party is not None:
        email = getattr(request.user, "email", "")
        plain["claimant"] |= {"name": party.name, "email": email if notice_document.is_email(email) else ""}
        plain["depicted"]["name"] = party.name
    return notice_document.parse(plain)


def _sent(secret: str) -> str | None:
    """Return where the notice is that this draft became; `None`: it became none."""
    try:
        made = links.of_form(secret)
        filing.of_link(made)
    except links.LinkInvalid:
        return None
    return reverse("takedown-status", args=[made])


def _kind(step: str) -> type[Step]:
    if step not in forms.STEPS:
        raise Http404
    return forms.STEPS[step]


def _step(
    request: HttpRequest, found: Paper, step: str, form: Step, *, status: int = 200, file_problem: str = ""
) -> HttpResponse:
    context = _frame(found, step) | {"form": form, "file_problem": file_problem}
    if step == "video":
        context |= {"located": reading.located(found.document), "limit": settings.FILE_UPLOAD_MAX_MEMORY_SIZE >> 20}
    works = found.document.works
    context["video"] = works[0].record if works and not found.secret else ""
    return render(request, "provenance/desk/step.html", context, status=status)


def _frame(found: Paper, step: str) -> dict[str, Any]:
    """Return what every page of the form shows."""
    names = [*forms.STEPS, "review"]
    earlier = forms.before(step)
    return {
        "paper": found,
        "step": step,
        "number": names.index(step) + 1,
        "of": len(names),
        "title": gettext("Read it over") if step == "review" else forms.STEPS[step].title,
        "back": found.address(earlier) if earlier and found.secret and found.notice is None else "",
        "cancel": found.address("review") if found.notice is not None else "",
        "groups": lacking.groups(found) if found.secret else [],
        "intimate": found.document.about_intimate,
        "link": f"{settings.PUBLIC_URL}{found.address(step)}" if found.secret else "",
        "language_now": page.language(),
        "come_back": True,
    }


def _too_many(request: HttpRequest, found: Paper) -> HttpResponse:
    """Say when to come back, and what cannot wait; what was written stays."""
    tomorrow = datetime.combine(clock.now().date() + timedelta(days=1), time(), tzinfo=UTC)
    context = {
        "tomorrow": tomorrow,
        "email": settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].strip(">"),
        "link": f"{settings.PUBLIC_URL}{found.address('review')}" if found.secret else "",
    }
    answer = render(request, "provenance/desk/too_many.html", context, status=429)
    answer["Retry-After"] = str(max(1, int((tomorrow - clock.now()).total_seconds())))
    return answer
