"""One party to many races, in a process of its own: `python -m tests.provenance.racer ROLE [without-lock]`.

Each line of its input is a batch: a list of `{"race", "at", "pause", "target", "actor"}`, in the order of `at`, a
moment of the machine's monotonic clock, which all processes share. Each line of its output is one act with its place:
a number drawn from one sequence of the database beside the act's entry, while the act holds what it was decided under.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import wraps
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 - after the set-up

from consent import decisions, permits, policy, revocations, standing  # noqa: E402
from consent.models import Grant, Party, Permit, Withdrawal  # noqa: E402
from ledger import log  # noqa: E402
from provenance import publication, renders  # noqa: E402
from provenance.models import Video  # noqa: E402
from tests.provenance import world as w  # noqa: E402

Act = dict[str, Any]

noted: dict[str, int] = {}  # kind of entry -> the place of the last one that this process appended
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

    log.append = noting  # type: ignore[assignment]  # this process only


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


GATES: dict[str, Callable[[Act], int | None]] = {"dispatch": dispatch, "redeem": redeem, "publish": publish}


def say(**line: Any) -> None:  # noqa: ANN401 - members of a JSON document
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def pass_gates(role: str, batch: list[Act]) -> None:
    global pause  # noqa: PLW0603 - one act at a time
    for act in batch:
        pause = act["pause"]
        wait_until(act["at"])
        say(race=act["race"], role=role, place=GATES[role](act))


def withdraw(batch: list[Act]) -> None:
    """Withdraw each in its turn, and drain each beside the others."""
    with ThreadPoolExecutor(len(batch)) as beside:
        drained: list[Future[None]] = []
        for act in batch:
            wait_until(act["at"])
            withdrawal = revocations.withdraw_grant(
                Grant.objects.get(pk=act["target"]), actor=Party.objects.get(pk=act["actor"])
            )
            say(race=act["race"], role="withdraw", place=noted["consent.withdrawn"])
            drained.append(beside.submit(acknowledge, act["race"], withdrawal))
        for one in drained:
            one.result()


def acknowledge(race: int, withdrawal: Withdrawal) -> None:
    try:
        revocations.drain(withdrawal)
        say(race=race, role="acknowledge", place=None, at=time.monotonic())
    finally:
        connection.close()


def main(role: str, *options: str) -> None:
    note_entries()
    slow_down(policy, "decide")
    slow_down(standing, "all_stand")
    if "without-lock" in options:
        decisions.lock_likenesses = lambda _ids: None
    connection.ensure_connection()
    say(race=-1, role=role, place=None)
    for line in sys.stdin:
        batch = json.loads(line)
        if role == "withdraw":
            withdraw(batch)
        else:
            pass_gates(role, batch)


if __name__ == "__main__":
    main(*sys.argv[1:])
