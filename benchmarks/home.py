"""What the home of a likeness costs with a million appearances, against one with a thousand.

The whole view with its template, through Django's test client with one log-in; the floor is the same page of the other
likeness. Nobody earned anything here: what a party earned is summed over its postings of a year, and is another figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.test import Client

from benchmarks import crowd_of_videos
from benchmarks.pairing import Call, Figure, paired, pin

if TYPE_CHECKING:
    from consent.models import Party

FEW: Final = 1_000
OK: Final = 200


def figures(*, full: bool) -> list[Figure]:
    """Fill, and open the home of one likeness with few appearances and of one with many, of one holder."""
    from tests.provenance import world as w  # needs Django to be ready

    settings.LEDGER_STALE_SECONDS = 0
    settings.ALLOWED_HOSTS = ["*"]
    w.publish_log()
    many = 1_000_000 if full else 100_000
    world = w.world()
    seed = w.shown(world.ask(), b"bytes")
    crowd_of_videos.fill(seed, many, spared=world.grant.pk, every=1)
    few = _few(w.likeness_of(world.ada).pk)
    client = _browser(world.ada.party)
    connection.ensure_connection()
    pin(connection.connection.info.backend_pid)
    large, small = _reader(client, world.likeness.pk), _reader(client, few)
    return [
        _figure(f"home of {many:,} / home of {FEW:,} appearances", large, small, 1.5),
        _figure("home / home, the control", small, small, 1.1),
    ]


def _few(likeness: UUID) -> UUID:
    """Give another likeness of the holder a thousand appearances in the same videos."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO provenance_appearance (video_id, likeness_id, grant_id, epoch, created_at, entry_id)"
            " SELECT video_id, %s, grant_id, epoch, created_at, entry_id FROM provenance_appearance LIMIT %s",
            [likeness, FEW],
        )
        cursor.execute("VACUUM ANALYZE provenance_appearance")
    return likeness


def _browser(party: Party) -> Client:
    from tests.consent import logins

    return logins.client_of(logins.own(party))


def _reader(client: Client, likeness: UUID) -> Call:
    path = f"/me/?likeness={likeness}"

    def read(_: int) -> int:
        answer = client.get(path)
        if answer.status_code != OK or b'class="card made"' not in answer.content:
            raise ValueError("the home is not a home: a fast wrong answer is no result")
        return len(answer.content)

    read(0)
    return read


def _figure(name: str, call: Call, floor: Call, goal: float) -> Figure:
    rounds = sorted(paired(call, floor, 10, 5) for _ in range(5))
    ratio, value, base = rounds[2]
    return Figure(name, value, "us", base, ratio, goal, f"{rounds[0][0]:.2f}-{rounds[-1][0]:.2f}")
