"""What makes a notice valid, under each regime: a closed table. Pure.

`law` is in force; `bill` is not enacted and binds nobody: its shape is a target of our own. One complete regime is
enough. The words go to whoever is writing, while they write, so they say what to add and nothing about law.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from consent.takedown.notice_document import NoticeDocument

    Holds = Callable[[NoticeDocument], bool]

AS_OF: Final = date(2026, 11, 22)


@dataclass(frozen=True, slots=True)
class Element:
    """One thing that a notice must have. `field`: the JSON pointer of where it is written."""

    field: str
    holds: Holds
    english: str
    spanish: str


@dataclass(frozen=True, slots=True)
class Regime:
    """One set of rules. `applies`: whether a notice can be one under it at all."""

    code: str
    title: str
    status: str  # "law", "bill" or "ours"
    as_of: date
    source: str
    applies: Holds
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """What to add, for which regime."""

    field: str
    regime: str
    english: str
    spanish: str


SIGNATURE: Final = Element(
    "/signature",
    lambda notice: bool(notice.signature),
    "Sign: type your full name.",
    "Firme: escriba su nombre completo.",
)
LOCATION: Final = Element(
    "/works",
    lambda notice: notice.located,
    "Tell us where the video is: its web address or the id of its record, or find it by a copy.",
    "Díganos dónde está el vídeo: su dirección web o el identificador de su registro, o búsquelo con una copia.",
)
LOCATION_OR_LIKENESS: Final = Element(
    "/works", lambda notice: notice.located or bool(notice.likeness), LOCATION.english, LOCATION.spanish
)
URL: Final = Element(
    "/works",
    lambda notice: any(work.url for work in notice.works),
    "Give the exact web address of the video.",
    "Indique la dirección web exacta del vídeo.",
)
EMAIL: Final = Element(
    "/claimant/email",
    lambda notice: bool(notice.claimant.email),
    "Give an e-mail address at which we can answer you.",
    "Indique una dirección de correo en la que podamos responderle.",
)
CONTACT: Final = Element(
    "/claimant/email",
    lambda notice: any((notice.claimant.email, notice.claimant.phone, notice.claimant.address)),
    "Give an e-mail address, a telephone number or an address.",
    "Indique un correo electrónico, un teléfono o una dirección.",
)
NAME: Final = Element(
    "/claimant/name", lambda notice: bool(notice.claimant.name), "Write your name.", "Escriba su nombre."
)
DEPICTED: Final = Element(
    "/depicted/name",
    lambda notice: bool(notice.depicted.name),
    "Write who or what is shown.",
    "Escriba a quién o qué se muestra.",
)
EXPLANATION: Final = Element(
    "/explanation",
    lambda notice: bool(notice.explanation),
    "Say in a few words what is wrong with it.",
    "Diga en pocas palabras qué tiene de malo.",
)
NON_CONSENT: Final = Element(
    "/non_consent",
    lambda notice: notice.non_consent,
    "Tick that there was no consent to it.",
    "Marque que no hubo consentimiento.",
)
GOOD_FAITH: Final = Element(
    "/good_faith",
    lambda notice: notice.good_faith,
    "Tick that you believe, in good faith, what you say.",
    "Marque que cree de buena fe lo que dice.",
)
ACCURACY: Final = Element(
    "/accuracy",
    lambda notice: notice.accuracy,
    "Tick that what you write is accurate.",
    "Marque que lo que escribe es exacto.",
)
NO_EXCLUSION: Final = Element(
    "/exclusions",
    lambda notice: notice.exclusions == ("none",),
    "Say whether it is news, documentary, commentary, parody, or none of these.",
    "Diga si es noticia, documental, comentario, parodia o ninguna de estas cosas.",
)
AUTHORITY: Final = Element(
    "/authority_perjury",
    lambda notice: notice.claimant.role == "self" or notice.authority_perjury,
    "Tick, under penalty of perjury, that you may act for them.",
    "Marque, bajo pena de perjurio, que puede actuar en su nombre.",
)
OWNER: Final = Element(
    "/authority_perjury",
    lambda notice: notice.authority_perjury,
    "Tick, under penalty of perjury, that you own the work or may act for its owner.",
    "Marque, bajo pena de perjurio, que la obra es suya o que puede actuar por su titular.",
)


def _of_a_person(notice: NoticeDocument) -> bool:
    return notice.depicted.standing != "character" and notice.topic != "character"


def _of_a_work(notice: NoticeDocument) -> bool:
    return not _of_a_person(notice)


REGIMES: Final = {
    regime.code: regime
    for regime in (
        Regime(
            "take-it-down",
            "TAKE IT DOWN Act (US): intimate images",
            "law",
            AS_OF,
            "TAKE IT DOWN Act, duty of platforms since 19 May 2026",
            lambda notice: notice.about_intimate and _of_a_person(notice),
            (SIGNATURE, LOCATION, NON_CONSENT, GOOD_FAITH, CONTACT),
        ),
        Regime(
            "dsa-16",
            "Digital Services Act, Article 16 (EU)",
            "law",
            AS_OF,
            "Regulation (EU) 2022/2065, Article 16(2)",
            lambda _notice: True,
            (EXPLANATION, URL, NAME, EMAIL, GOOD_FAITH),
        ),
        Regime(
            "dmca-512",
            "DMCA notice (US): characters and works",
            "law",
            AS_OF,
            "17 U.S.C. 512(c)(3)(A)",
            _of_a_work,
            (SIGNATURE, DEPICTED, LOCATION, CONTACT, GOOD_FAITH, ACCURACY, OWNER),
        ),
        Regime(
            "no-fakes",
            "A digital replica, by a standard of our own",
            "bill",
            AS_OF,
            "our own target, in the shape of a bill that is not in force",
            _of_a_person,
            (SIGNATURE, DEPICTED, LOCATION, CONTACT, GOOD_FAITH, NO_EXCLUSION, AUTHORITY),
        ),
        Regime(
            "ordinary",
            "A person's request",
            "ours",
            AS_OF,
            "our own rules",
            lambda _notice: True,
            (LOCATION_OR_LIKENESS, EXPLANATION, CONTACT),
        ),
    )
}


def applying(notice: NoticeDocument) -> list[Regime]:
    """Return the regimes that the notice could be under: those that it names, or all if it names none that applies."""
    found = [regime for regime in REGIMES.values() if regime.applies(notice)]
    return [regime for regime in found if regime.code in notice.laws] or found


def missing(notice: NoticeDocument) -> list[Missing]:
    """Return what each regime that applies still lacks, in the order of the table."""
    return [
        Missing(element.field, regime.code, element.english, element.spanish)
        for regime in applying(notice)
        for element in regime.elements
        if not element.holds(notice)
    ]


def valid(notice: NoticeDocument) -> tuple[str, ...]:
    """Return the regimes under which nothing is missing, whether the notifier named them or not; empty: not valid."""
    found = [regime for regime in REGIMES.values() if regime.applies(notice)]
    return tuple(each.code for each in found if all(element.holds(notice) for element in each.elements))


def nearest(notice: NoticeDocument) -> list[Missing]:
    """Return what the regime lacks that lacks least: the shortest way to a valid notice. Empty: it is valid."""
    if valid(notice):
        return []
    lacks = missing(notice)
    each = [[one for one in lacks if one.regime == regime.code] for regime in applying(notice)]
    return min(reversed(each), key=len)  # of two that lack as much, the plainer stands later in the table


def sworn(notice: NoticeDocument) -> bool:
    """Tell whether somebody stands behind it with their name: what a provisional block asks for besides validity."""
    return not to_be_sworn(notice)


def to_be_sworn(notice: NoticeDocument) -> list[Missing]:
    """Return what is lacking before the video can be held back at once, for the form to say while they write."""
    needed = (SIGNATURE, EMAIL, GOOD_FAITH, ACCURACY, AUTHORITY if _of_a_person(notice) else OWNER)
    return [Missing(one.field, "sworn", one.english, one.spanish) for one in needed if not one.holds(notice)]
