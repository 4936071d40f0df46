"""One person, or one client app, as they meet Countenance from outside: a key, a token, and HTTP."""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PATIENCE = 120  # seconds that a render may take on a slow machine


class Refused(Exception):  # noqa: N818 - what the API did
    """The API answered with a problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')} {problem.get('remedy', '')}".strip())
        self.status, self.problem = status, problem

    @property
    def code(self) -> str:
        """The problem's code."""
        return str(self.problem.get("code"))


@dataclass(slots=True)
class Person:
    """Somebody with an Ed25519 key of their own. `token` is empty until they signed up."""

    url: str
    handle: str
    name: str
    kind: str = "person"
    token: str = ""
    party: str = ""
    key_id: str = ""
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=60, trust_env=False))

    def ask(self, method: str, path: str, **what: Any) -> httpx2.Response:  # noqa: ANN401 - httpx2's own
        """Send one request with the token; return the answer, whatever it is."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.http.request(method, f"{self.url}{path}", headers=headers | what.pop("headers", {}), **what)

    def call(self, method: str, path: str, **what: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx2's own
        """Send one request and return its JSON; raise `Refused` if the answer is a problem."""
        answer = self.ask(method, path, **what)
        if answer.status_code >= httpx2.codes.BAD_REQUEST:
            raise Refused(answer.status_code, answer.json())
        return dict(answer.json())

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self.key.public_key().public_bytes_raw()

    def sign(self, kind: str, document: dict[str, Any]) -> str:
        """Sign a document's digest as docs/vocabulary.md has it; base64url."""
        return encoded(self.key.sign(digest(kind, document)))

    def sign_up(self) -> None:
        """Open an account: prove the key, receive the token, which is shown only now."""
        key = {"algorithm": "Ed25519", "public": encoded(self.public)}
        key["proof"] = self.sign("key-possession", {"handle": self.handle} | key)
        body = {"handle": self.handle, "name": self.name, "kind": self.kind, "key": key}
        answer = self.call("POST", "/v1/parties", json=body)
        self.token, self.party = answer["token"], answer["party"]["id"]
        self.key_id = answer["party"]["keys"][0]["key_id"]

    def register(self) -> str:
        """Register a likeness of oneself; return its id."""
        return str(self.call("POST", "/v1/likenesses", json={"name": self.name, "kind": "person"})["id"])

    def answer_challenge(self, likeness: str, clip: bytes) -> dict[str, Any]:
        """Open an enrolment session and hand in a clip as the answer to its challenge; return the session."""
        session = self.call("POST", f"/v1/likenesses/{likeness}/enrolment-sessions", json={})
        files = {"clip": ("clip.mp4", clip, "video/mp4")}
        return self.call("POST", f"/v1/enrolment-sessions/{session['id']}/clip", files=files)

    def enrol(self, likeness: str, clip: bytes) -> str:
        """Enrol a clip that answers no challenge; return what may be claimed of it."""
        files = {"clip": ("clip.mp4", clip, "video/mp4")}
        return str(self.call("POST", f"/v1/likenesses/{likeness}/enrolments", files=files)["assurance"])

    def draft(self, likeness: str, terms: dict[str, Any]) -> dict[str, Any]:
        """Ask for the exact document to sign, and the text that says what it means."""
        return self.call("POST", "/v1/grants/draft", json={"likeness": likeness, "terms": terms, "key": self.key_id})

    def grant(self, document: dict[str, Any], signature: str | None = None) -> dict[str, Any]:
        """Hand in a signed grant."""
        signed = signature or self.sign("grant", document)
        return self.call("POST", "/v1/grants", json={"document": document, "signature": signed})

    def may_i(self, cast: list[str], *, purpose: str, seconds: int) -> dict[str, Any]:
        """Ask whether a use would be covered, before paying for it."""
        body = {"cast": cast, "purpose": purpose, "seconds": seconds, "remix": False}
        return self.call("POST", "/v1/decisions", json=body)

    def request_video(
        self, prompt: str, cast: list[str], *, purpose: str, shown_in: list[str] | None = None, key: str | None = None
    ) -> dict[str, Any]:
        """Ask for a video of four seconds; `shown_in` None: everywhere."""
        body = {"prompt": prompt, "likeness": cast, "purpose": purpose, "seconds": "4", "size": "1280x720"}
        body |= {"territories": shown_in} if shown_in else {}
        return self.call("POST", "/v1/videos", json=body, headers={"Idempotency-Key": key} if key else {})

    def wait_for(self, video: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """Poll until the video is completed or failed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.call("GET", f"/v1/videos/{video}")
            if found["status"] in {"completed", "failed"}:
                return found
            time.sleep(0.2)
        raise TimeoutError(f"The video {video} was neither completed nor failed after {seconds:.0f} s.")

    def download(self, video: str, target: Path) -> int:
        """Save the finished file; return its size in bytes."""
        answer = self.ask("GET", f"/v1/videos/{video}/content")
        if answer.status_code != httpx2.codes.OK:
            raise Refused(answer.status_code, answer.json())
        return target.write_bytes(answer.content)


def digest(kind: str, document: dict[str, Any]) -> bytes:
    """Return the 32 bytes that are signed: written here again, as a client would, rather than imported."""
    return hashlib.sha256(b"countenance/" + kind.encode() + b"/v1\0" + rfc8785.dumps(document)).digest()


def encoded(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
