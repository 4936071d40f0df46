"""Which witnesses count, and how many of them must have cosigned: a quorum of k of n. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from ledger import cosignature
from ledger.cosignature import Cosignature, Cosigner
from ledger.note import Note
from ledger.problem import Problem


class PolicyInvalid(Problem):
    """No number of cosignatures could meet this policy, or one witness would count twice."""

    code: ClassVar[str] = "witness-policy-invalid"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "The witness policy cannot be used"


class QuorumMissed(Problem):
    """Too few witnesses have cosigned the checkpoint; nothing is published meanwhile, and it is tried again."""

    code: ClassVar[str] = "quorum-missed"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "Too few witnesses cosigned"


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """`quorum` of the `cosigners` must have cosigned; 0 asks for none."""

    quorum: int
    cosigners: tuple[Cosigner, ...]

    def __post_init__(self) -> None:
        names, keys = {one.name for one in self.cosigners}, {one.public for one in self.cosigners}
        if len(names) != len(self.cosigners) or len(keys) != len(self.cosigners):
            raise PolicyInvalid("Two witnesses share a name or a key", remedy="Count each witness once")
        if not 0 <= self.quorum <= len(self.cosigners):
            raise PolicyInvalid(f"A quorum of {self.quorum} among {len(self.cosigners)} witnesses")

    def cosignatures(self, unverified: Note) -> tuple[Cosignature, ...]:
        """Return the cosignature of each witness that counts and has one, in the policy's order; a bad one raises."""
        found = (cosignature.find(unverified, one) for one in self.cosigners)
        return tuple(one for one in found if one is not None)

    def verify(self, unverified: Note) -> tuple[Cosignature, ...]:
        """Return the cosignatures that count; raise `QuorumMissed` if they are too few."""
        found = self.cosignatures(unverified)
        if len(found) < self.quorum:
            raise QuorumMissed(f"{len(found)} of {self.quorum} cosignatures", remedy="See that the witnesses run")
        return found
