"""Addresses that a person is sent back to: which may be registered, and how an answer is put into one. Pure."""

from __future__ import annotations

from typing import ClassVar, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ledger.problem import Problem

MAX_URL: Final = 500  # characters
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class RedirectRefused(Problem):
    """Nobody can be sent back to such an address safely."""

    code: ClassVar[str] = "redirect-refused"
    title: ClassVar[str] = "This is no address to be sent back to"


def check(url: str, *, loopback: bool) -> None:
    """Raise unless an app may register this address: https, absolute, no fragment, no name before a host.

    `loopback`: http to one's own machine will do, as in development.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
        host = parts.hostname or ""
    except ValueError:
        host = ""
    own = loopback and host in LOOPBACK
    plain = 0 < len(url) <= MAX_URL and url.isascii() and url.isprintable() and not set(url) & set(" \\\"'<>*#;,")
    if (
        not (plain and host)
        or parts.username is not None
        or parts.scheme not in ({"https", "http"} if own else {"https"})
    ):
        remedy = "Use an absolute https address, without a fragment, a wildcard or a log-in."
        raise RedirectRefused("This address cannot be one.", pointer="/redirect_uris", remedy=remedy)


def with_answer(url: str, **answer: str | None) -> str:
    """Add the members of an answer to an address that was registered (RFC 6749, section 4.1.2); `None` is left out."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    query += [(name, value) for name, value in answer.items() if value is not None]
    return urlunsplit(parts._replace(query=urlencode(query)))


def origin(url: str) -> str:
    """Return scheme, host and port, as a content security policy wants them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
