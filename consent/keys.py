"""The keys of a party: registered, rotated, revoked; each event an entry that names the one before it.

So a party holds a chain: whoever takes an event out, or slips one in, breaks it (`consent.keychain` checks). The party
is told at once of every key that is added to it or taken from it (`consent.messages`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import IntegrityError, transaction

from consent import clock, entries, messages, signing
from consent.models import KeyEvent, Message, Party, PartyKey
from ledger import base64url, log
from ledger.canonical import digest
from ledger.problem import Problem

if TYPE_CHECKING:
    from ledger.models import Entry

Kind = KeyEvent.Kind


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


def rotation_digest(party: Party, old: PartyKey, public: bytes) -> bytes:
    """Return the 32 bytes that a key signs to be replaced by another."""
    document = {
        "party": str(party.pk),
        "replaces": old.key_id,
        "algorithm": signing.ALGORITHM,
        "public": base64url.encode(public),
    }
    return digest("key-rotation", document)


def first(party: Party, public: bytes) -> PartyKey:
    """Add the key with which a party signs up, in the transaction that registers it. Nobody needs to be told."""
    key, _ = _added(party, public, Kind.REGISTERED, None)
    return key


def register_key(party: Party, public: bytes, proof: bytes, *, actor: Party) -> PartyKey:
    """Add a key to a party, and tell it. `proof` is the new key's signature over `possession_digest`."""
    _own(party, actor)
    check_possession(party.handle, public, proof)
    try:
        with transaction.atomic():
            key, entry = _added(party, public, Kind.REGISTERED, None)
            messages.tell(party, Message.Kind.KEY_ADDED, entry, key_id=key.key_id)
    except IntegrityError as error:
        raise known() from error
    return key


def rotate_key(old: PartyKey, public: bytes, *, proof: bytes, approval: bytes, actor: Party) -> PartyKey:
    """Put a new key in the place of an old one: one transaction, one entry `key.rotated`. The party is told.

    `proof` is the new key's signature over `possession_digest`; `approval` the old key's over `rotation_digest`.
    Who has lost the old key registers a new one and revokes the old.
    """
    party = old.party
    _own(party, actor)
    check_possession(party.handle, public, proof)
    remedy = "Sign the key-rotation digest of party, old key id, algorithm and new public key with the old key."
    asked = rotation_digest(party, old, public)
    signing.check_signature(bytes(old.public), approval, asked, pointer="/approval", remedy=remedy)
    try:
        with transaction.atomic():
            held = key_in_use(party, old.key_id)
            key, entry = _added(party, public, Kind.ROTATED, held)
            held.revoked_at, held.revoked_entry = clock.now(), entry
            held.save(update_fields=["revoked_at", "revoked_entry"])
            messages.tell(party, Message.Kind.KEY_ROTATED, entry, key_id=key.key_id, old_key_id=held.key_id)
    except IntegrityError as error:
        raise known() from error
    return key


def revoke_key(key: PartyKey, *, actor: Party) -> PartyKey:
    """Take a key out of use: it signs nothing more. What it signed before stays signed. Twice is once."""
    _own(key.party, actor)
    with transaction.atomic():
        key = PartyKey.objects.select_for_update(no_key=True).select_related("party").get(pk=key.pk)
        if key.revoked_at is None:
            payload: dict[str, object] = {"party": str(key.party_id), "key_id": key.key_id}
            key.revoked_entry = _entered(key.party, Kind.REVOKED, payload, key, None)
            key.revoked_at = clock.now()
            key.save(update_fields=["revoked_at", "revoked_entry"])
            messages.tell(key.party, Message.Kind.KEY_REVOKED, key.revoked_entry, key_id=key.key_id)
    return key


def key_in_use(party: Party, key_id: str, *, pointer: str = "/key") -> PartyKey:
    """Return the party's key, locked against revocation while the caller's transaction lasts; or raise."""
    key = PartyKey.objects.select_for_update(no_key=True).filter(party=party, key_id=key_id, revoked_at=None).first()
    if key is None:
        raise unknown(pointer)
    return key


def check_possession(handle: str, public: bytes, proof: bytes) -> None:
    """Raise unless the key is usable, and signed that this handle's owner holds it."""
    signing.check_key(public)
    remedy = "Sign the key-possession digest of handle, algorithm and public key with this key."
    signing.check_signature(public, proof, possession_digest(handle, public), pointer="/key/proof", remedy=remedy)


def _added(party: Party, public: bytes, kind: str, old: PartyKey | None) -> tuple[PartyKey, Entry]:
    key = PartyKey(party=party, key_id=signing.key_id(public), public=public)
    payload: dict[str, object] = {
        "party": str(party.pk),
        "key_id": key.key_id,
        "algorithm": signing.ALGORITHM,
        "public": base64url.encode(public),
    }
    if old is not None:
        payload["revokes"] = old.key_id
    entry = _entered(party, kind, payload, key, old)
    return key, entry


def _entered(party: Party, kind: str, payload: dict[str, object], key: PartyKey, old: PartyKey | None) -> Entry:
    """Append the event to the party's chain. The first event is the lock: two events of a party come one by one."""
    KeyEvent.objects.select_for_update(no_key=True).filter(party=party, number=0).first()
    last = KeyEvent.objects.select_related("entry").filter(party=party).order_by("number").last()
    chained = payload | {"previous": None if last is None else last.entry.commit_text}
    if kind == Kind.REVOKED:  # an end, which is on record even where the vault is erased already
        entry = entries.append_end(kind, chained, actor=party.actor, subject=party.actor)
    else:
        entry = log.append(kind, chained, actor=party.actor, subject=party.actor)
        key.entry = entry
        key.save(force_insert=True)
    number = 0 if last is None else last.number + 1
    KeyEvent.objects.create(party=party, number=number, kind=kind, key=key, replaces=old, entry=entry)
    return entry


def _own(party: Party, actor: Party) -> None:
    if party.pk != actor.pk:
        raise KeyUnknown("You have no such key.", pointer="/key", remedy="A party manages its own keys only.")


def unknown(pointer: str) -> KeyUnknown:
    """Return the refusal of a key that is absent, revoked or another's."""
    return KeyUnknown("You have no key with this id in use.", pointer=pointer, remedy="Use a key listed at parties/me.")


def known() -> KeyKnown:
    """Return the refusal of a key that somebody has registered before."""
    return KeyKnown("This key is registered already.", pointer="/key/public", remedy="Make a fresh key.")
