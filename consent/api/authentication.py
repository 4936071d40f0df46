"""Who calls: a party by its API token, or a render service by the token it shares with us."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated

from consent import parties
from consent.models import Party

if TYPE_CHECKING:
    from rest_framework.request import Request

SCHEME = "bearer"
MAX_TOKEN = 512  # characters; ours are far shorter


@dataclass(frozen=True, slots=True)
class RenderService:
    """A configured render service, as the user of its one request."""

    name: str
    is_authenticated: bool = True


class BearerAuthentication(BaseAuthentication):
    """What both have in common: `Authorization: Bearer <token>` (RFC 6750)."""

    def authenticate_header(self, request: Request) -> str:
        """Make a missing token a 401 that says how to do better."""
        del request
        return 'Bearer realm="countenance"'

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """Return the caller; `None` if no token is shown, which every view but the open ones refuses."""
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        caller = self.caller(token) if scheme.lower() == SCHEME and 0 < len(token) <= MAX_TOKEN else None
        if caller is None:
            raise AuthenticationFailed("The token is not valid.")
        return caller, None

    def caller(self, token: str) -> Party | RenderService | None:
        """Return whose token this is, `None` if nobody's."""
        raise NotImplementedError


class TokenAuthentication(BearerAuthentication):
    """A party by its API token."""

    def caller(self, token: str) -> Party | None:
        """Look the token up by its hash: no comparison takes longer for a better guess."""
        return parties.by_token(token)


class ServiceAuthentication(BearerAuthentication):
    """A render service by its token, compared in constant time with that of each service."""

    def caller(self, token: str) -> RenderService | None:
        """Compare with all of them. A service without a token has no access."""
        shown = hashlib.sha256(token.encode()).digest()
        found = None
        for renderer in settings.GPU_RENDERERS:
            known = hashlib.sha256(str(renderer["token"] or "").encode()).digest()
            # What we show a vendor is known to the vendor: it opens nothing here.
            ours = renderer.get("dialect", "countenance") == "countenance"
            if hmac.compare_digest(shown, known) and renderer["token"] and ours:
                found = RenderService(str(renderer["name"]))
        return found


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
    """The API token that a party was shown once, when it was registered."""

    target_class = TokenAuthentication
    name = "party"


class ServiceScheme(_Scheme):  # type: ignore[no-untyped-call]  # untyped metaclass hook
    """The token that a render service shares with us."""

    target_class = ServiceAuthentication
    name = "renderService"
