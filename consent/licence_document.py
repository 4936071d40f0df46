"""What a licence says: the terms of an offer, and the agreement that a licensee signs. Pure.

A licence rests on a signed grant and never widens it: `exceeding` names every point where its terms reach further.
What may be done is decided by the grant alone; the licence says what is owed for it, and what else was promised.
What is signed is `digest("licence", document)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from consent import fields, rfc3339, vocabulary
from consent.terms import Everyone, Mutuals, Named, OnlyMe, Rate, Terms, Window
from consent.terms_document import parse_campaign, parse_rate, parse_territories, parse_words, rate_document

if TYPE_CHECKING:
    from datetime import datetime

    from consent.use import Use

TYPE: Final = "countenance/licence"
VERSION: Final = 1
SUBLICENSING: Final = ("none", "with_approval")  # of the licence; nobody but the holder grants
MEMBERS: Final = (
    "v purposes term territories campaign exclusive rate sublicensing keep_labels after_end description representation"
)
_STRICTNESS: Final = {"keep": 0, "keep_with_label": 1, "hide": 2, "delete": 3}


@dataclass(frozen=True, slots=True)
class LicenceTerms:
    """What is offered.

    territories:  ISO 3166-1 alpha-2 codes; None: wherever the grant permits
    campaign:     None: any that the grant permits
    exclusive:    nobody else is licensed for the same purposes, there and then
    keep_labels:  the licensee never removes what says that the video is generated
    """

    purposes: frozenset[str]
    term: Window
    territories: frozenset[str] | None
    campaign: str | None
    exclusive: bool
    rate: Rate
    sublicensing: str
    keep_labels: bool
    after_end: str
    description: str
    representation: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the licensee signs. Ids are UUIDs in their usual spelling, `key` is the licensee's key id."""

    id: str
    offer: str
    grant: str
    likeness: str
    licensor: str
    licensee: str
    key: str
    issued_at: datetime
    terms: LicenceTerms


def parse_terms(unverified_terms: object, at: str = "/terms") -> LicenceTerms:
    """Read the terms of an offer. Raises `StatementInvalid`."""
    document = fields.members(unverified_terms, at, MEMBERS)
    fields.constant(document["v"], f"{at}/v", VERSION)
    territories, campaign = document["territories"], document["campaign"]
    if not fields.boolean(document["keep_labels"], f"{at}/keep_labels"):
        fields.refuse(f"{at}/keep_labels", "Labels are kept under every licence.", "Send true.")
    return LicenceTerms(
        purposes=parse_words(document["purposes"], f"{at}/purposes", vocabulary.PURPOSES),
        term=_term(document["term"], f"{at}/term"),
        territories=None if territories is None else parse_territories(territories, f"{at}/territories"),
        campaign=None if campaign is None else parse_campaign(campaign, f"{at}/campaign"),
        exclusive=fields.boolean(document["exclusive"], f"{at}/exclusive"),
        rate=parse_rate(document["rate"], f"{at}/rate"),
        sublicensing=fields.one_of(document["sublicensing"], f"{at}/sublicensing", SUBLICENSING),
        keep_labels=True,
        after_end=fields.one_of(document["after_end"], f"{at}/after_end", vocabulary.AFTER_END),
        description=fields.text(document["description"], f"{at}/description", vocabulary.MAX_DESCRIPTION),
        representation=fields.one_of(document["representation"], f"{at}/representation", vocabulary.REPRESENTATION),
    )


def terms_document(terms: LicenceTerms) -> dict[str, Any]:
    """Return what `parse_terms` reads."""
    return {
        "v": VERSION,
        "purposes": sorted(terms.purposes),
        "term": {
            "not_before": rfc3339.write(terms.term.not_before),
            "not_after": rfc3339.write(terms.term.not_after),
        },
        "territories": None if terms.territories is None else sorted(terms.territories),
        "campaign": terms.campaign,
        "exclusive": terms.exclusive,
        "rate": rate_document(terms.rate),
        "sublicensing": terms.sublicensing,
        "keep_labels": terms.keep_labels,
        "after_end": terms.after_end,
        "description": terms.description,
        "representation": terms.representation,
    }


