"""What a withdrawal costs over many videos: until the next read says no, and until every row says so.

The floor of the cascade is the plain way: one recursive query down the edges and one update, in one statement. It
writes neither the log's entry nor the lines of the report, and locks every video at once. Between two runs all rows
are put back and vacuumed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from benchmarks import crowd_of_videos
from benchmarks.pairing import Call, Figure, paired, pin
from consent import revocations
from provenance import cascade, leases
from provenance.models import Stamp, Stop, Video

if TYPE_CHECKING:
    from tests.provenance.world import World

PLAIN: Final = """
WITH RECURSIVE down(id) AS (
    SELECT video_id FROM provenance_appearance WHERE grant_id = %s
    UNION SELECT edge.child_id FROM provenance_lineage edge JOIN down ON edge.parent_id = down.id
)
UPDATE provenance_video SET state = 'withheld', error_code = 'consent-withdrawn', error_detail = 'grant_withdrawn'
WHERE id IN (SELECT id FROM down) AND state IN ('queued', 'rendering', 'stamping', 'published')
"""
AGAIN: Final = (
    "UPDATE provenance_video SET state = 'published', error_code = '', error_detail = '' WHERE state = 'withheld'"
)
EVERY: Final = 24  # of the videos rests on the grant that ends; with what was made from them a quarter
ROUNDS: Final = 3
IDLE: Final = 300  # plays that are timed while nothing else runs


def figures(*, full: bool) -> list[Figure]:
    """Fill, withdraw, and compare."""
    from tests.provenance import world as w  # needs Django to be ready

    settings.LEDGER_STALE_SECONDS = 0
    w.publish_log()
    world = w.world()
    seed = w.shown(world.ask(), b"bytes")
    spared = w.grant(world.ada, world.likeness, world.ben)
    crowd_of_videos.fill(seed, 1_000_000 if full else 100_000, spared=spared.pk, every=EVERY)
    deepest = crowd_of_videos.DEPTH
    chain = next(n for n in count(0, deepest + 1) if 0 < n % EVERY < EVERY - deepest)
    hit, shallow, deep = (crowd_of_videos.video(n) for n in (0, chain, chain + deepest))
    _stamp(seed, [hit, shallow, deep])
    cost, entry = _withdraw(world, hit)
    told = [Figure("withdrawal, until the next read says no", cost * 1e6, "us", None, None, None)]
    told += _cascades(world, entry, deep)
    pin(connection.connection.info.backend_pid)
    ratio, value, base = sorted(paired(_lease(deep), _lease(shallow), 40, 10) for _ in range(5))[2]
    return [Figure(f"lease at remix depth {deepest} / at depth 0", value, "us", base, ratio, 1.3), *told]


def _stamp(seed: Video, videos: list[UUID]) -> None:
    """Give these the stamp without which nothing is shown."""
    for each in videos:
        label = f"urn:c2pa:{each}:countenance"
        Stamp.objects.create(
            video_id=each, manifest_label=label, claim_sha256="0" * 64, file_sha256=seed.file_sha256, entry=seed.entry
        )


def _lease(video: UUID) -> Call:
    return lambda _: leases.take(video)


def _withdraw(world: World, hit: UUID) -> tuple[float, UUID]:
    """Withdraw the grant on which many rest; return the seconds until its commit, and its entry."""
    leases.take(hit)
    begun = perf_counter()
    ended = revocations.withdraw_grant(world.grant, actor=world.ada.party)
    spent = perf_counter() - begun
    try:
        leases.take(hit)
    except leases.ConsentWithdrawn:
        return spent, ended.entry_id
    raise ValueError("the read after the withdrawal was answered: nothing here is worth measuring")


def _cascades(world: World, entry: UUID, shown: UUID) -> list[Figure]:
    """Compare the whole cascade with the plain statement, and plays during it with plays before it."""
    ours, plain, meanwhile = [], [], []
    idle = [_timed(lambda: leases.take(shown)) for _ in range(IDLE)]
    for _ in range(ROUNDS):
        plain.append(_timed(lambda: _plainly(world)))
        expected = _again()
        ours.append(_timed(lambda: _follow(entry)))
        if _again() != expected:
            raise ValueError("the two do not stop the same videos: nothing is concluded")
    busy = threading.Thread(target=_in_background, args=(entry,))
    busy.start()
    while busy.is_alive():
        meanwhile.append(_timed(lambda: leases.take(shown)))
    busy.join()
    play, rest = median(meanwhile), median(idle)
    return [
        _of(f"cascade over {expected:,} videos / plain", median(ours) * 1e3, "ms", median(plain) * 1e3, 0.5),
        _of(f"lease meanwhile / idle, p50 of {len(meanwhile):,}", play * 1e6, "us", rest * 1e6, 2.5),
    ]


def _of(name: str, value: float, unit: str, floor: float, goal: float) -> Figure:
    return Figure(name, value, unit, floor, value / floor, goal)


def _timed(call: Callable[[], object]) -> float:
    begun = perf_counter()
    call()
    return perf_counter() - begun


def _plainly(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, [world.grant.pk])


def _follow(entry: UUID) -> None:
    """Do what the follower does, in the transaction that moves its cursor."""
    with transaction.atomic():
        cascade.take_down(entry)


def _in_background(entry: UUID) -> None:
    """Run the cascade over a connection of the thread's own."""
    try:
        _follow(entry)
    finally:
        connection.close()


def _again() -> int:
    """Put everything back; return how many had been stopped."""
    Stop.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(AGAIN)
        stopped = cursor.rowcount
        cursor.execute("VACUUM ANALYZE provenance_video, provenance_stop")
    return stopped
