"""What people are told about their notice, in English and Spanish: short, and calm. Pure.

Whoever reads this may have found their daughter's face at two in the morning. So: what has happened first, what happens
next and by when, what they can do, and nothing that blames or frightens. Nothing personal is in a subject line.
"""

from __future__ import annotations

from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

MONTHS: Final = (
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()  # noqa: SIM905 - readable
)


class Kind(StrEnum):
    """What a letter tells."""

    RECEIVED = "received"
    INCOMPLETE = "incomplete"
    HELD_BACK = "held-back"
    JOINED = "joined"
    ALREADY_DOWN = "already-down"
    NOT_FOUND = "not-found"
    OWN_VIDEO = "own-video"
    WITHDRAWN = "withdrawn"
    COUNTER_NOTICE = "counter-notice"
    APPEAL = "appeal"


SUBJECTS: Final = {
    "en": {
        Kind.RECEIVED: "We have your notice",
        Kind.INCOMPLETE: "We have your notice, and need one more thing",
        Kind.HELD_BACK: "The video is not shown any more, while we look at it",
        Kind.JOINED: "We have your notice, and are looking at this video already",
        Kind.ALREADY_DOWN: "The video is not shown here any more",
        Kind.NOT_FOUND: "We have your notice, and are looking for the video",
        Kind.OWN_VIDEO: "We have your notice about a video of your own",
        Kind.WITHDRAWN: "You took your notice back",
        Kind.COUNTER_NOTICE: "Somebody answered your notice",
        Kind.APPEAL: "A decision is looked at again",
    },
    "es": {
        Kind.RECEIVED: "Tenemos su aviso",
        Kind.INCOMPLETE: "Tenemos su aviso y nos falta un dato",
        Kind.HELD_BACK: "El vídeo ya no se muestra mientras lo revisamos",
        Kind.JOINED: "Tenemos su aviso y ya estamos revisando este vídeo",
        Kind.ALREADY_DOWN: "El vídeo ya no se muestra aquí",
        Kind.NOT_FOUND: "Tenemos su aviso y estamos buscando el vídeo",
        Kind.OWN_VIDEO: "Tenemos su aviso sobre un vídeo suyo",
        Kind.WITHDRAWN: "Usted retiró su aviso",
        Kind.COUNTER_NOTICE: "Alguien respondió a su aviso",
        Kind.APPEAL: "Se revisa de nuevo una decisión",
    },
}
BODIES: Final = {
    "en": {
        Kind.RECEIVED: (
            "Thank you for telling us. We have your notice, and a person will read it.\n\n"
            "You will have an answer by {due}. There is nothing that you must do now."
        ),
        Kind.INCOMPLETE: (
            "Thank you for telling us. We have your notice, and nothing of it is lost.\n\n"
            "Before we can act on it we need:\n{missing}\n\n"
            "You can add it on the page below, at any time. As soon as it is there, our clock starts."
        ),
        Kind.HELD_BACK: (
            "The video is not shown here any more, since {now}. Nobody had to read your notice for that: your word was "
            "enough for now.\n\n"
            "People will look at it and decide by {due}. There is nothing that you must do now. If copies stay with "
            "others, we cannot call them back; whoever checks such a copy here hears that it was objected to."
        ),
        Kind.JOINED: (
            "Thank you for telling us. We know of this video already, and your notice is now part of the same case.\n\n"
            "You will have an answer by {due}. Nothing that you wrote is shown to anybody else who wrote about it."
        ),
        Kind.ALREADY_DOWN: (
            "The video that you mean is not shown here any more. You need to do nothing about it.\n\n"
            "We keep your notice all the same, and a person will read it by {due}."
        ),
        Kind.NOT_FOUND: (
            "Thank you for telling us. At the place that you gave we did not find a video that is shown here. That may "
            "be a slip in the address, or it is gone.\n\n"
            "A person looks for it, and you will have an answer by {due}. If you have another address, or a copy of "
            "the video, add it on the page below; it helps."
        ),
        Kind.OWN_VIDEO: (
            "We have your notice. The video that you mean was made with your own account, so you can take it down "
            "yourself, at once, from your own pages.\n\n"
            "If somebody else used your account, or if you cannot, leave the notice as it is: a person will read it "
            "by {due}."
        ),
        Kind.WITHDRAWN: (
            "You took your notice back. You owe nobody a reason, and you can write a new one at any time.\n\n"
            "If the video was held back because of it, it stays so until people have looked. If it was not you who "
            "took it back, or not of your own will, answer this letter."
        ),
        Kind.COUNTER_NOTICE: (
            "Whoever made the video has answered, and says that it may be shown. They do not learn from us who you "
            "are.\n\n"
            "{restore}\n\n"
            "People read both sides and decide. There is nothing that you must do; if you want to add something, "
            "use the page below."
        ),
        Kind.APPEAL: (
            "We were asked to look again at what was decided. Somebody who had no part in it will do that, and a "
            "person decides, by {due}.\n\n"
            "Until then the decision stands as it is."
        ),
    },
    "es": {
        Kind.RECEIVED: (
            "Gracias por decírnoslo. Tenemos su aviso y una persona lo leerá.\n\n"
            "Tendrá una respuesta antes del {due}. Ahora no tiene que hacer nada."
        ),
        Kind.INCOMPLETE: (
            "Gracias por decírnoslo. Tenemos su aviso y no se pierde nada de él.\n\n"
            "Para poder actuar nos falta:\n{missing}\n\n"
            "Puede añadirlo en la página de abajo, cuando quiera. En cuanto esté, empieza a contar nuestro plazo."
        ),
        Kind.HELD_BACK: (
            "El vídeo ya no se muestra aquí, desde {now}. Nadie tuvo que leer su aviso para eso: por ahora bastó su "
            "palabra.\n\n"
            "Lo revisarán personas, que decidirán antes del {due}. Ahora no tiene que hacer nada. Si otros tienen "
            "copias, no podemos recuperarlas; quien compruebe aquí una copia sabrá que alguien se opuso."
        ),
        Kind.JOINED: (
            "Gracias por decírnoslo. Ya conocemos este vídeo y su aviso forma parte del mismo caso.\n\n"
            "Tendrá una respuesta antes del {due}. Lo que usted escribió no se muestra a nadie más que haya escrito "
            "sobre él."
        ),
        Kind.ALREADY_DOWN: (
            "El vídeo al que se refiere ya no se muestra aquí. No tiene que hacer nada.\n\n"
            "Conservamos su aviso de todos modos, y una persona lo leerá antes del {due}."
        ),
        Kind.NOT_FOUND: (
            "Gracias por decírnoslo. En el lugar que indicó no encontramos un vídeo que se muestre aquí. Puede haber "
            "un error en la dirección, o ya no está.\n\n"
            "Una persona lo busca y tendrá una respuesta antes del {due}. Si tiene otra dirección o una copia del "
            "vídeo, añádala en la página de abajo; ayuda."
        ),
        Kind.OWN_VIDEO: (
            "Tenemos su aviso. El vídeo al que se refiere se hizo con su propia cuenta, así que puede retirarlo usted, "
            "de inmediato, desde sus páginas.\n\n"
            "Si otra persona usó su cuenta, o si no puede hacerlo, deje el aviso como está: una persona lo leerá antes "
            "del {due}."
        ),
        Kind.WITHDRAWN: (
            "Usted retiró su aviso. No debe ninguna explicación y puede escribir otro cuando quiera.\n\n"
            "Si el vídeo estaba retenido por él, seguirá así hasta que lo hayan revisado personas. Si no fue usted "
            "quien lo retiró, o no fue por su voluntad, responda a esta carta."
        ),
        Kind.COUNTER_NOTICE: (
            "Quien hizo el vídeo ha respondido y dice que puede mostrarse. No le decimos quién es usted.\n\n"
            "{restore}\n\n"
            "Unas personas leen las dos partes y deciden. No tiene que hacer nada; si quiere añadir algo, use la "
            "página de abajo."
        ),
        Kind.APPEAL: (
            "Nos han pedido revisar lo que se decidió. Lo hará alguien que no intervino, y decidirá una persona, antes "
            "del {due}.\n\n"
            "Hasta entonces la decisión sigue como está."
        ),
    },
}
RESTORE: Final = {
    "en": (
        "By the rule that applies, the video can be shown again from {restore} on, unless a court was asked by then.",
        "The video is not shown again by itself: only if people decide so.",
    ),
    "es": (
        "Según la norma aplicable, el vídeo puede volver a mostrarse desde el {restore}, salvo que se acuda a un juez.",
        "El vídeo no vuelve a mostrarse por sí solo: solo si unas personas lo deciden.",
    ),
}
FEET: Final = {
    "en": (
        "\n\nYour notice is {number}, your case {case}. Follow it here, and keep this link to yourself:\n{link}\n\n"
        "We never ask for a password or for money. The entry in the public log is {commit}.\n"
    ),
    "es": (
        "\n\nSu aviso es {number}, su caso {case}. Puede seguirlo aquí; no comparta este enlace:\n{link}\n\n"
        "Nunca pedimos contraseñas ni dinero. La entrada en el registro público es {commit}.\n"
    ),
}


