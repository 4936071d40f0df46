"""Templates of faces: sealed under their holder's key, and compared in memory by one verb. No door returns one.

A template is bound to the model that made it: of another model it is not compared, and said not to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from consent.depicted import compare
from consent.models import Enrolment, Likeness
from ledger import base64url, vault
from ledger.canonical import canonical, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence
    from uuid import UUID

    import numpy.typing as npt

    from consent.depicted import Verdict
    from consent.media.scene import Seen
    from ledger.models import Sealed

    Numbers = npt.NDArray[np.float64]

PAGE: Final = 500
MOST: Final = 20  # candidates that a reviewer is shown


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    candidates:   (likeness, distance) of those near enough for a human to look at, nearest first
    compared:     how many templates were
    incomparable: how many are of another model, or could not be opened: of them nothing is known
    """

    candidates: tuple[tuple[UUID, float], ...]
    compared: int
    incomparable: int

    def record(self) -> dict[str, object]:
        """Return it as canonical JSON takes it, for a sealed note."""
        near = [{"likeness": str(pk), "distance_thousandths": round(far * 1000)} for pk, far in self.candidates]
        return {"candidates": near, "compared": self.compared, "incomparable": self.incomparable}


def seal(subject: str, numbers: Numbers, *, model: str, context: str) -> Sealed:
    """Seal a template under its holder's key: gone with it."""
    document = {"model": model, "numbers": base64url.encode(numbers.astype("<f4").tobytes())}
    return vault.seal(subject, canonical(document), context=context)


def look_alikes(numbers: Numbers, *, of: Likeness, model: str, within: float) -> Found:
    """Compare with the template of every enrolled likeness of other holders. Opens each; keeps none.

    Linear in how many there are. Two clips that are accepted in the same moment do not see each other.
    """
    others = (
        Enrolment.objects.filter(template__isnull=False, erased_at=None)
        .exclude(likeness__holder=of.holder_id)
        .exclude(likeness__state=Likeness.State.WITHDRAWN)
        .select_related("template__subject_key")
        .order_by("pk")
    )
    near, compared, incomparable = [], 0, 0
    for enrolment in others.iterator(PAGE):
        other = _opened(enrolment.template, model)
        if other is None or other.shape != numbers.shape:
            incomparable += 1
            continue
        compared += 1
        distance = float(np.linalg.norm(numbers - other))
        if not distance > within:  # written so that NaN is looked at
            near.append((enrolment.likeness_id, distance))
    return Found(tuple(sorted(near, key=lambda one: one[1])[:MOST]), compared, incomparable)


def distance_to_own(numbers: Numbers, *, of: Likeness, model: str) -> float | None:
    """Return the distance to the likeness' own newest template; `None`: it has none that can be compared."""
    enrolment = (
        Enrolment.objects.filter(likeness=of, template__isnull=False, erased_at=None)
        .select_related("template__subject_key")
        .order_by("created_at", "pk")
        .last()
    )
    own = _opened(enrolment.template, model) if enrolment else None
    return None if own is None or own.shape != numbers.shape else float(np.linalg.norm(numbers - own))


def forget_older(enrolment: Enrolment) -> None:
    """Destroy the templates that a newer enrolment replaces, in the caller's transaction."""
    for old in Enrolment.objects.filter(likeness=enrolment.likeness_id, template__isnull=False).exclude(
        pk=enrolment.pk
    ):
        sealed, old.template = old.template, None
        old.save(update_fields=["template"])
        if sealed is not None:
            sealed.delete()


def _opened(sealed: Sealed | None, model: str) -> Numbers | None:
    """Return the numbers; `None` for another model's, or for what cannot be opened any more."""
    if sealed is None:
        return None
    try:
        document = parse(vault.unseal(sealed))
    except vault.UNREADABLE:  # its holder was erased a moment ago
        return None
    if document["model"] != model:
        return None
    return np.frombuffer(base64url.decode(document["numbers"]), "<f4").astype(np.float64)


def against_cast(found: Sequence[Seen], *, cast: Collection[UUID], model: str, times: int = 1) -> Verdict:
    """Compare faces with each likeness' newest template. Opens each here, keeps none, and returns counts only.

    A likeness that is a character's, was enrolled without a session, under another model, or was erased has none.
    """
    enrolled = (
        Enrolment.objects.filter(likeness__in=cast, template__isnull=False, erased_at=None)
        .select_related("template__subject_key")
        .order_by("created_at", "pk")  # so that the newest stays
    )
    opened: dict[Hashable, Numbers | None] = dict.fromkeys(cast)
    for enrolment in enrolled:
        opened[enrolment.likeness_id] = _opened(enrolment.template, model)
    return compare(found, opened, times=times)
