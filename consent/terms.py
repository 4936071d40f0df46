"""The terms of a grant: what is permitted, to whom, until when; and the same in plain words.

Pure. Values only: reading them out of a signed document belongs to
`consent.statements`, judging a use by them to `consent.policy`.

The vocabulary is closed. What a grant does not say is not permitted, so a new
term may be added to the format without widening any grant that was signed
before it existed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from consent import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

VERSION: Final = 1
TEMPLATE: Final = "grant/1"
LANGUAGES: Final = ("en",)

MAX_WINDOW: Final = timedelta(days=3653)  # ten years, leap days included: no living person signs away longer
MAX_AUDIENCE: Final = 64  # parties in one grant; more is a second grant

# The closed list of purposes and the sentence the holder reads for each. Only ever added to:
# a published sentence is part of what people have signed.
PURPOSES: Final[Mapping[str, str]] = {
    "personal": "Videos for private enjoyment among people they know, not published to the public.",
    "entertainment": "Videos published for entertainment, without payment for promoting anything.",
    "satire": "Parody and satire that a viewer can recognise as such.",
    "education": "Teaching, research and documentary.",
    "advertising": "Promotion of a product, a service or an organisation.",
}


@dataclass(frozen=True, slots=True)
class NamedParty:
    """One party in a named audience."""

    party: str
    not_after: datetime | None = None  # None: as long as the grant itself


@dataclass(frozen=True, slots=True)
class Named:
    """Only the parties listed. The holder is not among them unless listed."""

    parties: tuple[NamedParty, ...]


@dataclass(frozen=True, slots=True)
class OnlyMe:
    """Only the holder of the likeness."""


Audience = Named | OnlyMe


@dataclass(frozen=True, slots=True)
class Window:
    """From `not_before`, included, to `not_after`, excluded."""

    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything one grant permits."""

    audience: Audience
    window: Window
    purposes: frozenset[str]
    remix: bool


def parties_of(terms: Terms) -> frozenset[str]:
    """Return the ids of the parties that the audience names."""
    if isinstance(terms.audience, Named):
        return frozenset(named.party for named in terms.audience.parties)
    return frozenset()


def render(terms: Terms, names: Mapping[str, str], language: str = "en") -> str:
    """Return the text that the signer reads, template `grant/1`.

    `names` gives the shown name of each party in the audience. The hash of this
    text is inside the signed document (what is signed is what was shown), so it
    is a function of its arguments alone. Raises `KeyError` for a party without a
    name and `ValueError` for a language that has no template.
    """
    if language not in LANGUAGES:
        raise ValueError(f"there is no text in {language!r}")
    lines = ["You permit videos that show your likeness, on these terms.", "", *_audience(terms.audience, names)]
    lines += ["", "For:", *(f"- {PURPOSES[purpose]}" for purpose in sorted(terms.purposes))]
    lines += ["", f"From {rfc3339.write(terms.window.not_before)} until {rfc3339.write(terms.window.not_after)}."]
    lines += ["", _REMIX[terms.remix], "", "Everything else stays forbidden. You can take this back at any moment.", ""]
    return "\n".join(lines)


_REMIX: Final = {
    True: "They may make new videos out of these videos, on the same terms.",
    False: "Nobody may make new videos out of these videos.",
}


def _audience(audience: Audience, names: Mapping[str, str]) -> list[str]:
    """One line a party, in the order signed, each with its id: a shown name alone can be imitated."""
    if isinstance(audience, OnlyMe):
        return ["Who may use it: only you."]
    lines = ["Who may use it:"]
    for named in audience.parties:
        until = "" if named.not_after is None else f", until {rfc3339.write(named.not_after)}"
        lines.append(f"- {names[named.party]} (party {named.party}){until}")
    return lines
