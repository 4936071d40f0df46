"""What is missing, grouped by what it would add, with the step where it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from consent.takedown import regimes

if TYPE_CHECKING:
    from consent.takedown.regimes import Missing
    from provenance.desk.paper import Paper

ADDS: Final = {
    "ordinary": _("With this, a person can act on it, and a clock runs"),
    "sworn": _("With this, the video is hidden at once, before anybody has read what you write"),
    "take-it-down": _("With this, the 48-hour duty for intimate images applies"),
    "dsa-16": _("With this, it is a notice under the European rules"),
    "dmca-512": _("With this, it is a notice under the American rules for works"),
    "no-fakes": _("With this, it meets our own standard for digital replicas, which no law asks for yet"),
}
STEP: Final = {
    "/works": "video", "/explanation": "wrong", "/depicted/name": "who", "/claimant/name": "contact",
    "/claimant/email": "contact",
}  # fmt: skip


@dataclass(slots=True)
class Group:
    """What one set of rules lacks. `items`: words, and where to write it. None left: `done`."""

    code: str
    adds: str
    items: list[tuple[str, str]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether nothing is missing."""
        return not self.items


def groups(paper: Paper) -> list[Group]:
    """Return every set of rules that applies, with what it lacks: the plainest first."""
    applying = {regime.code for regime in regimes.applying(paper.document)} | {"sworn"}
    found = {code: Group(code, str(adds)) for code, adds in ADDS.items() if code in applying}
    for one in [*regimes.missing(paper.document), *regimes.to_be_sworn(paper.document)]:
        found[one.regime].items.append((_said(one), paper.address(STEP.get(one.field, "declare"))))
    return list(found.values())


def _said(one: Missing) -> str:
    """Return the words for a piece: the table itself has both languages."""
    return one.spanish if (get_language() or "").startswith("es") else one.english
