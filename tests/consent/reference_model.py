"""What consent means, said a second time: slowly, with sets, out of the documents and not out of the code.

A use is the set of what it demands and a grant the set of what it offers; whatever is demanded and not offered is a
reason. `tests.consent.reference_ledger` puts grants, ends and counts under it, step by step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from consent import countries, speech
from consent.policy import Facts, GrantFact, LikenessFact
from consent.reasons import Reason
from consent.terms import Everyone, Mutuals, Named, NamedParty, OnlyMe, Terms, Window
from consent.use import Use

R = Reason
Demand = tuple[Reason, Any]
UNDESCRIBED = "nothing that anybody offers"
STATES = {"enrolling": R.NO_GRANT, "withdrawn": R.GRANT_WITHDRAWN, "suspended": R.ACCOUNT_SUSPENDED}


@dataclass(frozen=True)
class Answer:
    """The reasons for each likeness (none at all: allowed), and the grant that each rests on."""

    reasons: dict[str, set[R]]
    rests_on: dict[str, str]

    @property
    def allowed(self) -> bool:
        return not self.reasons


def answer(use: Use, facts: Facts, at: datetime) -> Answer:
    if not use.cast:
        return Answer({"": {R.NO_APPEARANCE}}, {})
    if use.seconds <= 0 or use.depth < 0:
        return Answer({"": {R.CHECK_FAILED}}, {})
    reasons, rests_on = {}, {}
    for likeness in use.cast:
        accounts = {one for one in facts.likenesses if one.id == likeness}
        grants = {one for one in facts.grants if one.likeness == likeness}
        found, chosen = one_likeness(use, accounts, grants, at)
        if found:
            reasons[likeness] = found
        else:
            rests_on[likeness] = chosen
    return Answer(reasons, {} if reasons else rests_on)


def one_likeness(use: Use, accounts: set[LikenessFact], grants: set[GrantFact], at: datetime) -> tuple[set[R], str]:
    if len(accounts) != 1:
        return {R.CHECK_FAILED if accounts else R.NO_GRANT}, ""
    (fact,) = accounts
    barred = {
        R.BLOCKED: fact.blocked,
        R.AUTHORITY_DISPUTED: fact.disputed,
        R.NOT_IN_AUDIENCE: fact.excluded,
        STATES.get(fact.state, R.CHECK_FAILED): fact.state != "active",
    }
    if any(barred.values()):
        return {reason for reason, holds in barred.items() if holds}, ""
    if not grants or len({grant.id for grant in grants}) < len(grants):
        return {R.CHECK_FAILED if grants else R.NO_GRANT}, ""
    against = {grant: objections(use, grant, fact, at) for grant in grants}
    forbidden = set[R]().union(*(never(use, grant) for grant in grants))
    covering = [grant for grant, reasons in against.items() if not reasons]
    if covering and not forbidden:
        return set(), max(covering, key=lambda grant: weight(grant, use)).id
    return forbidden.union(*against.values()), ""


def never(use: Use, grant: GrantFact) -> set[R]:
    """Return what a grant forbids for all time; one that nobody can read may forbid anything."""
    terms = grant.terms
    if terms is None:
        return {R.CHECK_FAILED}
    said = speech.words_in(use.words.text) if use.words else frozenset()
    left_out = terms.audience.excluded if isinstance(terms.audience, Everyone | Mutuals) else frozenset()
    pairs: list[tuple[R, frozenset[str], frozenset[str]]] = [
        (R.NOT_IN_AUDIENCE, left_out, frozenset({use.client})),
        (R.SCENE_CLASS, terms.scenes.denied, use.scenes),
        (R.CO_APPEARANCE, terms.company.never, use.cast - {grant.likeness}),
        (R.SPEECH, terms.speech.banned, said),
    ]
    return {reason for reason, forbidden, present in pairs if not forbidden.isdisjoint(present)}


def objections(use: Use, grant: GrantFact, fact: LikenessFact, at: datetime) -> set[R]:
    found = {R.GRANT_WITHDRAWN} if grant.ended_at is not None else set()
    found |= {R.GRANT_SUSPENDED} if grant.suspended else set()
    terms = grant.terms
    if terms is None:
        return found | {R.CHECK_FAILED}
    found |= {reason for reason, _ in demands(use, grant.likeness) - offers(terms, use, grant.likeness)}
    found |= audience(terms, fact, use.client, at) | limits(use, grant, terms)
    found |= {R.OUTSIDE_WINDOW} if at < terms.window.not_before else set()
    found |= {R.GRANT_EXPIRED} if at >= terms.window.not_after else set()
    grown_up = fact.adult_on is not None and terms.window.not_after > fact.adult_on
    return found | ({R.MINOR_SCOPE} if grown_up else set())


def demands(use: Use, likeness: str) -> set[Demand]:
    """Return everything that this use wants to do with this likeness."""
    shown = [what for one, what in use.modalities if one == likeness]
    modalities = set[str]().union(*shown) if shown else {"face", "voice", "body"}
    places = {"everywhere"} if use.territories is None else use.territories
    generations = max(use.depth, 1 if use.remix else 0)
    wanted: set[Demand] = {(R.PURPOSE, use.purpose), (R.CAMPAIGN, use.campaign)}
    wanted |= {(R.MODALITY, one) for one in modalities or {UNDESCRIBED}}
    wanted |= {(R.SCENE_CLASS, one) for one in use.scenes or {UNDESCRIBED}}
    wanted |= {(R.TERRITORY, one) for one in places or {UNDESCRIBED}}
    wanted |= {(R.CO_APPEARANCE, other) for other in use.cast - {likeness}}
    wanted |= {(R.REMIX, step) for step in range(1, generations + 1)}
    wanted |= {(R.TRAINING, True)} if use.training else set()
    if use.words is not None:
        wanted |= {(R.SPEECH, ("in", use.words.language)), (R.SPEECH, ("says", speech.spelled(use.words.text)))}
    return wanted


def offers(terms: Terms, use: Use, likeness: str) -> set[Demand]:
    """Return everything that these terms permit, among all that this use could want."""
    places = terms.territories
    if places is None:
        places = countries.CODES | {"everywhere"} | (use.territories or frozenset())
    given: set[Demand] = {(R.PURPOSE, one) for one in terms.purposes}
    given |= {(R.CAMPAIGN, one) for one in ({use.campaign} if terms.campaigns is None else terms.campaigns)}
    given |= {(R.MODALITY, one) for one in terms.modalities}
    given |= {(R.SCENE_CLASS, one) for one in terms.scenes.allowed if one != "intimate"}
    given |= {(R.TERRITORY, one) for one in places}
    given |= {(R.CO_APPEARANCE, other) for other in (use.cast if terms.company.only is None else terms.company.only)}
    given |= {(R.REMIX, step) for step in range(1, terms.remix_depth + 1) if terms.remix}
    given |= {(R.TRAINING, terms.training)}
    if use.words is not None:
        languages = {use.words.language} if terms.speech.languages is None else terms.speech.languages
        texts = {"none": set(), "scripts": terms.speech.scripts, "own_words": {speech.spelled(use.words.text)}}
        given |= {(R.SPEECH, ("in", one)) for one in languages}
        given |= {(R.SPEECH, ("says", one)) for one in texts.get(terms.speech.kind, set())}
    return given


def place_of(terms: Terms, client: str) -> list[NamedParty]:
    return [one for one in terms.audience.parties if one.party == client] if isinstance(terms.audience, Named) else []


def audience(terms: Terms, fact: LikenessFact, client: str, at: datetime) -> set[R]:
    match terms.audience:
        case OnlyMe():
            return set() if client == fact.holder else {R.NOT_IN_AUDIENCE}
        case Mutuals():
            return {True: set(), False: {R.NOT_IN_AUDIENCE}, None: {R.CHECK_FAILED}}[fact.mutual]
        case Everyone():
            return set() if fact.adult_on is None else {R.MINOR_SCOPE}
    places = place_of(terms, client)
    over = any(one.not_after is not None and one.not_after <= at for one in places)
    return ({R.GRANT_EXPIRED} if over else set()) | (set() if places else {R.NOT_IN_AUDIENCE})


def limits(use: Use, grant: GrantFact, terms: Terms) -> set[R]:
    each = terms.limits.seconds_each
    found = {R.SECONDS_EXHAUSTED} if each is not None and use.seconds > each else set()
    used = grant.used
    rows = [
        (R.COUNT_EXHAUSTED, terms.limits.uses, used.uses if used else None, 1),
        (R.SECONDS_EXHAUSTED, terms.limits.seconds, used.seconds if used else None, use.seconds),
    ]
    for one in place_of(terms, use.client):
        rows += [(R.QUOTA_EXHAUSTED, one.uses, used.client_uses if used else None, 1)]
        rows += [(R.QUOTA_EXHAUSTED, one.seconds, used.client_seconds if used else None, use.seconds)]
    for reason, most, spent, more in rows if not use.counted else []:
        if most is not None and (spent is None or spent + more > most):
            found |= {R.CHECK_FAILED if spent is None else reason}
    return found


def weight(grant: GrantFact, use: Use) -> tuple[bool, bool, bool, datetime, str]:
    """Order grants: approval weighs more than pay, pay more than credit; then the longest, then the last id."""
    terms = grant.terms
    assert terms is not None
    return terms.approval is not None, terms.rate is not None, terms.credit is not None, until(terms, use), grant.id


def until(terms: Terms, use: Use) -> datetime:
    return min([terms.window.not_after, *(one.not_after for one in place_of(terms, use.client) if one.not_after)])


def earlier(terms: Terms, by: timedelta) -> Terms:
    """Return the same terms, all of whose times lie earlier."""
    window = Window(terms.window.not_before - by, terms.window.not_after - by)
    if not isinstance(terms.audience, Named):
        return replace(terms, window=window)
    places = (
        NamedParty(one.party, one.not_after and one.not_after - by, one.uses, one.seconds)
        for one in terms.audience.parties
    )
    return replace(terms, window=window, audience=Named(tuple(places)))
