"""Show keys, and make development ones."""

import json
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ledger import base64url, keyring


class Command(BaseCommand):
    """Show public keys."""

    help = "Print the log's verifier key and the permit keys as JSON; --make-development makes keys where none are."
    requires_system_checks: list[str] = []  # the checks ask for keys, and this is where they are made

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--make-development", action="store_true", help="make marked keys, for development only")

    def handle(self, *, make_development: bool, **options: object) -> None:  # noqa: ARG002 - Django's own options
        """Run the command."""
        if make_development:
            if not settings.DEVELOPMENT:
                raise CommandError("Development keys are made in development only")
            keyring.make_development_keys(Path(settings.LEDGER_KEYS_DIR), settings.LEDGER_ORIGIN)
        permits = {key.key_id: base64url.encode(key.public) for key in keyring.public_keys("permit")}
        self.stdout.write(json.dumps({"log": keyring.log_vkey(), "permit": permits}, indent=1))
