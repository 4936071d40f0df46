"""What each clause of a grant says to a use.

Pure. A clause yields every reason for which it does not cover the use, with a JSON pointer to itself; nothing means
that it covers. A value of a kind that is not known here is an objection, never a silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from consent import vocabulary
from consent.reasons import Reason
from consent.speech import spelled, words_in
from consent.terms import Everyone, Mutuals, Named, NamedParty, OnlyMe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from consent.policy import GrantFact, LikenessFact
    from consent.speech import Words
    from consent.terms import Speech, Terms
    from consent.use import Use

Said = tuple[Reason, str]
Found = tuple[Said, ...]


def objections(terms: Terms, grant: GrantFact, likeness: LikenessFact, use: Use, at: datetime) -> list[Said]:
    """Return what keeps these terms from covering the use."""
    found = [*_audience(terms, likeness, use.client, at), *_window(terms, at), *_limits(terms, grant, use)]
    for clause in _OF_THE_USE:
        found += clause(terms, likeness.id, use)
    found += _minor(terms, likeness)
    return found


def vetoes(terms: Terms, likeness: str, use: Use) -> Iterator[Said]:
    """Yield what these terms forbid whatever other grants allow.

    No clock is asked: if a veto ended with its grant, taking a grant back would permit more than leaving it.
    """
    if isinstance(terms.audience, Mutuals | Everyone) and use.client in terms.audience.excluded:
        yield Reason.NOT_IN_AUDIENCE, "/terms/audience/except"
    if terms.scenes.denied & use.scenes:
        yield Reason.SCENE_CLASS, "/terms/scenes/denied"
    if terms.company.never & (use.cast - {likeness}):
        yield Reason.CO_APPEARANCE, "/terms/company/never"
    if use.words is not None and terms.speech.banned & words_in(use.words.text):
        yield Reason.SPEECH, "/terms/speech/banned"


def end_for(terms: Terms, client: str) -> datetime:
    """Return the moment at which these terms stop covering this client."""
    ends = [place.not_after for _, place in _places(terms, client) if place.not_after is not None]
    return min([terms.window.not_after, *ends])


def _places(terms: Terms, client: str) -> list[tuple[int, NamedParty]]:
    """Return where the audience names the client. Named twice: both must hold."""
    if not isinstance(terms.audience, Named):
        return []
    return [(n, named) for n, named in enumerate(terms.audience.parties) if named.party == client]


def _audience(terms: Terms, likeness: LikenessFact, client: str, at: datetime) -> Iterator[Said]:
    match terms.audience:
        case OnlyMe():
            if client != likeness.holder:
                yield Reason.NOT_IN_AUDIENCE, "/terms/audience"
        case Named():
            yield from _named(_places(terms, client), at)
        case Mutuals():
            if likeness.mutual is not True:
                yield (Reason.CHECK_FAILED if likeness.mutual is None else Reason.NOT_IN_AUDIENCE), "/terms/audience"
        case Everyone():
            if likeness.adult_on is not None:
                yield Reason.MINOR_SCOPE, "/terms/audience"
        case _:
            yield Reason.CHECK_FAILED, "/terms/audience"


def _named(places: list[tuple[int, NamedParty]], at: datetime) -> Iterator[Said]:
    if not places:
        yield Reason.NOT_IN_AUDIENCE, "/terms/audience/parties"
    for n, named in places:
        if named.not_after is not None and at >= named.not_after:
            yield Reason.GRANT_EXPIRED, f"/terms/audience/parties/{n}/not_after"


def _window(terms: Terms, at: datetime) -> Found:
    if at < terms.window.not_before:  # and so not over either
        return ((Reason.OUTSIDE_WINDOW, "/terms/window/not_before"),)
    if at >= terms.window.not_after:
        return ((Reason.GRANT_EXPIRED, "/terms/window/not_after"),)
    return ()


def _limits(terms: Terms, grant: GrantFact, use: Use) -> Iterator[Said]:
    """Compare numbers with what was used. A limit whose count is not known denies."""
    limits = terms.limits
    if limits.seconds_each is not None and use.seconds > limits.seconds_each:
        yield Reason.SECONDS_EXHAUSTED, "/terms/limits/seconds_each"
    if use.counted is True:
        return
    uses, seconds, own_uses, own_seconds = _used(grant)
    if limits.uses is not None:
        yield from _over(1, uses, limits.uses, Reason.COUNT_EXHAUSTED, "/terms/limits/uses")
    if limits.seconds is not None:
        yield from _over(use.seconds, seconds, limits.seconds, Reason.SECONDS_EXHAUSTED, "/terms/limits/seconds")
    for n, place in _places(terms, use.client):
        at = f"/terms/audience/parties/{n}"
        if place.uses is not None:
            yield from _over(1, own_uses, place.uses, Reason.QUOTA_EXHAUSTED, f"{at}/uses")
        if place.seconds is not None:
            yield from _over(use.seconds, own_seconds, place.seconds, Reason.QUOTA_EXHAUSTED, f"{at}/seconds")


def _used(grant: GrantFact) -> tuple[int | None, int | None, int | None, int | None]:
    """Return what was used in all and by who asks: uses, seconds, uses, seconds. None: nobody counted."""
    used = grant.used
    if used is None:
        return None, None, None, None
    return used.uses, used.seconds, used.client_uses, used.client_seconds


def _over(more: int, spent: int | None, most: int, reason: Reason, clause: str) -> Iterator[Said]:
    if spent is None or not spent >= 0:  # so put, what is no number at all denies too
        yield Reason.CHECK_FAILED, clause
    elif spent + more > most:
        yield reason, clause


def _purpose(terms: Terms, _likeness: str, use: Use) -> Found:
    if use.purpose not in terms.purposes:
        return ((Reason.PURPOSE, "/terms/purposes"),)
    return ()


def _campaign(terms: Terms, _likeness: str, use: Use) -> Found:
    if terms.campaigns is not None and use.campaign not in terms.campaigns:
        return ((Reason.CAMPAIGN, "/terms/campaigns"),)
    return ()


def _territory(terms: Terms, _likeness: str, use: Use) -> Found:
    """Compare places. Shown nowhere is no territory: an empty set is a use that nobody described."""
    if terms.territories is None:
        covered = use.territories is None or bool(use.territories)
    else:
        covered = use.territories is not None and bool(use.territories) and use.territories <= terms.territories
    return () if covered else ((Reason.TERRITORY, "/terms/territories"),)


def _modality(terms: Terms, likeness: str, use: Use) -> Found:
    shown = use.shows(likeness)
    if not shown or not shown <= terms.modalities:
        return ((Reason.MODALITY, "/terms/modalities"),)
    return ()


def _scenes(terms: Terms, _likeness: str, use: Use) -> Found:
    if not use.scenes or not use.scenes <= terms.scenes.allowed - vocabulary.NEVER_GRANTED:
        return ((Reason.SCENE_CLASS, "/terms/scenes/allowed"),)
    return ()


def _speech(terms: Terms, _likeness: str, use: Use) -> Found:
    if use.words is None:
        return ()
    return tuple(_said(terms.speech, use.words))


def _said(said: Speech, words: Words) -> Iterator[Said]:
    if said.languages is not None and words.language not in said.languages:
        yield Reason.SPEECH, "/terms/speech/languages"
    if said.kind == "scripts":
        if spelled(words.text) not in said.scripts:
            yield Reason.SPEECH, "/terms/speech/scripts"
    elif said.kind != "own_words":
        yield Reason.SPEECH, "/terms/speech/kind"


def _company(terms: Terms, likeness: str, use: Use) -> Found:
    """Ask for strangers to a closed company. Who may never be there is a veto, whichever grant covers the use."""
    only = terms.company.only
    if only is not None and not use.cast - {likeness} <= only:
        return ((Reason.CO_APPEARANCE, "/terms/company/only"),)
    return ()


def _remix(terms: Terms, _likeness: str, use: Use) -> Found:
    generations = use.generations
    if generations and terms.remix is not True:
        return ((Reason.REMIX, "/terms/remix/allowed"),)
    if generations > terms.remix_depth:
        return ((Reason.REMIX, "/terms/remix/depth"),)
    return ()


def _training(terms: Terms, _likeness: str, use: Use) -> Found:
    if use.training is not False and terms.training is not True:
        return ((Reason.TRAINING, "/terms/training"),)
    return ()


def _minor(terms: Terms, likeness: LikenessFact) -> Found:
    if likeness.adult_on is not None and terms.window.not_after > likeness.adult_on:
        return ((Reason.MINOR_SCOPE, "/terms/window/not_after"),)
    return ()


_OF_THE_USE: Final[tuple[Callable[[Terms, str, Use], Found], ...]] = (
    _purpose,
    _campaign,
    _territory,
    _modality,
    _scenes,
    _speech,
    _company,
    _remix,
    _training,
)
