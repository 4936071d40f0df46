"""A worker that dies before a function of `deliveries`: `python -m tests.consent.webhooks.dying_worker NAME ID`.

SIGKILL: no handler runs, nothing is tidied by us.
"""

from __future__ import annotations

import os
import signal
import sys
from uuid import UUID


def main() -> None:
    import django

    django.setup()
    from consent.webhooks import deliveries

    setattr(deliveries, sys.argv[1], lambda *_given: os.kill(os.getpid(), signal.SIGKILL))
    deliveries.deliver(UUID(sys.argv[2]))


if __name__ == "__main__":
    main()
