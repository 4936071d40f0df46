"""Register parties, issue and check API tokens."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import IntegrityError, transaction

from consent import challenges, keys, logins, signing, tokens
from consent.models import Party
from consent.models.party import ERASED_HANDLE
from ledger import log
from ledger.canonical import digest
from ledger.problem import Problem

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

    from consent import passkeys

HANDLE: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,38}")
MAX_NAME: Final = 120  # characters


class PartyInvalid(Problem):
    """A handle, name or kind cannot be used."""

    code: ClassVar[str] = "party-invalid"
    title: ClassVar[str] = "The party cannot be registered like this"


class HandleTaken(Problem):
    """Somebody else has the handle."""

    code: ClassVar[str] = "handle-taken"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The handle is taken"


class AccountLinked(Problem):
    """The log-in has a party already, or the party has a log-in."""

    code: ClassVar[str] = "account-linked"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This account is set up already"


class LinkRefused(Problem):
    """There is no such party, or no such key of it in use: one answer for both."""

    code: ClassVar[str] = "link-refused"
    title: ClassVar[str] = "The account cannot be linked like this"


def register_party(*, handle: str, name: str, kind: str, public: bytes, proof: keys.Proof) -> tuple[Party, str]:
    """Register a party with its first key; return it and its API token, which is stored nowhere.

    The actor is the party itself. `proof` is the key's signature over `possession_digest`, or a passkey's possession.
    """
    party = Party(id=uuid.uuid4(), handle=handle, name=name, kind=kind)
    token = tokens.fresh()
    _register(party, public, proof, token)
    return party, token


def open_account(
    user: AbstractBaseUser, *, handle: str, name: str, kind: str, public: bytes, proof: passkeys.Possession
) -> Party:
    """Register the party of a log-in, with a passkey of that log-in as its first key. It gets no API token.

    Raises what `register_party` raises, and `AccountLinked`.
    """
    party = Party(id=uuid.uuid4(), handle=handle, name=name, kind=kind, user_id=user.pk)
    _register(party, public, proof, None)
    return party


def link_digest(handle: str, key_id: str, address: str, challenge: str) -> bytes:
    """Return the 32 bytes that a party's app key signs to let the log-in with this e-mail address act for it."""
    return digest("account-link", {"handle": handle, "key": key_id, "login": address, "challenge": challenge})


def link_account(user: AbstractBaseUser, *, handle: str, key_id: str, challenge: str, signature: bytes) -> Party:
    """Give a party that was registered by the API a log-in, on the word of an app key of it in use.

    The address is signed: an answer that somebody was talked into for another log-in is good for nothing here.
    """
    address = str(getattr(user, "email", ""))
    with transaction.atomic():
        party = Party.objects.select_for_update().filter(handle=handle, erased_at=None).first()
        key = None if party is None else party.keys.filter(key_id=key_id, revoked_at=None).first()
        if party is None or key is None or key.algorithm != signing.ALGORITHM:
            remedy = "Check the handle, and take an app key of that account that is in use."
            raise LinkRefused("There is no such account with such a key.", pointer="/handle", remedy=remedy)
        asked = link_digest(handle, key_id, address, challenge)
        held = keys.key_in_use(party, key_id)
        keys.check_signed(held, signature, asked, pointer="/signature", remedy="Sign the 32 bytes that are shown.")
        challenges.spend(challenge, pointer="/challenge")
        if party.user_id is not None or Party.objects.filter(user_id=user.pk).exists():
            raise _linked()
        party.user_id = user.pk
        party.save(update_fields=["user"])
        logins.note(user, logins.Change.LINKED)
    return party


def check_free(handle: str, name: str, kind: str) -> None:
    """Raise unless a party could be registered like this now."""
    _check_names(handle, name, kind)
    if Party.objects.filter(handle=handle).exists():
        raise _taken()


def _register(party: Party, public: bytes, proof: keys.Proof, token: str | None) -> None:
    """Register a party with its first key; `token`: its API token, `None`: it gets none."""
    _check_names(party.handle, party.name, party.kind)
    fresh = keys.check_possession(party.handle, public, proof)
    names: dict[str, object] = {"handle": party.handle, "name": party.name, "kind": party.kind}
    payload = {"party": str(party.pk)} | names
    try:
        with transaction.atomic():
            party.entry = log.append("party.registered", payload, actor=party.actor, subject=party.actor)
            party.save(force_insert=True)
            keys.first(party, fresh)
            if token is not None:
                tokens.first(party, token)
    except IntegrityError as error:
        _refuse_twin(party, error)


def by_token(token: str) -> Party | None:
    """Return the party that holds a token that is good, `None` if nobody does."""
    found = tokens.with_party(token)
    return None if found is None else found[0]


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


def _refuse_twin(party: Party, error: IntegrityError) -> None:
    """Say which of the unique values was taken."""
    if Party.objects.filter(handle=party.handle).exists():
        raise _taken() from error
    if party.user_id is not None and Party.objects.filter(user_id=party.user_id).exists():
        raise _linked() from error
    raise keys.known() from error


def _taken() -> HandleTaken:
    return HandleTaken("This handle is taken.", pointer="/handle", remedy="Choose another.")


def _linked() -> AccountLinked:
    return AccountLinked("There is one party for one log-in, and it is set up.", remedy="Log in with the other one.")
