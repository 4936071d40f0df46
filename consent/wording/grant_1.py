"""The text of terms of version 1, template `grant/1`, in English. Pure, and never to be changed: people signed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from consent import rfc3339
from consent.terms import Named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from consent.terms import Audience, Terms

_PURPOSES: Final[Mapping[str, str]] = {
    "personal": "Videos for private enjoyment among people they know, not published to the public.",
    "entertainment": "Videos published for entertainment, without payment for promoting anything.",
    "satire": "Parody and satire that a viewer can recognise as such.",
    "education": "Teaching, research and documentary.",
    "advertising": "Promotion of a product, a service or an organisation.",
}
_REMIX: Final = {
    True: "They may make new videos out of these videos, on the same terms.",
    False: "Nobody may make new videos out of these videos.",
}


def render(terms: Terms, names: Mapping[str, str]) -> str:
    """Return the text. Raises `KeyError` for a party without a name."""
    lines = ["You permit videos that show your likeness, on these terms.", "", *_audience(terms.audience, names)]
    lines += ["", "For:", *(f"- {_PURPOSES[purpose]}" for purpose in sorted(terms.purposes))]
    lines += ["", f"From {rfc3339.write(terms.window.not_before)} until {rfc3339.write(terms.window.not_after)}."]
    lines += ["", _REMIX[terms.remix], "", "Everything else stays forbidden. You can take this back at any moment.", ""]
    return "\n".join(lines)


def _audience(audience: Audience, names: Mapping[str, str]) -> list[str]:
    """One line a party, in the order signed, each with its id: a shown name alone can be imitated."""
    if not isinstance(audience, Named):  # version 1 knew one other kind
        return ["Who may use it: only you."]
    lines = ["Who may use it:"]
    for named in audience.parties:
        until = "" if named.not_after is None else f", until {rfc3339.write(named.not_after)}"
        lines.append(f"- {names[named.party]} (party {named.party}){until}")
    return lines
