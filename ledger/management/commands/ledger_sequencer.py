"""Number what has been put on record."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from ledger import loop
from ledger.sequencer import Fenced, lead, sequence

PAUSE = 0.1  # seconds between looks at an empty queue; NOTIFY would make writers wait for each other at commit


class Command(BaseCommand):
    """Number entries, once or in a loop."""

    help = "Give committed entries their places in the tree, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="number what is pending now, then stop")

    def handle(self, *, once: bool, **options: object) -> None:  # noqa: ARG002 - Django's own options
        """Run the command."""
        stopped = loop.stop_on_signals()
        with lead(stopped.is_set) as epoch:
            if epoch is None:
                return
            if not once:
                loop.run(lambda: sequence(epoch=epoch), pause=PAUSE, fatal=(Fenced,), stopped=stopped)
                return
            while sequence(epoch=epoch):
                pass
