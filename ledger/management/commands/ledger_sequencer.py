"""Number what has been put on record."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from ledger import erasure, loop
from ledger.erasure import ErasureUndone
from ledger.erasure_journal import JournalInvalid
from ledger.sequencer import Fenced, lead, sequence

REFUSALS = (Fenced, ErasureUndone, JournalInvalid)  # another leads, or a person must look
PAUSE = 0.1  # seconds between looks at an empty queue; NOTIFY would make writers wait for each other at commit


class Command(BaseCommand):
    """Number entries, once or in a loop."""

    help = "Give committed entries their places in the tree, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="number what is pending now, then stop")

    def handle(self, *, once: bool, **options: object) -> None:  # noqa: ARG002 - Django's own options
        """Run the command."""
        try:
            self._sequence(once=once)
        except REFUSALS as refused:
            raise CommandError(f"{refused.detail}. {refused.remedy}") from refused

    def _sequence(self, *, once: bool) -> None:
        stopped = loop.stop_on_signals()
        with lead(stopped.is_set) as epoch:
            if epoch is None:
                return
            erasure.refuse_if_undone()
            if not once:
                loop.run(lambda: sequence(epoch=epoch), pause=PAUSE, fatal=REFUSALS, stopped=stopped)
                return
            while sequence(epoch=epoch):
                pass
