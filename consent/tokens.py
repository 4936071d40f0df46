"""API tokens: make, list, rotate with an overlap, revoke; and read who shows one, and what for.

A token is 256 random bits, shown once; only its hash is stored. Nobody passes on more than they hold.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from consent import clock, scopes
from consent.models import ApiToken, Party
from ledger import log, prepared
from ledger.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from ledger.models import Entry

BYTES: Final = 32
PREFIX: Final = "ctn_"  # lets a scanner for leaked secrets know one when it sees it
MAX_NAME: Final = 80  # characters
MAX_TOKENS: Final = 50  # of a party, made by hand and good
MAX_OVERLAP: Final = 168  # hours for which a replaced token stays good
READ: Final = """SELECT public_id, party_id, scope, jkt, client_id, last_used_at FROM consent_apitoken
WHERE digest = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())"""
COLUMNS: Final = tuple(field.attname for field in Party._meta.concrete_fields)  # noqa: SLF001 - Django's documented name
READ_WITH_PARTY: Final = f"""SELECT t.public_id, t.party_id, t.scope, t.jkt, t.client_id, t.last_used_at,
{", ".join(f"p.{column}" for column in COLUMNS)} FROM consent_apitoken t JOIN consent_party p ON p.id = t.party_id
WHERE t.digest = %s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp())
AND p.erased_at IS NULL"""  # noqa: S608 - names of columns
USED: Final = """UPDATE consent_apitoken SET last_used_at = date_trunc('hour', clock_timestamp(), 'UTC')
WHERE public_id = %s AND (last_used_at IS NULL OR last_used_at < date_trunc('hour', clock_timestamp(), 'UTC'))"""


class TokenInvalid(Problem):
    """A token cannot have this name, end or overlap."""

    code: ClassVar[str] = "token-invalid"
    title: ClassVar[str] = "The token cannot be like that"


class TokenMissing(Problem):
    """Absent, no longer good, or somebody else's: one answer for all."""

    code: ClassVar[str] = "token-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such token"


class TooManyTokens(Problem):
    """A party has a few dozen tokens at most."""

    code: ClassVar[str] = "too-many-tokens"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "There are too many tokens"


class ScopeTooWide(Problem):
    """Nobody passes on more than their own token is good for."""

    code: ClassVar[str] = "scope-too-wide"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Your own token is not good for all of that"


@dataclass(frozen=True, slots=True)
class Credential:
    """What is known of a token that was shown and is good.

    `scope`: `None` is all that the party may. `jkt`: the key that has to sign the request too; "": none has to.
    """

    id: uuid.UUID
    party: uuid.UUID
    scope: frozenset[str] | None
    jkt: str
    client: uuid.UUID | None  # the app that shows it; None: made by hand
    last_used_at: datetime | None


def fresh() -> str:
    """Return a new token."""
    return PREFIX + secrets.token_urlsafe(BYTES)


