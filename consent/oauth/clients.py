"""Apps of a party: register, give them a second secret, end one, remove the app; and know one by its secret.

Two secrets may be good at a time, so that an app can be changed over without standing still.
"""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING, ClassVar, Final

from django.conf import settings
from django.db import transaction

from consent import clock, parties, scopes, tokens
from consent.models import ApiToken, Authorisation, ClientSecret, OAuthClient
from consent.oauth import redirection
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from consent.models import Party
    from ledger.models import Entry

PREFIX: Final = "cts_"  # of a secret, for scanners of leaked ones
MAX_NAME: Final = 80  # characters
MAX_APPS: Final = 20  # of a party
MAX_SECRETS: Final = 2  # of an app, good at a time
MAX_REDIRECTS: Final = 10


class AppInvalid(Problem):
    """An app cannot have this name, these scopes or so many addresses."""

    code: ClassVar[str] = "app-invalid"
    title: ClassVar[str] = "The app cannot be like that"


class AppMissing(Problem):
    """Absent, removed, or somebody else's: one answer for all."""

    code: ClassVar[str] = "app-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such app"


class TooManyApps(Problem):
    """A party has a few apps, and an app two secrets, at most."""

    code: ClassVar[str] = "too-many-apps"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "There are too many of them"


def register(
    name: str,
    scope: frozenset[str],
    *,
    actor: Party,
    redirect_uris: Sequence[str] = (),
    dpop_required: bool = False,
    held: frozenset[str] | None = None,
) -> tuple[OAuthClient, ClientSecret, str]:
    """Register an app; return it with its first secret, which is shown once.

    Raises `AppInvalid`, `PartyInvalid` for its name, `RedirectRefused`, `ScopeUnknown`, `ScopeTooWide`, `TooManyApps`.
    """
    text = _checked(name, scope, redirect_uris)
    tokens.check_held(held, scope)
    with transaction.atomic():
        tokens.lock(actor)
        if owned_by(actor).count() >= MAX_APPS:
            raise TooManyApps(f"A party has at most {MAX_APPS} apps.", remedy="Remove one that is not used.")
        app = OAuthClient(id=uuid.uuid4(), party=actor, name=name, scope=text, redirect_uris=list(redirect_uris))
        app.dpop_required = dpop_required
        app.entry = _entered("app.registered", app, actor, scope=text, name=name, dpop=dpop_required)
        app.save(force_insert=True)
        secret, shown = _new_secret(app, app.entry)
    app.refresh_from_db()
    return app, secret, shown


def add_secret(
    app_id: uuid.UUID, *, actor: Party, held: frozenset[str] | None = None
) -> tuple[OAuthClient, ClientSecret, str]:
    """Give an app a second secret. Raises `AppMissing`, `ScopeTooWide`, `TooManyApps` while two are good."""
    with transaction.atomic():
        app = _locked(app_id, actor)
        tokens.check_held(held, scopes.parse(app.scope))
        if app.secrets.filter(ended_at=None).count() >= MAX_SECRETS:
            raise TooManyApps(f"An app has at most {MAX_SECRETS} secrets.", remedy="End the old one first.")
        secret, shown = _new_secret(app, _entered("app.changed", app, actor, act="secret added"))
    return app, secret, shown


def end_secret(app_id: uuid.UUID, secret_id: uuid.UUID, *, actor: Party) -> None:
    """End a secret at once; tokens that were given for it live out their hour. Raises `AppMissing`."""
    with transaction.atomic():
        app = _locked(app_id, actor)
        row = app.secrets.filter(pk=secret_id, ended_at=None).first()
        if row is None:
            raise AppMissing("It has no such secret.", remedy="Use an id that the app shows.")
        row.ended_entry, row.ended_at = _entered("app.changed", app, actor, act="secret ended"), clock.now()
        row.save(update_fields=["ended_at", "ended_entry"])


def remove(app_id: uuid.UUID, *, actor: Party) -> None:
    """Remove an app for good: its secrets, its tokens, and all that people let it do, end in this transaction."""
    with transaction.atomic():
        app = _locked(app_id, actor)
        entry, at = _entered("app.removed", app, actor), clock.now()
        tokens.end(ApiToken.objects.filter(client=app), entry)
        Authorisation.objects.filter(client=app, ended_at=None).update(ended_at=at, ended_entry=entry)
        app.secrets.filter(ended_at=None).update(ended_at=at, ended_entry=entry)
        app.removed_at, app.removed_entry = at, entry
        app.save(update_fields=["removed_at", "removed_entry"])


def owned_by(party: Party) -> QuerySet[OAuthClient]:
    """Return the apps that a party has now."""
    return OAuthClient.objects.filter(party=party, removed_at=None)


def owned(app_id: uuid.UUID, party: Party) -> OAuthClient:
    """Return an app of a party. Raises `AppMissing`."""
    app = owned_by(party).filter(pk=app_id).first()
    if app is None:
        raise AppMissing("You have no such app.", remedy="Use an id that the list of your apps gave.")
    return app


def by_secret(unverified_id: str, unverified_secret: str) -> OAuthClient | None:
    """Return the app whose secret this is, `None` if nobody's: found by its hash, then held against its id."""
    rows = ClientSecret.objects.select_related("client__party")
    found = rows.filter(
        digest=tokens.digest(unverified_secret),
        ended_at=None,
        client__removed_at=None,
        client__party__erased_at=None,
    ).first()
    return found.client if found is not None and str(found.client_id) == unverified_id else None


def _checked(name: str, scope: frozenset[str], redirect_uris: Sequence[str]) -> str:
    parties.check_shown_name(name)
    if len(name) > MAX_NAME:
        raise AppInvalid("The name is too long.", pointer="/name", remedy=f"Use at most {MAX_NAME} characters.")
    if scopes.for_apps(scope) != scope:
        remedy = "Leave out account and tokens: an app never has them."
        raise AppInvalid("No app can have these scopes.", pointer="/scopes", remedy=remedy)
    if len(redirect_uris) > MAX_REDIRECTS or len(set(redirect_uris)) != len(redirect_uris):
        remedy = f"Send at most {MAX_REDIRECTS}, each once."
        raise AppInvalid("So many addresses cannot be.", pointer="/redirect_uris", remedy=remedy)
    for url in redirect_uris:
        redirection.check(url, loopback=settings.DEVELOPMENT)
    return scopes.write(scope)


def _new_secret(app: OAuthClient, entry: Entry) -> tuple[ClientSecret, str]:
    shown = PREFIX + secrets.token_urlsafe(tokens.BYTES)
    row = ClientSecret.objects.create(client=app, digest=tokens.digest(shown), entry=entry)
    row.refresh_from_db()
    return row, shown


def _locked(app_id: uuid.UUID, actor: Party) -> OAuthClient:
    """Hold an app while it changes: whoever gives a token for it waits, and then sees what became of it."""
    tokens.lock(actor)
    return OAuthClient.objects.select_for_update(of=("self",)).get(pk=owned(app_id, actor).pk)


def _entered(kind: str, app: OAuthClient, actor: Party, **more: object) -> Entry:
    return log.append(kind, {"app": str(app.pk)} | more, actor=actor.actor, subject=actor.actor)
