"""A real render service in its own process, the desk where it redeems, and permits signed with a key of the test."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import httpx2
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent import permit
from gpu_client.client import VideosBackend, videos_backend
from gpu_client.protocol import Attachment, RenderOrder, Role

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "service-token"
SIZE, SECONDS, MODEL, PROMPT = "640x360", 1, "reference", "A walk through the hills at first light"


@dataclass
class Signer:
    """An Ed25519 key as `consent.permit.mint` wants it."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    key_id: str = "test-key"

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)

    @property
    def public(self) -> str:
        return self.private.public_key().public_bytes_raw().hex()

    def mint(self, *, lives: float = 60, parent: bytes | None = None, **changes: object) -> tuple[str, str, str]:
        """Return (token, permit id, job id) of a permit for the usual order."""
        begins = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1 if lives > 0 else 120)
        claims = permit.PermitClaims(
            permit=str(uuid.uuid4()),
            job=str(uuid.uuid4()),
            not_before=begins,
            expires=datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=lives),
            order=permit.Order(
                prompt_sha256=hashlib.sha256(PROMPT.encode()).hexdigest(),
                model=MODEL,
                seconds=SECONDS,
                size=SIZE,
                parent_sha256=None if parent is None else hashlib.sha256(parent).hexdigest(),
            ),
            epochs=((str(uuid.uuid4()), 0),),
            binding=bytes(32),
        )
        claims = replace(claims, **changes)  # type: ignore[arg-type] # the test names fields of the claims
        return permit.mint(claims, self), claims.permit, claims.job


class Desk:
    """Countenance's redeem door. `judge` takes the token and returns a status code; every token that came is kept."""

    def __init__(self, judge: Callable[[str], int] = lambda _token: 200) -> None:
        self.judge, self.seen = judge, list[str]()
        desk = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                right = self.path == "/v1/permits/redeem" and self.headers["Authorization"] == f"Bearer {TOKEN}"
                desk.seen.append(body["permit"])
                self.send_response(desk.judge(body["permit"]) if right else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Service:
    """One running reference renderer."""

    state: Path
    keys: dict[str, str]
    desk: str
    misbehave: str | None = None
    process: subprocess.Popen[str] | None = None
    url: str = ""

    def start(self) -> Service:
        self.state.mkdir(parents=True, exist_ok=True)
        keys = self.state / "permit-keys.json"
        keys.write_text(json.dumps(self.keys))
        command = [sys.executable, "-m", "gpu_client.reference_renderer", "--state", str(self.state)]
        command += ["--permit-keys", str(keys), "--countenance", self.desk, "--token", TOKEN]
        command += ["--misbehave", self.misbehave] if self.misbehave else []
        self.process = subprocess.Popen(
            command, cwd=ROOT, env={"PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]
        return self

    def stop(self, *, kill: bool = False) -> str:
        """End the process; return what it wrote to its error stream."""
        assert self.process is not None
        (self.process.kill if kill else self.process.terminate)()
        return self.process.communicate(timeout=10)[1]

    @property
    def backend(self) -> VideosBackend:
        key = bytes.fromhex((self.state / "sealing-key.hex").read_text())
        return videos_backend(self.url, TOKEN, key)

    @property
    def health(self) -> dict[str, Any]:
        answer: dict[str, Any] = httpx2.get(f"{self.url}/healthz").json()
        return answer


def order(job: str, clip: bytes, **changes: object) -> RenderOrder:
    """Return the usual order, with one person."""
    attachments = (Attachment(Role.CALIBRATION, "video/mp4", clip),)
    usual = RenderOrder(job, PROMPT, MODEL, SECONDS, SIZE, attachments)
    return replace(usual, **changes)  # type: ignore[arg-type] # the test names fields of the order


def make_clip(seconds: float = 1.0, size: tuple[int, int] = (160, 120), *, hertz: float = 440) -> bytes:
    """Make a clip that moves and sounds, and shows nobody."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as file:
        video = file.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = file.add_stream("aac", rate=48_000, layout="mono")
        for number in range(round(seconds * 24)):
            picture = np.full((size[1], size[0], 3), 40 + number * 5 % 200, np.uint8)
            file.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            wave = 0.3 * np.sin(2 * np.pi * hertz * (np.arange(2000) + 2000 * number) / 48_000)
            sound = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None], "flt", "mono")
            sound.sample_rate, sound.pts = 48_000, 2000 * number
            file.mux(audio.encode(sound))
        file.mux(video.encode())
        file.mux(audio.encode())
    return target.getvalue()
