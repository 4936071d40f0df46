"""What a video was made from, as its holder sees it: in five statements, however long the line is."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext

from provenance import family, leases, lineage
from provenance.models import Appearance, Lineage, Video

PUBLIC = Q(stamp__isnull=False, published_at__isnull=False)


def rows(video: Video, mine: frozenset[UUID]) -> list[family.Row]:
    """Lay out the line above a video. A video that one may not see has its place in it, and nothing more is told."""
    ids = lineage.with_ancestors([video.pk]) | {video.pk}
    edges: dict[str, list[str]] = {}
    pairs = Lineage.objects.filter(child__in=ids).order_by("pk").values_list("child_id", "parent_id")
    for child, parent in pairs[: family.MOST_ROWS]:
        edges.setdefault(str(child), []).append(str(parent))
    own = set(Appearance.objects.filter(video__in=ids, likeness__in=mine).values_list("video_id", flat=True))
    known = {each.pk: each for each in Video.objects.filter(Q(pk__in=own) | PUBLIC, pk__in=ids)}
    standing = leases.standing_now(list(known))
    nodes = {str(each): _node(known.get(each), own=each in own, stands=each in standing) for each in ids}
    this = "good" if video.pk in standing else "open"
    nodes[str(video.pk)] = family.Node(gettext("This video"), this)
    return family.rows(str(video.pk), nodes, edges)


def _node(video: Video | None, *, own: bool, stands: bool) -> family.Node:
    if video is None:
        return family.Node(gettext("A video that is not public"), "open")
    made = date_format(video.created_at, "j M Y")
    said = gettext("may be shown") if stands else gettext("not shown")
    link = reverse("portal-video" if own else "video-record", args=[video.pk])
    return family.Node(f"{made}: {said}", "good" if stands else "bad", link)