def parse(unverified_document: object) -> Agreement:
    """Read an agreement. Raises `StatementInvalid`. Whether the signature holds is not asked here."""
    names = "type v id offer grant likeness licensor licensee key issued_at terms"
    document = fields.members(unverified_document, "", names)
    fields.constant(document["type"], "/type", TYPE)
    fields.constant(document["v"], "/v", VERSION)
    ids = {name: fields.uuid(document[name], f"/{name}") for name in _IDS}
    return Agreement(
        key=fields.text(document["key"], "/key", 64),
        issued_at=fields.time(document["issued_at"], "/issued_at"),
        terms=parse_terms(document["terms"]),
        **ids,
    )


def to_document(agreement: Agreement) -> dict[str, Any]:
    """Return the document; `parse` of it gives the agreement back."""
    return {
        "type": TYPE,
        "v": VERSION,
        **{name: getattr(agreement, name) for name in _IDS},
        "key": agreement.key,
        "issued_at": rfc3339.write(agreement.issued_at),
        "terms": terms_document(agreement.terms),
    }


def exceeding(terms: LicenceTerms, granted: Terms, licensee: str | None) -> dict[str, str]:
    """Return each point where a licence reaches further than its grant, as pointer to why; empty: nowhere.

    `licensee` None: anybody. What a grant does not limit, the licence may.
    """
    found: dict[str, str] = {}
    if not terms.purposes <= granted.purposes:
        found["/terms/purposes"] = "The grant does not permit every one of these purposes."
    if terms.term.not_before < granted.window.not_before or terms.term.not_after > granted.window.not_after:
        found["/terms/term"] = "The term is not within that of the grant."
    if granted.territories is not None and not (terms.territories or frozenset(_OTHER)) <= granted.territories:
        found["/terms/territories"] = "The grant does not reach every one of these territories."
    if granted.campaigns is not None and terms.campaign not in granted.campaigns:
        found["/terms/campaign"] = "The grant is for other campaigns."
    if _STRICTNESS[terms.after_end] < _STRICTNESS[granted.after_end]:
        found["/terms/after_end"] = "The grant leaves less of what was made after its end."
    if licensee is not None and not _permits(granted, licensee):
        found["/licensee"] = "The grant does not permit this party anything."
    return found


def covers(terms: LicenceTerms, use: Use) -> bool:
    """Say whether a use is one that these terms are about; a use everywhere is beyond any list of places."""
    places = terms.territories is None or (use.territories is not None and use.territories <= terms.territories)
    return use.purpose in terms.purposes and places and terms.campaign in (None, use.campaign)


def overlap(one: LicenceTerms, other: LicenceTerms) -> bool:
    """Say whether there is a use, at some place and moment, that both are about."""
    places = one.territories is None or other.territories is None or bool(one.territories & other.territories)
    campaigns = one.campaign is None or other.campaign is None or one.campaign == other.campaign
    times = one.term.not_before < other.term.not_after and other.term.not_before < one.term.not_after
    return bool(one.purposes & other.purposes) and places and campaigns and times


def _permits(granted: Terms, licensee: str) -> bool:
    match granted.audience:
        case Named(parties=parties):
            return licensee in {named.party for named in parties}
        case Mutuals(excluded=excluded) | Everyone(excluded=excluded):
            return licensee not in excluded
        case OnlyMe():
            return False


def _term(value: object, at: str) -> Window:
    document = fields.members(value, at, "not_before not_after")
    term = Window(
        fields.time(document["not_before"], f"{at}/not_before"), fields.time(document["not_after"], f"{at}/not_after")
    )
    if not term.not_before < term.not_after <= term.not_before + vocabulary.MAX_WINDOW:
        fields.refuse(f"{at}/not_after", "A licence lasts at most ten years.", "Use a time after not_before.")
    return term


_IDS: Final = ("id", "offer", "grant", "likeness", "licensor", "licensee")
_OTHER: Final = ("",)  # worldwide: a place that no list names
