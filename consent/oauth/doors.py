"""What apps ask without a person: tokens (RFC 6749), their end (RFC 7009), and where all this is (RFC 8414).

Answers are those of the documents, not problem documents: the libraries that ask know nothing else.
"""

from __future__ import annotations

import base64
from functools import wraps
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from consent import scopes
from consent.oauth import authorisations, clients, dpop, possession
from consent.oauth.refusals import OAuthRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from consent.models import OAuthClient

MAX_VALUE: Final = 1024  # characters of one parameter
FORM: Final = "application/x-www-form-urlencoded"
NO_STORE: Final = {"Cache-Control": "no-store"}
GRANTS: Final = ("authorization_code", "client_credentials", "refresh_token")

type Sent = dict[str, str]
type Door = Callable[[HttpRequest, OAuthClient, Sent], HttpResponse]


def app_door(door: Door) -> Callable[[HttpRequest], HttpResponse]:
    """Give a door the app that asks and what it sent; refuse in the words of RFC 6749, section 5.2."""

    @csrf_exempt  # an app shows its secret, which is no cookie: no other site can send it
    @require_POST
    @wraps(door)
    def inside(request: HttpRequest) -> HttpResponse:
        try:
            sent = _sent(request)
            return door(request, _app(request, sent), sent)
        except OAuthRefused as refused:
            return _refusal(request, refused)
        except possession.NotPossessed as refused:
            return _refusal(request, OAuthRefused(possession.PROOF, str(refused)))
        except scopes.ScopeUnknown as refused:
            return _refusal(request, OAuthRefused("invalid_scope", refused.detail))

    return inside


@app_door
def token(request: HttpRequest, app: OAuthClient, sent: Sent) -> HttpResponse:
    """Give a token: for a code, for a refresh token, or for the app itself."""
    grant = _needed(sent, "grant_type")
    if grant not in GRANTS:
        raise OAuthRefused("unsupported_grant_type", f"Use one of: {', '.join(GRANTS)}.")
    jkt = _bound(request, app)
    if grant == "authorization_code":
        given = authorisations.exchange(
            app,
            _needed(sent, "code"),
            redirect_uri=_needed(sent, "redirect_uri"),
            verifier=_needed(sent, "code_verifier"),
            jkt=jkt,
        )
    elif grant == "refresh_token":
        shown = _needed(sent, "refresh_token")
        given = authorisations.refresh(app, shown, scope=sent.get("scope", ""), jkt=jkt)
    else:
        given = authorisations.for_itself(app, scope=sent.get("scope", ""), jkt=jkt)
    return JsonResponse(given, headers=NO_STORE)


@app_door
def revocation(request: HttpRequest, app: OAuthClient, sent: Sent) -> HttpResponse:
    """End a token of the app. The answer is the same for one that never was (RFC 7009, section 2.2)."""
    del request
    authorisations.revoke(app, _needed(sent, "token"))
    return HttpResponse(status=200, headers=NO_STORE)


@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    """Say where the doors are, and what they take (RFC 8414, section 3)."""
    del request
    here = settings.PUBLIC_URL
    methods = ["client_secret_basic", "client_secret_post"]
    return JsonResponse(
        {
            "issuer": here,
            "authorization_endpoint": f"{here}/oauth/authorize",
            "token_endpoint": f"{here}/oauth/token",
            "revocation_endpoint": f"{here}/oauth/revoke",
            "scopes_supported": sorted(scopes.for_apps(scopes.SCOPES)),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": list(GRANTS),
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods,
            "code_challenge_methods_supported": ["S256"],
            "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
            "authorization_response_iss_parameter_supported": True,
            "ui_locales_supported": [code for code, _ in settings.LANGUAGES],
        }
    )


def _sent(request: HttpRequest) -> Sent:
    """Return the form. A parameter that comes twice, or in the address, is refused (RFC 6749, section 3.2)."""
    if request.content_type != FORM:
        raise OAuthRefused("invalid_request", f"Send {FORM}.")
    if request.GET:
        raise OAuthRefused("invalid_request", "Send the parameters in the body, never in the address.")
    found = {}
    for name, values in request.POST.lists():
        if len(values) != 1 or len(values[0]) > MAX_VALUE or "\0" in values[0]:
            raise OAuthRefused("invalid_request", "A parameter came twice, or is too long.")
        found[name] = values[0]
    return found


def _app(request: HttpRequest, sent: Sent) -> OAuthClient:
    """Return the app whose secret was shown, in one place only (RFC 6749, section 2.3)."""
    header = request.headers.get("Authorization", "")
    if header and "client_secret" in sent:
        raise OAuthRefused("invalid_request", "Show the secret in one place only.")
    shown_id, secret = _basic(header) if header else (sent.get("client_id", ""), sent.get("client_secret", ""))
    app = clients.by_secret(shown_id, secret) if shown_id and secret else None
    if app is None or sent.get("client_id", shown_id) != shown_id:
        raise OAuthRefused("invalid_client", "There is no app with this id and secret.")
    return app


def _basic(header: str) -> tuple[str, str]:
    """Read HTTP Basic, each half form-encoded first (RFC 6749, section 2.3.1). What cannot be read is nobody's."""
    scheme, _, packed = header.partition(" ")
    try:
        shown_id, _, secret = base64.b64decode(packed, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return (unquote_plus(shown_id), unquote_plus(secret)) if scheme.lower() == "basic" else ("", "")


def _bound(request: HttpRequest, app: OAuthClient) -> str:
    """Return the key that the token will be bound to; "": none, unless the app has to have one."""
    if possession.HEADER in request.headers or app.dpop_required:
        return possession.proved(request, None)
    return ""


def _needed(sent: Sent, name: str) -> str:
    if not sent.get(name):
        raise OAuthRefused("invalid_request", f"{name} is missing.")
    return sent[name]


def _refusal(request: HttpRequest, refused: OAuthRefused) -> HttpResponse:
    said: dict[str, Any] = {"error": refused.error, "error_description": refused.detail}
    status = 401 if refused.error == "invalid_client" else refused.status
    answer = JsonResponse(said, status=status, headers=NO_STORE)
    if status == 401:  # noqa: PLR2004 - as above
        answer["WWW-Authenticate"] = 'Basic realm="countenance"'
    del request
    return answer
