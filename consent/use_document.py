"""A use as JSON, as decisions keep it. Pure.

What a use does not limit or say is null. A row from before a field existed lacks it, and means the default.
"""

from __future__ import annotations

from typing import Any

from consent.speech import Words
from consent.use import Use


def use_document(use: Use) -> dict[str, Any]:
    """Return the use as JSON."""
    words = use.words
    return {
        "cast": sorted(use.cast),
        "client": use.client,
        "purpose": use.purpose,
        "remix": use.remix,
        "seconds": use.seconds,
        "depth": use.generations,
        "modalities": {likeness: sorted(shown) for likeness, shown in use.modalities},
        "scenes": sorted(use.scenes),
        "territories": None if use.territories is None else sorted(use.territories),
        "campaign": use.campaign,
        "words": None if words is None else {"text": words.text, "language": words.language},
        "training": use.training,
    }


def read_use(stored: dict[str, Any], *, counted: bool = False) -> Use:
    """Return the use that `use_document` wrote. `counted`: a permit has counted it. Raises `LookupError`."""
    known = {name: stored[name] for name in ("client", "purpose", "remix", "seconds")}
    more: dict[str, Any] = {name: stored[name] for name in ("depth", "campaign", "training") if name in stored}
    if stored.get("territories") is not None:
        more["territories"] = frozenset(stored["territories"])
    if "scenes" in stored:
        more["scenes"] = frozenset(stored["scenes"])
    if "modalities" in stored:
        more["modalities"] = tuple((one, frozenset(shown)) for one, shown in sorted(stored["modalities"].items()))
    if stored.get("words") is not None:
        more["words"] = Words(stored["words"]["text"], stored["words"]["language"])
    return Use(cast=frozenset(stored["cast"]), counted=counted, **known, **more)
