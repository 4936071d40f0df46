"""The page on which a person is asked whether an app may act for them, what it may do, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods

from consent import scopes
from consent.models import OAuthClient
from consent.oauth import authorisations, redirection
from consent.oauth.clients import AppMissing
from consent.oauth.redirection import RedirectRefused
from consent.portal import door
from consent.portal.scope_words import WORDS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase, QueryDict

    from consent.models import Party

MAX_STATE: Final = 1024  # characters of what the app wants back
DAYS: Final = [(days, ngettext_lazy("%d day", "%d days", days) % days) for days in authorisations.DAYS]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an app asks, after its id and its address were found to be its own."""

    app: OAuthClient
    redirect_uri: str
    scope: frozenset[str]
    challenge: str
    state: str | None


class Refused(Exception):  # noqa: N818 - an answer for the app (RFC 6749, section 4.1.2.1)
    """The app asked wrongly; it is told at its own address."""

    def __init__(self, to: str, error: str, state: str | None) -> None:
        super().__init__(error)
        self.url = redirection.with_answer(to, error=error, state=state, iss=settings.PUBLIC_URL)


class AuthoriseForm(forms.Form):
    """What is allowed, and until when."""

    scopes = forms.MultipleChoiceField(label=_("It may"), widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(label=_("For how long"), choices=DAYS, coerce=int, widget=forms.RadioSelect)

    def __init__(self, asked: Asked, sent: QueryDict | None) -> None:
        wanted = [name for name in scopes.ORDER if name in asked.scope]
        super().__init__(sent, initial={"scopes": wanted, "days": 30})
        field = self.fields["scopes"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - as declared above
        field.choices = [(name, WORDS[name]) for name in wanted]


@never_cache
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponseBase:
    """Ask, and send back to the app with a code, or with the person's no.

    The address is checked before anybody is asked to log in: nobody is sent to one that the app did not register.
    """
    try:
        asked = _asked(request)
    except Refused as refused:
        return HttpResponseRedirect(refused.url)
    config = settings.SECURE_CSP | {"form-action": ["'self'", redirection.origin(asked.redirect_uri)]}
    page = csp_override(config)(door.holder(door.reauthenticated(_page)))
    return page(request, asked)


def _page(request: HttpRequest, party: Party, asked: Asked) -> HttpResponseBase:
    if request.method == "POST" and "no" in request.POST:
        return HttpResponseRedirect(Refused(asked.redirect_uri, "access_denied", asked.state).url)
    form = AuthoriseForm(asked, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _sent_back(party, asked, form.cleaned_data)
    context = {"form": form, "app": asked.app, "party": party, "back": redirection.origin(asked.redirect_uri)}
    return render(request, "consent/portal/authorise.html", context, status=422 if form.is_bound else 200)


def _sent_back(party: Party, asked: Asked, chosen: dict[str, Any]) -> HttpResponseBase:
    code = authorisations.authorise(
        asked.app,
        frozenset(chosen["scopes"]),
        days=chosen["days"],
        redirect_uri=asked.redirect_uri,
        challenge=asked.challenge,
        actor=party,
    )
    url = redirection.with_answer(asked.redirect_uri, code=code, state=asked.state, iss=settings.PUBLIC_URL)
    return HttpResponseRedirect(url, headers={"Referrer-Policy": "no-referrer"})


def _asked(request: HttpRequest) -> Asked:
    """Read the question. Raises `AppMissing`, `RedirectRefused` (for the person), `Refused` (for the app)."""
    sent = request.GET
    app = _app(_once(request, "client_id"))
    to = _once(request, "redirect_uri")
    if to not in app.redirect_uris:
        remedy = "Go back to the app, and tell its makers."
        raise RedirectRefused("The app asks to be sent where it has not said that it is.", remedy=remedy)
    state = sent.get("state")
    if any(len(values) != 1 for _, values in sent.lists()) or len(state or "") > MAX_STATE or "\0" in (state or ""):
        raise Refused(to, "invalid_request", None)
    if sent.get("response_type") != "code":
        raise Refused(to, "unsupported_response_type", state)
    challenge = sent.get("code_challenge", "")
    if sent.get("code_challenge_method") != "S256" or not authorisations.CHALLENGE.fullmatch(challenge):
        raise Refused(to, "invalid_request", state)
    lent = scopes.lendable(app.scope.split())
    wanted = frozenset(sent["scope"].split()) if sent.get("scope") else lent
    if not wanted or not wanted <= lent:
        raise Refused(to, "invalid_scope", state)
    return Asked(app, to, wanted, challenge, state)


def _once(request: HttpRequest, name: str) -> str:
    found = request.GET.getlist(name)
    return found[0] if len(found) == 1 else ""


def _app(unverified_id: str) -> OAuthClient:
    rows = OAuthClient.objects.select_related("party").filter(removed_at=None, party__erased_at=None)
    pk = _uuid(unverified_id)
    app = None if pk is None else rows.filter(pk=pk).first()
    if app is None:
        raise AppMissing("There is no such app.", remedy="Go back to the app, and tell its makers.")
    return app


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == len(str(UUID(int=0))) else None
    except ValueError:
        return None
