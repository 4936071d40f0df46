"""Starts a thread when it is imported: what is forked beside a thread may wait for its locks for ever."""

from __future__ import annotations

import threading
import time
from typing import Any, BinaryIO

threading.Thread(target=time.sleep, args=(60,), daemon=True).start()


def main(source: BinaryIO, arguments: dict[str, Any], output: BinaryIO | None) -> dict[str, Any]:
    """Nothing: it is not reached."""
    return {}
