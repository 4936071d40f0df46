"""What people are told when a case is decided, in English and Spanish.

What was decided first, then why, what it rests on, that people decided, and how to object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from consent.takedown import words

if TYPE_CHECKING:
    from datetime import datetime

    from consent.models import Ruling
    from consent.takedown.policies import Reason

SUBJECTS: Final = {
    "en": {
        "refuse": "The video stays",
        "remove": "The video was taken down",
        "block_future": "The video was taken down, and copies are refused",
        "disable": "The video was taken down for a time",
        "label": "The video gets a label",
        "demonetise": "The video earns nothing",
        "restore": "The video is shown again",
    },
    "es": {
        "refuse": "El vídeo se queda",
        "remove": "El vídeo se retiró",
        "block_future": "El vídeo se retiró y se rechazan las copias",
        "disable": "El vídeo se retiró por un tiempo",
        "label": "El vídeo lleva una etiqueta",
        "demonetise": "El vídeo no genera ingresos",
        "restore": "El vídeo vuelve a mostrarse",
    },
}
FRAMES: Final = {
    "en": (
        "{what}.\n\nWhy: {why}\n\nWhat it rests on: {facts}\n\n{rest}"
        "People decided this; no machine decided it. {found}\n\n"
        "If you think that it is wrong, object within six months, free of charge, on your page or by answering this "
        "letter. Somebody who had no part in it looks again, and a person decides. In the European Union you can also "
        "turn to a certified out-of-court body (Article 21 of the Digital Services Act), and anywhere to a court."
    ),
    "es": (
        "{what}.\n\nPor qué: {why}\n\nEn qué se basa: {facts}\n\n{rest}"
        "Lo decidieron personas, no una máquina. {found}\n\n"
        "Si cree que es un error, puede oponerse en un plazo de seis meses, gratis, en su página o respondiendo a esta "
        "carta. Lo revisa alguien que no intervino y decide una persona. En la Unión Europea también puede acudir a un "
        "órgano certificado de resolución extrajudicial (artículo 21 del Reglamento de Servicios Digitales) y, en "
        "cualquier lugar, a un juez."
    ),
}
FOUND: Final = {
    "en": "We looked because of a notice, and what it swore to may have held the video back by itself until then.",
    "es": "Lo revisamos por un aviso, que por sí solo pudo retener el vídeo hasta entonces.",
}
UNTIL: Final = {"en": "It lasts until {until}.\n\n", "es": "Dura hasta el {until}.\n\n"}
EVERYWHERE: Final = {
    "en": "It is decided for {places} only. We cannot hold a video back in one place alone: it rests everywhere.\n\n",
    "es": "Se decide solo para {places}. No podemos retener un vídeo en un solo lugar: se retiene en todos.\n\n",
}
LATER: Final = {
    "en": "It comes back on {at}, unless it is shown to us before that a court was asked.\n\n",
    "es": "Vuelve el {at}, salvo que antes se nos demuestre que se acudió a un juez.\n\n",
}
ASKED: Final = {
    "en": ("We need one more thing", "To go on we need from you: {what}\n\nAdd it on the page below. {clock}"),
    "es": ("Nos falta un dato", "Para seguir necesitamos de usted: {what}\n\nAñádalo en la página de abajo. {clock}"),
}
CLOCK: Final = {
    "en": {True: "Our clock waits for you.", False: "Our clock runs on all the same; a law sets it."},
    "es": {True: "Nuestro plazo le espera.", False: "Nuestro plazo sigue corriendo: lo fija una ley."},
}
UPHELD: Final = {
    "en": (
        "We looked again, and the decision stands",
        (
            "Somebody who had no part in the decision looked at it again. It stands.\n\nWhy: {facts}\n\nIn the "
            "European Union you can turn to a certified out-of-court body (Article 21 of the Digital Services Act), "
            "and anywhere to a court."
        ),
    ),
    "es": (
        "Lo revisamos y la decisión se mantiene",
        (
            "Alguien que no intervino en la decisión la revisó. Se mantiene.\n\nPor qué: {facts}\n\nEn la Unión "
            "Europea puede acudir a un órgano certificado de resolución extrajudicial (artículo 21 del Reglamento de "
            "Servicios Digitales) y, en cualquier lugar, a un juez."
        ),
    ),
}
REJECTED: Final = {
    "en": (
        "Your counter-notice was rejected",
        "The video does not come back by it.\n\nWhy: {facts}\n\nYou can appeal the decision within six months.",
    ),
    "es": (
        "Su contranotificación fue rechazada",
        "El vídeo no vuelve por ella.\n\nPor qué: {facts}\n\nPuede recurrir la decisión en un plazo de seis meses.",
    ),
}


def subject(action: str, language: str) -> str:
    """Return the subject line: what was decided, and nothing of anybody."""
    return SUBJECTS[language][action]


def text(ruling: Ruling, reason: Reason, facts: str, language: str) -> str:
    """Return what is said of a decision, without the foot of a letter."""
    rest = ""
    if ruling.territory:
        rest += EVERYWHERE[language].format(places=", ".join(ruling.territory))
    if ruling.ends_at is not None:
        rest += _at(UNTIL, "until", ruling.ends_at, language)
    if ruling.applies_at is not None:
        rest += _at(LATER, "at", ruling.applies_at, language)
    why = reason.spanish if language == "es" else reason.english
    what = SUBJECTS[language][ruling.action]
    return FRAMES[language].format(what=what, why=why, facts=facts, rest=rest, found=FOUND[language])


def _at(frames: dict[str, str], name: str, at: datetime, language: str) -> str:
    return frames[language].format(**{name: words.moment(at, language)})
