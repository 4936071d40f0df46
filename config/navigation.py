"""Where one can go from every page, as data: a place whose page is not there is left out.

Pages of any app are named here by the name of their address alone, so that a template breaks for no missing page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from consent.models import Message

type Count = Callable[[HttpRequest], int]


def unread(request: HttpRequest) -> int:
    """Count the messages that the person has not read; one query, and none for who has no party."""
    party = getattr(request.user, "party", None) if hasattr(request, "user") else None
    return Message.objects.filter(party=party, read_at=None).count() if party else 0


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of a navigation. `count` is what waits there; `None`: nothing is counted."""

    name: str  # of the address
    label: str | Promise
    icon: str = ""
    count: Count | None = None
    within: str = ""  # names of addresses that begin so belong to it; "": its own name


PLACES: dict[str, tuple[Place, ...]] = {
    "public": (
        Place("verify", _("Check a video")),
        Place("takedown", _("Report a video"), within="takedown"),
        Place("log", _("Public log"), within="log"),
        Place("portal-home", _("My likeness")),
    ),
    "portal": (
        Place("portal-home", pgettext_lazy("navigation", "Home"), "home"),
        Place("portal-videos", _("My videos"), "video", within="portal-video"),
        Place("portal-grants", _("Permissions"), "permission", within="portal-grant"),
        Place("portal-approvals", _("Requests"), "request", within="portal-approval"),
        Place("portal-statements", _("Earnings"), "earnings", within="portal-statement"),
    ),
    "portal-tools": (
        Place("portal-panic", _("Stop everything"), "stop"),
        Place("portal-messages", _("Messages"), "bell", unread, within="portal-message"),
        Place("portal-account", _("Account"), "person"),
    ),
    "console": (
        Place("console-home", _("Overview")),
        Place("console-second-words", _("Second words"), within="console-second-word"),
        Place("console-claims", _("Claims"), within="console-claim"),
        Place("console-enrolments", _("Enrolments"), within="console-enrolment"),
        Place("console-orders", _("Orders"), within="console-order"),
        Place("console-copies", _("Likely copies"), within="console-cop"),
        Place("console-second-looks", _("Second looks"), within="console-second-look"),
        Place("console-figures", _("Figures")),
        Place("console-roles", _("Roles")),
        Place("console-staff", _("Staff")),
    ),
    # shown on the overview: what is not of every day
    "console-more": (
        Place("console-revocations", _("Revocations"), within="console-revocation"),
        Place("console-names", _("Protected names"), within="console-name"),
        Place("console-bulks", _("Many at once"), within="console-bulk"),
        Place("console-plans", _("Planned"), within="console-plan"),
        Place("console-replies", _("Replies"), within="console-repl"),
        Place("console-quality", _("How well decisions agree"), within="console-quality"),
    ),
    "console-tools": (Place("portal-account", _("Account"), "person"),),
}


@dataclass(frozen=True, slots=True)
class Link:
    """A place as a page shows it. `current` is the value of aria-current; "": one is elsewhere."""

    url: str
    label: str | Promise
    icon: str
    count: int
    current: str


def links(where: str, request: HttpRequest | None) -> Iterator[Link]:
    """Yield the places of one navigation whose pages are there. `request` is `None` in a page made for nobody."""
    match = getattr(request, "resolver_match", None)
    here = match.view_name if match else ""
    for place in PLACES.get(where, ()):
        url = address(place.name)
        if url:
            count = place.count(request) if place.count and request else 0
            yield Link(url, place.label, place.icon, count, _current(place, here))


def _current(place: Place, here: str) -> str:
    if here == place.name:
        return "page"
    return "true" if here.startswith(place.within or f"{place.name}-") else ""


def address(*names: str) -> str:
    """Return the path of the first of these addresses that exists; "" if none does."""
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""
