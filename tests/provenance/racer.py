"""One party to many races, in a process of its own: `python -m tests.provenance.racer ROLE [OPTION]`.

An option is `without-lock` or `without-hold`: the controls.

Each line of its input is one act, `{"race", "at", "pause", "target", "actor"}`; `at` is a moment of the machine's
monotonic clock, which all processes share. Each line of its output says how it went, with its place: a number drawn
from one sequence of the database beside the act's entry, while the act holds what it was decided under.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import django

django.setup()

from django.db import connection  # noqa: E402 - after the set-up

from consent import blocks, decisions, permits, policy, revocations, standing  # noqa: E402
from consent.models import Block, Grant, Party, Permit, Withdrawal  # noqa: E402
from consent.staff import Staff  # noqa: E402
from ledger import log  # noqa: E402
from provenance import lineage, publication, renders  # noqa: E402
from provenance.leases import ConsentWithdrawn  # noqa: E402
from provenance.models import Video  # noqa: E402
from tests.provenance import world as w  # noqa: E402

Act = dict[str, Any]

noted: dict[str, int] = {}  # kind of entry -> the place of the last one that this process appended
out = threading.Lock()
pause = 0.0  # seconds between an answer and what rests on it, in this race


def note_entries() -> None:
    """Draw a place for each entry that is appended here."""
    append = log.append

    @wraps(append)
    def noting(kind: str, *facts: Any, **more: Any) -> Any:  # noqa: ANN401 - whatever the verb takes
        entry = append(kind, *facts, **more)
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('race_places')")
            (noted[kind],) = cursor.fetchone()
        return entry

    log.append = noting


def slow_down(module: Any, name: str) -> None:  # noqa: ANN401 - any module
    """Let the machine be slow between an answer and its use, as it may be at any time."""
    answer = getattr(module, name)

    @wraps(answer)
    def slowly(*facts: Any, **more: Any) -> Any:  # noqa: ANN401 - whatever the question takes
        found = answer(*facts, **more)
        time.sleep(pause)
        return found

    setattr(module, name, slowly)


def dispatch(act: Act) -> int | None:
    try:
        renders.request(
            prompt="A walk by the sea",
            cast=act["target"],
            purpose="entertainment",
            model=w.MODEL,
            seconds=w.SECONDS,
            size=w.SIZE,
            actor=Party.objects.get(pk=act["actor"]),
        )
    except renders.ConsentRequired:
        return None
    return noted["permit.minted"]


def remix(act: Act) -> int | None:
    """Begin a video made from another, which somebody blocks meanwhile."""
    actor = Party.objects.get(pk=act["actor"])
    try:
        renders.remix(Video.objects.get(pk=act["target"]), prompt="Take 2", actor=actor)
    except ConsentWithdrawn:
        return None
    return noted["permit.minted"]


def redeem(act: Act) -> int | None:
    try:
        permits.redeem(Permit.objects.get(job=act["target"]).token, service="racer")
    except permits.PermitRefused as refused:
        if refused.reason != "consent_ended":
            raise
        return None
    return noted["permit.redeemed"]


def publish(act: Act) -> int | None:
    video = publication.publish(Video.objects.get(pk=act["target"]))
    return noted["video.published"] if video.state == Video.State.PUBLISHED else None


def say(**line: Any) -> None:  # noqa: ANN401 - members of a JSON document
    with out:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def withdraw(act: Act) -> int:
    """Withdraw, and drain beside what comes next."""
    grant, actor = Grant.objects.get(pk=act["target"]), Party.objects.get(pk=act["actor"])
    withdrawal = revocations.withdraw_grant(grant, actor=actor)
    threading.Thread(target=acknowledge, args=(act["race"], withdrawal)).start()
    return noted["consent.withdrawn"]


def block(act: Act) -> int:
    """Block a video, and drain beside what comes next."""
    placed = blocks.place(UUID(act["target"]), case="N-1", reason="notice", actor=Staff(7))
    threading.Thread(target=acknowledge, args=(act["race"], placed)).start()
    return noted["block.placed"]


def acknowledge(race: int, withdrawal: Withdrawal | Block) -> None:
    try:
        revocations.drain_all([withdrawal])
        say(race=race, role="acknowledge", at=time.monotonic())
    finally:
        connection.close()


def main(role: str, *options: str) -> None:
    global pause  # noqa: PLW0603 - one act at a time
    note_entries()
    slow_down(policy, "decide")
    slow_down(standing, "all_stand")
    slow_down(lineage, "stops")
    if "without-lock" in options:
        decisions.lock_likenesses = lambda ids: None  # noqa: ARG005 - the name is part of the type
    if "without-hold" in options:
        blocks.hold = lambda videos: None  # noqa: ARG005 - the name is part of the type
    connection.ensure_connection()
    say(role=role)
    for line in sys.stdin:
        act = json.loads(line)
        pause = act["pause"]
        wait_until(act["at"])
        say(race=act["race"], role=role, place=VERBS[role](act))


VERBS: dict[str, Callable[[Act], int | None]] = {
    "dispatch": dispatch,
    "redeem": redeem,
    "publish": publish,
    "withdraw": withdraw,
    "remix": remix,
    "block": block,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
