"""One proposed use: whom it depicts, for what, where, how long, and what is said.

Pure. The defaults are what a client that says nothing more is held to: worldwide, everyday scenes, no speech, and
face, voice and body of everybody in the cast. So a client that declares more asks for more, never for less by silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from consent import vocabulary

if TYPE_CHECKING:
    from consent.speech import Words

EVERYDAY: Final = frozenset({"everyday"})


@dataclass(frozen=True, slots=True)
class Use:
    """One proposed depiction.

    cast:        likeness ids
    client:      the party id of who asks
    seconds:     whole seconds
    depth:       how many videos lie between this one and one without a parent; 0: it has no parent
    modalities:  pairs (likeness, what of it is shown); a likeness without a pair: `vocabulary.UNSAID`
    scenes:      scene classes shown
    territories: ISO 3166-1 alpha-2 codes; None: everywhere
    campaign:    None: no campaign
    words:       what the cast is made to say; None: nothing
    training:    the result is for training a model
    counted:     a permit has counted this use already, so that limits in number are not asked again
    """

    cast: frozenset[str]
    client: str
    purpose: str
    remix: bool
    seconds: int
    depth: int = 0
    modalities: tuple[tuple[str, frozenset[str]], ...] = ()
    scenes: frozenset[str] = EVERYDAY
    territories: frozenset[str] | None = None
    campaign: str | None = None
    words: Words | None = None
    training: bool = False
    counted: bool = False

    def shows(self, likeness: str) -> frozenset[str]:
        """Return what of a likeness is shown or heard. Two pairs for one likeness: all of both."""
        said = [shown for one, shown in self.modalities if one == likeness]
        return frozenset().union(*said) if said else vocabulary.UNSAID

    @property
    def generations(self) -> int:
        """The depth; a remix whose depth was not said is at least one."""
        return max(self.depth, 1) if self.remix else self.depth
