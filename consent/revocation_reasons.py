"""Why somebody other than the person ends or suspends consent: closed lists, beside who may use each. Pure.

Only ever added to: codes stand in sealed entries. The person reads the text, so it says what happened to them and
nothing of anybody else. A person who takes their own consent back needs no reason, and nobody's approval.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from ledger.problem import Problem


class By(StrEnum):
    """Who ends or suspends what somebody else holds."""

    HOLDER = "holder"
    STAFF = "staff"  # a member of staff, for the platform
    AUTHORITY = "authority"  # an estate or a guardian whose claim was accepted
    COURT = "court"  # a court or an authority of the state, whose order a member of staff records
    NOTICE = "notice"  # a sworn notice, before anybody of staff has read it


class ReasonRefused(Problem):
    """The reason is not on the list, or not for whoever gives it."""

    code: ClassVar[str] = "revocation-reason-refused"
    title: ClassVar[str] = "This reason cannot be given"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. `two_people`: one proposes, another approves."""

    code: str
    by: frozenset[By]
    two_people: bool
    english: str
    spanish: str


def _of(*by: By) -> frozenset[By]:
    return frozenset(by)


REVOCATIONS: Final = {
    reason.code: reason
    for reason in (
        Reason(
            "not-the-person",
            _of(By.STAFF),
            True,  # noqa: FBT003 - the column of a table
            "We found that the person shown is not the person who gave permission.",
            "Hemos comprobado que la persona que aparece no es quien dio el permiso.",
        ),
        Reason(
            "minor",
            _of(By.STAFF),
            True,  # noqa: FBT003 - as above
            "We found that the person shown is a minor, and that what was permitted may not be permitted for a minor.",
            "Hemos comprobado que la persona que aparece es menor de edad y que lo permitido no puede permitirse.",
        ),
        Reason(
            "not-signed-by-you",
            _of(By.STAFF),
            True,  # noqa: FBT003 - as above
            "We found that somebody else signed in your name.",
            "Hemos comprobado que otra persona firmó en su nombre.",
        ),
        Reason(
            "rules-broken",
            _of(By.STAFF),
            True,  # noqa: FBT003 - as above
            "The permission was used against our rules, for example with the labels removed.",
            "El permiso se usó contra nuestras normas, por ejemplo quitando las etiquetas.",
        ),
        Reason(
            "authority-ended",
            _of(By.STAFF),
            True,  # noqa: FBT003 - as above
            "Whoever gave the permission may no longer decide about this likeness.",
            "Quien dio el permiso ya no puede decidir sobre esta imagen.",
        ),
        Reason(
            "estate-decision",
            _of(By.AUTHORITY),
            False,  # noqa: FBT003 - as above
            "The estate, whose authority we checked, ended the permission.",
            "La sucesión, cuya autoridad comprobamos, ha terminado el permiso.",
        ),
        Reason(
            "guardian-decision",
            _of(By.AUTHORITY),
            False,  # noqa: FBT003 - as above
            "A guardian, whose authority we checked, ended the permission.",
            "La persona tutora, cuya autoridad comprobamos, ha terminado el permiso.",
        ),
        Reason(
            "court-order",
            _of(By.COURT),
            True,  # noqa: FBT003 - as above
            "A court ordered that the permission end.",
            "Un tribunal ordenó que el permiso terminara.",
        ),
        Reason(
            "government-order",
            _of(By.COURT),
            True,  # noqa: FBT003 - as above
            "An authority of the state ordered that the permission end.",
            "Una autoridad pública ordenó que el permiso terminara.",
        ),
    )
}

SUSPENSIONS: Final = {
    reason.code: reason
    for reason in (
        Reason(
            "paused",
            _of(By.HOLDER),
            False,  # noqa: FBT003 - as above
            "You paused it.",
            "Usted lo puso en pausa.",
        ),
        Reason(
            "under-review",
            _of(By.STAFF),
            False,  # noqa: FBT003 - as above; lifting it takes another person
            "We are looking into a report about it.",
            "Estamos revisando un aviso sobre ello.",
        ),
        Reason(
            "account-at-risk",
            _of(By.STAFF),
            False,  # noqa: FBT003 - as above
            "There are signs that somebody else acts in your name.",
            "Hay indicios de que otra persona actúa en su nombre.",
        ),
        Reason(
            "authority-disputed",
            _of(By.STAFF),
            False,  # noqa: FBT003 - as above
            "It is disputed who may decide about this likeness.",
            "Se discute quién puede decidir sobre esta imagen.",
        ),
        Reason(
            "court-hold",
            _of(By.COURT),
            False,  # noqa: FBT003 - as above
            "A court or an authority of the state ordered it for the time being.",
            "Un tribunal o una autoridad pública lo ordenó por el momento.",
        ),
    )
}

