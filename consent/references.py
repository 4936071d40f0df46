"""A picture or clip that somebody wants a video to start from: refused unless each face in it is the cast's.

Asked only for a cast whose use is allowed to the asker: else it would tell strangers who is in a photograph. All
refusals that rest on a template read alike, whoever it is and however near: a score is a hill to climb. Each is a
recorded denial, which the holders of the cast see among their attempts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final
from uuid import UUID

from django.db import transaction

from consent import decisions, disclosure, providers, templates
from consent.depicted import Matched
from consent.media import scene
from consent.models import Decision
from consent.policy import Reason
from ledger.problem import Problem

if TYPE_CHECKING:
    from consent.depicted import Compared
    from consent.media.scene import Scene
    from consent.models import Party
    from consent.policy import Use

POINTER: Final = "/reference"
REASON: Final = {"likeness": "", "reason": str(Reason.CHECK_FAILED), "clause": POINTER, "grant": None}
UNCHECKED: Final = (
    "faces that are smaller, seen from the side, covered or drawn",
    "bodies, names, voices and anything else that tells who somebody is",
)
OF_CLIPS: Final = ("sound", "what is shown between the pictures that were looked at")


class ReferenceShowsSomebody(Problem):
    """A face in the reference is not, or may not be, one of the cast's. One answer for all of that."""

    code: ClassVar[str] = "reference-shows-somebody"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The reference may show somebody else"


class ReferenceNotComparable(Problem):
    """The reference shows a face, and a likeness of the cast has no template that it could be compared with."""

    code: ClassVar[str] = "reference-not-comparable"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The reference cannot be compared"


@dataclass(frozen=True, slots=True)
class Clear:
    """Every face that was found is a declared likeness'. What that is worth is in the two lists."""

    faces: int
    checked: tuple[str, ...]
    unchecked: tuple[str, ...]


def screen(data: bytes, use: Use, *, actor: Party) -> Clear:
    """Say whether this reference could be used for this use now.

    Raises `decisions.Denied`, `ReferenceShowsSomebody`, `ReferenceNotComparable`, and as `scene.of_reference` does.
    """
    decision = decisions.preflight(use, actor=actor)
    if decision.outcome != Decision.Outcome.ALLOW:
        raise decisions.Denied(decision, disclosure.reasons_for(decision, actor))
    seen = scene.of_reference(data, pointer=POINTER)  # a second or more: no transaction is open
    compared = against(seen, use)
    if isinstance(compared, Matched) and not compared.unchecked:
        return Clear(compared.faces, checked(seen), unchecked(seen))
    if isinstance(compared, Matched) and compared.unknown == compared.unchecked:
        raise _not_comparable()
    raise _denied(decision)


def against(seen: Scene, use: Use) -> Compared:
    """Compare what was seen with the templates of the use's cast."""
    model = providers.OwnFaceEmbedder.model_sha256  # of the net in the child, whatever the settings name for clips
    return templates.against_cast(seen.faces, cast={UUID(one) for one in use.cast}, model=model)


def checked(seen: Scene) -> tuple[str, ...]:
    """Say what was looked for, and where."""
    share = f"{seen.least_share:.0%} of the width"
    if seen.every is None:
        return (f"faces of at least {share}, upright, turned by quarters and in inverted colours",)
    return (f"faces of at least {share}, in one picture every {seen.every:g} seconds ({seen.pictures} in all)",)


def unchecked(seen: Scene) -> tuple[str, ...]:
    """Say what nothing is known of."""
    return UNCHECKED if seen.every is None else (*UNCHECKED, *OF_CLIPS)


def _not_comparable() -> ReferenceNotComparable:
    return ReferenceNotComparable(
        "A likeness of the cast was enrolled without a session, so no face can be compared with it.",
        pointer=POINTER,
        remedy="Send no reference, or ask its holder to enrol again in a session.",
    )


def _denied(allowed: Decision) -> ReferenceShowsSomebody:
    """Record the denial, and return its one wording."""
    allowed.outcome, allowed.reasons = Decision.Outcome.DENY, [REASON]
    with transaction.atomic():
        decisions.record(allowed)
    return ReferenceShowsSomebody(
        "The reference shows, or may show, a face that is not of the cast.",
        pointer=POINTER,
        remedy="Declare everybody whom it shows. Faces have to be 50 pixels wide or more and look into the camera.",
        decision_id=str(allowed.pk),
    )
