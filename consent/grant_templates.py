"""Terms that people recognise, to begin from: a handful of names, each with a sentence that says what it permits.

Pure. A template is a start and not a default: nobody signs one unread, and what is signed is the terms that came of
it. So a template may change, which no signed text may.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from consent import fields, vocabulary
from consent.countries import EUROPEAN_UNION
from consent.terms import Everyone, Limits, Named, NamedParty, OnlyMe, Scenes, Speech, Terms, Window
from consent.terms_document import terms_document
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_DAYS: Final = vocabulary.MAX_WINDOW.days
_HARMLESS: Final = frozenset({"personal", "entertainment"})
_DELICATE: Final = frozenset({"crime", "endorsement", "health", "intimate", "politics", "religion"})
_THREE_DAYS: Final = timedelta(hours=72)


class TemplateMissing(Problem):
    """No template has this name."""

    code: ClassVar[str] = "template-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such template"


@dataclass(frozen=True, slots=True)
class Template:
    """One start. Titles and sentences by language; `days` is how long it lasts unless somebody says otherwise.

    parties: what the parties given are: `none` are taken, they are `named` (at least one), or `left_out` (or nobody)
    """

    title: Mapping[str, str]
    sentence: Mapping[str, str]
    parties: str
    days: int
    terms: Callable[[tuple[str, ...], Window], Terms]


def fill(name: str, parties: list[object], days: int | None, start: datetime) -> dict[str, Any]:
    """Return the terms document, version 2, of a template. `start`: UTC, whole seconds; `days` None: as it says.

    Raises `TemplateMissing`, and `StatementInvalid` for parties or days that do not fit it.
    """
    template = TEMPLATES.get(name)
    if template is None:
        raise TemplateMissing("There is no template of this name.", remedy=f"Use one of: {', '.join(TEMPLATES)}.")
    most = {"none": 0, "named": vocabulary.MAX_AUDIENCE, "left_out": vocabulary.MAX_EXCEPT}[template.parties]
    listed = fields.listed(parties, "/parties", most, least=int(template.parties == "named"))
    found = [fields.uuid(party, f"/parties/{n}") for n, party in enumerate(listed)]
    if len(set(found)) != len(found):
        fields.refuse("/parties", "A party is named twice.", "Name each party once.")
    length = template.days if days is None else fields.whole(days, "/days", MAX_DAYS)
    window = Window(start, start + timedelta(days=length))
    return terms_document(template.terms(tuple(found), window))


def only_me(_parties: tuple[str, ...], window: Window) -> Terms:
    """Permit oneself whatever is not delicate."""
    return Terms(
        OnlyMe(),
        window,
        _HARMLESS | {"satire", "education"},
        remix=True,
        remix_depth=vocabulary.MAX_DEPTH,
        speech=Speech("own_words"),
    )


def friends_for_fun(parties: tuple[str, ...], window: Window) -> Terms:
    """Permit some people short videos for fun, nothing delicate, and no videos of videos."""
    return Terms(
        _named(parties),
        window,
        _HARMLESS | {"satire"},
        remix=False,
        remix_depth=0,
        limits=Limits(seconds_each=30),
        scenes=Scenes(denied=_DELICATE),
        speech=Speech("own_words"),
    )


def ask_me_each_time(parties: tuple[str, ...], window: Window) -> Terms:
    """Permit some people to propose; each video waits for a yes."""
    return Terms(
        _named(parties),
        window,
        _HARMLESS | {"satire", "education"},
        remix=False,
        remix_depth=0,
        scenes=Scenes(frozenset(vocabulary.SCENES) - _DELICATE - vocabulary.BROAD_SCENES),
        speech=Speech("own_words"),
        approval=_THREE_DAYS,
        after_end="delete",
    )


def satire_by_everyone(left_out: tuple[str, ...], window: Window) -> Terms:
    """Permit anybody but some parody that viewers can tell, and nothing that could pass for a statement."""
    return Terms(
        Everyone(frozenset(left_out)),
        window,
        frozenset({"satire"}),
        remix=True,
        remix_depth=1,
        limits=Limits(seconds_each=60),
        scenes=Scenes(denied=_DELICATE),
        speech=Speech("own_words"),
    )


def agency_adverts_eu(parties: tuple[str, ...], window: Window) -> Terms:
    """Permit an agency advertisements in the European Union, each approved, without words until scripts are agreed."""
    return Terms(
        _named(parties),
        window,
        frozenset({"advertising"}),
        remix=False,
        remix_depth=0,
        territories=EUROPEAN_UNION,
        scenes=Scenes(frozenset({"everyday", "endorsement"}), _DELICATE - {"endorsement"}),
        approval=_THREE_DAYS,
    )


def teaching(parties: tuple[str, ...], window: Window) -> Terms:
    """Permit a school or a museum teaching; what was made stays, with a label, so that a course loses no page."""
    return Terms(
        _named(parties),
        window,
        frozenset({"education"}),
        remix=False,
        remix_depth=0,
        scenes=Scenes(frozenset({"everyday", "health"}), _DELICATE - {"health"}),
        speech=Speech("own_words"),
        after_end="keep_with_label",
    )


def _named(parties: tuple[str, ...]) -> Named:
    return Named(tuple(NamedParty(party) for party in parties))


TEMPLATES: Final[Mapping[str, Template]] = {
    "only_me": Template(
        {"en": "Only me", "es": "Solo yo"},
        {
            "en": "Nobody but you may make videos with your likeness: everyday scenes, for anything but advertising.",
            "es": "Nadie más que usted puede hacer vídeos con su imagen: escenas cotidianas, todo menos publicidad.",
        },
        "none",
        365,
        only_me,
    ),
    "friends_for_fun": Template(
        {"en": "Friends, for fun", "es": "Amigos, por diversión"},
        {
            "en": "The people you name may make short everyday videos for fun; nothing delicate, and no remixes.",
            "es": "Quienes usted nombre pueden hacer vídeos cortos y cotidianos; nada delicado, y sin derivados.",
        },
        "named",
        90,
        friends_for_fun,
    ),
    "ask_me_each_time": Template(
        {"en": "Ask me each time", "es": "Pregúntenme cada vez"},
        {
            "en": "The people you name may propose videos; each waits three days for your yes, and silence is a no.",
            "es": "Quienes usted nombre pueden proponer vídeos; cada uno espera su sí tres días, y callar es no.",
        },
        "named",
        180,
        ask_me_each_time,
    ),
    "satire_by_everyone": Template(
        {"en": "Satire by everybody, except", "es": "Sátira de cualquiera, salvo"},
        {
            "en": "Anybody but those you leave out may make recognisable parody of you, never about delicate matters.",
            "es": "Cualquiera, salvo quienes usted excluya, puede hacer parodia reconocible, nunca delicada.",
        },
        "left_out",
        90,
        satire_by_everyone,
    ),
    "agency_adverts_eu": Template(
        {"en": "My agency: advertisements in the EU", "es": "Mi agencia: anuncios en la UE"},
        {
            "en": "Your agency may advertise in the European Union; you approve each video, and nobody speaks for you.",
            "es": "Su agencia puede anunciar en la Unión Europea; usted aprueba cada vídeo, y nadie habla por usted.",
        },
        "named",
        365,
        agency_adverts_eu,
    ),
    "teaching": Template(
        {"en": "Teaching", "es": "Enseñanza"},
        {
            "en": "A school or museum may use you in teaching; after the end the videos stay, with a label.",
            "es": "Una escuela o un museo puede usarla para enseñar; al terminar, los vídeos quedan con una etiqueta.",
        },
        "named",
        365,
        teaching,
    ),
}
