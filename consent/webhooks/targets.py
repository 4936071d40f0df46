"""Where a webhook may go: addresses on the public internet, and nowhere else. Pure.

A stranger names the URL, and our machine makes the request from inside our network. So the name is resolved once, each
of its addresses is judged, and the connection goes to the very address that was judged: a name that answers
differently the next time (DNS rebinding) gains nothing.

Networks: IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890, as of 2026), and what clouds use beside them.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import urlsplit

from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

PORTS: Final = frozenset({443, 8443})
MAX_URL: Final = 1000  # characters
MAX_ANSWERS: Final = 64  # addresses of one name that are looked at
_PLAIN: Final = re.compile(r"""[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+""", re.ASCII)  # no space, quote, \ ^ ` { | } < >
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_SPECIAL: Final = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "onion",
    "alt",
    "arpa",
)
_REFUSED4: Final = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # carriers' NAT, RFC 6598; metadata of Alibaba
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's own services, on an address that looks public
        "169.254.0.0/16",  # link-local; metadata of nearly every cloud
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF; metadata of Oracle
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# Unicast that is allotted at all (RFC 4291); so neither ::, ::1, ::ffff:0:0/96 (IPv4-mapped), 64:ff9b::/96 and
# 64:ff9b:1::/48 (NAT64), 100::/64, fc00::/7, fe80::/10 nor ff00::/8.
_UNICAST6: Final = ipaddress.IPv6Network("2000::/3")
_REFUSED6: Final = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # IETF: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)

type Resolver = Callable[[str, int], list[str]]


class WebhookTargetRefused(Problem):
    """The address is not one on the public internet to which we would send."""

    code: ClassVar[str] = "webhook-target-refused"
    title: ClassVar[str] = "No webhook is sent there"


@dataclass(frozen=True, slots=True)
class Place:
    """A URL that was read: nothing is known yet of where its name leads."""

    secure: bool  # https
    host: str  # lower case; an IPv6 address without its brackets
    port: int
    path: str  # with its query; begins with "/"

    @property
    def authority(self) -> str:
        """What stands in the header Host (RFC 9110, section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Target:
    """A place with the one address that was judged, to which alone the connection goes."""

    place: Place
    address: str


def read(url: str, *, loopback: bool = False) -> Place:
    """Read a URL. `loopback`: http to this machine is taken too, as in development. Raises `WebhookTargetRefused`.

    Whatever two readers could take for two hosts is refused: user names, backslashes, other spellings of numbers.
    """
    if len(url) > MAX_URL or not _PLAIN.fullmatch(url):
        raise _refused("The URL is too long, or holds characters that a URL escapes.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _refused("The URL cannot be read.") from error
    named = f"[{host}]" if parts.netloc.startswith("[") else host
    if "#" in url or parts.netloc.lower() not in {named, f"{named}:{port}"}:
        raise _refused("The URL has a user name, a fragment, or more beside host and port.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if loopback and parts.scheme == "http" and host in {"127.0.0.1", "localhost", "::1"}:
        return Place(secure=False, host=host, port=port or 80, path=path)
    if parts.scheme != "https":
        raise _refused("The URL is not https.")
    if (443 if port is None else port) not in PORTS:
        raise _refused("The port is neither 443 nor 8443.")
    _check_host(host, bracketed=parts.netloc.startswith("["))
    return Place(secure=True, host=host, port=port or 443, path=path)


def settle(place: Place, resolve: Resolver) -> Target:
    """Resolve the name once and return the address to connect to. Raises `WebhookTargetRefused`.

    One address among several that is not public refuses the name: whoever publishes such an answer chose it. None at
    all refuses too.
    """
    found = resolve(place.host, place.port)[:MAX_ANSWERS]
    allowed = is_public if place.secure else _is_loopback
    if not found or not all(allowed(address) for address in found):
        raise _refused("The name leads nowhere, or not to the public internet.")
    return Target(place, found[0])


def is_public(text: str) -> bool:
    """Tell whether this is an address of the public internet. What cannot be read is not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _REFUSED4)
    if address.scope_id is not None or address not in _UNICAST6:
        return False
    return not any(address in network for network in _REFUSED6)


def lookup(host: str, port: int, *, seconds: float) -> list[str]:
    """Ask the system's resolver; no answer in `seconds` is none. It has no time limit, so it is asked on a thread.

    Numbers in old spellings (0x7f.1, 2130706433) are resolved here too, and judged by what they mean.
    """
    found: list[str] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        except (OSError, UnicodeError):
            return
        found.extend(str(row[4][0]) for row in rows)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return [] if asking.is_alive() else found


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _check_host(host: str, *, bracketed: bool) -> None:
    """Raise unless this is a full name, or a public address in its one spelling."""
    if bracketed or host.replace(".", "").isdigit():
        if not is_public(host):
            raise _refused("The address is not one of the public internet.")
        return
    labels = host.split(".")
    if len(host) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 - RFC 1035
        raise _refused("The host is no full name in ASCII (an international one is written as xn--…).")
    if labels[-1] in _SPECIAL or not re.search(r"[a-z]", labels[-1]) or labels[-1].startswith("0x"):
        raise _refused("The host is a name of inner networks, or a number in another spelling.")


def _refused(detail: str) -> WebhookTargetRefused:
    remedy = "Use https on port 443 or 8443, with a public host name."
    return WebhookTargetRefused(detail, pointer="/url", remedy=remedy)
