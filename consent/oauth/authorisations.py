"""What people let apps do: authorise, exchange the code for tokens, refresh, and end it.

A token that comes of it acts for who authorised, within the scopes that they left ticked and until the day that they
chose. It signs nothing: a permission needs the signature of the person's own key, whatever token hands it in.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from consent import clock, scopes, tokens
from consent.models import ApiToken, Authorisation, OAuthClient
from consent.oauth.clients import AppInvalid, AppMissing
from consent.oauth.refusals import invalid_grant
from ledger import base64url, log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from consent.models import Party

CODE_LIFE: Final = timedelta(seconds=60)
TOKEN_LIFE: Final = timedelta(hours=1)
DAYS: Final = (1, 30, 365)  # for which a person can let an app act
REFRESH_PREFIX: Final = "ctr_"
CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)  # RFC 7636, section 4.1
OURS: Final = "system:consent"


def authorise(
    app: OAuthClient, scope: frozenset[str], *, days: int, redirect_uri: str, challenge: str, actor: Party
) -> str:
    """Let an app act for a party; return the code that the app exchanges within a minute.

    `challenge`: S256 of the app's verifier. Raises `AppInvalid`, `AppMissing`, `ScopeUnknown`.
    """
    wanted = scopes.lendable(scope) & (scopes.parse(app.scope) or frozenset())
    if wanted != scope or days not in DAYS or not CHALLENGE.fullmatch(challenge):
        raise AppInvalid("The app cannot be let do this.", remedy="Begin again from the app.")
    code = secrets.token_urlsafe(tokens.BYTES)
    with transaction.atomic():
        tokens.lock(actor)
        held = _in_use(app.pk)
        if held is None or redirect_uri not in held.redirect_uris:
            raise AppMissing("The app is not here any more.", remedy="Begin again from the app.")
        at = clock.now()
        made = Authorisation(id=uuid.uuid4(), client=held, party=actor, scope=scopes.write(wanted))
        made.redirect_uri, made.code_digest, made.code_challenge = redirect_uri, tokens.digest(code), challenge
        made.code_until, made.expires_at = at + CODE_LIFE, at + timedelta(days=days)
        payload = {"authorisation": str(made.pk), "app": str(held.pk), "scope": made.scope, "days": days}
        made.entry = log.append("app.authorised", payload, actor=actor.actor, subject=actor.actor)
        made.save(force_insert=True)
    return code


def exchange(app: OAuthClient, code: str, *, redirect_uri: str, verifier: str, jkt: str) -> dict[str, object]:
    """Return the tokens for a code, once. A code that comes twice was stolen: what it gave ends (RFC 6749, 4.1.2).

    Raises `OAuthRefused`.
    """
    if (given := _exchanged(app, code, redirect_uri, verifier, jkt)) is None:
        raise invalid_grant()
    return given


def _exchanged(app: OAuthClient, code: str, redirect_uri: str, verifier: str, jkt: str) -> dict[str, object] | None:
    """Do it; `None`: it is refused. Nothing is raised in here, so that the end of what was stolen is kept."""
    with transaction.atomic():
        in_use = _in_use(app.pk)  # locked in this order everywhere: app, then what it was allowed
        row = (
            Authorisation.objects.select_for_update(of=("self",))
            .select_related("party")
            .filter(code_digest=tokens.digest(code), client=app)
            .first()
        )
        if row is None or in_use is None or row.ended_at is not None:
            return None
        at = clock.now()
        if row.code_used_at is not None:
            _end(row, OURS)
            return None
        if at >= row.code_until or redirect_uri != row.redirect_uri or not _answers(verifier, row.code_challenge):
            return None
        refresh_token = REFRESH_PREFIX + secrets.token_urlsafe(tokens.BYTES)
        row.code_used_at, row.refresh_digest, row.jkt = at, tokens.digest(refresh_token), jkt
        row.save(update_fields=["code_used_at", "refresh_digest", "jkt"])
        return given(in_use, row, row.scope, jkt, at) | {"refresh_token": refresh_token}


def refresh(app: OAuthClient, refresh_token: str, *, scope: str, jkt: str) -> dict[str, object]:
    """Return another access token, good for no more than was allowed. `scope`: "" for all of it.

    The key that the first one was bound to signs again. Raises `OAuthRefused`.
    """
    with transaction.atomic():
        in_use = _in_use(app.pk)
        row = (
            Authorisation.objects.select_for_update(of=("self",))
            .filter(refresh_digest=tokens.digest(refresh_token), client=app, ended_at=None)
            .first()
        )
        at = clock.now()
        if row is None or in_use is None or at >= row.expires_at or jkt != row.jkt:
            raise invalid_grant()
        wanted = scopes.parse(scope or row.scope)
        if not wanted or not scopes.covers(scopes.parse(row.scope), wanted):
            raise invalid_grant("This was not allowed to the app.")
        return given(in_use, row, scopes.write(wanted), jkt, at)


def given(app: OAuthClient, allowed: Authorisation | None, scope: str, jkt: str, at: datetime) -> dict[str, object]:
    """Store an access token in the caller's transaction and return its answer (RFC 6749, section 5.1).

    `allowed`: `None`, and the app acts for its own party.
    """
    token = tokens.fresh()
    end = at + TOKEN_LIFE if allowed is None else min(at + TOKEN_LIFE, allowed.expires_at)
    ApiToken.objects.create(
        party_id=app.party_id if allowed is None else allowed.party_id,
        digest=tokens.digest(token),
        scope=scope,
        expires_at=end,
        client=app,
        authorisation=allowed,
        jkt=jkt,
        entry_id=app.entry_id if allowed is None else allowed.entry_id,
    )
    kind, life = "DPoP" if jkt else "Bearer", int((end - at).total_seconds())
    return {"access_token": token, "token_type": kind, "expires_in": life, "scope": scope}


def for_itself(app: OAuthClient, *, scope: str, jkt: str) -> dict[str, object]:
    """Return a token with which an app acts for its own party (client credentials). `scope`: "" for all of its own.

    Raises `OAuthRefused`.
    """
    with transaction.atomic():
        in_use = _in_use(app.pk)
        if in_use is None:
            raise invalid_grant("The app is not here any more.")
        wanted = scopes.parse(scope or in_use.scope) or frozenset()
        if not scopes.covers(scopes.parse(in_use.scope), wanted):
            raise invalid_grant("The app has no such scope.")
        return given(in_use, None, scopes.write(wanted), jkt, clock.now())


def revoke(app: OAuthClient, token: str) -> None:
    """End a token of this app; with a refresh token, all that it was allowed. Nothing is said of others (RFC 7009)."""
    with transaction.atomic():
        _in_use(app.pk)
        rows = Authorisation.objects.select_for_update(of=("self",)).select_related("party").filter(client=app)
        allowed = rows.filter(refresh_digest=tokens.digest(token), ended_at=None).first()
        if allowed is not None:
            _end(allowed, app.party.actor)
            return
        row = ApiToken.objects.select_related("party").filter(digest=tokens.digest(token), client=app).first()
        if row is not None and row.revoked_at is None:
            payload: Mapping[str, object] = {"token": str(row.public_id), "app": str(app.pk)}
            entry = log.append("token.revoked", dict(payload), actor=app.party.actor, subject=row.party.actor)
            tokens.end(ApiToken.objects.filter(pk=row.pk), entry)


def standing_for(party: Party) -> QuerySet[Authorisation]:
    """Return what a party lets apps do now."""
    rows = Authorisation.objects.filter(party=party, ended_at=None, expires_at__gt=clock.now())
    return rows.exclude(code_used_at=None)


def dismiss(authorisation_id: uuid.UUID, *, actor: Party) -> None:
    """End what one let an app do: its tokens are good for nothing from this commit on. Raises `AppMissing`."""
    with transaction.atomic():
        tokens.lock(actor)
        rows = Authorisation.objects.select_for_update(of=("self",)).filter(party=actor, ended_at=None)
        row = rows.filter(pk=authorisation_id).first()
        if row is None:
            raise AppMissing("You let no such app act for you.", remedy="Look at the list of your apps.")
        _end(row, actor.actor)


def forget() -> int:
    """Delete apps' tokens a day after their end; return how many. What they did is in the log."""
    old = ApiToken.objects.filter(client__isnull=False, expires_at__lt=clock.now() - timedelta(days=1))
    gone, _ = ApiToken.objects.filter(pk__in=old.order_by("expires_at").values("pk")[:10_000]).delete()
    return gone


def _end(row: Authorisation, actor: str) -> None:
    payload = {"authorisation": str(row.pk), "app": str(row.client_id)}
    entry = log.append("app.dismissed", payload, actor=actor, subject=row.party.actor)
    tokens.end(ApiToken.objects.filter(authorisation=row), entry)
    row.ended_at, row.ended_entry = clock.now(), entry
    row.save(update_fields=["ended_at", "ended_entry"])


def _in_use(app_id: uuid.UUID) -> OAuthClient | None:
    """Hold an app against its removal while something is given to it; `None`: it was removed."""
    rows = OAuthClient.objects.select_for_update(no_key=True, of=("self",)).select_related("party")
    return rows.filter(pk=app_id, removed_at=None, party__erased_at=None).first()


def _answers(verifier: str, challenge: str) -> bool:
    """Tell whether a verifier is that of the challenge (RFC 7636, section 4.6). `plain` is not taken."""
    if not VERIFIER.fullmatch(verifier):
        return False
    return secrets.compare_digest(base64url.encode(hashlib.sha256(verifier.encode()).digest()), challenge)
