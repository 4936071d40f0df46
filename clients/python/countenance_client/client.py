"""The calls of the story: ask for consent, ask before paying, render, wait, download, prove."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any, Final, Self

import httpx2

from countenance_client.problems import Unreachable, checked

if TYPE_CHECKING:
    from collections.abc import Mapping

TRIES: Final = 3  # of one call, the first included
WORTH_ANOTHER: Final = frozenset({429, 502, 503, 504})
LONGEST_PAUSE: Final = 30.0  # seconds, whatever `Retry-After` says
UNFINISHED: Final = frozenset({"queued", "in_progress"})


class NotInTime(Exception):  # noqa: N818 - the word for it
    """A video was not finished within the time that the caller gave it. It goes on."""


class Client:
    """One app's connection. `pause`: seconds before the second try, twice that before the third."""

    def __init__(
        self, url: str, token: str, *, pause: float = 0.5, transport: httpx2.BaseTransport | None = None
    ) -> None:
        """Open it. Redirects are not followed, so the token goes nowhere else."""
        self._pause = pause
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._http = httpx2.Client(base_url=url, headers=headers, timeout=30.0, transport=transport)

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self._http.close()

    def ask_consent(self, likeness: str, terms: Mapping[str, Any], *, reason: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON members
        """Ask a person for a grant; `likeness` is an id or @handle. While it is open, asking again is the same one."""
        body = {"likeness": likeness, "terms": dict(terms), "reason": reason, **more}
        return self._document("POST", "/v1/consent-requests", json=body)

    def preflight(self, cast: list[str], *, purpose: str, seconds: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON members
        """Ask whether a use would be covered now. An allowance is no promise."""
        body = {"cast": cast, "purpose": purpose, "seconds": seconds, "remix": False, **more}
        return self._document("POST", "/v1/decisions", json=body)

    def render(self, prompt: str, *, key: str | None = None, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON members
        """Ask for a video. `key` None: a fresh one, so that its tries cost one render; keep one to ask again."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self._document("POST", "/v1/videos", again=True, json={"prompt": prompt, **fields}, headers=headers)

    def video(self, video: str) -> dict[str, Any]:
        """Return how far a video is."""
        return self._document("GET", f"/v1/videos/{uuid.UUID(video)}", again=True)

    def wait(self, video: str, *, seconds: float, every: float = 1.0) -> dict[str, Any]:
        """Return a video once it is completed or failed; raise `NotInTime`."""
        deadline = time.monotonic() + seconds
        while (found := self.video(video))["status"] in UNFINISHED:
            if time.monotonic() >= deadline:
                raise NotInTime(video)
            time.sleep(every)
        return found

    def download(self, video: str) -> bytes:
        """Return the stamped file. `Refused` with status 410 once consent has ended."""
        return self._call(
            "GET", f"/v1/videos/{uuid.UUID(video)}/content", again=True, headers={"Accept": "*/*"}
        ).content

    def proof(self, entry: str) -> str:
        """Return the inclusion proof of an entry that concerns oneself (c2sp.org/tlog-proof@v1)."""
        return self._call("GET", f"/v1/entries/{uuid.UUID(entry)}/proof", again=True, headers={"Accept": "*/*"}).text

    def receipt(self, entry: str) -> bytes:
        """Return its COSE receipt (RFC 9942)."""
        return self._call(
            "GET", f"/v1/entries/{uuid.UUID(entry)}/receipt", again=True, headers={"Accept": "*/*"}
        ).content

    def _document(self, method: str, path: str, *, again: bool = False, **sent: Any) -> dict[str, Any]:  # noqa: ANN401 - of httpx2
        document: dict[str, Any] = self._call(method, path, again=again, **sent).json()
        return document

    def _call(self, method: str, path: str, *, again: bool = False, **sent: Any) -> httpx2.Response:  # noqa: ANN401 - of httpx2
        """Send it; `again`: a second one has no second effect. Raises `Refused`, `Unreachable`."""
        last = TRIES if again else 1
        for number in range(1, last + 1):
            try:
                answer = self._http.request(method, path, **sent)
            except httpx2.TransportError as error:
                if number == last:
                    raise Unreachable(str(error)) from error
                time.sleep(self._pause * number)
                continue
            if number == last or answer.status_code not in WORTH_ANOTHER:
                return checked(answer)
            time.sleep(self._wanted(answer, number))
        raise AssertionError("unreachable: the last try returns or raises")

    def _wanted(self, answer: httpx2.Response, number: int) -> float:
        """Return the seconds before the next try: what the service asks for, within reason."""
        asked = answer.headers.get("Retry-After", "")
        return min(float(asked), LONGEST_PAUSE) if asked.isascii() and asked.isdigit() else self._pause * number
