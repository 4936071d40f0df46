"""Enrol by a recording: the notice read in full, half an hour with a challenge, the checks in words, three tries.

The challenge is drawn only after the notice was agreed to, and the agreement is to the very text that was on the page:
its hash comes back with the form. The page records by itself (`consent.portal.recording`); where a browser cannot, or
has no script, the device's own camera does (a file field with `capture`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods

from consent import capture, clock, enrolment, enrolment_notice, likenesses
from consent.media.advice import ADVICE
from consent.media.prompted import Name
from consent.portal import door, recording, refusal
from ledger.problem import Problem

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

    from consent.models import EnrolmentSession, Likeness, Party

CHECKS: Final = {
    Name.FACE: _("One face, always in view"),
    Name.SIZE: _("Near enough"),
    Name.LIGHT: _("Enough light"),
    Name.SHARPNESS: _("Sharp enough"),
    Name.PERSON: _("The same person all along"),
    Name.TURNS: _("The steps in their order"),
    Name.LIPS: _("Lips and sound together"),
    Name.DIGITS: _("The digits shown"),
}


class AgreeForm(forms.Form):
    """Agreement to one text, named by its hash."""

    notice = forms.CharField(max_length=64, widget=forms.HiddenInput)
    agree = forms.BooleanField(label=_("I have read this and agree"))

    def __init__(self, *args: Any, sha256: str, **more: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **({"initial": {"notice": sha256}} | more))
        self._sha256 = sha256

    def clean_notice(self) -> str:
        """Refuse agreement to a text that is not the one of today."""
        if self.cleaned_data["notice"] != self._sha256:
            raise forms.ValidationError(_("The text has changed. Please read it again."))
        return self._sha256


class ClipForm(forms.Form):
    """The recording. What is wrong with an empty one, the clip's own checks say."""

    clip = forms.FileField(
        label=_("Your recording"),
        help_text=_(
            "MP4 or QuickTime, at most 30 seconds and 32 MB. A phone set to 720p or 1080p makes less than that."
        ),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "video/mp4,video/quicktime", "capture": "user"}),
    )


@require_http_methods(["GET", "POST"])
@door.holder
def begin(request: HttpRequest, party: Party, likeness: UUID) -> HttpResponseBase:
    """Show the notice in full, then open a session."""
    mine = likenesses.owned(likeness, holder=party)
    notice = enrolment_notice.in_language(_language())
    form = AgreeForm(request.POST if request.method == "POST" else None, sha256=notice.sha256)
    if request.method != "POST":
        return _notice(request, mine, notice, form, 200)
    if form.is_valid():
        try:
            session = capture.open_session(mine, language=notice.language, actor=party)
        except Problem as problem:
            refusal.put(form, problem)
        else:
            return redirect("portal-enrolment", session=session.pk)
    return _notice(request, mine, notice, form, 422)


@csp_override(recording.POLICY)
@require_http_methods(["GET", "POST"])
@door.holder
def session_page(request: HttpRequest, party: Party, session: UUID) -> HttpResponseBase:
    """Show what is asked and how far one is; judge the clip that is sent. A clip that fails a check is no error.

    The page's own script is answered in JSON: where to go on, or what was wrong, so that its recording is not lost.
    """
    mine = capture.owned(session, holder=party)
    if request.method != "POST":
        return _session(request, mine, ClipForm(), 200)
    form = ClipForm(request.POST, request.FILES)
    try:
        if getattr(request, "upload_too_large", False):  # set by our upload handler, which cut the file off
            raise enrolment.too_large()
        if form.is_valid():
            capture.submit_clip(mine, form.cleaned_data["clip"].file, actor=party)
            return _judged(request, mine)
    except Problem as problem:
        form.is_valid()
        form.errors.pop("clip", None)
        refusal.put(form, problem)
    if _by_script(request):
        said = [str(words) for errors in form.errors.values() for words in errors]
        return JsonResponse({"said": " ".join(said)}, status=422)
    return _session(request, mine, form, 422)


def _judged(request: HttpRequest, session: EnrolmentSession) -> HttpResponseBase:
    """Lead back to the page, which shows the checks."""
    if _by_script(request):
        return JsonResponse({"next": reverse("portal-enrolment", kwargs={"session": session.pk})})
    return redirect("portal-enrolment", session=session.pk)


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "recorder"


def _language() -> str:
    """Return the page's language if the notice is written in it; else English."""
    shown = (get_language() or "en").partition("-")[0]
    return shown if shown in enrolment_notice.TEXTS else "en"


def _notice(
    request: HttpRequest, likeness: Likeness, notice: enrolment_notice.Notice, form: AgreeForm, status: int
) -> HttpResponseBase:
    context = {"likeness": likeness, "notice": notice, "paragraphs": notice.text.strip().split("\n"), "form": form}
    return render(request, "consent/portal/enrol_notice.html", context, status=status)


def _session(request: HttpRequest, session: EnrolmentSession, form: ClipForm, status: int) -> HttpResponseBase:
    tries = list(session.tries.order_by("number"))
    state = capture.state_of(session, clock.now())
    context = {
        "session": session,
        "state": state,
        "instructions": capture.asked_of(session).instructions(session.language),
        "tries_left": max(0, capture.TRIES - len(tries)),
        "checks": [] if state == capture.State.IN_REVIEW or not tries else _checks(tries[-1].checks, session.language),
        "form": form,
        "plan": recording.plan(session) if state == capture.State.OPEN else None,
    }
    page = render(request, "consent/portal/enrolment.html", context, status=status)
    page.headers[recording.DEVICES] = recording.OPEN
    return page


def _checks(found: dict[str, bool], language: str) -> list[tuple[object, bool, str]]:
    """Return each check in the order in which a person would put things right: its name, the answer, what to do."""
    known = [(name, found[str(name)]) for name in Name if found.get(str(name)) is not None]
    return [(CHECKS[name], passed, "" if passed else ADVICE[language][name]) for name, passed in known]
