"""How every page of the desk is handed out: kept by nobody, found by no search, its address told to no other site."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt

from consent.portal import door
from consent.takedown.links import LinkInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    from consent.models import Party

HEADERS: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}


def desk(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Hand out a page whose address is a secret. A link that leads nowhere has a page of its own.

    There is no token against forgery: without the link there is nothing to forge, a cookie would be one more thing to
    lose at night, and browsers send no origin from a page that tells no referrer. Who is logged in counts only where
    the browser says that the form is ours (`party`).
    """

    @csrf_exempt
    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - the view's own
        try:
            answer = view(request, *args, **kwargs)
        except LinkInvalid as problem:
            answer = render(request, "provenance/desk/nowhere.html", status=problem.status)
        for name, value in HEADERS.items():
            answer[name] = value
        return answer

    return inside


def party(request: HttpRequest) -> Party | None:
    """Return who acts, if they are logged in and the browser says that they come from our own page; else nobody."""
    if not request.user.is_authenticated or request.headers.get("Sec-Fetch-Site") != "same-origin":
        return None
    return door.party_of(request)


def language() -> str:
    """Return the language of the page, as letters know it."""
    return "es" if (get_language() or "").startswith("es") else "en"
