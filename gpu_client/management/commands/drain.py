"""`./dev manage drain SERVICE`: send a render service nothing new; what runs there is finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.management.base import BaseCommand, CommandError

from gpu_client import renderers, services

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """One service, by its name in GPU_RENDERERS."""

    help = "Send a render service nothing new; what runs there is finished."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask which."""
        parser.add_argument("service")

    def handle(self, *_args: object, service: str, **_options: object) -> None:
        """Do it, and say so."""
        try:
            services.drain(service)
        except renderers.RendererMissing as error:
            raise CommandError(f"No render service is called {service!r}. See: backends.") from error
        self.stdout.write(f"{service} is draining.")
