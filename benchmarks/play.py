"""What the question before each response costs beside a flag read from one row.

The floor is a look-up by primary key of one column, through the driver alone, over a connection of its own. The
question is `leases.take`, whole: every grant behind the video and its ancestors, and whether each stands now.
"""

from __future__ import annotations

import os
from typing import Final

import psycopg
from django.conf import settings
from django.db import connection

from benchmarks.pairing import Figure, compare, pin
from provenance import leases, lineage

LOOK_UP: Final = "SELECT state FROM provenance_video WHERE id = %s"
VIDEOS: Final = 8


def figures(*, full: bool) -> list[Figure]:
    """Make a few published videos and ask about them in turn."""
    from tests.provenance import world as w  # needs Django to be ready

    settings.LEDGER_STALE_SECONDS = 0
    w.publish_log()
    world = w.world()
    videos = [w.shown(world.ask(), b"bytes").id for _ in range(VIDEOS * (10 if full else 1))]
    sessions = [psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0) for _ in range(2)]
    connection.ensure_connection()
    pin(connection.connection.info.backend_pid, *(session.info.backend_pid for session in sessions))
    for video in videos:
        if not lineage.grants_behind(leases.take(video).video):
            raise ValueError("a lease on nothing: a fast wrong answer is no result")
    floor, twin = sessions
    return [
        compare(
            "lease for one response / one-row flag read",
            lambda n: leases.take(videos[n % len(videos)]),
            lambda n: floor.execute(LOOK_UP, [videos[n % len(videos)]]).fetchone(),
            lambda n: twin.execute(LOOK_UP, [videos[n % len(videos)]]).fetchone(),
            goal=2.2,
            size=40,
            blocks=10,
        )
    ]
