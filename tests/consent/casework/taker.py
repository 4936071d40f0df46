"""A process of its own that takes and submits work when told to begin: one moderator of several."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402 - after the setup
from django.db import connection  # noqa: E402 - after the setup

from consent import blocks  # noqa: E402 - after the setup
from consent.casework import assignments, bulks  # noqa: E402 - after the setup
from consent.models import Block, Bulk  # noqa: E402 - after the setup
from consent.staff import Staff  # noqa: E402 - after the setup


def main() -> None:
    """Read a task, say "ready", wait for a line, work until nothing is left, say which items it had."""
    task = json.loads(sys.argv[1])
    settings.LEDGER_KEYS_DIR, settings.LEDGER_VAULT_DIR = Path(task["keys"]), Path(task["vault"])
    connection.ensure_connection()
    say("ready")
    sys.stdin.readline()
    if "bulk" in task:
        bulks.run(Bulk.objects.get(pk=task["bulk"]))
        say("[]")
    else:
        say(json.dumps(worked(Staff(task["user"]))))


def worked(actor: Staff) -> list[str]:
    """Take, confirm, take the next; return what came into these hands."""
    items = []
    held = assignments.next_one("blocks-to-confirm", actor=actor)
    while held is not None:
        items.append(str(held.item))
        block = Block.objects.get(pk=held.item)
        _, held = assignments.submit_and_next(
            held,
            "confirm",
            lambda block=block: blocks.confirm(block, actor=actor),  # type: ignore[misc]  # bound now
            actor=actor,
        )
    return items


def say(word: str) -> None:
    """Tell the test."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
