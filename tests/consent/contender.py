"""A process of its own that posts an accrual or accepts an offer when told to begin: one side of a race."""

from __future__ import annotations

import json
import sys
import uuid
from datetime import datetime
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402 - after the setup
from django.db import connection  # noqa: E402 - after the setup

from consent import licences, royalties  # noqa: E402 - after the setup
from consent.models import Party, Permit  # noqa: E402 - after the setup
from ledger import base64url  # noqa: E402 - after the setup
from ledger.problem import Problem  # noqa: E402 - after the setup


def main() -> None:
    """Read a task, say "ready", wait for a line, do it, say how it went."""
    task = json.loads(sys.argv[1])
    settings.LEDGER_KEYS_DIR = Path(task["keys"])
    connection.ensure_connection()
    say("ready")
    sys.stdin.readline()
    try:
        say(act(task))
    except Problem as problem:
        say(problem.code)


def say(word: str) -> None:
    """Tell the test."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def act(task: dict[str, str]) -> str:
    """Return the id of what was made."""
    if "permit" in task:
        permit = Permit.objects.get(pk=uuid.UUID(task["permit"]))
        (made,) = royalties.accrue(permit, at=datetime.fromisoformat(task["at"]), actor="system:test")
        return str(made.pk)
    document = json.loads(task["document"])
    actor = Party.objects.get(pk=document["licensee"])
    licences.accept(document, base64url.decode(task["signature"]), actor=actor)
    return "agreed"


if __name__ == "__main__":
    main()
