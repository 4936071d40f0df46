"""`./dev manage weigh PARTY WEIGHT`: give a client so many jobs in each round of every queue."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from consent.models import Party
from gpu_client import services

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """One client, by the id of their party; one job in each round is what everybody has."""

    help = "Give a client so many jobs in each round of every queue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask who, and how many."""
        parser.add_argument("party", type=UUID)
        parser.add_argument("weight", type=int)

    def handle(self, *_args: object, party: UUID, weight: int, **_options: object) -> None:
        """Do it, and say so."""
        try:
            services.weigh(Party.objects.get(pk=party), weight)
        except (Party.DoesNotExist, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{party} gets {weight} in each round.")
