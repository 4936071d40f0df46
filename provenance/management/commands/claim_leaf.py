"""The certificates that stamps are signed under: ask for one, put it in place, renew it, and revoke a stolen one.

Revoking is an act of named members of staff, until the console has pages for it. The account is asked for its
permission at each act, as anywhere. Whoever may run this can name any account: the log of the machine says who ran it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from consent import staff
from ledger.entry import MINUTE
from ledger.keyfile import CERTIFIED
from ledger.problem import Problem
from provenance import claim_leaves, claim_signers
from provenance.models import RevokedSigner

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable

ACTS = ("show", "request", "install", "renew", "propose", "approve", "list")


class Command(BaseCommand):
    """One act; docs/runbooks/keys.md says when."""

    help = "Show, request, install or renew the claim certificate; propose, approve or list the revocation of one."
    requires_system_checks: list[str] = []  # the checks refuse an ended leaf, and this is where it is renewed

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask for the act, and what it needs."""
        parser.add_argument("act", choices=ACTS)
        parser.add_argument("chain", nargs="?", type=Path, help="install: leaf, then issuers, without the root (PEM)")
        parser.add_argument("--for", dest="purpose", choices=CERTIFIED, default="claim", help="request, install")
        parser.add_argument("--root", type=Path, help="install: roots that verifiers are to trust as well (PEM)")
        parser.add_argument("--organisation", default="", help="request: whom the certificate names")
        parser.add_argument("--country", default="", help="request: two letters")
        parser.add_argument("--now", action="store_true", help="renew: whether or not it is due")
        parser.add_argument("--actor", default="system:operator", help="install, renew: who answers for it")
        parser.add_argument("--serial", default="", help="propose, approve: of the certificate, in decimal")
        parser.add_argument("--since", default="", help="propose: UTC minute of the first misuse: 2026-11-22T14:35Z")
        parser.add_argument("--as", dest="user", default="", help="propose, approve: log-in name of who of the staff")

    def handle(self, *_args: object, act: str, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Act, and say what came of it."""
        does: Callable[[dict[str, Any]], str] = getattr(self, f"_{act}")
        try:
            said = does(options)
        except Problem as problem:
            raise CommandError(f"{problem.detail} {problem.remedy}".strip()) from problem
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error
        self.stdout.write(said)

    def _show(self, _options: dict[str, Any]) -> str:
        chain = claim_leaves.current()
        recorded = "on record" if claim_leaves.on_record(chain.serial) else "not on record yet"
        return f"{chain.serial} from {chain.not_before:{MINUTE}} until {chain.not_after:{MINUTE}}, {recorded}"

    def _request(self, options: dict[str, Any]) -> str:
        if not options["organisation"] or not options["country"]:
            raise CommandError("Name --organisation and --country: the certificate says them.")
        organisation, country = options["organisation"], options["country"]
        name = f"{organisation} {options['purpose'].replace('-', ' ')}"
        pem = claim_leaves.request(options["purpose"], organisation=organisation, country=country, name=name)
        return pem.decode().rstrip()

    def _install(self, options: dict[str, Any]) -> str:
        if options["chain"] is None:
            raise CommandError("Name the file with the leaf and its issuers.")
        chain, root = options["chain"].read_bytes(), options["root"].read_bytes() if options["root"] else b""
        if options["purpose"] == "claim-issuer":
            serial = claim_leaves.install_issuer(chain, root_pem=root)
            return f"The issuer {serial} is in place. Renew the leaf: claim_leaf renew --now"
        serial = claim_leaves.install(chain, root_pem=root, actor=options["actor"])
        return f"The leaf {serial} is on record and in place: the next stamp is signed under it."

    def _renew(self, options: dict[str, Any]) -> str:
        serial = claim_leaves.renew(actor=options["actor"], at_once=options["now"])
        return "Nothing was due." if serial is None else f"The leaf {serial} is on record and in place."

    def _propose(self, options: dict[str, Any]) -> str:
        try:
            since = datetime.strptime(options["since"], MINUTE).replace(tzinfo=UTC)
        except ValueError as error:
            raise CommandError("Give --since as a UTC minute: 2026-11-22T14:35Z.") from error
        return str(claim_signers.propose(options["serial"], since=since, actor=_member(options["user"])))

    def _approve(self, options: dict[str, Any]) -> str:
        return str(claim_signers.approve(options["serial"], actor=_member(options["user"])))

    def _list(self, _options: dict[str, Any]) -> str:
        return "\n".join(f"{each} since {each.since:{MINUTE}}" for each in RevokedSigner.objects.order_by("pk"))


def _member(name: str) -> staff.Staff:
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise CommandError("Name a member of staff with --as.")
    return staff.member(user, may=claim_signers.MAY)
