"""One server process in which one try of a call arrives: `python -m tests.provenance.trier`.

Each line of its input is one try, `{"at", "attempt", "prompt", "target", "actor", "lock"}`; `at` is a moment of the
machine's monotonic clock, which all processes share. Each line of its output is the video that the try was given.
"""

from __future__ import annotations

import json
import sys
import time
from functools import wraps
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 - after the set-up

from consent import policy  # noqa: E402
from consent.models import Party  # noqa: E402
from provenance import renders, repeats  # noqa: E402
from tests.provenance import world as w  # noqa: E402

PAUSE = 0.05  # seconds: a slow decision, so that tries meet


def main() -> None:
    alone, decide = repeats.alone, policy.decide

    @wraps(decide)
    def slowly(*facts: Any, **more: Any) -> Any:  # noqa: ANN401 - whatever the question takes
        time.sleep(PAUSE)
        return decide(*facts, **more)

    policy.decide = slowly
    connection.ensure_connection()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        act = json.loads(line)
        repeats.alone = alone if act["lock"] else lambda call: None  # noqa: ARG005 - the control
        time.sleep(max(0.0, act["at"] - time.monotonic()))
        video = renders.request(
            prompt=act["prompt"],
            cast=[act["target"]],
            purpose="entertainment",
            model=w.MODEL,
            seconds=w.SECONDS,
            size=w.SIZE,
            attempt=act["attempt"],
            actor=Party.objects.get(pk=act["actor"]),
        )
        sys.stdout.write(f"{video.pk}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
