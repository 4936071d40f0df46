"""The keys of a party: registered, rotated, revoked; each event an entry that names the one before it.

So a party holds a chain: whoever takes an event out, or slips one in, breaks it (`consent.keychain` checks). The party
is told at once of every key that is added to it or taken from it (`consent.messages`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.db import IntegrityError, transaction

from consent import clock, entries, messages, passkeys, signing, webauthn
from consent.models import KeyEvent, Message, Party, PartyKey
from ledger import base64url, log
from ledger.canonical import digest
from ledger.problem import Problem

if TYPE_CHECKING:
    from ledger.models import Entry

Kind = KeyEvent.Kind

type Signed = bytes | Mapping[str, object]  # an app key's signature, or a passkey's evidence
type Proof = bytes | passkeys.Possession  # the same, of a key that is new


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


@dataclass(frozen=True, slots=True)
class Fresh:
    """A new key that somebody has shown to hold."""

    public: bytes
    algorithm: str
    key_id: str
    counter: int  # of a passkey; 0: it does not count
    possession: passkeys.Possession | None  # None: an app key, which answered no challenge


@dataclass(frozen=True, slots=True)
class Approval:
    """A key in use, and what it signed over `approval_digest` so that another may join it."""

    key_id: str
    signed: Signed


def possession_digest(handle: str, public: bytes) -> bytes:
    """Return the 32 bytes that a new app key signs to show that its owner holds it (passkeys: `consent.passkeys`)."""
    return digest(
        "key-possession", {"handle": handle, "algorithm": signing.ALGORITHM, "public": base64url.encode(public)}
    )


def approval_digest(party: Party, key_id: str, public: bytes, algorithm: str) -> bytes:
    """Return the 32 bytes that the key `key_id` signs to let another join it."""
    document = {
        "party": str(party.pk),
        "key": key_id,
        "algorithm": algorithm,
        "public": base64url.encode(public),
    }
    return digest("key-approval", document)


def rotation_digest(party: Party, old: PartyKey, public: bytes, algorithm: str = signing.ALGORITHM) -> bytes:
    """Return the 32 bytes that a key signs to be replaced by another."""
    document = {
        "party": str(party.pk),
        "replaces": old.key_id,
        "algorithm": algorithm,
        "public": base64url.encode(public),
    }
    return digest("key-rotation", document)


def first(party: Party, fresh: Fresh) -> PartyKey:
    """Add the key with which a party signs up, in the transaction that registers it. Nobody needs to be told."""
    key, _ = _added(party, fresh, Kind.REGISTERED, None)
    return key


def register_key(
    party: Party, public: bytes, proof: Proof, *, actor: Party, approval: Approval | None = None
) -> PartyKey:
    """Add a key to a party, and tell it. `proof` is the new key's signature over `possession_digest`.

    A passkey is added only with the `approval` of a key in use; an app key needs none (`None`), but one that is given
    must hold. An approval cannot be used twice: the key that it names is registered once, by one party.
    """
    _own(party, actor)
    fresh = check_possession(party.handle, public, proof)
    if approval is None and fresh.algorithm == webauthn.ALGORITHM:
        remedy = "Sign the key-approval digest of party, key, algorithm and public with a key of yours in use."
        raise signing.SignatureRefused("A passkey joins with the word of a key.", pointer="/approval", remedy=remedy)
    try:
        with transaction.atomic():
            if approval is not None:
                _check_approval(party, fresh, approval)
            key, entry = _added(party, fresh, Kind.REGISTERED, None)
            messages.tell(party, Message.Kind.KEY_ADDED, entry, key_id=key.key_id)
    except IntegrityError as error:
        raise known() from error
    return key


def rotate_key(old: PartyKey, public: bytes, *, proof: Proof, approval: Signed, actor: Party) -> PartyKey:
    """Put a new key in the place of an old one: one transaction, one entry `key.rotated`. The party is told.

    `proof` is the new key's signature over `possession_digest`; `approval` the old key's over `rotation_digest`.
    Who has lost the old key registers a new one and revokes the old.
    """
    party = old.party
    _own(party, actor)
    fresh = check_possession(party.handle, public, proof)
    remedy = "Sign the key-rotation digest of party, old key id, algorithm and new public key with the old key."
    try:
        with transaction.atomic():
            held = key_in_use(party, old.key_id)
            asked = rotation_digest(party, held, public, fresh.algorithm)
            check_signed(held, approval, asked, pointer="/approval", remedy=remedy)
            key, entry = _added(party, fresh, Kind.ROTATED, held)
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


def usable(party: Party, key_id: str, *, pointer: str = "/key") -> PartyKey:
    """Return a key to draft a document for, unlocked: whoever signs is asked again. Raises `KeyUnknown`."""
    key = party.keys.filter(key_id=key_id, revoked_at=None).first()
    if key is None:
        raise unknown(pointer)
    return key


def one_of(signature: bytes | None, evidence: Mapping[str, object] | None) -> Signed:
    """Return what was given. Raises `SignatureRefused` for both or neither: nobody would have checked the other."""
    if signature is not None and evidence is None:
        return signature
    if evidence is not None and signature is None:
        return evidence
    detail = "A document is signed in one way: by an app key or by a passkey."
    raise signing.SignatureRefused(detail, pointer="/signature", remedy="Send either signature or evidence.")


def key_in_use(party: Party, key_id: str, *, pointer: str = "/key") -> PartyKey:
    """Return the party's key, locked against revocation while the caller's transaction lasts; or raise."""
    key = PartyKey.objects.select_for_update(no_key=True).filter(party=party, key_id=key_id, revoked_at=None).first()
    if key is None:
        raise unknown(pointer)
    return key


def lock_chain(party: Party) -> None:
    """Hold every key of a party, and the beginning of its chain: no key is added, replaced or revoked meanwhile.

    In that order, in which every verb here takes them, so that nobody waits in a circle.
    """
    list(PartyKey.objects.select_for_update(no_key=True).filter(party=party).order_by("pk"))
    KeyEvent.objects.select_for_update(no_key=True).filter(party=party, number=0).first()


def check_possession(handle: str, public: bytes, proof: Proof) -> Fresh:
    """Return the key if it is usable and signed that this handle's owner holds it; or raise."""
    if isinstance(proof, passkeys.Possession):
        counter = passkeys.check_possession(handle, public, proof)
        return Fresh(public, webauthn.ALGORITHM, webauthn.key_id(public), counter, proof)
    signing.check_key(public)
    remedy = "Sign the key-possession digest of handle, algorithm and public key with this key."
    signing.check_signature(public, proof, possession_digest(handle, public), pointer="/key/proof", remedy=remedy)
    return Fresh(public, signing.ALGORITHM, signing.key_id(public), 0, None)


