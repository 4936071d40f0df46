"""The other side: what was hidden of mine and why, my sworn answer to it, and when it is due back.

For whose video it is, logged in. Who notified is not told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from consent.models import Block, Case, CounterNotice, Party
from consent.portal.door import holder
from consent.takedown import appeals, counter_notices
from consent.takedown.appeals import AppealRefused
from consent.takedown.cases import CaseClosed, CaseMissing
from consent.takedown.counter_notices import CounterNoticeInvalid
from provenance.desk import forms, story
from provenance.desk.following import appealable, latest, not_appealed
from provenance.models import Video

if TYPE_CHECKING:
    from django.utils.functional import Promise

LABELS: Final[dict[str, str | Promise]] = {
    "location": _("Where the video was: its address or id"),
    "explanation": _("Why it may be shown"),
    "name": _("Your name"),
    "address": _("Your postal address"),
    "phone": _("A telephone number"),
    "email": _("Your e-mail address"),
    "signature": _("Sign: type your full name"),
}
GROUNDS: Final[dict[str, str | Promise]] = {
    CounterNotice.Ground.AUTHORISED: _("The person permitted it"),
    CounterNotice.Ground.EXCLUDED: _("It is news, documentary, commentary or parody"),
    CounterNotice.Ground.NOT_A_REPLICA: _("It shows somebody else, or no real person"),
    CounterNotice.Ground.MISTAKEN: _("Another video was meant"),
}


@holder
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, party: Party, number: str) -> HttpResponseBase:
    """Show the case of a video of one's own; file the sworn answer. Raises `CaseMissing` for somebody else's."""
    case = _own(party, number)
    if request.method != "POST":
        return _page(request, party, case)
    posted = forms.clean(request.POST)
    document = {name: posted.get(name, "") for name in counter_notices.TEXTS}
    flags = {name: posted.get(name) == "yes" for name in counter_notices.FLAGS}
    try:
        counter_notices.file_counter_notice(case, document | flags, actor=party)
    except CounterNoticeInvalid as problem:
        return _page(request, party, case, typed=document | flags, problem=problem, status=422)
    except CaseClosed:
        messages.error(request, gettext("This case is over. An appeal, or a new request, is heard."))
        return redirect("takedown-case", number=number)
    messages.success(
        request,
        gettext("We have your answer. Everybody whose notice stands is told that there is one, and not who you are."),
    )
    return redirect("takedown-case", number=number)


@holder
@require_POST
def appeal_by_uploader(request: HttpRequest, party: Party, number: str) -> HttpResponseBase:
    """Ask that a decision about one's own video is looked at again."""
    case, text = _own(party, number), request.POST.get("text", "")
    ruling = latest(case)
    try:
        if ruling is None:
            raise CaseMissing("There is no decision yet.", remedy="Wait for it.")
        appeals.file_by_uploader(ruling, text, actor=party)
    except AppealRefused:
        return _page(request, party, case, appeal_problem=not_appealed(text), text=text, status=422)
    messages.success(request, gettext("We look at it again. Somebody who had no part in the decision does that."))
    return redirect("takedown-case", number=number)


def _own(party: Party, number: str) -> Case:
    case = Case.objects.filter(number=number, video__isnull=False).first()
    if case is None or not Video.objects.filter(pk__in=[case.video], client=party).exists():
        raise CaseMissing("There is no such case about a video of yours.", remedy="Use the link from our message.")
    return case


def _page(
    request: HttpRequest,
    party: Party,
    case: Case,
    *,
    typed: dict[str, Any] | None = None,
    problem: CounterNoticeInvalid | None = None,
    appeal_problem: str = "",
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    blocks = list(Block.objects.filter(case=case.number, video__in=[case.video]).order_by("accepted_at", "pk")[:20])
    ruling = latest(case)
    said = typed or {"name": party.name, "email": getattr(request.user, "email", ""), "location": str(case.video)}
    wrong = "" if problem is None else (problem.pointer or "").lstrip("/")
    words = "" if problem is None else refusal(wrong)
    events = [one for block in blocks for one in story.of_block(block)]
    context: dict[str, Any] = {
        "case": case,
        "events": sorted(events, key=lambda each: each.at),
        "standing": any(block.lifted_at is None for block in blocks),
        "ruling": ruling and story.decided(ruling),
        "counter": case.counter_notices.filter(party=party, withdrawn_at=None).first(),
        "fields": [(name, label, said.get(name, ""), words if name == wrong else "") for name, label in LABELS.items()],
        "grounds": GROUNDS.items(),
        "said": said,
        "wrong": wrong,
        "words": words,
        "appealable": appealable(ruling) and not case.appeals.filter(ruling=ruling, party=party).exists(),
        "appeal_until": None if ruling is None else appeals.open_until(ruling),
        "appeal_problem": appeal_problem,
        "text": text,
    }
    found = render(request, "provenance/desk/case.html", context, status=status)
    found["X-Robots-Tag"] = "noindex"
    return found


def refusal(field: str) -> str:
    """Say what to do about a field of the answer that cannot be taken."""
    if field in counter_notices.FLAGS:
        return gettext("Tick it if it is true.")
    if field == "email":
        return gettext("Write it like name@example.org.")
    return gettext("This is needed, and not longer than is read.")
