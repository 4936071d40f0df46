"""Whether enough of several heirs agree. Pure.

`any`: one suffices. `majority`: those who agree hold more than half of all shares, as holders of more than half may
act under the laws of some places (docs/design/authority.md); half is not more than half. `all`: nobody is missing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Rule(StrEnum):
    """How several heirs decide what widens."""

    ANY = "any"
    MAJORITY = "majority"
    ALL = "all"


def satisfied(rule: str, shares: Mapping[str, int], agreeing: Collection[str]) -> bool:
    """Tell whether those who agree suffice. `shares`: every heir of now, with a share of at least 1.

    No heirs, a rule that is not known, a share below 1: False. Who agrees and is no heir counts for nothing.
    """
    if not shares or min(shares.values()) < 1:
        return False
    with_us = {heir for heir in agreeing if heir in shares}
    if rule == Rule.ALL:
        return with_us == set(shares)
    if rule == Rule.MAJORITY:
        return 2 * sum(shares[heir] for heir in with_us) > sum(shares.values())
    return rule == Rule.ANY and bool(with_us)
