"""Whether a token is good for what is asked: by the scope that each view names (`scope`), and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission

from consent import scopes
from consent.api.authentication import RenderService, challenge
from consent.models import Party
from consent.tokens import Credential

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class InsufficientScope(PermissionDenied):
    """The token is good, and not for this (RFC 6750, section 3.1)."""

    default_code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This needs a token with the scope {scope}.")
        self.auth_header = challenge("bearer", "insufficient_scope", scope=scope)  # where REST framework looks


class ScopePermission(BasePermission):
    """The default of every view. A view, or a method of one, that names no scope is closed to everybody."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether somebody is there at all (`False` is a 401), and raise if their token is not good for this."""
        wanted = scopes.needed(getattr(view, "scope", None), str(request.method))
        if wanted == scopes.PUBLIC:
            return True
        if wanted == scopes.SERVICE:
            return isinstance(request.user, RenderService)
        if not isinstance(request.user, Party):
            return False
        check(request.auth, wanted, open_to_none=request.method not in view.allowed_methods)
        return True


def check(held: object, wanted: str | None, *, open_to_none: bool = False) -> None:
    """Raise unless a credential is good for a scope. What is no credential of ours is good for nothing.

    `open_to_none`: the method is none of the view's, and answered with 405 next.
    """
    if wanted is None and open_to_none:
        return
    if wanted not in scopes.SCOPES or not isinstance(held, Credential):
        raise PermissionDenied
    if held.scope is not None and wanted not in held.scope:
        raise InsufficientScope(wanted)
