"""Blocks race remixes, publication and playing: several processes, real commits, and a journal.

Each race has a published video with a reader on it, and a stamped draft that was made from it. One process blocks the
video, one begins a remix of it, one publishes the draft. Whatever a gate did has its place before the block's, and no
byte arrived after the acknowledgement. `RACES=1000` runs as many; the ordinary run is a small sample.
"""

from __future__ import annotations

import os
import random
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection

from provenance import lineage
from provenance.models import Video
from tests.provenance import test_withdrawal_races as withdrawals
from tests.provenance import world as w
from tests.provenance.test_streams import gunicorn

RACES = int(os.environ.get("RACES", "8"))
ROLES = ("remix", "publish", "block")
# (when the gates begin, when the block does, how long a gate thinks about each answer), in seconds: the gates first,
# the block first, the block between a gate's last answer and what rests on it, and nearly at one moment.
TIMES = ((0.0, 0.5, 0.0), (0.5, 0.0, 0.0), (0.0, 0.75, 0.3), (0.0, 0.04, 0.02))


@dataclass
class Race:
    """What one race is about, and what each party to it wrote down."""

    shown: Video
    draft: Video
    blocked: int = 0  # its place
    acknowledged: float = 0.0  # monotonic
    passed: dict[str, int | None] = field(default_factory=dict)
    bytes: int = 0
    late_bytes: int = 0

    def violations(self) -> list[str]:
        late = [gate for gate, place in self.passed.items() if place is not None and place > self.blocked]
        return [*late, *(["serve"] if self.late_bytes else [])]


def prepared(world: w.World) -> Race:
    likeness = w.likeness_of(world.ada)
    w.grant(world.ada, likeness, world.ben)
    made = [w.shown(world.ask(cast=[likeness.pk]), b"x") for _ in range(2)]
    shown, draft = made
    draft.state, draft.published_at = Video.State.STAMPING, None
    draft.save()
    lineage.record(draft, shown, draft.entry)
    (Path(settings.MEDIA_ROOT) / shown.path).write_bytes(withdrawals.SHARED)
    return Race(shown, draft)


def run(
    race: Race, world: w.World, racers: withdrawals.Racers, chance: random.Random, times: tuple[float, float, float]
) -> None:
    start, (gates, block, pause) = time.monotonic() + 0.02, times
    for role in ROLES:
        target = race.draft if role == "publish" else race.shown
        at = start + (block if role == "block" else gates) + chance.uniform(0, 0.03)
        act = {"race": 0, "at": at, "pause": pause, "target": str(target.pk)}
        racers.tell(role, act | {"actor": str(world.ben.party.pk)})
    race.passed = {role: racers.hear(role)["place"] for role in ROLES if role != "block"}
    for line in (racers.hear("block"), racers.hear("block")):
        if line["role"] == "block":
            race.blocked = line["place"]
        else:
            race.acknowledged = line["at"]


def raced(database: str, count: int, *options: str, played: bool) -> list[Race]:
    world = w.world()
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE race_places")
    Path(settings.MEDIA_ROOT).mkdir(exist_ok=True)
    chance, races = random.Random(5), []
    with ExitStack() as stack:
        port = stack.enter_context(gunicorn(database, "config.wsgi", "--threads", "8")) if played else None
        racers = stack.enter_context(withdrawals.racers(database, *options, roles=ROLES))
        for number in range(count):
            race = prepared(world)
            reader = withdrawals.begun(port, race, world) if port else None  # type: ignore[arg-type]  # has what it needs
            run(race, world, racers, chance, TIMES[number % len(TIMES)])
            if reader is not None:
                reader.stop_at = time.monotonic() + 0.5
                reader.join(30)
                race.bytes, race.late_bytes = reader.taken, reader.arrived_after(race.acknowledged)
            races.append(race)
    return races


def test_nothing_is_begun_published_or_sent_after_a_block(fresh_database: str) -> None:
    races = raced(fresh_database, RACES, played=True)
    assert [race.violations() for race in races if race.violations()] == []
    for gate in ("remix", "publish"):  # the races were races
        first = sum(race.passed[gate] is not None for race in races)
        assert 0 < first < len(races), gate
    assert all(race.acknowledged and race.bytes for race in races)
    assert w.entries("withdrawal.drained") == len(races)


def test_without_holding_the_video_a_race_is_lost(fresh_database: str) -> None:
    """The control: check, then act."""
    races = raced(fresh_database, RACES, "without-hold", played=False)
    assert [race.violations() for race in races if race.violations()] != []
