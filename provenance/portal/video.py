"""One video with those for whom one acts: the picture, why it was allowed, what it came from, and what one can do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from consent.models import Approval, Exclusion, Grant, Party, Permit
from consent.portal import door
from provenance import answers, contributions, family, leases, renders, sight
from provenance.foreign import defused
from provenance.models import Appearance, Lineage, Video
from provenance.portal import line, made, words

MOST = 50  # rows of a part of the page: parts, grants and approvals of one video are few


@require_safe
@door.holder
def show(request: HttpRequest, party: Party, video_id: UUID) -> HttpResponseBase:
    """Show a video to who may see for somebody in it. To who only asked for it this page does not exist."""
    mine = sight.likenesses(party)
    video = Video.objects.select_related("client", "entry", "stamp").filter(pk=video_id).first()
    shown = list(
        Appearance.objects.filter(video=video_id, likeness__in=mine).select_related("likeness", "grant").order_by("pk")
    )
    if video is None or not shown:
        raise renders.VideoNotFound("There is no such video of yours.", pointer="/id", remedy="Go back to the list.")
    stands = video.pk in leases.standing_now([video.pk])
    context = {
        "card": made.card(video, party, stands=stands),
        "video": video,
        "model": defused(video.model),
        "prompt": defused(video.prompt),
        "stands": stands,
        "appearances": shown,
        "grants": [(one, _grant_link(one.grant)) for one in shown],
        **_decided(video),
        **_line(video, mine),
        "parts": _parts(video, party),
        "approvals": _approvals(video, mine),
        "excludable": _excludable(video, shown, party),
    }
    return render(request, "provenance/portal/video.html", context)


def _decided(video: Video) -> dict[str, Any]:
    """Return the decision by which it was allowed; what was said of the use is gone once who asked was erased."""
    permit = Permit.objects.select_related("decision").filter(entry=video.entry_id).first()
    use = permit.decision.use if permit is not None else {}
    return {
        "decision": permit.decision if permit is not None else None,
        "use": {
            "scenes": use.get("scenes") or [],
            "territories": use.get("territories") or [],
            "campaign": use.get("campaign") or "",
            "speech": use.get("speech") or "",
        },
    }


def _line(video: Video, mine: frozenset[UUID]) -> dict[str, Any]:
    found = line.rows(video, mine)
    title, said = gettext("What this video was made from"), answers.described(len(found))
    return {
        "rows": found if len(found) > 1 else [],
        "cut": family.is_cut(found),
        "family": mark_safe(family.picture(found, title=title, description=said)),  # noqa: S308 - it escapes each text
        "remixes": Lineage.objects.filter(parent=video).count(),
    }


def _parts(video: Video, party: Party) -> list[dict[str, Any]]:
    """Return who did what, with the shown names."""
    said = {"prompt": gettext("wrote what it shows"), "edit": gettext("made it out of another video")}
    found = [each for each in contributions.of(video, party)[:MOST] if each["part"] in said]
    names = dict(Party.objects.filter(pk__in={each["party"] for each in found}).values_list("pk", "name"))
    return [
        {
            "who": words.somebody(names.get(UUID(each["party"]), "")),
            "what": said[each["part"]],
            "entry": each["entry"],
            "this": each["video"] == str(video.pk),
        }
        for each in found
    ]


def _approvals(video: Video, mine: frozenset[UUID]) -> list[tuple[Approval, str, str]]:
    rows = Approval.objects.filter(video=video.pk, grant__likeness__in=mine).order_by("asked_at", "pk")[:MOST]
    said = [(row, words.ANSWERS[Approval.State(row.state)]) for row in rows]
    return [(row, str(state), str(text)) for row, (state, text) in said]


def _excludable(video: Video, shown: list[Appearance], party: Party) -> Appearance | None:
    """Return the first likeness that the party holds alone and that has not shut the maker out yet."""
    out = set(
        Exclusion.objects.filter(
            likeness__in=[one.likeness_id for one in shown], party=video.client_id, lifted_at=None
        ).values_list("likeness_id", flat=True)
    )
    if video.client_id == party.pk:
        return None
    held = (one for one in shown if one.likeness.holder_id == party.pk and one.likeness_id not in out)
    return next(held, None)


def _grant_link(grant: Grant) -> str:
    """Return the address of a permission's page; "": there is none."""
    try:
        return reverse("portal-grant", args=[grant.pk])
    except NoReverseMatch:
        return ""
