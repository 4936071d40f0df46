"""Many published videos of one likeness, written by the server itself: what making one costs is measured elsewhere.

Copies of one video that was made in the ordinary way, in chains: each is a remix of the one before it, up to a depth of
`DEPTH`. The triggers that keep families flat are off meanwhile, and what they keep is written in whole afterwards.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import connection, transaction

from provenance.models import Appearance, Video

DEPTH: Final = 10
_CHAIN: Final = DEPTH + 1
_TABLES: Final = ("provenance_video", "provenance_appearance", "provenance_lineage")
_OWN: Final = {
    "id": "md5('video' || n)::uuid",
    "job": "md5('job' || n)::uuid",
    "idempotency_key": "'crowd' || n",
    "created_at": "seed.created_at - make_interval(secs => n / 100.0)",
}
_APPEARANCES: Final = """
INSERT INTO provenance_appearance (video_id, likeness_id, grant_id, epoch, created_at, entry_id)
SELECT md5('video' || n)::uuid, seed.likeness_id, CASE WHEN n %% %(every)s = 0 THEN %(hit)s ELSE %(spared)s END::uuid,
       seed.epoch, seed.created_at - make_interval(secs => n / 100.0), seed.entry_id
FROM provenance_appearance seed, generate_series(%(first)s::int, %(last)s::int - 1) n WHERE seed.video_id = %(seed)s"""
_EDGES: Final = """
INSERT INTO provenance_lineage (child_id, parent_id, relationship, entry_id)
SELECT md5('video' || n)::uuid, md5('video' || (n - 1))::uuid, 'parentOf', seed.entry_id
FROM provenance_video seed, generate_series(%(first)s::int, %(last)s::int - 1) n
WHERE seed.id = %(seed)s AND n %% %(chain)s <> 0"""
_FLAT: Final = """
INSERT INTO provenance_descent (video, ancestor)
SELECT md5('video' || n)::uuid, md5('video' || above)::uuid
FROM generate_series(%(first)s::int, %(last)s::int - 1) n, generate_series(n - n %% %(chain)s, n) above"""
_FOOTING: Final = """
INSERT INTO provenance_footing (video, "grant", likeness, client)
SELECT DISTINCT line.video, seen.grant_id, seen.likeness_id, maker.client_id FROM provenance_descent line
JOIN provenance_appearance seen ON seen.video_id = line.ancestor JOIN provenance_video maker ON maker.id = line.ancestor
WHERE line.video <> %(seed)s"""


def fill(seed: Video, count: int, *, spared: UUID, every: int) -> None:
    """Add `count` videos: each `every`-th rests on the grant of `seed`, the others on `spared`."""
    seen = Appearance.objects.get(video=seed)
    columns = [field.column for field in Video._meta.concrete_fields]  # noqa: SLF001 - Django's documented name
    copied = ", ".join(_OWN.get(column, f'seed."{column}"') for column in columns)
    values = {"first": 0, "last": count, "seed": seed.pk, "chain": _CHAIN}
    values |= {"hit": seen.grant_id, "spared": spared, "every": every}
    names = ", ".join(f'"{column}"' for column in columns)
    videos = (
        f"INSERT INTO provenance_video ({names}) SELECT {copied} FROM provenance_video seed,"  # noqa: S608 - names of columns
        " generate_series(%(first)s::int, %(last)s::int - 1) n WHERE seed.id = %(seed)s"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for text in (videos, _APPEARANCES, _EDGES, _FLAT, _FOOTING):
            cursor.execute(text, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {', '.join(_TABLES)}, provenance_descent, provenance_footing")


def video(number: int) -> UUID:
    """Return the id of one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5('video' || %s)::uuid", [number])
        (found,) = cursor.fetchone()
    return UUID(str(found))
