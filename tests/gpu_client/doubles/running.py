"""Start a double, tell it how to behave, and read what it was sent."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from gpu_client.dialects import catalogue
from gpu_client.protocol import Backend
from tests.gpu_client.service import ROOT

TOKEN = "vendor-token"
CALLS = httpx2.Client(verify=False, trust_env=False)
GRAPH = {
    "1": {"class_type": "Text", "inputs": {"text": {"$order": "prompt"}, "width": {"$order": "width"}}},
    "2": {"class_type": "LoadVideo", "inputs": {"file": {"$order": "reference"}}},
}
OPTIONS: dict[str, Any] = {"private_link": True, "graph": GRAPH, "downloads": ["replicate.delivery"]}


@dataclass
class Double:
    """One double in a process of its own."""

    dialect: str
    film: Path
    url: str = ""
    process: subprocess.Popen[str] = field(init=False)

    def start(self) -> Double:
        command = [sys.executable, "-m", "tests.gpu_client.doubles", self.dialect, str(self.film)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]
        return self

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=10)

    def behave(self, mode: str = "") -> None:
        CALLS.post(f"{self.url}/_double", json={"mode": mode})

    @property
    def seen(self) -> dict[str, Any]:
        found: dict[str, Any] = CALLS.get(f"{self.url}/_double").json()
        return found

    @property
    def sent(self) -> bytes:
        """Everything that it was sent since it was told how to behave: lines, headers and bodies."""
        every = [json.dumps([one["line"], one["headers"]]).encode() for one in self.seen["requests"]]
        return b"\n".join(every + [base64.b64decode(one["body"]) for one in self.seen["requests"]])

    def backend(self, **changes: Any) -> Backend:  # noqa: ANN401 - options of any kind
        return catalogue.make(self.dialect, self.url, TOKEN, OPTIONS | changes)
