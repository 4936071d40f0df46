"""Which mark a video must carry, and how: burned into its frames, laid over them by whoever shows it, or spoken.

Burned is the rule. An overlay is left to a platform only where the operator's settings say so for every territory of
the use, where no statute that we know asks for a mark inside the content, and where nobody depicted asked for it.
Which duty is law and which is not stands in docs/design/labels.md. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

# China (measures in force since 1 September 2025) and India ask for a mark in the content itself.
ALWAYS_BURNED: Final = frozenset({"CN", "IN"})  # ISO 3166-1 alpha-2
MEMBERS: Final = frozenset({"default", "territories", "clients"})


class Mark(StrEnum):
    """The words of the mark, as the Code of Practice to Article 50 of Regulation (EU) 2024/1689 gives them."""

    GENERATED = "AI GENERATED"
    MODIFIED = "AI MODIFIED"  # real footage, altered: the mark never calls a real recording invented


class Means(StrEnum):
    """How the mark reaches who watches."""

    BURNED = "burned"
    OVERLAY = "overlay"  # whoever shows the video draws it
    SPOKEN = "spoken"  # there is no picture to draw on


class RulesInvalid(ValueError):  # noqa: N818 - read as a sentence where it is caught
    """The setting is not in its form. `args[0]` says where."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator decided. A territory's rule that burns is stronger than a client's that does not."""

    default: Means = Means.BURNED
    territories: Mapping[str, Means] = field(default_factory=dict)
    clients: Mapping[str, Means] = field(default_factory=dict)  # party ids

    @classmethod
    def parse(cls, said: Any) -> Rules:  # noqa: ANN401 - what an operator wrote
        """Read the setting, or raise `RulesInvalid`. An empty one burns everywhere."""
        if not isinstance(said, Mapping) or not set(said) <= MEMBERS:
            raise RulesInvalid(f"the members are {', '.join(sorted(MEMBERS))}")
        territories, clients = (_each(said.get(name, {}), name) for name in ("territories", "clients"))
        for code in territories:
            if len(code) != 2 or not code.isascii() or not code.isupper():  # noqa: PLR2004 - ISO 3166-1 alpha-2
                raise RulesInvalid(f"territories: {code} is no ISO 3166-1 alpha-2 code")
        return cls(_means(said.get("default", Means.BURNED), "default"), territories, clients)

    def __call__(self, client: str, territory: str) -> Means:
        """Return what holds for a client in one territory."""
        told = self.territories.get(territory)
        if territory in ALWAYS_BURNED or told is Means.BURNED:
            return Means.BURNED
        return self.clients.get(client, told or self.default)


def means(
    rules: Rules, *, client: str, territories: Collection[str] | None, obliged: bool, picture: bool = True
) -> Means:
    """Return how the mark is given.

    `territories`: None is everywhere, for which the operator's default speaks unless a rule of theirs burns. An empty
    collection names nowhere, and burns. `obliged`: somebody depicted asked for a label in their own terms.
    """
    if not picture:
        return Means.SPOKEN
    if obliged:
        return Means.BURNED
    if territories is None:
        said = {rules.clients.get(client, rules.default), *rules.territories.values()}
    else:
        said = {rules(client, territory) for territory in territories}
    return Means.OVERLAY if said == {Means.OVERLAY} else Means.BURNED


def mark(*, real_footage: bool) -> Mark:
    """Return the words: a recording of real people that was altered is modified, everything else generated."""
    return Mark.MODIFIED if real_footage else Mark.GENERATED


def _each(said: Any, name: str) -> dict[str, Means]:  # noqa: ANN401 - unchecked
    if not isinstance(said, Mapping):
        raise RulesInvalid(f"{name} is no object")
    return {str(key): _means(value, f"{name}: {key}") for key, value in said.items()}


def _means(said: Any, where: str) -> Means:  # noqa: ANN401 - unchecked
    """Read "burned" or "overlay"; whether there is a picture is nothing that an operator decides."""
    if said not in (Means.BURNED, Means.OVERLAY):
        raise RulesInvalid(f'{where} is neither "burned" nor "overlay"')
    return Means(said)