def subject(kind: Kind, language: str, number: str) -> str:
    """Return the subject line: what it is about, and a number; nothing of anybody."""
    return f"{SUBJECTS[language][kind]} ({number})"


def text(kind: Kind, language: str, **facts: str) -> str:
    """Return the whole letter. Raises `KeyError` for a fact that is missing: no letter leaves with a gap."""
    return (BODIES[language][kind] + FEET[language]).format(**facts)


def moment(at: datetime, language: str) -> str:
    """Return a time as people read it, in UTC, which is said."""
    at = at.astimezone(UTC)
    if language == "es":
        return f"{at.day} de {MONTHS[at.month - 1]} de {at.year}, a las {at:%H:%M} UTC"
    return f"{at:%-d %B %Y, %H:%M} UTC"


def restoration(at: datetime | None, language: str) -> str:
    """Say from when on a video is due back; `None`: never by itself."""
    dated, never = RESTORE[language]
    return never if at is None else dated.format(restore=moment(at, language))


def counter_notice(number: str, case: str, restore_at: datetime | None) -> str:
    """Return what the uploader is told of their own counter-notice, in both languages."""
    english, spanish = restoration(restore_at, "en"), restoration(restore_at, "es")
    return (
        f"We have your counter-notice {number} in the case {case}. Everybody whose notice stands was told that there "
        f"is one, and not who you are.\n\n{english}\n\nPeople read both sides and decide.\n\n"
        f"Tenemos su contranotificación {number} en el caso {case}. Quienes presentaron avisos saben que existe, y no "
        f"quién es usted.\n\n{spanish}\n\nUnas personas leen las dos partes y deciden.\n"
    )


def appeal(number: str, case: str, due_at: datetime) -> str:
    """Return what a party is told of its own appeal, in both languages."""
    return (
        f"We have your appeal {number} in the case {case}. Somebody who had no part in the decision looks at it again, "
        f"and a person decides, by {moment(due_at, 'en')}. Until then the decision stands.\n\n"
        f"Tenemos su recurso {number} en el caso {case}. Lo revisa alguien que no intervino en la decisión, y decide "
        f"una persona, antes del {moment(due_at, 'es')}. Hasta entonces la decisión se mantiene.\n"
    )
