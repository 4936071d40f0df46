"""Compare the erasure journal with the database, and finish what a restore or a crash left undone."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from ledger import erasure
from ledger.problem import Problem

ACTOR = "system:operator"


class Command(BaseCommand):
    """List the erasures, or do again what is undone."""

    help = "List what was erased. Exits with an error while the database holds something that the journal says is gone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--replay", action="store_true", help="erase again what the database still holds")

    def handle(self, *, replay: bool, **options: object) -> None:  # noqa: ARG002 - Django's own options
        """Run the command."""
        try:
            if replay:
                entries = erasure.replay(actor=ACTOR)
                self.stdout.write(f"{len(entries)} erasures were done again")
            self._list()
            erasure.refuse_if_undone()
        except Problem as problem:
            raise CommandError(f"{problem.detail}. {problem.remedy}") from problem

    def _list(self) -> None:
        for each in erasure.examine():
            state = "erased" if each.erased else "not in this database" if each.subject is None else "UNDONE"
            self.stdout.write(f"{each.line.time}  {each.line.commit}  {state}")
