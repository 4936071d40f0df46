"""Who may see a page: somebody with an account, one who has just shown to be that person, or a member of staff.

A page of a rights holder is `@holder`, then `@reauthenticated` where an act cannot be taken back. A withdrawal never
asks for the second: taking back must be easier than giving. What a passkey signs needs none either, because the
signature is itself a fresh proof of the person over the very document.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Final

from allauth.account.internal.decorators import login_not_required
from allauth.account.internal.flows import reauthentication
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from consent import staff
from consent.models import Party

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

type View = Callable[..., HttpResponseBase]
type HolderView = Callable[Concatenate[HttpRequest, Party, ...], HttpResponseBase]
type StaffView = Callable[Concatenate[HttpRequest, Staff, ...], HttpResponseBase]

SECOND_FACTORS: Final = (Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP)


def holder(view: HolderView) -> View:
    """Give the view the party of whoever is logged in; others go to the log-in, or to the set-up of their account."""

    @never_cache
    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - the view's own
        if not request.user.is_authenticated:
            return _to_log_in(request)
        party = party_of(request)
        if party is None:
            return redirect("portal-set-up")
        return view(request, party, *args, **kwargs)

    return inside


def logged_in(view: View) -> View:
    """Let in whoever is logged in, with a party or without."""

    @never_cache
    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - the view's own
        return view(request, *args, **kwargs) if request.user.is_authenticated else _to_log_in(request)

    return inside


def reauthenticated(view: View) -> View:
    """Ask for a passkey, a code or the password unless it was given in the last minutes.

    The request waits meanwhile, and goes on with what was typed. Who could not be asked is not let through.
    """

    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - the view's own
        if request.user.is_authenticated and not reauthentication.get_reauthentication_flows(request.user):
            return redirect("mfa_index")
        if reauthentication.is_reauthentication_required(request, app="consent"):
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return inside


def staff_page(*, may: str) -> Callable[[StaffView], View]:
    """Give the view a member of staff who may do this now (`may`: "consent.review_claim") and has a second factor.

    Raises `StaffRefused`.
    """

    def decorate(view: StaffView) -> View:
        @never_cache
        @wraps(view)
        def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - the view's own
            if not request.user.is_authenticated:
                return _to_log_in(request)
            actor = staff.member(request.user, may=may)
            if not has_second_factor(request.user):
                return second_factor_needed(request)
            return view(request, actor, *args, **kwargs)

        return inside

    return decorate


def party_of(request: HttpRequest) -> Party | None:
    """Return the party of whoever is logged in; `None`: it has not been set up."""
    return Party.objects.filter(user_id=request.user.pk or 0, erased_at=None).first()


def has_second_factor(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Tell whether this account has a passkey or a code app: from then on no log-in goes without."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=SECOND_FACTORS).exists())


def second_factor_needed(request: HttpRequest) -> HttpResponseBase:
    """Say that staff need a second factor, and where to add one."""
    return render(request, "consent/portal/second_factor.html", status=403)


@login_not_required  # type: ignore[untyped-decorator]  # allauth has no types
def records_log_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
    """Stand where the admin's own log-in stood: send to ours, or say what is missing. Raises `StaffRefused`."""
    del extra_context
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next") or "/admin/")
    if request.user.is_active and request.user.is_staff and not has_second_factor(request.user):
        return second_factor_needed(request)
    if request.user.is_active and request.user.is_staff:
        return redirect("admin:index")
    raise staff.StaffRefused("Your account is not one of the staff.", remedy="Log out, and log in as staff.")


def _to_log_in(request: HttpRequest) -> HttpResponseBase:
    return redirect_to_login(request.get_full_path())
