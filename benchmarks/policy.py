"""What the pure decision costs for a cast of two with ten grants each, beside one look-up by primary key."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg

from benchmarks.pairing import Figure, compare, pin
from consent.policy import Facts, GrantFact, LikenessFact, Use, decide
from consent.terms import Named, NamedParty, Terms, Window

GRANTS = 10  # of each likeness; the last one covers the use
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TABLE = "CREATE TABLE IF NOT EXISTS looked_up AS SELECT n AS id, md5(n::text) AS word FROM generate_series(1, 10000) n"


def figures(*, full: bool) -> list[Figure]:  # noqa: ARG001 - there is one size
    """Measure one decision that allows; the answer is checked before anything is timed."""
    use, facts = workload()
    if not decide(use, facts, NOW):
        raise ValueError("the workload should be allowed: a fast wrong answer is no result")
    floor, twin = (psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0) for _ in range(2))
    floor.execute(TABLE)
    floor.execute("CREATE UNIQUE INDEX IF NOT EXISTS looked_up_id ON looked_up (id)")
    floor.execute("ANALYZE looked_up")
    pin(*(session.info.backend_pid for session in (floor, twin)))
    query = "SELECT word FROM looked_up WHERE id = %s"
    return [
        compare(
            "decide, cast of 2 / primary-key look-up",
            lambda _n: decide(use, facts, NOW),
            lambda n: floor.execute(query, [n % 10000]).fetchone(),
            lambda n: twin.execute(query, [n % 10000]).fetchone(),
            goal=2.0,
        )
    ]


def workload() -> tuple[Use, Facts]:
    """Return a use of two likenesses, each with ten grants of which one covers it."""
    client = str(uuid4())
    cast = [str(uuid4()) for _ in range(2)]
    window = Window(NOW - timedelta(days=1), NOW + timedelta(days=300))
    grants = [
        GrantFact(
            str(uuid4()),
            likeness,
            Terms(audience(client if n == GRANTS - 1 else str(uuid4())), window, frozenset({"satire"}), remix=False),
        )
        for likeness in cast
        for n in range(GRANTS)
    ]
    likenesses = tuple(LikenessFact(likeness, str(uuid4()), "active", 0) for likeness in cast)
    return Use(frozenset(cast), client, "satire", remix=False, seconds=4), Facts(likenesses, tuple(grants))


def audience(party: str) -> Named:
    """Return an audience of one."""
    return Named((NamedParty(party),))
