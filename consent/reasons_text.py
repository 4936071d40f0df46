"""A statement of reasons in words, English and Spanish: what whoever is affected reads. Pure.

Regulation (EU) 2022/2065, Article 17(3): what was decided, where, for how long, the facts, automated means, the ground
and why it applies, and the ways to object. What somebody wrote (facts, explanations) stands in the language in which
it was written. Plain words first; an unknown key is shown as it is rather than left out.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from consent.takedown.words import MONTHS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from consent.reasons_statement import Value

type Said = Mapping[str, Value]

EEA: Final = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()  # noqa: SIM905 - readable
)
TITLES: Final = {
    "en": {
        "head": "Why we decided this",
        "what": "What we decided",
        "where": "Where it holds",
        "long": "From when, and for how long",
        "facts": "The facts",
        "how": "How we came to it",
        "why": "On which ground, and why",
        "object": "If you do not agree",
        "over": "A restriction is over",
        "number": "Reference: {puid}",
    },
    "es": {
        "head": "Por qué lo hemos decidido",
        "what": "Qué hemos decidido",
        "where": "Dónde se aplica",
        "long": "Desde cuándo y hasta cuándo",
        "facts": "Los hechos",
        "how": "Cómo hemos llegado a la decisión",
        "why": "Con qué fundamento y por qué",
        "object": "Si no está de acuerdo",
        "over": "Una restricción ha terminado",
        "number": "Referencia: {puid}",
    },
}
KEYS: Final = {
    "en": {
        "DECISION_VISIBILITY_CONTENT_REMOVED": "The content was removed.",
        "DECISION_VISIBILITY_CONTENT_DISABLED": "The content is not shown.",
        "DECISION_VISIBILITY_CONTENT_DEMOTED": "The content is shown less.",
        "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED": "The content is shown to adults only.",
        "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED": "Nobody can react to the content or make more of it.",
        "DECISION_VISIBILITY_CONTENT_LABELLED": "The content has a label.",
        "DECISION_VISIBILITY_OTHER": "The content is restricted in another way:",
        "DECISION_MONETARY_SUSPENSION": "Payments for it are on hold.",
        "DECISION_MONETARY_TERMINATION": "It is not paid for any more.",
        "DECISION_MONETARY_OTHER": "Payments for it are restricted:",
        "DECISION_PROVISION_PARTIAL_SUSPENSION": "A part of the service rests for the account.",
        "DECISION_PROVISION_TOTAL_SUSPENSION": "The service rests for the account.",
        "DECISION_PROVISION_PARTIAL_TERMINATION": "A part of the service has ended for the account.",
        "DECISION_PROVISION_TOTAL_TERMINATION": "The service has ended for the account.",
        "DECISION_ACCOUNT_SUSPENDED": "The account is suspended.",
        "DECISION_ACCOUNT_TERMINATED": "The account is closed.",
        "SOURCE_ARTICLE_16": "We looked at it because somebody sent us a notice.",
        "SOURCE_TRUSTED_FLAGGER": "We looked at it because a trusted flagger sent us a notice.",
        "SOURCE_TYPE_OTHER_NOTIFICATION": "We looked at it because somebody told us of it.",
        "SOURCE_VOLUNTARY": "We looked at it on our own initiative.",
        "detected-Yes": "It was found by automated means.",
        "detected-No": "It was not found by automated means.",
        "AUTOMATED_DECISION_FULLY": "The decision was made by automated means.",
        "AUTOMATED_DECISION_PARTIALLY": "The decision was made partly by automated means.",
        "AUTOMATED_DECISION_NOT_AUTOMATED": "The decision was made by people.",
        "DECISION_GROUND_ILLEGAL_CONTENT": "We hold that it breaks the law:",
        "DECISION_GROUND_INCOMPATIBLE_CONTENT": "It does not fit our terms:",
        "everywhere": "In the whole European Economic Area.",
        "states": "In: {states}.",
        "from": "From {day}.",
        "until": "Until {day}.",
        "no-end": "No end was set.",
        "illegal-Yes": "We hold that it breaks the law as well.",
        "illegal-No": "We do not say that it breaks the law.",
        "over": "The restriction with the reference {restored} is over since {day}.",
    },
    "es": {
        "DECISION_VISIBILITY_CONTENT_REMOVED": "El contenido se ha retirado.",
        "DECISION_VISIBILITY_CONTENT_DISABLED": "El contenido no se muestra.",
        "DECISION_VISIBILITY_CONTENT_DEMOTED": "El contenido se muestra menos.",
        "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED": "El contenido se muestra solo a personas adultas.",
        "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED": (
            "Nadie puede reaccionar al contenido ni crear más a partir de él."
        ),
        "DECISION_VISIBILITY_CONTENT_LABELLED": "El contenido lleva una etiqueta.",
        "DECISION_VISIBILITY_OTHER": "El contenido está restringido de otra forma:",
        "DECISION_MONETARY_SUSPENSION": "Los pagos por él están retenidos.",
        "DECISION_MONETARY_TERMINATION": "Ya no se paga por él.",
        "DECISION_MONETARY_OTHER": "Los pagos por él están restringidos:",
        "DECISION_PROVISION_PARTIAL_SUSPENSION": "Una parte del servicio está suspendida para la cuenta.",
        "DECISION_PROVISION_TOTAL_SUSPENSION": "El servicio está suspendido para la cuenta.",
        "DECISION_PROVISION_PARTIAL_TERMINATION": "Una parte del servicio ha terminado para la cuenta.",
        "DECISION_PROVISION_TOTAL_TERMINATION": "El servicio ha terminado para la cuenta.",
        "DECISION_ACCOUNT_SUSPENDED": "La cuenta está suspendida.",
        "DECISION_ACCOUNT_TERMINATED": "La cuenta está cerrada.",
        "SOURCE_ARTICLE_16": "Lo hemos revisado porque alguien nos envió un aviso.",
        "SOURCE_TRUSTED_FLAGGER": "Lo hemos revisado porque un alertador fiable nos envió un aviso.",
        "SOURCE_TYPE_OTHER_NOTIFICATION": "Lo hemos revisado porque alguien nos habló de ello.",
        "SOURCE_VOLUNTARY": "Lo hemos revisado por iniciativa propia.",
        "detected-Yes": "Se encontró por medios automatizados.",
        "detected-No": "No se encontró por medios automatizados.",
        "AUTOMATED_DECISION_FULLY": "La decisión se tomó por medios automatizados.",
        "AUTOMATED_DECISION_PARTIALLY": "La decisión se tomó en parte por medios automatizados.",
        "AUTOMATED_DECISION_NOT_AUTOMATED": "La decisión la tomaron personas.",
        "DECISION_GROUND_ILLEGAL_CONTENT": "Consideramos que infringe la ley:",
        "DECISION_GROUND_INCOMPATIBLE_CONTENT": "No se ajusta a nuestras condiciones:",
        "everywhere": "En todo el Espacio Económico Europeo.",
        "states": "En: {states}.",
        "from": "Desde el {day}.",
        "until": "Hasta el {day}.",
        "no-end": "No se ha fijado un final.",
        "illegal-Yes": "Consideramos que además infringe la ley.",
        "illegal-No": "No decimos que infrinja la ley.",
        "over": "La restricción con la referencia {restored} terminó el {day}.",
    },
}
OBJECT: Final = {
    "en": (
        "- Here, free of charge: for six months after you hear of this you can ask us to look again. Somebody who had "
        "no part in the decision does that, and not by automated means alone.\n"
        "- Out of court: you can choose a dispute settlement body that is certified under Article 21 of the Digital "
        "Services Act. What it says does not bind you.\n"
        "- In court: you can go to a court at any time, before, during or after the other two."
    ),
    "es": (
        "- Aquí, gratis: durante los seis meses siguientes a conocer esta decisión puede pedirnos que la revisemos. Lo "
        "hará alguien que no participó en ella, y no solo por medios automatizados.\n"
        "- Fuera de los tribunales: puede elegir un órgano de resolución de litigios certificado según el artículo 21 "
        "del Reglamento de Servicios Digitales. Lo que diga no le obliga.\n"
        "- Ante los tribunales: puede acudir a un tribunal en cualquier momento, antes, durante o después de lo demás."
    ),
}
RESTRICTIONS: Final = ("decision_visibility", "decision_monetary", "decision_provision", "decision_account")
ENDS: Final = (
    "end_date_visibility_restriction",
    "end_date_monetary_restriction",
    "end_date_service_restriction",
    "end_date_account_restriction",
)


def rendered(statement: Said, language: str) -> str:
    """Return a statement of `consent.reasons_statement.build` in words. Raises `KeyError` for another language."""
    parts = [
        ("what", _what(statement, language)),
        ("where", _where(statement, language)),
        ("long", _long(statement, language)),
        ("facts", str(statement["decision_facts"])),
        ("how", _how(statement, language)),
        ("why", _why(statement, language)),
        ("object", OBJECT[language]),
    ]
    return _page("head", parts, statement, language)


def over(statement: Said, language: str) -> str:
    """Return in words that a restriction is over: as said by `consent.reasons_given.reverse`."""
    day = _day(statement["application_date"], language)
    parts = [
        ("what", _word("over", language).format(restored=statement["restored"], day=day)),
        ("facts", str(statement["decision_facts"])),
        ("how", _word(statement["automated_decision"], language)),
        ("object", OBJECT[language]),
    ]
    return _page("over", parts, statement, language)


def _page(head: str, parts: list[tuple[str, str]], statement: Said, language: str) -> str:
    titles = TITLES[language]
    number = titles["number"].format(puid=statement["puid"])
    return "\n\n".join([titles[head], *(f"{titles[name]}\n{text}" for name, text in parts), number])


def _what(statement: Said, language: str) -> str:
    lines = []
    for name in RESTRICTIONS:
        for key in _several(statement.get(name, [])):
            other = statement.get(f"{name}_other", "") if key.endswith("_OTHER") else ""
            lines.append(f"{_word(key, language)} {other}".strip())
    return "\n".join(lines)


def _where(statement: Said, language: str) -> str:
    states = _several(statement["territorial_scope"])
    if set(states) == EEA:
        return _word("everywhere", language)
    return _word("states", language).format(states=", ".join(states))


def _long(statement: Said, language: str) -> str:
    begins = _word("from", language).format(day=_day(statement["application_date"], language))
    ends = [_word("until", language).format(day=_day(statement[name], language)) for name in ENDS if name in statement]
    return " ".join([begins, *(dict.fromkeys(ends) or [_word("no-end", language)])])


def _how(statement: Said, language: str) -> str:
    keys = (statement["source_type"], f"detected-{statement['automated_detection']}", statement["automated_decision"])
    return "\n".join(_word(key, language) for key in keys)


def _why(statement: Said, language: str) -> str:
    begins = _word(statement["decision_ground"], language)
    kind = "illegal" if statement["decision_ground"] == "DECISION_GROUND_ILLEGAL_CONTENT" else "incompatible"
    ground = statement["illegal_content_legal_ground" if kind == "illegal" else "incompatible_content_ground"]
    lines = [f"{begins} {ground}", str(statement[f"{kind}_content_explanation"])]
    if "incompatible_content_illegal" in statement:
        lines.append(_word(f"illegal-{statement['incompatible_content_illegal']}", language))
    if "decision_ground_reference_url" in statement:
        lines.append(str(statement["decision_ground_reference_url"]))
    return "\n".join(lines)


def _word(key: Value, language: str) -> str:
    return KEYS[language].get(str(key), str(key))


def _several(value: Value) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _day(value: Value, language: str) -> str:
    day = date.fromisoformat(str(value))
    return f"{day.day} de {MONTHS[day.month - 1]} de {day.year}" if language == "es" else day.strftime("%-d %B %Y")
