"""allauth's pages at our addresses: each in one transaction, none kept by a cache.

allauth changes first and tells afterwards, in one view and without a transaction. Here the telling belongs to the
change: what could not be told is rolled back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account import urls as account_urls
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.mfa import urls as mfa_urls
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.usersessions import urls as session_urls
from django.db import transaction
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.cache import never_cache

from consent import logins

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.forms import Form
    from django.http import HttpResponse


class MakeRecoveryCodes(GenerateRecoveryCodesView):  # type: ignore[misc]  # allauth has no types
    """New recovery codes; the old ones end."""

    def form_valid(self, form: Form) -> HttpResponse:
        """Tell before allauth makes them, since it would tell after the commit, when it is too late to fail."""
        raise_if_reauthentication_required(self.request, app="allauth.mfa")
        logins.note(self.request.user, logins.Change.RECOVERY_CODES_MADE)
        answer: HttpResponse = super().form_valid(form)
        return answer


class SetUpCodeApp(ActivateTOTPView):  # type: ignore[misc]  # allauth has no types
    """A code app as a second factor."""

    def form_valid(self, form: Form) -> HttpResponse:
        """Tell before allauth sets it up, for the same reason."""
        raise_if_reauthentication_required(self.request, app="allauth.mfa")
        logins.note(self.request.user, logins.Change.CODE_APP_ADDED)
        answer: HttpResponse = super().form_valid(form)
        return answer


def whole(patterns: Iterable[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """Return the same addresses with each view in one transaction, and its answer kept by nobody."""
    return [_whole(found) for found in patterns]


# A log-in changes nothing that has to be told; a count of attempts in its transaction would make others wait.
APART = frozenset(
    {
        "account_login",
        "account_logout",
        "account_request_login_code",
        "account_confirm_login_code",
        "mfa_authenticate",
        "mfa_login_webauthn",
    }
)


def _whole(found: URLPattern | URLResolver) -> URLPattern | URLResolver:
    if isinstance(found, URLResolver):
        return URLResolver(
            found.pattern, whole(found.url_patterns), found.default_kwargs, found.app_name, found.namespace
        )
    view = found.callback if found.name in APART else transaction.atomic(found.callback)
    return URLPattern(found.pattern, never_cache(view), found.default_args, found.name)


urlpatterns = [
    path(
        "second-factor/recovery-codes/generate/",
        never_cache(transaction.atomic(MakeRecoveryCodes.as_view())),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "second-factor/totp/activate/",
        never_cache(transaction.atomic(SetUpCodeApp.as_view())),
        name="mfa_activate_totp",
    ),
    path("second-factor/", include(whole(mfa_urls.urlpatterns))),
    path("sessions/", include(whole(session_urls.urlpatterns))),
    path("", include(whole(account_urls.urlpatterns))),
]
