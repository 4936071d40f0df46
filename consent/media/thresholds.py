"""How near two templates of faces have to be, and when they cannot be compared at all. Pure: no net is loaded for it.

Set on a few photographs and on renders made of them; `docs/design/screening.md` has what held-out ones measured.
"""

from __future__ import annotations

from typing import Final

SAME: Final = 0.50  # L2 distance of two templates: up to this the same person
UNCERTAIN: Final = 0.60  # up to this a human decides; beyond it somebody else
FURTHEST_TURN: Final = 30.0  # degrees: beyond it, or below SMALLEST pixels, two faces cannot be compared
SMALLEST: Final = 50.0
