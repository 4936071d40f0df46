"""The verifier's child over many files in one confined process, each by itself: `python -m` this, a line, the files.

The sandbox itself lets a program of the tests read no code of this app, so this confines itself by the same means.
"""

from __future__ import annotations

import json
import os
import sys
from io import BytesIO
from pathlib import Path

from consent.media.confinement import confine

ROOT = Path(__file__).resolve().parents[3]
LIMITS = {"memory": 1024 << 20, "cpu_seconds": 120, "output_bytes": 0, "files": 64, "threads": True}


def main() -> None:
    """Read one line of JSON ("anchors", "sizes") and the files; write the confinement and the facts about each."""
    asked = json.loads(sys.stdin.buffer.readline())
    files = [sys.stdin.buffer.read(size) for size in asked["sizes"]]
    packages = [ROOT / name for name in ("provenance", "consent", "ledger")]
    confined = confine(LIMITS, packages=packages, parent=os.getppid())
    from provenance import verify_child

    arguments = {"anchors": asked["anchors"], "others": ""}
    found = [verify_child.main(BytesIO(data), arguments, None) for data in files]
    sys.stdout.write(json.dumps({"confined": confined, "found": found}))


if __name__ == "__main__":
    main()
