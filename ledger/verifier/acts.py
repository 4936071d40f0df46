"""One act of an export bundle, as far as it has been checked."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Act:
    """What the bundle claims of an act, and what was found true; `None` where the check before did not hold."""

    claims: dict[str, Any]
    entry: bytes | None = None
    body: dict[str, Any] | None = None
    payload: dict[str, Any] | None = None
    index: int | None = None

    def is_a(self, *kinds: str) -> bool:
        """Tell whether the log itself, not only the bundle, calls this act one of these."""
        return self.body is not None and self.body["kind"] in kinds
