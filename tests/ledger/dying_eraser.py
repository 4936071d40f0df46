"""A program that erases a subject and kills itself at a named point: `before:` or `after:` a function of ours."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module


def die(*_args: object, **_kwargs: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    when, _, where = point.partition(":")
    module, _, path = where.partition("/")
    owner: object = import_module(module)
    *owners, name = path.split(".")
    for step in owners:
        owner = getattr(owner, step)
    real = getattr(owner, name)

    def dying(*args: object, **kwargs: object) -> None:
        if when == "after":
            real(*args, **kwargs)
        die()

    setattr(owner, name, dying)


if __name__ == "__main__":
    import django

    django.setup()
    from ledger import erasure

    arm(sys.argv[1])
    erasure.erase(sys.argv[2], actor="system:test", reason="a crash is tested")