def digest(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def read(token: str) -> Credential | None:
    """Return what a token is good for now; `None`: nothing, whether it never was or is not any more."""
    found = prepared.rows(READ, [digest(token)])
    if not found:
        return None
    public_id, party, scope, jkt, client, used = found[0]
    return Credential(public_id, party, scopes.parse(scope), jkt, client, used)


def with_party(token: str) -> tuple[Party, Credential] | None:
    """Return the same with the party's row, in one query."""
    found = prepared.rows(READ_WITH_PARTY, [digest(token)])
    if not found:
        return None
    public_id, party, scope, jkt, client, used, *columns = found[0]
    return Party.from_db(None, COLUMNS, columns), Credential(public_id, party, scopes.parse(scope), jkt, client, used)


def note_use(credential: Credential, at: datetime) -> None:
    """Note that a token was used, once an hour: no row is written at each request."""
    last = credential.last_used_at
    if last is None or last < at - timedelta(hours=1):
        with connection.cursor() as cursor:
            cursor.execute(USED, [credential.id])


def first(party: Party, token: str) -> None:
    """Store the token of a sign-up, in the transaction and under the entry of it: good for all that the party may."""
    ApiToken.objects.create(party=party, digest=digest(token), entry=party.entry)


def listed(party: Party) -> QuerySet[ApiToken]:
    """Return the tokens of a party that were made by hand and are good."""
    return ApiToken.objects.filter(_good(), party=party, client=None)


def make(
    name: str,
    scope: frozenset[str] | None = None,
    *,
    actor: Party,
    held: frozenset[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token; return its row, and the token itself, which is stored nowhere.

    `scope`: `None` for all that the party may. `held`: what the caller's own token is good for, `None` for all.
    Raises `TokenInvalid`, `ScopeUnknown`, `ScopeTooWide`, `TooManyTokens`.
    """
    _check_name(name)
    text = None if scope is None else scopes.write(scope)
    check_held(held, scope)
    with transaction.atomic():
        lock(actor)
        if expires_at is not None and expires_at <= clock.now():
            raise TokenInvalid("The end has passed.", pointer="/expires_at", remedy="Give a time to come, or none.")
        if listed(actor).count() >= MAX_TOKENS:
            raise TooManyTokens(f"A party has at most {MAX_TOKENS}.", remedy="Revoke one that is not used.")
        made, token = _row(actor, name, text, expires_at), fresh()
        made.digest, made.entry = digest(token), _entered("token.made", made, actor)
        made.save(force_insert=True)
    made.refresh_from_db()
    return made, token


def rotate(
    token_id: uuid.UUID, hours: int = 24, *, actor: Party, held: frozenset[str] | None = None
) -> tuple[ApiToken, str]:
    """Make a token in another's place, with its name, scopes and end; the old one is good for so many hours more.

    0 hours: it is good for nothing, at once. Raises `TokenMissing`, `TokenInvalid`, `ScopeTooWide`.
    """
    if not 0 <= hours <= MAX_OVERLAP:
        raise TokenInvalid("No such overlap.", pointer="/overlap_hours", remedy=f"Use 0 to {MAX_OVERLAP} hours.")
    with transaction.atomic():
        lock(actor)
        old = _owned(token_id, actor)
        check_held(held, scopes.parse(old.scope))
        if old.replaced_by_id is not None:
            raise TokenInvalid("It was rotated already.", remedy="Rotate the token that took its place.")
        made, token = _row(actor, old.name, old.scope, old.expires_at), fresh()
        made.jkt, made.digest = old.jkt, digest(token)
        made.entry = _entered("token.rotated", made, actor, replaces=str(old.public_id), hours=hours)
        made.save(force_insert=True)
        end = clock.now() + timedelta(hours=hours)
        old.expires_at = end if old.expires_at is None else min(end, old.expires_at)
        old.replaced_by = made
        old.save(update_fields=["expires_at", "replaced_by"])
    made.refresh_from_db()
    return made, token


def revoke(token_id: uuid.UUID, *, actor: Party) -> ApiToken:
    """End a token at once and for good. Raises `TokenMissing`."""
    with transaction.atomic():
        lock(actor)
        row = _owned(token_id, actor)
        end(ApiToken.objects.filter(pk=row.pk), _entered("token.revoked", row, actor))
    row.refresh_from_db()
    return row


def end(rows: QuerySet[ApiToken], entry: Entry) -> None:
    """Revoke rows in the transaction of the act that ends them, which `entry` records."""
    rows.filter(revoked_at=None).update(revoked_at=clock.now(), revoked_entry=entry)


def lock(party: Party) -> None:
    """Hold a party's row, so that two at once are counted and nothing is given to who is being erased."""
    held = Party.objects.select_for_update(no_key=True, of=("self",)).filter(pk=party.pk, erased_at=None)
    if not held.exists():
        raise TokenMissing("There is no such party any more.")


def check_held(held: frozenset[str] | None, wanted: frozenset[str] | None) -> None:
    """Raise `ScopeTooWide` unless who holds the first may pass on the second."""
    if not scopes.covers(held, wanted):
        remedy = "Ask for scopes that your own token has, or use one that is good for all."
        raise ScopeTooWide("Your own token is not good for all of these.", pointer="/scopes", remedy=remedy)


def _good() -> Q:
    return Q(Q(expires_at=None) | Q(expires_at__gt=Now()), revoked_at=None)


def _row(party: Party, name: str, scope: str | None, expires_at: datetime | None) -> ApiToken:
    return ApiToken(public_id=uuid.uuid4(), party=party, name=name, scope=scope, expires_at=expires_at)


def _entered(kind: str, row: ApiToken, actor: Party, **more: object) -> Entry:
    payload: dict[str, object] = {"token": str(row.public_id), "name": row.name, "scope": row.scope}
    payload["expires_at"] = None if row.expires_at is None else row.expires_at.isoformat()
    return log.append(kind, payload | more, actor=actor.actor, subject=actor.actor)


def _owned(token_id: uuid.UUID, actor: Party) -> ApiToken:
    row = listed(actor).select_for_update(of=("self",)).filter(public_id=token_id).first()
    if row is None:
        raise TokenMissing("You have no such token.", remedy="Use an id that the list of your tokens gave.")
    return row


def _check_name(name: str) -> None:
    if not 0 < len(name) <= MAX_NAME or not name.isprintable() or name != name.strip():
        remedy = f"Use 1 to {MAX_NAME} visible characters on one line, with no space at either end."
        raise TokenInvalid("The name cannot be shown.", pointer="/name", remedy=remedy)
