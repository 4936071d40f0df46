"""Block videos from the command line, as a named member of staff, until the console has pages for it.

The account is asked for its permission at each act, as anywhere. Whoever may run this can name any account: the log of
the machine says who ran it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from consent import blocks, clock, revocations, rfc3339, staff
from consent.models import Block
from ledger.problem import Problem

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from datetime import datetime

    from consent.staff import Staff

SHOWN: Final = 100
MAY: Final = {
    "place": blocks.PLACE,
    "confirm": blocks.DECIDE,
    "propose-lift": blocks.DECIDE,
    "lift": blocks.DECIDE,
}


class Command(BaseCommand):
    """Four acts, and a list of what is in force."""

    help = "Place a block on a video, confirm it, propose to lift it, lift it, or list the blocks in force."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask for the act, and what it needs."""
        parser.add_argument("act", choices=[*MAY, "list"])
        parser.add_argument("id", nargs="?", type=UUID, help="of place: a video; of the others: a block")
        parser.add_argument("--as", dest="user", help="the log-in name of the member of staff")
        parser.add_argument("--case", default="", help="the reference of the case; no name of anybody")
        parser.add_argument("--reason", default="", help="a code of consent.revocation_reasons")
        parser.add_argument("--scope", default="family", choices=Block.Scope.values)
        parser.add_argument("--stay-down", action="store_true", help="copies of it are refused as well")
        parser.add_argument("--until", help="RFC 3339; 90 days if left out")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Act, and say what came of it."""
        if options["act"] == "list":
            self._list()
            return
        user = get_user_model().objects.filter(username=options["user"] or "").first()
        if user is None or not options["id"]:
            raise CommandError("Name an id, and with --as a member of staff.")
        try:
            self.stdout.write(_done(options, staff.member(user, may=MAY[options["act"]])))
        except Problem as problem:
            raise CommandError(f"{problem.detail} {problem.remedy}") from problem

    def _list(self) -> None:
        """Print what is in force, oldest first."""
        standing = Block.objects.filter(lifted_at=None, until__gt=clock.now()).order_by("accepted_at", "pk")
        for each in standing[:SHOWN]:
            word = "provisional" if each.provisional else "lift proposed" if each.lift_proposed_by else "confirmed"
            self.stdout.write(f"{each.pk}  video {each.video}  {each.case}  {each.reason}  {word}  until {each.until}")


def _done(options: dict[str, Any], actor: Staff) -> str:
    """Say "blocked" only when no lease of before can be running."""
    if options["act"] == "place":
        said = {name: options[name] for name in ("case", "reason", "scope", "stay_down")}
        placed = blocks.place(options["id"], actor=actor, until=_until(options["until"]), **said)
        return f"blocked: {revocations.drain(placed).pk}; somebody else has to confirm it"
    block = Block.objects.filter(pk=options["id"]).first()
    if block is None:
        raise CommandError("There is no such block. List them first.")
    match options["act"]:
        case "confirm":
            return f"confirmed: {blocks.confirm(block, actor=actor).pk}"
        case "propose-lift":
            return f"proposed: {blocks.propose_lift(block, actor=actor).pk}; somebody else has to lift it"
        case _:
            return f"lifted: {blocks.lift(block, actor=actor).pk}"


def _until(text: str | None) -> datetime | None:
    try:
        return None if text is None else rfc3339.read(text)
    except ValueError as error:
        raise CommandError("--until is no moment. Write it like 2027-02-01T00:00:00Z.") from error
