"""Where a client that was refused asks for consent."""

from __future__ import annotations

from django.conf import settings
from django.urls import NoReverseMatch, reverse

DOORS = ("consent-requests",)  # names of addresses, the best first
ELSE = "/problems#consent-required"


def url() -> str:
    """Return the address, the same for every refusal: what is asked for there is looked up by the decision's id."""
    for name in DOORS:
        try:
            return f"{settings.PUBLIC_URL}{reverse(name)}"
        except NoReverseMatch:
            continue
    return f"{settings.PUBLIC_URL}{ELSE}"
