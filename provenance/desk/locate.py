"""Find the videos that a notice points at: by record id, by an address of ours, or by a copy of the file.

Only what was published once is found: of everything else strangers learn nothing, not even that it is there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from consent import blocks
from consent.takedown import provisional
from consent.takedown.provisional import Found
from provenance import examination
from provenance.models import Stamp, Video
from provenance.standing import PUBLISHED_ONCE

if TYPE_CHECKING:
    from django.http import HttpRequest

    from consent.takedown.notice_document import NoticeDocument, Work

ID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MOST_COPIES: Final = 3


def found(document: NoticeDocument) -> Found:
    """Return what a notice points at, in its order; what is not known to the public is absent."""
    ids = list(dict.fromkeys(one for one in map(record_of, document.works) if one is not None))
    known = {each.pk: each for each in Video.objects.filter(PUBLISHED_ONCE, pk__in=ids)}
    down = set(blocks.in_force(ids).filter(confirmed_at__isnull=False).values_list("video", flat=True))
    return Found(tuple(_seen(one, known.get(one), one in down) for one in ids))


def record_of(work: Work) -> UUID | None:
    """Return the id of the record that a place names; `None`: the place is none of ours."""
    if work.record:
        return UUID(work.record)
    ours, there = urlsplit(settings.PUBLIC_URL), urlsplit(work.url)
    ids = ID.findall(there.path)
    return UUID(ids[0]) if there.hostname == ours.hostname and len(ids) == 1 else None


def address(record: UUID | str) -> str:
    """Return the exact address of a record, so that whoever knows the id alone has given the address too."""
    return f"{settings.PUBLIC_URL}{reverse('video-record', args=[record])}"


def by_copy(request: HttpRequest) -> list[UUID]:
    """Return the published videos of which the uploaded file is a copy, the surest first.

    Nothing of the file is kept. Raises as `examination.examine` does.
    """
    report = examination.examine(request)
    label = report.manifest_label
    stamped = [] if label is None else list(Stamp.objects.filter(manifest_label=label).values_list("video", flat=True))
    alike = [] if report.recovered is None else [UUID(match.video) for match in report.recovered.matches]
    ids = list(dict.fromkeys([*stamped, *alike]))
    public = set(Video.objects.filter(PUBLISHED_ONCE, pk__in=ids).values_list("pk", flat=True))
    return [one for one in ids if one in public][:MOST_COPIES]


def _seen(one: UUID, video: Video | None, down: bool) -> provisional.Video:  # noqa: FBT001 - a fact of the row
    """Return how a video stands. One that is hidden for the time being alone is not down: people still decide."""
    if video is None:
        return provisional.Video(one, provisional.ABSENT)
    shown = video.state == Video.State.PUBLISHED and not down
    return provisional.Video(one, provisional.SHOWN if shown else provisional.DOWN, video.client_id)
