"""Every way to take one thing away from terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from consent import vocabulary
from consent.terms import Everyone, Limits, Mutuals, Named, NamedParty, Rate, Scenes, Speech, Terms, Window
from tests.consent.anything import BANNED, CAMPAIGNS, DAY, FACES, NOW, PEOPLE, PLACES

SHORTER = {
    "delete": [],
    "hide": ["delete"],
    "keep_with_label": ["delete", "hide"],
    "keep": ["delete", "hide", "keep_with_label"],
}


def narrowed(terms: Terms) -> Iterator[tuple[str, Terms]]:
    """Yield each with the pointer of the clause that was narrowed. What asks for more in return is among them."""
    for name in ("purposes", "modalities", "campaigns", "territories"):
        for left in _less(getattr(terms, name), {"campaigns": CAMPAIGNS, "territories": PLACES}.get(name, [])):
            yield f"/terms/{name}", _with(terms, name, left)
    start, end = terms.window.not_before, terms.window.not_after
    yield "/terms/window/not_before", replace(terms, window=Window(start + DAY, end))
    yield "/terms/window/not_after", replace(terms, window=Window(start, end - DAY))
    for name in ("uses", "seconds", "seconds_each"):
        for number in _lower(getattr(terms.limits, name)):
            yield f"/terms/limits/{name}", replace(terms, limits=_with(terms.limits, name, number))
    if terms.remix:
        yield "/terms/remix/allowed", replace(terms, remix=False, remix_depth=0)
        yield "/terms/remix/depth", replace(terms, remix_depth=max(terms.remix_depth - 1, 0))
    yield "/terms/training", replace(terms, training=False)
    yield from (("/terms/audience", replace(terms, audience=one)) for one in _audiences(terms))
    yield from (("/terms/scenes", replace(terms, scenes=one)) for one in _scenes(terms.scenes))
    yield from (("/terms/speech", replace(terms, speech=one)) for one in _speech(terms.speech))
    yield from (("/terms/company", replace(terms, company=one)) for one in _companies(terms))
    yield from (("/terms/after_end", replace(terms, after_end=kind)) for kind in SHORTER[terms.after_end])
    yield from _duties(terms)


def _duties(terms: Terms) -> Iterator[tuple[str, Terms]]:
    if terms.approval is None:
        yield "/terms/approval", replace(terms, approval=timedelta(hours=1))
    if terms.rate is None:
        yield "/terms/rate", replace(terms, rate=Rate("EUR", "use", Decimal(1)))
    else:
        yield "/terms/rate", replace(terms, rate=replace(terms.rate, amount=terms.rate.amount + 1))
    if terms.credit is None:
        yield "/terms/credit", replace(terms, credit="Ada Example")


def _with[T: (Terms, Limits, NamedParty)](value: T, name: str, field: Any) -> T:  # noqa: ANN401 - of the field's type
    return replace(value, **{name: field})


def _less(items: frozenset[str] | None, of: list[str]) -> list[frozenset[str]]:
    return [frozenset(of)] if items is None else [items - {one} for one in sorted(items)]


def _lower(number: int | None) -> list[int]:
    return [5, 1] if number is None else [number - 1] if number > 1 else []


def _audiences(terms: Terms) -> Iterator[Any]:
    audience = terms.audience
    if isinstance(audience, Everyone | Mutuals):
        yield from (replace(audience, excluded=audience.excluded | {one}) for one in PEOPLE)
    if isinstance(audience, Everyone):
        yield Mutuals(audience.excluded)
    if isinstance(audience, Named):
        for n, place in enumerate(audience.parties):
            others = audience.parties[:n], audience.parties[n + 1 :]
            yield Named(others[0] + others[1])
            yield from (Named((*others[0], less, *others[1])) for less in _place(place))


def _place(place: NamedParty) -> Iterator[NamedParty]:
    yield replace(place, not_after=min(place.not_after or NOW, NOW))
    for name in ("uses", "seconds"):
        yield from (_with(place, name, number) for number in _lower(getattr(place, name)))


def _scenes(scenes: Scenes) -> Iterator[Scenes]:
    yield from (replace(scenes, allowed=scenes.allowed - {one}) for one in sorted(scenes.allowed))
    yield from (replace(scenes, denied=scenes.denied | {one}) for one in vocabulary.SCENES)


def _speech(said: Speech) -> Iterator[Speech]:
    if said.kind in {"own_words", "scripts"}:
        yield replace(said, kind="none", scripts=frozenset())
    if said.kind == "own_words":
        yield replace(said, kind="scripts", scripts=frozenset({"Good morning."}))
    yield from (replace(said, scripts=said.scripts - {one}) for one in sorted(said.scripts))
    yield from (replace(said, banned=said.banned | {one}) for one in BANNED)
    yield from (replace(said, languages=left) for left in _less(said.languages, ["en"]))


def _companies(terms: Terms) -> Iterator[Any]:
    company = terms.company
    yield from (replace(company, never=company.never | {one}) for one in FACES)
    yield from (replace(company, only=left) for left in _less(company.only, FACES[:1]))
