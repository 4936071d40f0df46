"""A process of its own that takes permits when told to begin: one side of a race for the last uses of a grant."""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402 - after the setup
from django.db import connection, transaction  # noqa: E402 - after the setup

from consent import decisions, permits, usage  # noqa: E402 - after the setup
from consent.models import Party, Permit  # noqa: E402 - after the setup
from consent.policy import Allow, Use  # noqa: E402 - after the setup
from tests.consent.test_permits import ORDER  # noqa: E402 - after the setup


def main() -> None:
    """Read a task, say "ready", wait for a line, try; say how many permits were kept."""
    task = json.loads(sys.argv[1])
    settings.LEDGER_KEYS_DIR, settings.LEDGER_STALE_SECONDS = Path(task["keys"]), 0
    connection.ensure_connection()
    say("ready")
    sys.stdin.readline()
    actor = Party.objects.get(pk=task["client"])
    kept = 0
    for _ in range(int(task["tries"])):
        permit = take(actor, task["likeness"])
        if permit is None:
            continue
        if task["then"] == "release":
            usage.release(permit.pk)
        else:
            kept += 1
    say(str(kept))


def take(actor: Party, likeness: str) -> Permit | None:
    """Decide and mint in one transaction, as gate 1 does."""
    use = Use(frozenset({likeness}), str(actor.pk), "satire", remix=False, seconds=4)
    with transaction.atomic():
        decision, outcome = decisions.decide_locked(use, actor=actor)
        if not isinstance(outcome, Allow):
            return None
        return permits.mint(decision, outcome, job=uuid.uuid4(), video=uuid.uuid4(), order=ORDER, actor=actor)


def say(word: str) -> None:
    """Tell the test."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
