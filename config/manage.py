"""`./dev manage …`: Django's commands against the servers of `./dev up`, or against one's own by the environment.

If nothing runs, the embedded database of `./dev up` is started for the time of the command.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from config.house import ROOT, House, Plan, interruptible
from config.up import ORIGIN, PORT, running_environment


def main() -> None:
    """Find or start an environment, then hand over to Django."""
    found = running_environment()
    if found is None and "DATABASE_URL" in os.environ and "BROKER_URL" in os.environ:
        found = dict(os.environ)
    if found is not None:
        os.execve(sys.executable, [sys.executable, str(ROOT / "manage.py"), *sys.argv[1:]], found)  # noqa: S606 - no shell
    house = House(Plan(var=Path(ROOT / "var/up"), origin=ORIGIN, port=PORT))
    with interruptible():
        raise SystemExit(house.run_once(sys.argv[1:]))


if __name__ == "__main__":
    main()
