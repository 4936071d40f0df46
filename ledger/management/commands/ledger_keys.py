"""Show, make, rotate, retire and denounce the log's own keys."""

import json
import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from ledger import base64url, keyring, publickeys, published, rotation, signerhistory, vault
from ledger.entry import MINUTE, is_minute, to_minute
from ledger.keyfile import BACKENDS, EVERY, SIGNERS, KeyFile, Purpose
from ledger.problem import Problem
from ledger.rotation import Rotation

UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
PLACES = ("module", "token", "label", "pin_env", "pin_file", "signer", "key")
NEXT = {
    "log": "Give the verifier key to every witness and every reader now: from {until} on, only it signs checkpoints.",
    "permit": "Give the public key to every render service now: from {begins} on, it alone signs permits.",
    "receipt": "Announce the public key now: from {begins} on, it alone signs receipts.",
    "statement": "Announce the public key now: from {begins} on, it alone signs statements.",
    "status": "Announce the public key now: from {begins} on, it alone signs status lists.",
    "credential": "Announce the public key now: from {begins} on, it alone signs credentials of grants.",
    "claim": "Certify it now: claim_leaf renew, or claim_leaf request and install. The old one signs until {until}.",
    "claim-issuer": "Certify it now: claim_leaf request --for claim-issuer. The old one issues until {until}.",
    "vault": "Run `ledger_keys rewrap`. Keep the old files until it is done and no backup from before is kept.",
}


def duration(text: str) -> timedelta:
    """Read 7d, 12h, 30m or 0s."""
    match = re.fullmatch(r"([0-9]{1,6})([dhms])", text, re.ASCII)
    if match is None:
        raise ArgumentTypeError("a number and one of d, h, m, s, such as 7d")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def minute(text: str) -> datetime:
    """Read 2026-11-22T14:35Z."""
    if not is_minute(text):
        raise ArgumentTypeError("a UTC minute, such as 2026-11-22T14:35Z")
    return datetime.strptime(text, MINUTE).replace(tzinfo=UTC)


