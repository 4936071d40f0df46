"""A time-stamping authority of the tests' own: the development program's, in a thread of this process."""

from __future__ import annotations

import tempfile
import threading
from functools import cache
from pathlib import Path

from provenance.timestamps import Authority
from provenance.tsa import authority, server


@cache
def folder() -> Path:
    """Return where its key and certificates are."""
    made = Path(tempfile.mkdtemp(prefix="tsa-"))
    authority.make(made)
    return made


@cache
def clock() -> Authority:
    """Start it, once in a process, and return whom to ask and whom to trust."""
    running = server.Server("127.0.0.1", 0, authority.load(folder()))
    threading.Thread(target=running.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{running.server_address[1]}/"
    return Authority(url, (folder() / authority.ROOT_FILE).read_text())
