"""Register parties and their keys, issue and check API tokens."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from typing import ClassVar, Final

from django.db import IntegrityError, transaction

from consent import clock, entries, signing
from consent.models import ApiToken, Party, PartyKey
from consent.models.party import ERASED_HANDLE
from ledger import base64url, log
from ledger.canonical import digest
from ledger.problem import Problem

HANDLE: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,38}")
MAX_NAME: Final = 120  # characters
TOKEN_BYTES: Final = 32
TOKEN_PREFIX: Final = "ctn_"  # noqa: S105 - lets a scanner for leaked secrets know one when it sees it


class PartyInvalid(Problem):
    """A handle, name or kind cannot be used."""

    code: ClassVar[str] = "party-invalid"
    title: ClassVar[str] = "The party cannot be registered like this"


class HandleTaken(Problem):
    """Somebody else has the handle."""

    code: ClassVar[str] = "handle-taken"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The handle is taken"


class KeyKnown(Problem):
    """The key has been registered before, by this party or another."""

    code: ClassVar[str] = "key-known"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The key is registered already"


class KeyUnknown(Problem):
    """The party has no such key in use."""

    code: ClassVar[str] = "key-unknown"
    title: ClassVar[str] = "No such key"


class KeyMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code: ClassVar[str] = "key-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such key"


def possession_digest(handle: str, public: bytes) -> bytes:
    """Return the 32 bytes that a new key signs to show that its owner holds it."""
    return digest(
        "key-possession", {"handle": handle, "algorithm": signing.ALGORITHM, "public": base64url.encode(public)}
    )


def register_party(*, handle: str, name: str, kind: str, public: bytes, proof: bytes) -> tuple[Party, str]:
    """Register a party with its first key; return it and its API token, which is stored nowhere.

    The actor is the party itself. `proof` is the key's signature over `possession_digest`.
    """
    _check_names(handle, name, kind)
    _check_possession(handle, public, proof)
    party = Party(id=uuid.uuid4(), handle=handle, name=name, kind=kind)
    try:
        with transaction.atomic():
            payload: dict[str, object] = {"party": str(party.pk), "handle": handle, "name": name, "kind": kind}
            party.entry = log.append("party.registered", payload, actor=party.actor, subject=party.actor)
            party.save(force_insert=True)
            _add_key(party, public)
            token = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
            ApiToken.objects.create(party=party, digest=token_digest(token), entry=party.entry)
    except IntegrityError as error:
        _refuse_twin(handle, error)
    return party, token


def register_key(party: Party, public: bytes, proof: bytes, *, actor: Party) -> PartyKey:
    """Add a key to a party."""
    _own(party, actor)
    _check_possession(party.handle, public, proof)
    try:
        with transaction.atomic():
            return _add_key(party, public)
    except IntegrityError as error:
        raise _key_known() from error


def revoke_key(key: PartyKey, *, actor: Party) -> PartyKey:
    """Take a key out of use: it signs nothing more. What it signed before stays signed. Twice is once."""
    with transaction.atomic():
        key = PartyKey.objects.select_for_update().get(pk=key.pk)
        _own(key.party, actor)
        if key.revoked_at is None:
            payload: dict[str, object] = {"party": str(key.party_id), "key_id": key.key_id}
            key.revoked_entry = entries.append_end("key.revoked", payload, actor=actor.actor, subject=key.party.actor)
            key.revoked_at = clock.now()
            key.save(update_fields=["revoked_at", "revoked_entry"])
    return key


def key_in_use(party: Party, key_id: str, *, pointer: str = "/key") -> PartyKey:
    """Return the party's key, locked against revocation while the caller's transaction lasts; or raise."""
    key = PartyKey.objects.select_for_update(no_key=True).filter(party=party, key_id=key_id, revoked_at=None).first()
    if key is None:
        raise key_unknown(pointer)
    return key


def token_digest(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def by_token(token: str) -> Party | None:
    """Return the party that holds the token, `None` if nobody does."""
    row = ApiToken.objects.select_related("party").filter(digest=token_digest(token)).first()
    return None if row is None else row.party


def _add_key(party: Party, public: bytes) -> PartyKey:
    key_id = signing.key_id(public)
    payload: dict[str, object] = {
        "party": str(party.pk),
        "key_id": key_id,
        "algorithm": signing.ALGORITHM,
        "public": base64url.encode(public),
    }
    entry = log.append("key.registered", payload, actor=party.actor, subject=party.actor)
    return PartyKey.objects.create(party=party, key_id=key_id, public=public, entry=entry)


def _check_names(handle: str, name: str, kind: str) -> None:
    if not HANDLE.fullmatch(handle) or re.fullmatch(ERASED_HANDLE, handle):
        remedy = 'Use 2 to 39 lower-case letters, digits and hyphens, the first not a hyphen; "erased-…" is ours.'
        raise PartyInvalid("The handle cannot be used.", pointer="/handle", remedy=remedy)
    check_shown_name(name)
    if kind not in Party.Kind.values:
        raise PartyInvalid("The kind is not known.", pointer="/kind", remedy="Use person, organisation or client.")


def check_shown_name(name: str) -> None:
    """Raise unless `name` is one line of visible text: it stands inside what others sign.

    Line breaks, control characters and marks that reverse the reading direction are not printable.
    """
    if not 0 < len(name) <= MAX_NAME or not name.isprintable() or name != name.strip():
        remedy = f"Use 1 to {MAX_NAME} visible characters on one line, with no space at either end."
        raise PartyInvalid("The name cannot be shown.", pointer="/name", remedy=remedy)


def _check_possession(handle: str, public: bytes, proof: bytes) -> None:
    signing.check_key(public)
    remedy = "Sign the key-possession digest of handle, algorithm and public key with this key."
    signing.check_signature(public, proof, possession_digest(handle, public), pointer="/key/proof", remedy=remedy)


def _own(party: Party, actor: Party) -> None:
    if party.pk != actor.pk:
        raise KeyUnknown("You have no such key.", pointer="/key", remedy="A party manages its own keys only.")


def _refuse_twin(handle: str, error: IntegrityError) -> None:
    """Say which of the two unique values was taken."""
    if Party.objects.filter(handle=handle).exists():
        raise HandleTaken("This handle is taken.", pointer="/handle", remedy="Choose another.") from error
    raise _key_known() from error


def key_unknown(pointer: str) -> KeyUnknown:
    """Return the refusal of a key that is absent, revoked or another's."""
    return KeyUnknown("You have no key with this id in use.", pointer=pointer, remedy="Use a key listed at parties/me.")


def _key_known() -> KeyKnown:
    return KeyKnown("This key is registered already.", pointer="/key/public", remedy="Make a fresh key.")
