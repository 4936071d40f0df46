"""Revoke and suspend from the command line, as a named member of staff, until the console has pages for it.

The account is asked for its permission at each act, as anywhere. Whoever may run this can name any account: the
log of the machine says who ran it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from consent import revocation_proposals, revocations, staff, suspensions
from consent.models import Grant, Likeness, RevocationProposal, Suspension
from ledger.problem import Problem

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from consent.staff import Staff

MAY = {
    "propose": "consent.propose_revocation",
    "approve": "consent.approve_revocation",
    "suspend": "consent.suspend_likeness",
    "resume": "consent.suspend_likeness",
}


class Command(BaseCommand):
    """Four acts, and a list of what waits for a second person."""

    help = "Propose or approve a revocation, suspend or resume, or list the proposals that wait."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask for the act, and what it needs."""
        parser.add_argument("act", choices=[*MAY, "list"])
        parser.add_argument("id", nargs="?", help="a likeness or grant; a proposal; a suspension")
        parser.add_argument("--as", dest="user", help="the log-in name of the member of staff")
        parser.add_argument("--reason", default="", help="a code of consent.revocation_reasons")
        parser.add_argument("--reference", default="", help="a case or file number")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Act, and say what came of it."""
        if options["act"] == "list":
            for each in revocation_proposals.waiting():
                self.stdout.write(f"{each.pk} {each.reason} likeness {each.likeness_id} by {each.proposed_by}")
            return
        user = get_user_model().objects.filter(username=options["user"] or "").first()
        if user is None or not options["id"]:
            raise CommandError("Name an id, and with --as a member of staff.")
        try:
            self.stdout.write(_done(options, staff.member(user, may=MAY[options["act"]])))
        except Problem as problem:
            raise CommandError(f"{problem.detail} {problem.remedy}") from problem


def _done(options: dict[str, Any], actor: Staff) -> str:
    pk, reason = options["id"], options["reason"]
    match options["act"]:
        case "propose":
            made = revocation_proposals.propose_revocation(
                _target(pk), reason=reason, reference=options["reference"], actor=actor
            )
            return f"proposed: {made.pk}; somebody else has to approve it"
        case "approve":
            proposal = _found(RevocationProposal, pk)
            return f"revoked: {revocations.drain(revocation_proposals.approve_revocation(proposal, actor=actor)).pk}"
        case "suspend":
            return f"suspended: {revocations.drain(suspensions.suspend(_target(pk), reason=reason, actor=actor)).pk}"
        case _:
            return f"resumed: {suspensions.resume(_found(Suspension, pk), actor=actor).pk}"


def _target(pk: str) -> Likeness | Grant:
    found = Likeness.objects.filter(pk=pk).first() or Grant.objects.filter(pk=pk).first()
    if found is None:
        raise CommandError("There is no such likeness or grant.")
    return found


def _found(model: Any, pk: str) -> Any:  # noqa: ANN401 - of whichever model
    found = model.objects.filter(pk=pk).first()
    if found is None:
        raise CommandError("There is no such thing.")
    return found
