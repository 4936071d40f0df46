"""Check the whole log."""

from django.core.management.base import BaseCommand, CommandError

from ledger.fsck import examine
from ledger.walk import Check


class Command(BaseCommand):
    """Check everything and report."""

    help = "Derive the log again from its entries and compare everything; exit code 1 if anything is wrong."

    def handle(self, **options: object) -> None:  # noqa: ARG002 - Django's own options
        """Run the command."""
        checks = examine()
        for number, check in enumerate(checks, start=1):
            self._show(number, check)
        wrong = sum(bool(check.faults) for check in checks)
        if wrong:
            raise CommandError(f"{wrong} of {len(checks)} checks failed")
        self.stdout.write(f"{len(checks)} checks, nothing wrong")

    def _show(self, number: int, check: Check) -> None:
        self.stdout.write(f"{number:2}. {'WRONG' if check.faults else 'ok   '} {check.title}")
        for fault in check.faults:
            self.stdout.write(f"          {fault}")
        if check.more:
            self.stdout.write(f"          and {check.more} more")
