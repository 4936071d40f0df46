"""One's likenesses: the list, a new one, and one of them with what was recorded of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from consent import capture, likenesses, parties
from consent.models import EnrolmentSession, Likeness
from consent.portal import door, refusal
from ledger.problem import Problem

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

    from consent.models import Party

SHOWN: Final = 50
"""Likenesses, and recordings of one, on a page; the API lists them all."""
SHAPES: Final = {
    Likeness.State.ENROLLING: "open",
    Likeness.State.ACTIVE: "good",
    Likeness.State.SUSPENDED: "paused",
    Likeness.State.DISPUTED: "warn",
}
WORDS: Final = {
    Likeness.State.ENROLLING: _("waits for a recording"),
    Likeness.State.ACTIVE: _("enrolled"),
    Likeness.State.SUSPENDED: _("paused"),
    Likeness.State.DISPUTED: _("somebody else claims it"),
}
ENROLLABLE: Final = frozenset({Likeness.State.ENROLLING, Likeness.State.ACTIVE})


class RegisterForm(forms.Form):
    """The name under which one's own likeness is kept."""

    name = forms.CharField(label=_("Your name"), max_length=parties.MAX_NAME, strip=False)


@require_safe
@door.holder
def likeness_list(request: HttpRequest, party: Party) -> HttpResponseBase:
    """List them, newest first."""
    rows = Likeness.objects.filter(holder=party).order_by("-created_at", "-pk")[:SHOWN]
    context = {"shown": [(row, *_state(row)) for row in rows]}
    return render(request, "consent/portal/likenesses.html", context)


@require_http_methods(["GET", "POST"])
@door.holder
def register(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Register one's own likeness. A form that was sent twice leads to the one that still waits for its recording."""
    if request.method != "POST":
        form = RegisterForm(initial={"name": party.name})
        return render(request, "consent/portal/likeness_register.html", {"form": form})
    form = RegisterForm(request.POST)
    if form.is_valid():
        name = form.cleaned_data["name"]
        try:
            mine = Likeness.objects.filter(holder=party, kind=Likeness.Kind.PERSON, name=name)
            waiting = mine.filter(state=Likeness.State.ENROLLING, adult_on=None).order_by("created_at").last()
            made = waiting or likenesses.register_likeness(name=name, kind=Likeness.Kind.PERSON, actor=party)
        except Problem as problem:
            refusal.put(form, problem)
        else:
            messages.success(request, gettext("Registered. Next we record you."))
            return redirect("portal-enrol", likeness=made.pk)
    return render(request, "consent/portal/likeness_register.html", {"form": form}, status=422)


@require_safe
@door.holder
def show(request: HttpRequest, party: Party, likeness: UUID) -> HttpResponseBase:
    """Show one: its state, and each accepted recording with what it vouches for and nothing more."""
    mine = likenesses.owned(likeness, holder=party)
    shape, word = _state(mine)
    latest = EnrolmentSession.objects.filter(likeness=mine).order_by("-opened_at", "-pk").first()
    context = {
        "likeness": mine,
        "shape": shape,
        "word": word,
        "may_enrol": mine.state in ENROLLABLE,
        "in_review": latest is not None and latest.state == capture.State.IN_REVIEW,
        "session": latest,
        "enrolments": mine.enrolments.filter(erased_at=None).order_by("-created_at", "-pk")[:SHOWN],
    }
    return render(request, "consent/portal/likeness.html", context)


def _state(likeness: Likeness) -> tuple[str, object]:
    """Return shape and words of the state; whatever is none of these was taken back."""
    state = Likeness.State(likeness.state)
    return SHAPES.get(state, "bad"), WORDS.get(state, _("taken back"))
