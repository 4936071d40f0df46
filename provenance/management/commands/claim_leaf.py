"""Revoke a certificate that stamps are signed under, as a named member of staff, until the console has pages for it.

The account is asked for its permission at each act, as anywhere. Whoever may run this can name any account: the
log of the machine says who ran it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from consent import staff
from ledger.entry import MINUTE
from ledger.problem import Problem
from provenance import claim_signers
from provenance.models import RevokedSigner

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Propose, approve, list."""

    help = "Propose or approve the revocation of a claim certificate, or list them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask for the act, and what it needs."""
        parser.add_argument("act", choices=["propose", "approve", "list"])
        parser.add_argument("--serial", default="", help="of the certificate, in decimal")
        parser.add_argument(
            "--since", default="", help="UTC minute from which it may have been misused: 2026-11-22T14:35Z"
        )
        parser.add_argument("--as", dest="user", default="", help="the log-in name of the member of staff")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Act, and say what came of it."""
        if options["act"] == "list":
            for each in RevokedSigner.objects.order_by("pk"):
                self.stdout.write(f"{each} since {each.since:{MINUTE}}")
            return
        user = get_user_model().objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError("Name a member of staff with --as.")
        try:
            actor = staff.member(user, may=claim_signers.MAY)
            if options["act"] == "approve":
                done = claim_signers.approve(options["serial"], actor=actor)
            else:
                since = datetime.strptime(options["since"], MINUTE).replace(tzinfo=UTC)
                done = claim_signers.propose(options["serial"], since=since, actor=actor)
        except ValueError as error:
            raise CommandError("Give --since as a UTC minute: 2026-11-22T14:35Z.") from error
        except Problem as problem:
            raise CommandError(f"{problem.detail} {problem.remedy}".strip()) from problem
        self.stdout.write(str(done))
