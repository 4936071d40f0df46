"""What the whole check costs beside one look-up by primary key, and its endpoint beside an empty view with one."""

from __future__ import annotations

import io
import json
import os
import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from wsgiref.util import setup_testing_defaults

import psycopg
from django.conf import settings
from django.db import connection, connections

from benchmarks import crowd_of_grants as crowd
from benchmarks.pairing import Figure, NotPinned, compare, paired, pin
from consent import facts, policy
from consent.use import Use
from ledger import publisher, sequencer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOK_UP: Final = "SELECT id, holder_id, state, epoch FROM consent_likeness WHERE id = %s"
BATCH: Final = 100


def figures(*, full: bool) -> list[Figure]:
    """Fill the database in two steps, and measure after each."""
    small, large = (10_000, 1_000_000) if full else (10_000, 100_000)
    publish()
    crowd.fill(0, small)
    connection.ensure_connection()
    sessions = [psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0) for _ in range(2)]
    pin(connection.connection.info.backend_pid, *(session.info.backend_pid for session in sessions))
    before = {cast: checked(small, cast, sessions) for cast in (1, 2)}
    crowd.fill(small, large)
    found = [checked(large, cast, sessions) for cast in (1, 2)]
    flat = [
        Figure(f"check, cast of {cast}, at {large:,} / at {small:,} grants", one.value, "us", before[cast].value,
               (one.ratio or 0) / (before[cast].ratio or 1), 1.2)
        for cast, one in zip((1, 2), found, strict=True)
    ]  # fmt: skip
    return [*before.values(), *found, *flat, bare(large, sessions), *endpoints(large)]


