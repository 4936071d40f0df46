"""Decide about videos whose faces a program could not clear, as a named member of staff.

It asks for no password: whoever has this shell could write to the database. Each act is on record under the account.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from consent import staff
from ledger.problem import Problem
from provenance import faces, publication
from provenance.models import Video

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from consent.staff import Staff


class Command(BaseCommand):
    """List what waits with where to look, and decide."""

    help = "List videos whose faces wait for a person, soonest due first; accept or refuse one, with a reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("act", choices=("list", "accept", "refuse"))
        parser.add_argument("video", nargs="?", type=UUID, help="not for list")
        parser.add_argument("reason", nargs="?", help=f"{', '.join(faces.ACCEPTING)}; {', '.join(faces.REFUSING)}")
        parser.add_argument("--as", dest="user", required=True, help="your own account")

    def handle(self, *, act: str, video: UUID | None, reason: str | None, user: str, **options: object) -> None:  # noqa: ARG002 - Django's own options
        """Run the command."""
        try:
            me = self._member(user)
            if act == "list":
                self._list()
                return
            found = None if video is None else Video.objects.filter(pk=video).first()
            if found is None:
                raise CommandError("There is no such video. List what waits first.")
            faces.review(found, accept=act == "accept", reason=reason or "", actor=me)
            self.stdout.write(f"{found.pk}  {publication.finish(found.pk).state}")
        except Problem as problem:
            raise CommandError(f"{problem.detail} {problem.remedy}".strip()) from problem

    def _member(self, name: str) -> Staff:
        account = User.objects.filter(username=name).first()
        if account is None:
            raise CommandError("There is no such account.")
        return staff.member(account, may=faces.MAY)

    def _list(self) -> None:
        """Print each with its file and the seconds at which to look."""
        for held in faces.waiting():
            at = ", ".join(f"{place / 1000:.1f}" for place in held.findings.get("places_thousandths", ()))
            file = Path(settings.MEDIA_ROOT) / held.video.path
            self.stdout.write(f"{held.due_at:%Y-%m-%d %H:%M}  {held.video_id}  {file}  look at: {at or 'all of it'}")
