"""Work on claims of authority from a shell: each act under the account of one member of staff, and their name for it.

It asks for no password: whoever has this shell could write to the database. What it makes sure of is that the account
may do this, that two accounts are two, and that each act is on record under the account's number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from consent import claims, reviews, staff
from consent.models import Claim
from ledger.problem import Problem

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from consent.staff import Staff

SHOWN: Final = 100
ACTS: Final = ("list", "show", "recommend", "accept", "refuse", "transfer", "dispute", "end")


class Command(BaseCommand):
    """List what waits, show one claim, and act on it."""

    help = "List claims of authority that wait, oldest due first; recommend, accept, refuse, transfer, dispute, end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("act", choices=ACTS)
        parser.add_argument("claim", nargs="?", type=UUID, help="not for list")
        parser.add_argument("word", nargs="?", help="of recommend: the verdict; of refuse: the reason")
        parser.add_argument("--as", dest="user", required=True, help="your own account")

    def handle(self, *, act: str, claim: UUID | None, word: str | None, user: str, **options: object) -> None:  # noqa: ARG002 - Django's own options
        """Run the command."""
        try:
            me = self._member(user)
            if act == "list":
                self._list()
                return
            found = None if claim is None else Claim.objects.filter(pk=claim).first()
            if found is None:
                raise CommandError("There is no such claim. List them first.")
            self._act(act, found, word or "", me)
        except Problem as problem:
            raise CommandError(f"{problem.detail} {problem.remedy}".strip()) from problem

    def _member(self, name: str) -> Staff:
        account = User.objects.filter(username=name).first()
        if account is None:
            raise CommandError("There is no such account.")
        return staff.member(account, may=reviews.MAY)

    def _act(self, act: str, claim: Claim, word: str, me: Staff) -> None:
        if act == "show":
            self._show(claim)
            return
        if act == "recommend":
            reviews.recommend(claim, word, actor=me)
        elif act == "refuse":
            reviews.refuse(claim, word, actor=me)
        else:
            verbs: dict[str, Any] = {
                "accept": reviews.accept,
                "transfer": reviews.transfer,
                "dispute": reviews.dispute,
                "end": claims.end,
            }
            verbs[act](claim, actor=me)
        claim.refresh_from_db()
        self.stdout.write(f"{claim.pk}  {claim.state}")

    def _list(self) -> None:
        """Print the queue; nothing in it singles anybody out."""
        waiting = Claim.objects.filter(state__in=claims.WAITING, claimant__erased_at=None).order_by("due_at", "pk")
        for each in waiting[:SHOWN]:
            self.stdout.write(f"{each.due_at:%Y-%m-%d %H:%M}  {each.pk}  {each.role}  {each.tier}  {each.state}")

    def _show(self, claim: Claim) -> None:
        document = claims.document_of(claim)
        self.stdout.write(f"{claim.role}  {claim.tier}  {claim.state}  due {claim.due_at:%Y-%m-%d %H:%M} UTC")
        for name in ("likeness", "subject", "share", "limits", "basis"):
            self.stdout.write(f"{name}: {document[name]!r}")
        for each in claim.documents.order_by("added_at", "pk"):
            self.stdout.write(f"document {each.pk}  {each.kind}  {each.media_type}  {each.blob.size} bytes")
        for review in claim.reviews.order_by("reviewed_at", "pk"):
            self.stdout.write(f"{review.verdict} by {review.actor}")