def question(number: int, grants: int, cast: int) -> tuple[list[UUID], UUID]:
    """Return a cast and who asks; two in three are allowed."""
    drawn = random.Random(number)  # noqa: S311 - repeatable, not secret
    first = drawn.randrange(grants // crowd.EACH - cast)
    client = crowd.party(first + drawn.randrange(2, 8) if number % 3 else -number - 1)
    return sorted(crowd.likeness(first + n) for n in range(cast)), client


def use_of(ids: list[UUID], client: UUID) -> Use:
    """Return a use that a grant to this client covers."""
    return Use(frozenset(str(one) for one in ids), str(client), "satire", remix=False, seconds=4)


def decided(ids: list[UUID], client: UUID) -> policy.Allow | policy.Deny:
    """Answer by one statement and the policy."""
    known = facts.narrow(ids, client)
    return policy.decide(use_of(ids, client), known.facts, known.at)


def checked(grants: int, cast: int, sessions: list[psycopg.Connection[Any]]) -> Figure:
    """Compare the whole check with one look-up through the same driver."""
    asked = [question(number, grants, cast) for number in range(1200)]
    allowed = sum(bool(decided(*one)) for one in asked[:300])
    if not 0 < allowed < 300:  # noqa: PLR2004 - all that were asked
        raise ValueError(f"{allowed} of 300 are allowed: a fast wrong answer is no result")
    floor, twin = sessions
    return compare(
        f"check, cast of {cast}, {grants:,} grants / primary-key look-up",
        lambda n: decided(*asked[n % 1200]),
        lambda n: floor.execute(LOOK_UP, [asked[n % 1200][0][0]]).fetchone(),
        lambda n: twin.execute(LOOK_UP, [asked[n % 1200][0][0]]).fetchone(),
        goal=2.0 if cast == 1 else 2.5,
        blocks=12,
    )


def bare(grants: int, sessions: list[psycopg.Connection[Any]]) -> Figure:
    """Compare it with the same statement alone."""
    asked = [question(number, grants, 2) for number in range(1200)]

    def alone(session: psycopg.Connection[Any]) -> Callable[[int], object]:
        def call(n: int) -> object:
            query, values = facts.statement(*asked[n % 1200])
            return session.execute(query, values).fetchall()  # type: ignore[call-overload]  # a text of ours

        return call

    return compare(
        "check, cast of 2 / its statement bare",
        lambda n: decided(*asked[n % 1200]),
        alone(sessions[0]),
        alone(sessions[1]),
        goal=1.3,
        blocks=12,
    )


def endpoints(grants: int) -> list[Figure]:
    """Compare the endpoints with an empty REST framework view and one query, all through the WSGI callable."""
    from django.core.wsgi import get_wsgi_application
    from django.urls import clear_url_caches

    settings.ROOT_URLCONF = "benchmarks.floor_view"
    clear_url_caches()
    connections.databases["twin"] = connections.databases["default"].copy()
    application = get_wsgi_application()
    allowed = [(ids, client) for ids, client in (question(n, grants, 2) for n in range(3000)) if decided(ids, client)]
    tokens = crowd.tokens({client for _, client in allowed})

    def call(path: str, body: bytes, token: str) -> bytes:
        environ: dict[str, Any] = {}
        setup_testing_defaults(environ)
        environ |= {"PATH_INFO": path, "REQUEST_METHOD": "POST", "HTTP_AUTHORIZATION": f"Bearer {token}"}
        environ |= {
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        status: list[str] = []
        response = application(environ, lambda said, *_: status.append(said))
        answered = b"".join(response)
        response.close()
        if status != ["200 OK"]:
            raise ValueError(f"{path}: {status} {answered[:300]!r}")
        return answered

    bodies = [
        (json.dumps({"cast": [str(one) for one in ids], "purpose": "satire", "seconds": 4, "remix": False}).encode(),
         tokens[client])
        for ids, client in allowed
    ]  # fmt: skip
    if json.loads(call("/v1/decisions", *bodies[0]))["outcome"] != "allow":
        raise ValueError("the endpoint decides otherwise: a fast wrong answer is no result")
    with everything_pinned():
        single = compare(
            "POST /v1/decisions / empty DRF view + one look-up",
            lambda n: call("/v1/decisions", *bodies[n % len(bodies)]),
            lambda n: call(f"/floor/default/{allowed[n % len(allowed)][0][0]}", *bodies[n % len(bodies)]),
            lambda n: call(f"/floor/twin/{allowed[n % len(allowed)][0][0]}", *bodies[n % len(bodies)]),
            goal=1.0,
            blocks=12,
        )
        return [single, batched(call, bodies)]


def batched(call: Callable[[str, bytes, str], bytes], bodies: list[tuple[bytes, str]]) -> Figure:
    """Compare each of a hundred at once with a single one."""
    body, token = bodies[0]
    many = json.dumps({"uses": [json.loads(body)] * BATCH}).encode()
    if b'"deny"' in call("/v1/decisions/batch", many, token):
        raise ValueError("the batch decides otherwise: a fast wrong answer is no result")
    rounds = sorted(
        paired(
            lambda _n: call("/v1/decisions/batch", many, token), lambda _n: call("/v1/decisions", body, token), 10, 6
        )
        for _ in range(5)
    )
    ratio, value, base = rounds[2]
    spread = f"{rounds[0][0] / BATCH:.2f}-{rounds[-1][0] / BATCH:.2f}"
    return Figure("batch of 100, each / single", value / BATCH, "us", base, ratio / BATCH, 0.3, spread)


@contextmanager
def everything_pinned() -> Iterator[None]:
    """Pin the back ends of both aliases; a reconnection in between would leave one unpinned, and is an error."""

    def backends() -> list[int]:
        for alias in ("default", "twin"):
            connections[alias].ensure_connection()
        return [connections[alias].connection.info.backend_pid for alias in ("default", "twin")]

    before = backends()
    pin(*before)
    yield
    if backends() != before:
        raise NotPinned("a connection was made anew; nothing is concluded")


def publish() -> None:
    """Publish what is on record, since nobody decides while nothing is."""
    while sequencer.sequence() > 1:
        pass
    with publisher.alone():
        publisher.start().publish()