BLOCKS: Final = {
    reason.code: reason
    for reason in (
        Reason(
            "notice",
            _of(By.STAFF),
            False,  # noqa: FBT003 - as above; confirming takes another person
            "We received a notice about this video that says why it may not be shown.",
            "Hemos recibido un aviso sobre este vídeo que dice por qué no puede mostrarse.",
        ),
        Reason(
            "sworn-notice",
            _of(By.NOTICE),
            False,  # noqa: FBT003 - as above; two of the staff confirm it or lift it
            "Somebody swore that this video may not be shown. It is held back while people look at it.",
            "Alguien declaró bajo su responsabilidad que este vídeo no puede mostrarse. Se retiene mientras se revisa.",
        ),
        Reason(
            "intimate",
            _of(By.STAFF),
            False,  # noqa: FBT003 - as above
            "The video shows somebody in an intimate way that they did not agree to.",
            "El vídeo muestra a alguien de forma íntima sin su acuerdo.",
        ),
        Reason(
            "minor",
            _of(By.STAFF),
            False,  # noqa: FBT003 - as above
            "The video shows a minor in a way that is not permitted.",
            "El vídeo muestra a una persona menor de edad de un modo que no está permitido.",
        ),
        Reason(
            "rights-of-the-dead",
            _of(By.STAFF),
            False,  # noqa: FBT003 - as above
            "The video shows somebody who has died, and those who decide for them object.",
            "El vídeo muestra a una persona fallecida y quienes deciden por ella se oponen.",
        ),
        Reason(
            "rules-broken",
            _of(By.STAFF),
            False,  # noqa: FBT003 - as above
            "The video breaks our rules.",
            "El vídeo incumple nuestras normas.",
        ),
        Reason(
            "under-review",
            _of(By.STAFF),
            False,  # noqa: FBT003 - as above
            "We are looking into a report about the video.",
            "Estamos revisando un aviso sobre el vídeo.",
        ),
        Reason(
            "court-order",
            _of(By.COURT),
            False,  # noqa: FBT003 - as above
            "A court ordered that the video not be shown.",
            "Un tribunal ordenó que el vídeo no se muestre.",
        ),
        Reason(
            "government-order",
            _of(By.COURT),
            False,  # noqa: FBT003 - as above
            "An authority of the state ordered that the video not be shown.",
            "Una autoridad pública ordenó que el vídeo no se muestre.",
        ),
    )
}

APPEAL: Final = (
    "You can object within six months, free of charge, by answering this message or writing to the people who run "
    "this service. Somebody who had no part in the decision looks at it again, and a person decides.\n\n"
    "Puede oponerse en un plazo de seis meses, gratis, respondiendo a este mensaje o escribiendo a quienes gestionan "
    "este servicio. Lo revisará alguien que no intervino en la decisión, y decidirá una persona."
)


def revocation(code: str, *, by: frozenset[By]) -> Reason:
    """Return the reason if one of these may revoke for it. Raises `ReasonRefused`."""
    return _checked(REVOCATIONS, code, by)


def suspension(code: str, *, by: frozenset[By]) -> Reason:
    """Return the reason if one of these may suspend for it. Raises `ReasonRefused`."""
    return _checked(SUSPENSIONS, code, by)


def block(code: str, *, by: frozenset[By]) -> Reason:
    """Return the reason if one of these may block a video for it. Raises `ReasonRefused`."""
    return _checked(BLOCKS, code, by)


def _checked(listed: dict[str, Reason], code: str, by: frozenset[By]) -> Reason:
    reason = listed.get(code)
    if reason is None or not reason.by & by:
        allowed = sorted(each.code for each in listed.values() if each.by & by)
        remedy = f"Give one of these: {', '.join(allowed)}." if allowed else "This is not yours to do."
        raise ReasonRefused("This is no reason that you can give.", pointer="/reason", remedy=remedy)
    return reason
