"""A worker that kills itself at a chosen point: `python -m tests.gpu_client.dying_worker POINT JOB`.

Points are `before:` or `after:` a function named by its path. SIGKILL: no handler runs, nothing is tidied by us.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID


def deadly(real: Callable[..., Any], when: str) -> Callable[..., Any]:
    def wrapped(*given: object, **named: object) -> object:
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)
        return result

    return wrapped


def main() -> None:
    import django

    django.setup()
    from gpu_client import doorbell
    from gpu_client.models import RenderJob
    from tests.gpu_client.world import run

    doorbell.ring = lambda *_given, **_named: None
    when, _, path = sys.argv[1].partition(":")
    module, _, names = path.partition("/")
    owner = importlib.import_module(module)
    *outer, name = names.split(".")
    for part in outer:
        owner = getattr(owner, part)
    setattr(owner, name, deadly(getattr(owner, name), when))
    run(RenderJob.objects.get(pk=UUID(sys.argv[2])))


if __name__ == "__main__":
    main()
