"""Decide about videos that are like one which has to stay down, as a named member of staff.

It asks for no password: whoever has this shell could write to the database. Each act is on record under the account.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from consent import staff
from ledger.problem import Problem
from provenance import copies, publication
from provenance.models import CopyReview

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from consent.staff import Staff


class Command(BaseCommand):
    """List what waits with where to look, and decide."""

    help = "List videos that are like a blocked one, soonest due first; accept or refuse one, with a reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("act", choices=("list", "accept", "refuse"))
        parser.add_argument("number", nargs="?", type=int, help="as listed; not for list")
        parser.add_argument("reason", nargs="?", help=f"{', '.join(copies.ACCEPTING)}; {', '.join(copies.REFUSING)}")
        parser.add_argument("--as", dest="user", required=True, help="your own account")

    def handle(self, *, act: str, number: int | None, reason: str | None, user: str, **options: object) -> None:  # noqa: ARG002 - Django's own options
        """Run the command."""
        try:
            me = self._member(user)
            if act == "list":
                self._list()
                return
            held = None if number is None else CopyReview.objects.filter(pk=number).first()
            if held is None:
                raise CommandError("There is no such number. List what waits first.")
            copies.review(held, accept=act == "accept", reason=reason or "", actor=me)
            self.stdout.write(f"{held.video_id}  {publication.finish(held.video_id).state}")
        except Problem as problem:
            raise CommandError(f"{problem.detail} {problem.remedy}".strip()) from problem

    def _member(self, name: str) -> Staff:
        account = User.objects.filter(username=name).first()
        if account is None:
            raise CommandError("There is no such account.")
        return staff.member(account, may=copies.MAY)

    def _list(self) -> None:
        """Print each with its file, the case, and the seconds that are alike."""
        for held in copies.waiting()[:100]:
            file = Path(settings.MEDIA_ROOT) / held.video.path
            sure = "as near as a copy" if held.certain else "near"
            at = "; ".join(f"{one['file_seconds']} like {one['video_seconds']}" for one in held.stretches)
            about = f"{held.block.video} (case {held.block.case})"
            self.stdout.write(f"{held.pk}  {held.due_at:%Y-%m-%d %H:%M}  {file}  {sure} to {about}: seconds {at}")
