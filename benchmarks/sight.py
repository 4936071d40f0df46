"""What a page of "videos with me" costs, from the first to the ten-thousandth, among a million appearances.

Through `sight.page`, a hundred a page; the floor of each figure is the first page, of the same crowd or of a thousand.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from benchmarks import crowd_of_videos
from benchmarks.pairing import Call, Figure, paired, pin
from provenance import sight
from provenance.models import Appearance

PAGE: Final = 100
FEW: Final = 1_000
EVERYTHING: Final = sight.Wanted()


def figures(*, full: bool) -> list[Figure]:
    """Fill, and read pages of one likeness with few appearances and of one with many."""
    from tests.provenance import world as w  # needs Django to be ready

    settings.LEDGER_STALE_SECONDS = 0
    w.publish_log()
    many = 1_000_000 if full else 100_000
    world = w.world()
    seed = w.shown(world.ask(), b"bytes")
    crowd_of_videos.fill(seed, many, spared=world.grant.pk, every=1)
    few = _few(w)
    connection.ensure_connection()
    pin(connection.connection.info.backend_pid)
    mine = frozenset({world.likeness.pk})
    deep = _mark(world.likeness.pk, many - 2 * PAGE)
    first, last = _reader(mine, None), _reader(mine, deep)
    if len(first(0)) != PAGE or len(last(0)) != PAGE or first(0) == last(0):
        raise ValueError("a page is not a page: a fast wrong answer is no result")
    return [
        _figure(f"page {many // PAGE - 1:,} / page 1, {many:,} appearances", last, first, 1.2),
        _figure(f"page 1 of {many:,} / page 1 of {FEW:,}", first, _reader(frozenset({few}), None), 1.5),
        _figure("page 1 / page 1, the control", first, first, 1.1),
    ]


def _few(w: object) -> UUID:
    """Make somebody with a thousand appearances, beside the one with many; return the likeness."""
    holder = w.person("cleo")  # type: ignore[attr-defined]  # the module of the tests
    likeness: UUID = w.likeness_of(holder).pk  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO provenance_appearance (video_id, likeness_id, grant_id, epoch, created_at, entry_id)"
            " SELECT video_id, %s, grant_id, epoch, created_at, entry_id FROM provenance_appearance LIMIT %s",
            [likeness, FEW],
        )
        cursor.execute("VACUUM ANALYZE provenance_appearance")
    return likeness


def _mark(likeness: UUID, skipped: int) -> tuple[datetime, UUID]:
    newest = Appearance.objects.filter(likeness=likeness).order_by("-created_at", "-video_id")
    at, video = newest.values_list("created_at", "video_id")[skipped]
    return at, video


def _reader(mine: frozenset[UUID], after: tuple[datetime, UUID] | None) -> Call:
    return lambda _: sight.page(mine, EVERYTHING, after=after, limit=PAGE)


def _figure(name: str, call: Call, floor: Call, goal: float) -> Figure:
    rounds = sorted(paired(call, floor, 60, 20) for _ in range(5))
    ratio, value, base = rounds[2]
    return Figure(name, value, "us", base, ratio, goal, f"{rounds[0][0]:.2f}-{rounds[-1][0]:.2f}")