def check_signed(key: PartyKey, signed: Signed, asked: bytes, *, pointer: str, remedy: str) -> bytes:
    """Return the signature if this key signed these 32 bytes, in the form of its own algorithm; or raise.

    The key is locked by the caller (`key_in_use`): two assertions of one passkey come one after the other, and what
    it counts is remembered if the caller's transaction commits.
    """
    public = bytes(key.public)
    if isinstance(signed, bytes) != (key.algorithm == signing.ALGORITHM):
        raise signing.SignatureRefused(f"This key signs by {key.algorithm}.", pointer=pointer, remedy=remedy)
    if isinstance(signed, bytes):
        signing.check_signature(public, signed, asked, pointer=pointer, remedy=remedy)
        return signed
    assertion = webauthn.check(signed, asked, public, passkeys.place(), pointer=pointer)
    webauthn.check_counter(key.counter, assertion.counter, pointer=pointer)
    if assertion.counter != key.counter:
        key.counter = assertion.counter
        key.save(update_fields=["counter"])
    return assertion.signature


def _check_approval(party: Party, fresh: Fresh, approval: Approval) -> None:
    held = key_in_use(party, approval.key_id, pointer="/approval/key")
    asked = approval_digest(party, held.key_id, fresh.public, fresh.algorithm)
    remedy = "Sign the key-approval digest of party, key, algorithm and public with that key."
    check_signed(held, approval.signed, asked, pointer="/approval", remedy=remedy)


def _added(party: Party, fresh: Fresh, kind: str, old: PartyKey | None) -> tuple[PartyKey, Entry]:
    if fresh.possession is not None:
        passkeys.spend(fresh.possession)
    key = PartyKey(
        party=party, key_id=fresh.key_id, algorithm=fresh.algorithm, public=fresh.public, counter=fresh.counter
    )
    payload: dict[str, object] = {
        "party": str(party.pk),
        "key_id": key.key_id,
        "algorithm": fresh.algorithm,
        "public": base64url.encode(fresh.public),
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
