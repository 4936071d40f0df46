"""Whether new terms reach further than old ones, and in which clauses.

Pure. Narrowing needs no new proof of the person; widening does. So whatever cannot be compared counts as wider: what a
description says, a share of the pay, an audience whose members are not written down.

Told of terms alone. Three things lie outside and belong to whoever asks: which parties and likenesses exist; how much
of the old grant was used (a grant that supersedes another begins at nothing, unless its counts are carried over); and
the age of the person, since what a child may not sign (`Everyone`, a window beyond their majority) covers nothing at
all, and any smaller grant in its place covers more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from consent.terms import Everyone, Mutuals, Named, OnlyMe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from consent.terms import NamedParty, Rate, Terms

# From the least that stays of a video to the most. Labelled videos stay too, so `keep` reaches further.
_AFTER_END: Final = ("delete", "hide", "keep_with_label", "keep")
_SMALLER: Final = (OnlyMe, Named, Mutuals)  # than everybody


def is_narrower(new: Terms, old: Terms) -> bool:
    """Say whether `old` covers all that `new` covers, asks no more in return, and forbids nothing that `new` allows.

    Equal terms are narrower. False where that cannot be told.
    """
    return not widenings(new, old)


def widenings(new: Terms, old: Terms) -> tuple[str, ...]:
    """Return the JSON pointer of each clause of `new` that reaches further than `old` did, or may."""
    found = [*_audience(new, old), *_time(new, old), *_limits(new, old), *_lists(new, old), *_scenes(new, old)]
    found += [*_speech(new, old), *_company(new, old), *_afterwards(new, old), *_duties(new, old)]
    return tuple(dict.fromkeys(found))


def _audience(new: Terms, old: Terms) -> Iterator[str]:
    before, after = old.audience, new.audience
    kept_out = before.excluded if isinstance(before, Mutuals | Everyone) else frozenset()
    still_out = after.excluded if isinstance(after, Mutuals | Everyone) else frozenset()
    if not kept_out <= still_out:  # they are barred from other grants too
        yield "/terms/audience/except"
    if isinstance(before, Named) and isinstance(after, Named):
        yield from _named(new, old, {one.party: one for one in before.parties}, after.parties)
    elif type(after) is not type(before) and not (isinstance(before, Everyone) and isinstance(after, _SMALLER)):
        yield "/terms/audience"


def _named(new: Terms, old: Terms, before: dict[str, NamedParty], after: tuple[NamedParty, ...]) -> Iterator[str]:
    for n, place in enumerate(after):
        at, was = f"/terms/audience/parties/{n}", before.get(place.party)
        if was is None:
            yield at
            continue
        if _end(place, new) > _end(was, old):
            yield f"{at}/not_after"
        if not _lower(place.uses, was.uses):
            yield f"{at}/uses"
        if not _lower(place.seconds, was.seconds):
            yield f"{at}/seconds"


def _end(place: NamedParty, terms: Terms) -> datetime:
    return terms.window.not_after if place.not_after is None else min(place.not_after, terms.window.not_after)


def _time(new: Terms, old: Terms) -> Iterator[str]:
    if new.window.not_before < old.window.not_before:
        yield "/terms/window/not_before"
    if new.window.not_after > old.window.not_after:
        yield "/terms/window/not_after"


def _limits(new: Terms, old: Terms) -> Iterator[str]:
    for name in ("uses", "seconds", "seconds_each"):
        if not _lower(getattr(new.limits, name), getattr(old.limits, name)):
            yield f"/terms/limits/{name}"


def _lower(new: int | None, old: int | None) -> bool:
    return old is None or (new is not None and new <= old)


def _lists(new: Terms, old: Terms) -> Iterator[str]:
    if not new.purposes <= old.purposes:
        yield "/terms/purposes"
    if not new.modalities <= old.modalities:
        yield "/terms/modalities"
    if not _fewer(new.campaigns, old.campaigns):
        yield "/terms/campaigns"
    if not _fewer(new.territories, old.territories):
        yield "/terms/territories"


def _fewer(new: frozenset[str] | None, old: frozenset[str] | None) -> bool:
    return old is None or (new is not None and new <= old)


def _scenes(new: Terms, old: Terms) -> Iterator[str]:
    if not new.scenes.allowed <= old.scenes.allowed:
        yield "/terms/scenes/allowed"
    if not old.scenes.denied <= new.scenes.denied:
        yield "/terms/scenes/denied"


def _speech(new: Terms, old: Terms) -> Iterator[str]:
    said, was = new.speech, old.speech
    if not was.banned <= said.banned:
        yield "/terms/speech/banned"
    if said.kind == "none":
        return
    if said.kind != was.kind and not (said.kind == "scripts" and was.kind == "own_words"):
        yield "/terms/speech/kind"
    if was.kind == "scripts" and not said.scripts <= was.scripts:
        yield "/terms/speech/scripts"
    if not _fewer(said.languages, was.languages):
        yield "/terms/speech/languages"


def _company(new: Terms, old: Terms) -> Iterator[str]:
    if not old.company.never <= new.company.never:
        yield "/terms/company/never"
    if not _fewer(new.company.only, old.company.only):
        yield "/terms/company/only"


def _afterwards(new: Terms, old: Terms) -> Iterator[str]:
    """Compare what comes of a video: made into others, learned from, kept."""
    if new.remix is not False and old.remix is not True:
        yield "/terms/remix/allowed"
    if new.remix is not False and new.remix_depth > old.remix_depth:
        yield "/terms/remix/depth"
    if new.training is not False and old.training is not True:
        yield "/terms/training"
    if new.after_end != old.after_end and _lasts(new) >= _lasts(old):
        yield "/terms/after_end"


def _lasts(terms: Terms) -> int:
    return _AFTER_END.index(terms.after_end) if terms.after_end in _AFTER_END else len(_AFTER_END)


def _duties(new: Terms, old: Terms) -> Iterator[str]:
    """Compare what is asked in return. Any time for a yes is as good: only the person's own word ends it well."""
    if old.approval is not None and new.approval is None:
        yield "/terms/approval"
    yield from _pay(new.rate, old.rate)
    if old.credit is not None and new.credit != old.credit:
        yield "/terms/credit"
    if new.description != old.description:
        yield "/terms/description"


def _pay(new: Rate | None, old: Rate | None) -> Iterator[str]:
    """Compare rates. Whose the money is may not change unproved: that is what a thief of a key would change."""
    if new is None:
        if old is not None:
            yield "/terms/rate"
        return
    if new.shares != (() if old is None else old.shares):
        yield "/terms/rate/split"
    if old is None:
        return
    if (new.currency, new.per) != (old.currency, old.per):
        yield "/terms/rate"
    elif new.amount < old.amount:
        yield "/terms/rate/amount"
