"""Make the groups of accounts what the table of roles says; or only say where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.management.base import BaseCommand, CommandError

from consent.casework import roles

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Run it after each release, once the migrations are through. Twice is once."""

    help = "Make groups from the roles in the code; --check changes nothing and fails if a group differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *, check: bool, **options: object) -> None:  # noqa: ARG002 - Django's own options
        """Run the command."""
        if check:
            found = roles.differences()
            for role, (lacks, extra) in sorted(found.items()):
                self.stdout.write(
                    f"{role}: lacks {', '.join(sorted(lacks)) or '-'}; too much {', '.join(sorted(extra)) or '-'}"
                )
            if found:
                raise CommandError("Some groups differ from their roles.")
            return
        for role in roles.synchronise():
            self.stdout.write(f"{role}: made as the code says")
