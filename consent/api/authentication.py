"""Who calls: a party by its API token, or a render service by the token it shares with us."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated

from consent import limits, tokens
from consent.models import Party
from consent.oauth import possession
from consent.tokens import Credential

if TYPE_CHECKING:
    from rest_framework.request import Request

SCHEME: Final = "bearer"
CAPITALS: Final = {SCHEME: "Bearer"}
MAX_TOKEN: Final = 512  # characters; ours are far shorter


@dataclass(frozen=True, slots=True)
class RenderService:
    """A configured render service, as the user of its one request."""

    name: str
    is_authenticated: bool = True


class BearerAuthentication(BaseAuthentication):
    """What all have in common: `Authorization: Bearer <token>`, and a challenge that says what is wrong (RFC 6750)."""

    schemes: ClassVar[tuple[str, ...]] = (SCHEME,)

    def authenticate_header(self, request: Request) -> str:
        """Make a missing or bad token a 401 that says how to do better (section 3)."""
        refused: str = getattr(request, "token_challenge", "")
        return refused or challenge(SCHEME)

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the caller and what the token is good for; `None`: none was shown, which all but open views refuse."""
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        shown = scheme.lower() in self.schemes and 0 < len(token) <= MAX_TOKEN and token.isprintable()
        found = self.found(request, scheme.lower(), token) if shown else None
        if found is None:
            limits.spend(None, getattr(request, "_request", request))  # REST framework counts after it knows who calls
            raise refused(request, challenge(SCHEME, "invalid_token"), "The token is not valid.")
        return found

    def found(self, request: Request, scheme: str, token: str) -> tuple[Any, Any] | None:
        """Return whose token this is, and what it is good for; `None` if nobody's."""
        raise NotImplementedError


class TokenAuthentication(BearerAuthentication):
    """A party by its API token, or by one that it gave to an app."""

    schemes: ClassVar[tuple[str, ...]] = (SCHEME, possession.SCHEME)

    def found(self, request: Request, scheme: str, token: str) -> tuple[Any, Credential] | None:
        """Look the token up by its hash: no comparison takes longer for a better guess."""
        found = self.looked_up(token)
        if found is None:
            return None
        held = found[1]
        if held.jkt or scheme == possession.SCHEME:
            try:
                possession.check(request, token, held.jkt, scheme)
            except possession.NotPossessed as why:
                raise refused(request, possession.challenge(why.error), str(why)) from None
        tokens.note_use(held, datetime.now(UTC))
        return found

    def looked_up(self, token: str) -> tuple[Any, Credential] | None:
        """Return the caller as its views want it."""
        return tokens.with_party(token)


class ServiceAuthentication(BearerAuthentication):
    """A render service by its token, compared in constant time with that of each service."""

    def found(self, request: Request, scheme: str, token: str) -> tuple[RenderService, None] | None:
        """Compare with all of them. A service without a token has no access."""
        del request, scheme
        shown = hashlib.sha256(token.encode()).digest()
        found = None
        for renderer in settings.GPU_RENDERERS:
            known = hashlib.sha256(str(renderer["token"] or "").encode()).digest()
            # What we show a vendor is known to the vendor: it opens nothing here.
            ours = renderer.get("dialect", "countenance") == "countenance"
            if hmac.compare_digest(shown, known) and renderer["token"] and ours:
                found = RenderService(str(renderer["name"]))
        return None if found is None else (found, None)


def challenge(scheme: str, error: str = "", **more: str) -> str:
    """Return the value of `WWW-Authenticate`. Without an error where no token was shown (RFC 6750, section 3.1)."""
    said = {"realm": "countenance"} | ({"error": error} if error else {}) | more
    return f"{CAPITALS[scheme]} " + ", ".join(f'{name}="{value}"' for name, value in said.items())


def refused(request: Request, header: str, detail: str) -> AuthenticationFailed:
    """Return the refusal of a token, and leave for REST framework what its challenge says."""
    request.token_challenge = header  # type: ignore[attr-defined]  # other authenticators of the view are made anew
    return AuthenticationFailed(detail)


def held_by(request: Request) -> frozenset[str] | None:
    """Return what the caller's token is good for; `None`: all that its party may. For verbs that pass it on."""
    if not isinstance(request.auth, Credential):
        raise NotAuthenticated
    return request.auth.scope


def party_of(request: Request) -> Party:
    """Return the calling party. A caller of another sort is nobody here."""
    if not isinstance(request.user, Party):
        raise NotAuthenticated
    return request.user


class _Scheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped metaclass hook
    """What the OpenAPI document says of a bearer token."""

    def get_security_definition(self, auto_schema: object) -> dict[str, Any]:
        """Describe it."""
        del auto_schema
        return {"type": "http", "scheme": SCHEME, "description": self.__doc__}


class PartyScheme(_Scheme):  # type: ignore[no-untyped-call]  # untyped metaclass hook
    """A token of a party, or of an app that acts for it. An operation says which scope it needs."""

    target_class = TokenAuthentication
    name = "party"


class ServiceScheme(_Scheme):  # type: ignore[no-untyped-call]  # untyped metaclass hook
    """The token that a render service shares with us."""

    target_class = ServiceAuthentication
    name = "renderService"
