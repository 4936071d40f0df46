"""A process of its own that spends requests of one party until it is refused, and says how many it had."""

from __future__ import annotations

import sys

import django

django.setup()

from django.conf import settings  # noqa: E402 - after the setup
from django.http import HttpRequest  # noqa: E402 - after the setup

from consent import limits  # noqa: E402 - after the setup


def main() -> None:
    """Spend; print the number."""
    settings.REQUESTS_PARTY = int(sys.argv[1]), 3600
    taken = 0
    try:
        while taken < 10_000:
            limits.spend("one party", HttpRequest())
            taken += 1
    except limits.TooManyRequests:
        sys.stdout.write(f"{taken}\n")


if __name__ == "__main__":
    main()
