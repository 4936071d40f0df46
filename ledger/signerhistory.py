"""The operator's own keys as entries: which may sign, which ceased to, which were stolen and since when.

A stranger who has the log has the history of its keys. These are keys of the operator, not of persons, so the public
half stands in the entry itself. The vault's root key signs nothing and has no history here.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

from django.conf import settings
from django.db import connection, transaction

from ledger import base64url, compromise, durable, keyfile, keyring, log, signers
from ledger.compromise import Compromise
from ledger.entry import decode, to_minute
from ledger.keyfile import SIGNERS, KeyFile, Signer
from ledger.models import Entry
from ledger.problem import Problem
from ledger.signers import SigningKey

SUBJECT = "system:keys"
TURN = 0x6B657973  # advisory lock: two commands at once would put one key on record twice


class SignerRefused(Problem):
    """The key history cannot be continued in this way."""

    code: ClassVar[str] = "signer-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Not with this key"


def register_signer(key_id: str, *, actor: str) -> Entry:
    """Put on record that a key may sign; raise `SignerRefused` if it is on record."""
    with transaction.atomic():
        _in_turn()
        purpose, key = find(key_id)
        if _recorded("signer.registered", key_id=key_id):
            raise SignerRefused(f"Key {key_id} is on record")
        public = {"purpose": purpose, "key_id": key_id, "public": base64url.encode(key.public)}
        return log.append("signer.registered", public, actor=actor, subject=SUBJECT, public=public)


def retire_signer(key_id: str, *, actor: str) -> Entry:
    """End a key now, if its window has not ended it, and put that on record. Another key of its purpose must stand.

    If we crash before the commit, the key has ended and the log does not say so yet: do it again.
    """
    with transaction.atomic():
        _in_turn()
        purpose, key = find(key_id)
        if _recorded("signer.retired", key_id=key_id):
            raise SignerRefused(f"Key {key_id} is on record as retired")
        if not any(other.key_id != key_id for other in keyring.standing(purpose)):
            raise SignerRefused(f"No other {purpose} key stands", remedy=f"ledger_keys rotate --purpose {purpose}")
        now = datetime.now(UTC)
        if key.not_after is None or key.not_after > now:
            keyfile.write(replace(key, not_after=now))
        public = {"key_id": key_id}
        return log.append("signer.retired", public, actor=actor, subject=SUBJECT, public=public)


def report_compromise(key_id: str, *, since: datetime, actor: str) -> Entry:
    """State, signed and on record, that what this key signed from the minute `since` on proves nothing.

    The statement lies beside the key file before anything commits: if we crash after that, the key signs nothing and
    the log does not say why yet. It is published after the commit; if we crash in between, do it again, and the same
    statement is published without a second entry. A second statement may only name an earlier minute.
    """
    with transaction.atomic():
        _in_turn()
        purpose, key = find(key_id)
        statement = Compromise(settings.LEDGER_ORIGIN, key_id, since.astimezone(UTC).replace(second=0, microsecond=0))
        _refuse_if_later(key, statement)
        text = compromise.sign(statement, _accuser(purpose, key))
        beside, public_file = keyring.statements(key)
        durable.replace(beside, text.encode())
        transaction.on_commit(lambda: durable.replace(public_file, text.encode()))
        public = {"key_id": key_id, "since": to_minute(since)}
        found = _recorded("signer.compromised", **public)
        return found or log.append("signer.compromised", public, actor=actor, subject=SUBJECT, public=public)


def unregistered() -> list[str]:
    """Return the ids of the signing keys that are not on record yet; one that is compromised never will be."""
    usable = [key.key_id for _, key in _signing() if keyring.compromised_since(key) is None]
    return [key_id for key_id in usable if not _recorded("signer.registered", key_id=key_id)]


def find(key_id: str) -> tuple[Signer, KeyFile]:
    """Return purpose and file of a signing key; raise `SignerRefused` if there is none of this id."""
    for purpose, key in _signing():
        if key.key_id == key_id:
            return purpose, key
    raise SignerRefused(f"No signing key {key_id}", remedy="ledger_keys list; a vault key signs nothing")


def _signing() -> Iterator[tuple[Signer, KeyFile]]:
    for purpose in SIGNERS:
        for key in keyring.key_files(purpose):
            yield purpose, key


def _recorded(kind: str, **members: str) -> Entry | None:
    """Return the entry of this kind that has these members; the operator's keys are few, so all are read."""
    for entry in Entry.objects.filter(kind=kind):
        body = decode(bytes(entry.body))
        if all(body[name] == value for name, value in members.items()):
            return entry
    return None


def _refuse_if_later(key: KeyFile, statement: Compromise) -> None:
    if statement.since > datetime.now(UTC):
        raise SignerRefused("A compromise does not begin in the future")
    known = keyring.compromised_since(key)
    if known is not None and known != keyring.ALWAYS and statement.since > known:
        raise SignerRefused(f"It is stated since {to_minute(known)}", remedy="A later statement can only be earlier")


def _accuser(purpose: Signer, key: KeyFile) -> SigningKey:
    """Return who signs the statement: the newest other key of the purpose that stands, or else the newest log key."""
    for candidates in (keyring.standing(purpose), keyring.standing("log")):
        others = [one for one in candidates if one.public != key.public]
        if others:
            return signers.opened(others[-1])
    remedy = "Make another log key first: ledger_keys rotate --purpose log --overlap 0s"
    raise SignerRefused("No other key stands that could sign the statement", remedy=remedy)


def _in_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])
