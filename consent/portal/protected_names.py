"""Names that no prompt may use: those of one's own likenesses, in force from the moment they are written down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from consent import likenesses, register
from consent.models import Likeness, ProtectedName
from consent.portal import acting, door, refusal
from ledger import log
from ledger.problem import Problem
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponseBase

    from consent.models import Party

SHOWN: Final = 25
"""Protections, and likenesses to choose from, on a page; the API lists them all."""
LONG: Final = register.MAX_SPELLINGS * (register.MAX_LENGTH + 2)


class NamesForm(forms.Form):
    """One likeness, its names and its doubtful names, one a line."""

    likeness = forms.ChoiceField(label=_("Whose"))
    names = forms.CharField(
        label=_("Names, one a line"),
        help_text=_("First and last name. A prompt with one of them is refused, unless the permission covers you."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=LONG,
    )
    aliases = forms.CharField(
        label=_("Nicknames and initials, one a line"),
        help_text=_("A prompt with one of them waits until a person has looked at it."),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=LONG,
        required=False,
    )

    def __init__(self, *args: Any, mine: list[Likeness], **more: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **more)
        self.fields["likeness"].choices = [(str(one.pk), one.name) for one in mine]  # type: ignore[attr-defined]  # a choice field

    def lines(self, name: str) -> list[str]:
        """Return what was written, line by line; empty lines are nothing."""
        return [line.strip() for line in str(self.cleaned_data[name]).splitlines() if line.strip()]


@require_http_methods(["GET", "POST"])
@door.holder
def names(request: HttpRequest, party: Party) -> HttpResponseBase:
    """List what is protected, and protect more."""
    active = Likeness.objects.filter(holder=party, state=Likeness.State.ACTIVE, erased_at=None)
    mine = list(active.order_by("name", "pk")[:SHOWN])
    form = NamesForm(request.POST if request.method == "POST" else None, mine=mine)
    if form.is_valid():
        try:
            _protect(form, party)
        except Problem as problem:
            refusal.put(form, problem)
        else:
            messages.success(request, gettext("Protected from now on."))
            return redirect("portal-names")
    rows = _of(party).order_by("-created_at", "-pk")[:SHOWN]
    context = {"form": form, "mine": mine, "shown": [(row, *_spelled(row)) for row in rows]}
    return render(request, "consent/portal/names.html", context, status=422 if form.errors else 200)


@require_POST
@door.holder
@door.reauthenticated
def end(request: HttpRequest, party: Party, name: UUID) -> HttpResponseBase:
    """End a protection: prompts may use the name again, so it is asked first who this is."""
    found = _of(party).filter(pk=name).first()
    if found is None:
        raise register.missing()
    register.unprotect(found, actor=party)
    messages.success(request, gettext("It is protected no more."))
    return redirect("portal-names")


def _protect(form: NamesForm, party: Party) -> None:
    number = acting.read_id(form.cleaned_data["likeness"])
    if number is None:
        raise likenesses.missing("/likeness")
    likeness = likenesses.owned(number, holder=party, pointer="/likeness")
    spelled, aliases = form.lines("names"), form.lines("aliases")
    register.protect(spelled, aliases, ground=register.ground_of(likeness), likeness=likeness, actor=party)


def _of(party: Party) -> QuerySet[ProtectedName]:
    found = ProtectedName.objects.filter(likeness__holder=party, ended_at=None)
    return found.select_related("likeness", "entry__sealed__subject_key")


def _spelled(name: ProtectedName) -> tuple[list[str], list[str]]:
    """Return names and aliases; none if they were sealed for who held the likeness before."""
    try:
        sealed = json.loads(log.opening(name.entry).payload)["payload"]
    except Erased:
        return [], []
    return sealed["spellings"], sealed["aliases"]
