"""What an end of consent would do to videos: counted before anybody ends it, by the clause of the grant they rest on.

Beside `consent.preview`, which counts what consent itself can see. A remix counts under the clause of each grant that
would end; it stops with the first of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import Q

from consent.endings import Scope
from consent.preview import FIRST, Aim, covered_grants, ending_grants
from gpu_client.models import LIVE, RenderJob
from provenance.models import Appearance, Video
from provenance.results import WAITING

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Each video that shows or rests on what these appearances do, with everything made from it, beside the clause.
STOPPED: Final = """
WITH RECURSIVE line(id, clause) AS (
    SELECT seen.video_id, coalesce(granted.terms ->> 'after_end', 'hide')
    FROM provenance_appearance seen JOIN consent_grant granted ON granted.id = seen.grant_id
    WHERE seen.id = ANY(%s)
    UNION
    SELECT edge.child_id, line.clause FROM provenance_lineage edge JOIN line ON edge.parent_id = line.id
)
SELECT line.clause, count(*) FILTER (WHERE video.state = 'published'), count(*) FILTER (WHERE video.state = ANY(%s))
FROM line JOIN provenance_video video ON video.id = line.id GROUP BY line.clause ORDER BY line.clause
"""


@dataclass(frozen=True, slots=True)
class Consequences:
    """Videos by clause: `shown` are published now, `under_way` would be. `clients` made those, the first by handle."""

    shown: dict[str, int]
    under_way: dict[str, int]
    jobs: int
    clients: int
    clients_first: list[str]


def consequences(aim: Aim) -> Consequences:
    """Count. The aim was checked (`consent.preview.preview`)."""
    seen = _appearances(aim)
    shown, under_way = _by_clause(seen)
    makers = Video.objects.filter(appearances__in=seen, state__in=[*WAITING, Video.State.PUBLISHED])
    named = makers.filter(client__erased_at=None).order_by("client__handle").values_list("client__handle", flat=True)
    distinct = named.distinct()
    return Consequences(shown, under_way, _jobs(aim), distinct.count(), list(distinct[:FIRST]))


def _appearances(aim: Aim) -> QuerySet[Appearance]:
    meant = Q(grant__in=ending_grants(aim))
    if aim.scope == Scope.PARTY and aim.party is not None:
        mine = Q(likeness__holder=aim.holder) if aim.likeness is None else Q(likeness=aim.likeness)
        meant |= mine & Q(video__client=aim.party)
    return Appearance.objects.filter(meant)


def _by_clause(seen: QuerySet[Appearance]) -> tuple[dict[str, int], dict[str, int]]:
    ids, values = seen.values("pk").query.sql_with_params()
    statement = STOPPED.replace("ANY(%s)", f"ANY(ARRAY({ids}))", 1)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, [str(state) for state in WAITING]])
        rows = cursor.fetchall()
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}


def _jobs(aim: Aim) -> int:
    found = RenderJob.objects.filter(state__in=LIVE, permit__grants__in=covered_grants(aim))
    if aim.party is not None:
        found = found.filter(client=aim.party)
    return found.values("pk").distinct().count()


def described(found: Consequences) -> dict[str, Any]:
    """Return the document of an answer."""
    return {name: getattr(found, name) for name in Consequences.__slots__}
