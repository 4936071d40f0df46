"""One bounded HTTP exchange with a service that we do not trust.

Every exchange has a total deadline that covers name look-up, connection, headers and body, so a peer that sends a byte
a second gains nothing. Bodies have a limit that is checked as they arrive. Redirects are not followed (they would carry
our token elsewhere), proxies from the environment are ignored, compressed answers are refused (their size is a lie).
"""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2

from gpu_client.protocol import RendererError, RendererLied, RendererUnavailable

JSON_LIMIT = 1 << 20  # bytes
CONNECT_SECONDS = 3.0
OK, REDIRECT, CLIENT_ERROR = 200, 300, 400  # where the classes of status codes begin

type Part = tuple[str, tuple[str | None, bytes, str]]
# httpx2's classes of "this request never reached anybody"
NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


@functools.cache
def tls() -> ssl.SSLContext:
    """Return how certificates are checked: reading the system's authorities takes longer than a whole exchange."""
    return ssl.create_default_context()


class Cut(RendererError):  # noqa: N818 - what happened, in one word
    """The exchange broke after the request may have been read. What the other side did is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status code and a body within the limit. Nothing in it has been checked."""

    status: int
    unverified_body: bytes


@dataclass(frozen=True, slots=True)
class Wire:
    """Where a service is and how we show who we are. `token` None: the service asks for none."""

    url: str
    token: str | None = field(default=None, repr=False)
    scheme: str = "Bearer"  # the word before the token; fal says Key
    private_link: bool = False  # the operator says that nobody reads along on the way, though it is plain http
    context: ssl.SSLContext = field(default_factory=tls, repr=False)

    @property
    def is_private(self) -> bool:
        """Whether what we send is encrypted on the way."""
        return self.private_link or urlsplit(self.url).scheme == "https"

    def call(
        self,
        method: str,
        path: str,
        *,
        seconds: float,
        headers: Mapping[str, str] | None = None,
        parts: Sequence[Part] | None = None,
        document: object = None,
    ) -> Answer:
        """Make one exchange and return its whole, small answer. `document`: a JSON body; None: none.

        Raises RendererUnavailable, Cut or RendererLied.
        """
        received = bytearray()

        async def exchange() -> int:
            async with self._open(method, self.url + path, headers, parts, document) as response:
                await _copy(response, received.extend, JSON_LIMIT)
                return response.status_code

        return Answer(_run(exchange(), seconds), bytes(received))

    def download(self, path: str, take: Callable[[bytes], object], *, limit: int, seconds: float) -> Answer:
        """Stream a 2xx body to `take`; any other answer is returned whole, within the limit for JSON.

        `path` may be a whole address, which the caller has checked: our token goes to our service's origin only.
        """
        address = path if "://" in path else self.url + path
        received = bytearray()

        async def exchange() -> int:
            async with self._open("GET", address, None, None, None) as response:
                good = OK <= response.status_code < REDIRECT
                await _copy(response, take if good else received.extend, limit if good else JSON_LIMIT)
                return response.status_code

        return Answer(_run(exchange(), seconds), bytes(received))

    @asynccontextmanager
    async def _open(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] | None,
        parts: Sequence[Part] | None,
        document: object,
    ) -> AsyncIterator[httpx2.Response]:
        every = {"Accept-Encoding": "identity", "User-Agent": "countenance"} | dict(headers or {})
        if self.token and origin_of(address) == origin_of(self.url):
            every["Authorization"] = f"{self.scheme} {self.token}"
        async with (
            httpx2.AsyncClient(
                verify=self.context,
                trust_env=False,
                follow_redirects=False,
                timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),  # the rest is under the total deadline
            ) as client,
            client.stream(method, address, headers=every, files=parts or None, json=document) as response,
        ):
            if REDIRECT <= response.status_code < CLIENT_ERROR:
                raise RendererLied("redirect", "The render service tried to send us to another address.")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise RendererLied("encoded", "The render service compressed an answer that we asked for as it is.")
            yield response


def origin_of(address: str) -> tuple[str, str, int | None]:
    """Return what decides whom a request reaches: scheme, host, port."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)


async def _copy(response: httpx2.Response, take: Callable[[bytes], object], limit: int) -> None:
    """Hand the body over as it arrives. A declared length over the limit is refused before the first byte."""
    declared = response.headers.get("content-length", "")
    size = int(declared) if declared.isascii() and declared.isdigit() else 0
    if size > limit:
        raise RendererLied("too-large", f"The render service announced {size} bytes; the limit is {limit}.")
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > limit:
            raise RendererLied("too-large", f"The render service sent more than {limit} bytes.")
        take(chunk)


def _run(exchange: Coroutine[Any, Any, int], seconds: float) -> int:
    """Run one exchange under its total deadline and sort what breaks into our errors."""

    async def bounded() -> int:
        async with asyncio.timeout(seconds):
            return await exchange

    try:
        return asyncio.run(bounded())
    except NEVER_SENT as error:
        raise RendererUnavailable("unreachable", "The render service cannot be reached.") from error
    except TimeoutError as error:
        raise Cut("timeout", f"The render service did not finish its answer within {seconds:g} s.") from error
    except httpx2.DecodingError as error:
        raise RendererLied("encoded", "The render service sent an answer that cannot be decoded.") from error
    except (httpx2.HTTPError, httpx2.StreamError) as error:
        raise Cut("cut", "The connection to the render service broke before its answer was complete.") from error
