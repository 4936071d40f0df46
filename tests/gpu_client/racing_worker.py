"""A worker that takes places and gives them back: `python -m tests.gpu_client.racing_worker`, which begins on a line.

It takes whoever is next until nobody waits, and prints whom it took and the most places that it saw taken.
"""

from __future__ import annotations

import json
import sys
import time

SECONDS = 60.0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    import django

    django.setup()
    from gpu_client import lease, queue
    from gpu_client.models import RenderJob

    took, most, end = list[str](), 0, time.monotonic() + SECONDS
    say("ready")
    sys.stdin.readline()
    while time.monotonic() < end:
        waiting = RenderJob.objects.filter(place=queue.WAITING).values_list("pk", flat=True).first()
        if waiting is None:
            break
        claim = lease.claim(waiting)
        most = max(most, RenderJob.objects.filter(place=queue.TAKEN).count())
        if claim is not None:
            took.append(str(claim.job.pk))
            time.sleep(0.02)  # the others ask meanwhile
            most = max(most, RenderJob.objects.filter(place=queue.TAKEN).count())
            RenderJob.objects.filter(pk=claim.job.pk).update(upstream_completed=True)
    say(json.dumps({"took": took, "most": most}))


if __name__ == "__main__":
    main()
