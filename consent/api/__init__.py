"""The machines' door: `/v1/` for parties, likenesses, grants, withdrawals, decisions, permits and evidence.

Views parse, call one verb, and answer; they decide nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consent.api.authentication import TokenAuthentication

if TYPE_CHECKING:
    from consent.api.urls import urlpatterns

__all__ = ["TokenAuthentication", "urlpatterns"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what a module attribute may be
    """Load the routes when they are first asked for.

    REST framework resolves the default authentication class, which lives here, while it is itself being
    imported; the views import REST framework. Loaded eagerly, each would wait for the other.
    """
    if name == "urlpatterns":
        from consent.api.urls import urlpatterns

        return urlpatterns
    raise AttributeError(name)
