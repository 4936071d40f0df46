"""Every video with those for whom one acts: newest first, by filters and pages that cost the same anywhere."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from consent.models import Party
from consent.portal import door
from provenance import sight
from provenance.models import Video
from provenance.portal import acting, made, words

PAGE: Final = 24
STATES: Final = {
    "shown": (Video.State.PUBLISHED,),
    "draft": (Video.State.STAMPING,),
    "making": (Video.State.QUEUED, Video.State.RENDERING),
    "stopped": (Video.State.WITHHELD, Video.State.FAILED),
}
EVERY: Final = ("", _("All"))


class Filters(forms.Form):
    """What of the list is wanted. Ids come from links; what a person chooses has a label."""

    likeness = forms.ChoiceField(label=_("Likeness"), required=False)
    state = forms.ChoiceField(
        label=_("How it stands"),
        required=False,
        choices=[
            EVERY,
            ("shown", _("Shown")),
            ("draft", _("Drafts")),
            ("making", _("Being made")),
            ("stopped", _("Not shown")),
        ],
    )
    purpose = forms.ChoiceField(label=_("What for"), required=False, choices=[EVERY, *words.PURPOSES.items()])
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Before"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    client = forms.UUIDField(required=False, widget=forms.HiddenInput)
    made_from = forms.UUIDField(required=False, widget=forms.HiddenInput)
    after = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, mine: list[acting.Acting], **more: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **more)
        field = self.fields["likeness"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = [EVERY, *((str(one.pk), one.likeness.name) for one in mine)]


@require_safe
@door.holder
def video_list(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Show one page. A filter that cannot be used is said beside it, and nothing is listed."""
    mine = acting.everybody(party)
    form = Filters(request.GET, mine=mine)
    if not form.is_valid():
        return render(request, "provenance/portal/videos.html", {"form": form, "cards": [], "mine": mine}, status=422)
    asked = form.cleaned_data
    ids = frozenset(one.pk for one in mine)
    mark = sight.mark(ids, asked["after"]) if asked["after"] else None
    found = sight.page(ids, _wanted(asked), after=mark, limit=PAGE + 1)
    context = {
        "form": form,
        "mine": mine,
        "cards": made.cards(found[:PAGE], party),
        "older": _link(asked, found[PAGE - 1]) if len(found) > PAGE else "",
        "newer": _link(asked, None) if asked["after"] else "",
        "filtered": any(value for name, value in asked.items() if name != "after"),
        "client": Party.objects.filter(pk=asked["client"]).first() if asked["client"] else None,
    }
    return render(request, "provenance/portal/videos.html", context)


def _wanted(asked: dict[str, Any]) -> sight.Wanted:
    return sight.Wanted(
        likeness=UUID(asked["likeness"]) if asked["likeness"] else None,
        states=STATES.get(asked["state"]),
        client=asked["client"],
        purpose=asked["purpose"] or None,
        since=_midnight(asked["since"]),
        until=_midnight(asked["until"]),
        made_from=asked["made_from"],
    )


def _midnight(day: Any) -> datetime | None:  # noqa: ANN401 - a date of the form
    return None if day is None else datetime.combine(day, time(), UTC)


def _link(asked: dict[str, Any], after: UUID | None) -> str:
    kept = {name: str(value) for name, value in asked.items() if value and name != "after"}
    if after is not None:
        kept["after"] = str(after)
    return f"{reverse('portal-videos')}?{urlencode(kept)}"
