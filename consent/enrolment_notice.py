"""What a person reads before an enrolment session, in each language. What was shown is named by its hash. Pure.

A text never changes under its version: a new wording is a new version, and the old one stays here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar, Final

from ledger.problem import Problem

VERSION: Final = 2  # 1 is the notice of a clip that answers no challenge, `enrolment.NOTICE`
TEXTS: Final = {
    "en": (
        "We will ask you to turn your head and to say six digits, and record that you did. From the clip we measure "
        "your face, how you move, and what you say, and make a template of your face: 128 numbers by which a face is "
        "found again. These are biometric data.\n"
        "Clip and template are stored encrypted under a key of your own. The clip is used to make videos that your "
        "grants cover; the template to see that it is always you, and that nobody enrols your face as theirs. Neither "
        "is given or sold to anybody. If our programs are in doubt, a person of ours looks at the clip.\n"
        "The program that makes templates was trained by others on pictures of faces collected from the web; how well "
        "it does for different groups of people was never published. It decides nothing against you by itself.\n"
        "You can stop now, withdraw at any moment, and be erased: that destroys the key, and with it clip and "
        "template.\n"
    ),
    "es": (
        "Le pediremos que gire la cabeza y diga seis números, y dejaremos constancia de que lo hizo. A partir del "
        "vídeo medimos su cara, sus movimientos y lo que dice, y creamos una plantilla de su cara: 128 números con los "
        "que se reconoce una cara. Son datos biométricos.\n"
        "El vídeo y la plantilla se guardan cifrados con una clave propia de usted. El vídeo se usa para crear vídeos "
        "que sus permisos cubran; la plantilla, para comprobar que siempre es usted y que nadie registra su cara como "
        "suya. No se ceden ni se venden a nadie. Si nuestros programas dudan, una persona de nuestro equipo mira el "
        "vídeo.\n"
        "El programa que crea plantillas fue entrenado por otros con fotos de caras recogidas de la web; nunca se "
        "publicó cómo funciona con distintos grupos de personas. Por sí solo no decide nada en su contra.\n"
        "Puede dejarlo ahora, retirarse en cualquier momento y pedir que le borremos: eso destruye la clave y, con "
        "ella, el vídeo y la plantilla.\n"
    ),
}


class LanguageUnknown(Problem):
    """There is no notice in this language."""

    code: ClassVar[str] = "notice-language-unknown"
    title: ClassVar[str] = "There is no notice in this language"


@dataclass(frozen=True, slots=True)
class Notice:
    """One text as it is shown."""

    language: str
    text: str
    version: int = VERSION

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of the text's UTF-8."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def in_language(language: str) -> Notice:
    """Return the notice. Raises `LanguageUnknown`: nobody agrees to what they could not read."""
    if language not in TEXTS:
        remedy = f"Use one of: {', '.join(sorted(TEXTS))}."
        raise LanguageUnknown("The notice is not written in this language.", pointer="/language", remedy=remedy)
    return Notice(language, TEXTS[language])
