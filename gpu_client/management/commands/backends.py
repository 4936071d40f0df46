"""`./dev manage backends`: how each render service fares."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from gpu_client import services
from gpu_client.services import Service


class Command(BaseCommand):
    """A table, one line for each service of GPU_RENDERERS."""

    help = "Print the render services: places taken, who waits, draining, and where the breaker is."

    def handle(self, *_args: object, **_options: object) -> None:
        """Print it."""
        self.stdout.write(f"{'service':24}{'dialect':13}{'places':>9}{'waiting':>9}  {'state':10}breaker")
        for one in services.listed():
            self.stdout.write(_line(one))


def _line(one: Service) -> str:
    places = f"{one.taken}/{one.slots or 'any'}"
    state = "draining" if one.draining else "in use"
    rest = f" until {one.until:%H:%M:%S} UTC ({one.last_error})" if one.until else ""
    return f"{one.name:24}{one.dialect:13}{places:>9}{one.waiting:>9}  {state:10}{one.breaker}{rest}"
