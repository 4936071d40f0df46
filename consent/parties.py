"""Register parties, issue and check API tokens."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from typing import ClassVar, Final

from django.db import IntegrityError, transaction

from consent import keys
from consent.models import ApiToken, Party
from consent.models.party import ERASED_HANDLE
from ledger import log, prepared
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


def register_party(*, handle: str, name: str, kind: str, public: bytes, proof: keys.Proof) -> tuple[Party, str]:
    """Register a party with its first key; return it and its API token, which is stored nowhere.

    The actor is the party itself. `proof` is the key's signature over `possession_digest`, or a passkey's possession.
    """
    _check_names(handle, name, kind)
    fresh = keys.check_possession(handle, public, proof)
    party = Party(id=uuid.uuid4(), handle=handle, name=name, kind=kind)
    try:
        with transaction.atomic():
            payload: dict[str, object] = {"party": str(party.pk), "handle": handle, "name": name, "kind": kind}
            party.entry = log.append("party.registered", payload, actor=party.actor, subject=party.actor)
            party.save(force_insert=True)
            keys.first(party, fresh)
            token = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
            ApiToken.objects.create(party=party, digest=token_digest(token), entry=party.entry)
    except IntegrityError as error:
        _refuse_twin(handle, error)
    return party, token


def token_digest(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def by_token(token: str) -> Party | None:
    """Return the party that holds the token, `None` if nobody does."""
    row = ApiToken.objects.select_related("party").filter(digest=token_digest(token)).first()
    return None if row is None else row.party


def id_by_token(token: str) -> uuid.UUID | None:
    """Return the id of the party that holds the token, `None` if nobody does: for the doors that are asked most."""
    found = prepared.rows("SELECT party_id FROM consent_apitoken WHERE digest = %s", [token_digest(token)])
    return found[0][0] if found else None


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


def _refuse_twin(handle: str, error: IntegrityError) -> None:
    """Say which of the two unique values was taken."""
    if Party.objects.filter(handle=handle).exists():
        raise HandleTaken("This handle is taken.", pointer="/handle", remedy="Choose another.") from error
    raise keys.known() from error
