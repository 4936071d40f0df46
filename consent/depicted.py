"""Compare the faces of a scene with the templates of the cast. Pure: numbers in, a verdict out.

    nearest template of the cast     the face
    <= 0.50                          is that member's, as far as numbers can say
    0.50 to 0.60                     may be: a person decides
    beyond, or not a number          is nobody's of those compared
    no template of the face          cannot be told, and is never "somebody else"

A member without a template may be any face that fits nobody: as many such faces in one picture as there are such
members prove nothing either way. More of them do, and so do more faces in one picture than the cast has members.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from consent.media.thresholds import SAME, UNCERTAIN

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from consent.media.scene import Seen

Numbers = npt.NDArray[np.float64]

MOST_PLACES: Final = 20  # of faces that a person should look at, the first


@dataclass(frozen=True, slots=True)
class Compared:
    """How many faces there were, of which kind. One person in ten pictures is ten faces.

    members:    of the cast; without_template: of those, whose face cannot be compared with anything
    matched:    faces within `SAME` of a member's template
    near:       faces within `UNCERTAIN` of one, and no nearer
    strange:    faces that are nobody's
    unknown:    faces that may be a member's without a template
    small, turned: faces that cannot be compared
    crowded:    pictures with more faces than members, each as often as they may be there
    places:     seconds at which something is near, strange or crowded
    """

    members: int
    without_template: int
    matched: int = 0
    near: int = 0
    strange: int = 0
    unknown: int = 0
    small: int = 0
    turned: int = 0
    crowded: int = 0
    places: tuple[float, ...] = ()

    @property
    def faces(self) -> int:
        """How many were found."""
        return self.matched + self.near + self.strange + self.unknown + self.small + self.turned

    @property
    def unchecked(self) -> int:
        """How many of them were compared with nobody, or not with everybody."""
        return self.unknown + self.small + self.turned


class Matched(Compared):
    """Nothing speaks against it: every face that could be compared is a member's. See what could not."""

    __slots__ = ()


class Doubtful(Compared):
    """A face may be or may not be a member's, or there are more faces than members."""

    __slots__ = ()


class Undeclared(Compared):
    """A face is nobody's of the cast."""

    __slots__ = ()


Verdict = Matched | Doubtful | Undeclared


def compare(found: Sequence[Seen], cast: Mapping[Hashable, Numbers | None], *, times: int = 1) -> Verdict:
    """Compare every face with every member. `None` in `cast`: there is no template of that member.

    An empty cast has no members, so that any face at all is too many. `times` is how often one member may be in a
    picture: once, and in a remix, which may show its parent in a part of the picture, once more for each generation.
    """
    templates = [numbers for numbers in cast.values() if numbers is not None]
    pictures: dict[float, list[str]] = defaultdict(list)
    for face in found:
        pictures[face.at].append(_kind(face, templates))
    spare = len(cast) - len(templates)
    kinds = {at: _explained(there, spare * times) for at, there in pictures.items()}
    crowded = {at for at, there in kinds.items() if len(there) > len(cast) * times}
    counts = {name: sum(there.count(name) for there in kinds.values()) for name in KINDS}
    doubted = sorted(at for at, there in kinds.items() if at in crowded or {"near", "strange"} & set(there))
    verdict = Undeclared if counts["strange"] else Doubtful if counts["near"] or crowded else Matched
    return verdict(len(cast), spare, **counts, crowded=len(crowded), places=tuple(doubted[:MOST_PLACES]))


KINDS: Final = tuple(
    one.name for one in fields(Compared) if one.name not in ("members", "without_template", "crowded", "places")
)


def _kind(face: Seen, templates: Sequence[Numbers]) -> str:
    """Tell which kind of face it is. Written so that what is not a number is a stranger's."""
    if face.numbers is None:
        return "small" if face.small else "turned"
    with np.errstate(over="ignore", invalid="ignore"):
        distances = [float(np.linalg.norm(face.numbers - one)) for one in templates]
    if any(distance <= SAME for distance in distances):
        return "matched"
    return "near" if any(distance <= UNCERTAIN for distance in distances) else "strange"


def _explained(kinds: list[str], spare: int) -> list[str]:
    """Let up to `spare` faces that fit nobody, or hardly, be those of members without a template."""
    doubted = sum(kind in ("near", "strange") for kind in kinds)
    if not 0 < doubted <= spare:
        return kinds
    return ["unknown" if kind in ("near", "strange") else kind for kind in kinds]
