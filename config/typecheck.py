"""Run mypy. Its Django plugin imports the settings, which refuse to load without addresses: these reach nothing."""

from __future__ import annotations

import os
import subprocess
import sys

NOWHERE = {
    "COUNTENANCE_ENV": "development",
    "COUNTENANCE_SECRET_KEY": "only for the type checker",
    "DATABASE_URL": "postgresql:///none",
    "BROKER_URL": "memory://",
}


def main() -> int:
    """Return mypy's exit status."""
    ours = ["ledger", "consent", "gpu_client", "provenance", "config", "clients", "tests"]
    command = [sys.executable, "-m", "mypy", *ours, *sys.argv[1:]]
    return subprocess.run(command, env=NOWHERE | dict(os.environ), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
