"""Numbers that people can read out: random, so that they say nothing of how many there are."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from django.db.models import QuerySet

LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U


def drawn(prefix: str, rows: QuerySet[Any]) -> str:
    """Return a number that no row has, such as T-7K3F-9QXM: 40 bits. A number opens nothing; a secret link does."""
    while True:
        eight = "".join(secrets.choice(LETTERS) for _ in range(8))
        number = f"{prefix}-{eight[:4]}-{eight[4:]}"
        if not rows.filter(number=number).exists():
            return number
