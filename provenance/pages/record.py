"""The shareable page of one video: whether permission stands now, when and with what it was made, and from what.

Only a video that was published once has one. Any other id, ours or not, gets the same bytes. Nobody in a video is
named, nor who asked for it; and of what was made from it there is a number and no link, since whoever holds a video was
told of that video and of those inside its file, and of no other.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from provenance import answers, family
from provenance.foreign import defused
from provenance.models import Lineage, Video
from provenance.standing import BLOCKED, CONSENTED, ENDED, UNKNOWN, WORDS, public_standing

PUBLIC = Q(stamp__isnull=False, published_at__isnull=False)


@csrf_exempt
@require_safe
def record(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """Show the record, or the one page that stands for every id without one."""
    state = public_standing(video_id)
    video = Video.objects.filter(PUBLIC, pk=video_id).select_related("stamp").first()
    if video is None or state == UNKNOWN:
        answer = render(request, "provenance/no_record.html", status=404)
    else:
        answer = render(request, "provenance/record.html", _context(request, video, state))
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _context(request: HttpRequest, video: Video, state: str) -> dict[str, Any]:
    shape, mark = marked(state)
    rows = lineage_rows(video, state)
    title, count = gettext("What this video was made from"), len(rows)
    description = answers.described(count)
    return {
        "video": video,
        "state": shape,
        "mark": mark,
        "sentence": gettext(WORDS.get(state, WORDS[UNKNOWN])),
        "erased": video.erased_at is not None,
        "model": defused(video.model),
        "rows": rows if count > 1 else [],
        "cut": family.is_cut(rows),
        "family": mark_safe(family.picture(rows, title=title, description=description)),  # noqa: S308 - it escapes each text
        "remixes": Lineage.objects.filter(parent=video, child__published_at__isnull=False).count(),
        "link": request.build_absolute_uri(reverse("video-record", args=[video.pk])),
    }


def marked(state: str) -> tuple[str, str]:
    """Return shape and words; a state that is not known here is shown as bad."""
    if state == CONSENTED:
        return answers.GOOD, gettext("Permission stands")
    if state == ENDED:
        return answers.GOOD, gettext("Permission ended; kept visible by choice")
    if state == UNKNOWN:
        return answers.OPEN, gettext("Not public")
    if state == BLOCKED:
        return answers.BAD, gettext("Blocked by an order")
    return answers.BAD, gettext("Permission has ended")


def lineage_rows(video: Video, state: str) -> list[family.Row]:
    """Lay out what the video was made from. Where permission for it stands, it stands for all of them."""
    edges = _edges(video.pk)
    ids = {parent for above in edges.values() for parent in above}
    public = {each.pk: each for each in Video.objects.filter(PUBLIC, pk__in=ids)}
    nodes = {str(video.pk): family.Node(gettext("This video"), marked(state)[0])}
    for each in ids:
        found = public.get(each)
        own = UNKNOWN if found is None else CONSENTED if state == CONSENTED else public_standing(each)
        nodes[str(each)] = _node(found, own)
    return family.rows(str(video.pk), nodes, {str(child): [*map(str, above)] for child, above in edges.items()})


def _node(video: Video | None, state: str) -> family.Node:
    """`None`: it was never published; that there is one stands in the file, and nothing more is told."""
    if video is None or video.published_at is None or state == UNKNOWN:
        return family.Node(gettext("A video that is not public"), answers.OPEN)
    shape, mark = marked(state)
    made = date_format(video.published_at, "j M Y")
    return family.Node(f"{made}: {mark}", shape, reverse("video-record", args=[video.pk]))


def _edges(root: UUID) -> dict[UUID, list[UUID]]:
    """Return child -> parents, one statement a generation, until there is no more or more than is shown."""
    edges: dict[UUID, list[UUID]] = {}
    generation, known = [root], {root}
    while generation and len(known) <= family.MOST_ROWS:
        for child, parent in (
            Lineage.objects.filter(child__in=generation).order_by("id").values_list("child_id", "parent_id")
        ):
            edges.setdefault(child, []).append(parent)
        generation = [parent for child in generation for parent in edges.get(child, []) if parent not in known]
        known.update(generation)
    return edges
