"""Which decisions are looked at again, and how well two looks agree. Pure.

A decision is drawn by a hash over seed and id: who has the seed can repeat the draw, in any order and in any part, and
who decides does not know it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

SCALE: Final = 2**64


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of so many second looks so many agreed. `kappa` (Cohen 1960) leaves out what agrees by chance.

    It is `None` where it says nothing: without looks, or where both chose one and the same each time.
    """

    looks: int
    agreed: int
    kappa: float | None

    @property
    def share(self) -> float | None:
        """Return the share that agreed, 0 to 1; `None` without looks."""
        return self.agreed / self.looks if self.looks else None


def drawn(seed: bytes, decision: UUID, share: float) -> bool:
    """Tell whether a decision is in the sample. Raises `ValueError` for a share outside of 0 to 1."""
    if not 0 <= share <= 1:
        raise ValueError("a share is between 0 and 1")
    number = int.from_bytes(hmac.digest(seed, decision.bytes, hashlib.sha256)[:8], "big")
    return number < share * SCALE


def agreement(pairs: Iterable[tuple[str, str]]) -> Agreement:
    """Return how well first and second decisions agree."""
    counted = Counter(pairs)
    looks = sum(counted.values())
    agreed = sum(count for (first, second), count in counted.items() if first == second)
    if not looks:
        return Agreement(0, 0, None)
    firsts, seconds = Counter[str](), Counter[str]()
    for (first, second), count in counted.items():
        firsts[first] += count
        seconds[second] += count
    chance = sum(firsts[word] * seconds[word] for word in firsts) / looks**2
    return Agreement(looks, agreed, None if chance == 1 else (agreed / looks - chance) / (1 - chance))