class Command(BaseCommand):
    """One action; without a name, public keys are shown."""

    help = "Print the log's verifier key and the permit keys as JSON; or act on keys. docs/runbooks/keys.md says when."
    requires_system_checks: list[str] = []  # the checks ask for keys, and this is where they are made

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        actions = ("show", "list", "generate", "register", "rotate", "retire", "compromise", "rewrap")
        parser.add_argument("action", nargs="?", default="show", choices=actions)
        parser.add_argument("--make-development", action="store_true", help="make marked keys, for development only")
        parser.add_argument("--purpose", choices=EVERY)
        parser.add_argument("--overlap", type=duration, help="rotate: for how long the old key goes on, such as 7d")
        parser.add_argument("--key-id", help="retire, compromise: which")
        parser.add_argument("--since", type=minute, help="compromise: the first minute that is in doubt")
        parser.add_argument("--batch", type=int, default=500, help="rewrap: subject keys in one transaction")
        parser.add_argument("--actor", default="system:operator", help="who answers for it, as the entry names them")
        parser.add_argument("--backend", choices=BACKENDS, default="file", help="generate, rotate: who keeps the key")
        parser.add_argument("--public", default="", help="kms: the public half, base64url")
        for place in PLACES:
            parser.add_argument(f"--{place.replace('_', '-')}", help="pkcs11 or kms: an option of the key file")

    def handle(self, *, action: str = "show", make_development: bool, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Run the command."""
        if make_development:
            if not settings.DEVELOPMENT:
                raise CommandError("Development keys are made in development only")
            keyring.make_development_keys(Path(settings.LEDGER_KEYS_DIR), settings.LEDGER_ORIGIN)
        act: Callable[[dict[str, Any]], None] = getattr(self, f"_{action}")
        try:
            act(options)
            if action != "show" and published.checkpoint_text() is not None:
                publickeys.write()  # who reads the log learns it now, not with the next checkpoint
        except Problem as problem:
            raise CommandError(f"{problem.detail}. {problem.remedy}".rstrip()) from problem

    def _show(self, _options: dict[str, Any]) -> None:
        permits = {key.key_id: base64url.encode(key.public) for key in keyring.public_keys("permit")}
        self.stdout.write(json.dumps({"log": keyring.log_vkey(), "permit": permits}, indent=1))

    def _list(self, _options: dict[str, Any]) -> None:
        for purpose in EVERY:
            for key in keyring.key_files(purpose):
                end = "no end" if key.not_after is None else f"{key.not_after:%Y-%m-%dT%H:%M:%SZ}"
                begin = f"{key.not_before:%Y-%m-%dT%H:%M:%SZ}"
                self.stdout.write(f"{purpose:12} {key.key_id:16} {key.backend:6} {begin} {end:20} {_state(key)}")

    def _generate(self, options: dict[str, Any]) -> None:
        purpose = _needed(options, "purpose")
        key = rotation.generate(purpose, **_backend(options))
        self.stdout.write(f"The {purpose} key {key.key_id} stands from now on.")
        self._tell(purpose, key)
        self._register_made(options)

    def _rotate(self, options: dict[str, Any]) -> None:
        purpose = _needed(options, "purpose")
        overlap = timedelta(0) if purpose == "vault" else _needed(options, "overlap")
        done = rotation.rotate(purpose, overlap=overlap, **_backend(options))
        self._rotated(purpose, done)
        self._register_made(options)

    def _rotated(self, purpose: Purpose, done: Rotation) -> None:
        until, begins = (f"{at:%Y-%m-%d %H:%M:%S} UTC" for at in (done.until, done.new.not_before))
        self.stdout.write(f"The {purpose} key {done.new.key_id} stands from {begins} on.")
        for old in done.old:
            self.stdout.write(f"The {purpose} key {old.key_id} ends at {until}.")
        self._tell(purpose, done.new)
        self.stdout.write(NEXT[purpose].format(until=until, begins=begins))
        if purpose in SIGNERS:
            for old in done.old:
                self.stdout.write(f"After {until}: ledger_keys retire --key-id {old.key_id}")

    def _tell(self, purpose: Purpose, key: KeyFile) -> None:
        if purpose == "log":
            self.stdout.write(f"Verifier key: {keyring.vkeys([key])[0]}")
        elif key.public:
            self.stdout.write(f"Public key: {base64url.encode(key.public)}")

    def _register_made(self, options: dict[str, Any]) -> None:
        """Put what was just made on record. The key is there whether or not that can be done now."""
        try:
            self._register(options)
        except (Problem, DatabaseError) as error:
            self.stderr.write(f"Not on record yet ({error}). Run `ledger_keys register` when the database is there.")

    def _register(self, options: dict[str, Any]) -> None:
        for key_id in signerhistory.unregistered():
            signerhistory.register_signer(key_id, actor=options["actor"])
            self.stdout.write(f"Key {key_id} is on record.")

    def _retire(self, options: dict[str, Any]) -> None:
        key_id = _needed(options, "key_id")
        signerhistory.retire_signer(key_id, actor=options["actor"])
        self.stdout.write(f"Key {key_id} signs nothing any more. Keep its file: old signatures are checked with it.")

    def _compromise(self, options: dict[str, Any]) -> None:
        key_id, since = _needed(options, "key_id"), _needed(options, "since")
        signerhistory.report_compromise(key_id, since=since, actor=options["actor"])
        _, key = signerhistory.find(key_id)
        beside, public = keyring.statements(key)
        self.stdout.write(
            f"Key {key_id} signs nothing any more; what it signed since {to_minute(since)} proves nothing."
        )
        self.stdout.write(f"The statement is {public}. Tell every witness and reader to drop the key.")
        self.stdout.write(f"Put a copy beside the key file on every other host that has one: {beside.name}")

    def _rewrap(self, options: dict[str, Any]) -> None:
        done = 0
        while count := vault.rewrap(options["batch"]):
            done += count
            self.stdout.write(f"{done} subject keys wrapped anew")
        self.stdout.write(f"Every subject key is wrapped by {keyring.vault_root()[0]}.")


def _state(key: KeyFile) -> str:
    since = keyring.compromised_since(key)
    if since is not None:
        return "compromised"
    now = datetime.now(UTC)
    return "stands" if key.stands(now) else "begins later" if now < key.not_before else "ended"


def _needed(options: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - of each option its own type
    if options.get(name) is None:
        raise CommandError(f"--{name.replace('_', '-')} is needed for this")
    return options[name]


def _backend(options: dict[str, Any]) -> dict[str, Any]:
    try:
        public = base64url.decode(options["public"])
    except ValueError as error:
        raise CommandError("--public is not base64url") from error
    given = {name: options[name] for name in PLACES if options.get(name)}
    return {"backend": options["backend"], "options": given, "public": public}
