"""Which language a page speaks; and that programs are always answered in English.

A page speaks the language that was chosen at its foot (a cookie, set then and not before), else the first of the
browser's that there is. Everything under a door of machines, and every answer to somebody who does not want HTML,
is in English: a problem document's code and words never depend on a header. docs/design/languages.md says why.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

MACHINES = ("/v1/", "/status/", "/issuers/", "/healthz", "/.well-known/", "/admin/")


class PageLanguageMiddleware(LocaleMiddleware):
    """Django's, for pages alone."""

    def process_request(self, request: HttpRequest) -> None:
        """Activate the language of the page."""
        language = translation.get_language_from_request(request) if is_page(request) else settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:  # type: ignore[override]  # noqa: ARG002 - Django's signature, for answers of one kind
        """Tell caches what a page depends on, the cookie too; files and documents depend on nothing."""
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
            response.headers.setdefault("Content-Language", translation.get_language())
        return response


def is_page(request: HttpRequest) -> bool:
    """Tell whether the answer is for a person to read."""
    if request.path_info.startswith(MACHINES):
        return False
    return request.get_preferred_type(["text/html", "application/problem+json"]) == "text/html"


# Changing the language changes nothing of anybody's, and a token would set a cookie on pages that promise none.
choose = never_cache(csrf_exempt(require_POST(set_language)))
