"""Sign and publish the log."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from ledger import loop, publisher
from ledger.erasure import ErasureUndone
from ledger.erasure_journal import JournalInvalid
from ledger.publisher import Publisher, PublishRefused
from ledger.statusfiles import StateUnsound
from ledger.witnesspolicy import QuorumMissed

REFUSALS = (PublishRefused, StateUnsound, ErasureUndone, JournalInvalid)  # a person must look
PAUSE = 0.2  # seconds between checkpoints


class Command(BaseCommand):
    """Publish, once or in a loop."""

    help = "Recompute, sign and publish checkpoints, until stopped. Exits with an error when it refuses to sign."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="publish what is sequenced now, then stop")

    def handle(self, *, once: bool, **options: object) -> None:  # noqa: ARG002 - Django's own options
        """Run the command."""
        try:
            with publisher.alone():
                if once:
                    publisher.start().publish()
                else:
                    loop.run(_Step(), pause=PAUSE, fatal=REFUSALS)
        except (*REFUSALS, QuorumMissed) as refused:
            raise CommandError(f"{refused.detail}. {refused.remedy}") from refused


class _Step:
    """Publish with one publisher until it fails; then begin anew with all start-up checks, as after a crash."""

    def __init__(self) -> None:
        self.publisher: Publisher | None = None

    def __call__(self) -> bool:
        current, self.publisher = self.publisher or publisher.start(), None
        try:
            current.publish()
        except QuorumMissed:
            self.publisher = current  # nothing is in doubt: the signed checkpoint waits in the store
            raise
        self.publisher = current  # it came through
        return False  # one checkpoint an interval, however busy the log is
