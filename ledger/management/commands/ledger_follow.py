"""Carry consequences to the apps that follow the log."""

import logging
import time
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.utils.module_loading import import_string

from ledger import loop
from ledger.follower import Handle, visit

PAUSE = 0.1  # seconds between looks at a log that has not grown
LONGEST_BACKOFF = 10.0

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Visit every follower, once or in a loop."""

    help = "Hand new entries to every follower of LEDGER_FOLLOWERS, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="catch up with what is sequenced now, then stop")

    def handle(self, *, once: bool, **options: object) -> None:  # noqa: ARG002 - Django's own options
        """Run the command."""
        followers = [Follower(name, import_string(path)) for name, path in settings.LEDGER_FOLLOWERS.items()]
        if not once:
            loop.run(lambda: sum([follower.visit() for follower in followers]), pause=PAUSE)
            return
        for follower in followers:
            while visit(follower.name, follower.handle):
                pass


class Follower:
    """One follower in the loop: when its handler fails it waits, twice as long each time, and holds up no other."""

    def __init__(self, name: str, handle: Handle) -> None:
        self.name, self.handle = name, handle
        self.backoff, self.not_before = 0.0, 0.0

    def visit(self) -> int:
        """Visit once, unless backing off; a failure is logged and counts as nothing handled."""
        if time.monotonic() < self.not_before:
            return 0
        try:
            handled = visit(self.name, self.handle)
        except Exception:
            self.backoff = min(LONGEST_BACKOFF, max(PAUSE, self.backoff * 2))
            self.not_before = time.monotonic() + self.backoff
            logger.exception("follower %s failed; it waits %.1f s", self.name, self.backoff)
            connection.close()
            return 0
        self.backoff = 0.0
        return handled
