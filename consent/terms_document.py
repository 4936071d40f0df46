"""Terms as they stand in a signed document, versions 1 and 2: reading and writing.

Pure. Reading is strict, and writing what was read gives the same document back: two documents never mean one thing.
Where `null` stands in version 2 it says "not limited", openly: no field is left out.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from consent import fields, rfc3339, speech, vocabulary
from consent.audience_document import audience_document, parse_audience, parse_audience_v1
from consent.countries import CODES
from consent.terms import VERSION, Company, Limits, Rate, Scenes, Share, Speech, Terms, Window
from consent.vocabulary import MAX_COUNT, MAX_LIST

if TYPE_CHECKING:
    from collections.abc import Callable

FIELDS: Final = {
    1: "v audience window purposes remix",
    2: "v audience window limits purposes campaigns territories modalities scenes speech company remix "
    "after_end approval training rate credit description representation",
}
_CAMPAIGN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")


def parse_terms(unverified_terms: object, at: str = "/terms") -> Terms:
    """Read terms; `at` is where they stand in the caller's document. Raises `StatementInvalid`."""
    version = unverified_terms.get("v", VERSION) if isinstance(unverified_terms, dict) else VERSION
    if version != 1 or type(version) is not int:
        fields.constant(version, f"{at}/v", VERSION)
    document = fields.members(unverified_terms, at, FIELDS[version])
    if version == 1:
        return _parse_v1(document, at)
    return _parse_v2(document, at)


def terms_document(terms: Terms) -> dict[str, Any]:
    """Return the terms as they stand in a document of their own version."""
    window = {
        "not_before": rfc3339.write(terms.window.not_before),
        "not_after": rfc3339.write(terms.window.not_after),
    }
    common = {
        "v": terms.version,
        "audience": audience_document(terms.audience, version=terms.version),
        "window": window,
        "purposes": sorted(terms.purposes),
    }
    if terms.version == 1:
        return common | {"remix": {"allowed": terms.remix}}
    return common | _beyond_v1(terms)


def _beyond_v1(terms: Terms) -> dict[str, Any]:
    """Return the fields that version 2 added or extended."""
    limits, scenes, said, company = terms.limits, terms.scenes, terms.speech, terms.company
    return {
        "limits": {"uses": limits.uses, "seconds": limits.seconds, "seconds_each": limits.seconds_each},
        "campaigns": _list_or_null(terms.campaigns),
        "territories": _list_or_null(terms.territories),
        "modalities": sorted(terms.modalities),
        "scenes": {"allowed": sorted(scenes.allowed), "denied": sorted(scenes.denied)},
        "speech": {
            "kind": said.kind,
            "scripts": sorted(said.scripts),
            "banned": sorted(said.banned),
            "languages": _list_or_null(said.languages),
        },
        "company": {"never": sorted(company.never), "only": _list_or_null(company.only)},
        "remix": {"allowed": terms.remix, "depth": terms.remix_depth},
        "after_end": terms.after_end,
        "approval": None if terms.approval is None else {"hours": terms.approval // timedelta(hours=1)},
        "training": terms.training,
        "rate": None if terms.rate is None else rate_document(terms.rate),
        "credit": terms.credit,
        "description": terms.description,
        "representation": terms.representation,
    }


def _parse_v1(document: dict[str, Any], at: str) -> Terms:
    """Read version 1. What it could not say has the narrow defaults of `Terms`."""
    window = _window(document["window"], f"{at}/window")
    remix = fields.members(document["remix"], f"{at}/remix", "allowed")
    allowed = fields.boolean(remix["allowed"], f"{at}/remix/allowed")
    return Terms(
        audience=parse_audience_v1(document["audience"], f"{at}/audience", window),
        window=window,
        purposes=parse_words(document["purposes"], f"{at}/purposes", vocabulary.PURPOSES),
        remix=allowed,
        remix_depth=vocabulary.MAX_DEPTH if allowed else 0,
        version=1,
    )


def _parse_v2(document: dict[str, Any], at: str) -> Terms:
    window = _window(document["window"], f"{at}/window")
    remix, depth = _remix(document["remix"], f"{at}/remix")
    return Terms(
        audience=parse_audience(document["audience"], f"{at}/audience", window),
        window=window,
        limits=_limits(document["limits"], f"{at}/limits"),
        purposes=parse_words(document["purposes"], f"{at}/purposes", vocabulary.PURPOSES),
        campaigns=_nullable(_campaigns, document["campaigns"], f"{at}/campaigns"),
        territories=_nullable(parse_territories, document["territories"], f"{at}/territories"),
        modalities=parse_words(document["modalities"], f"{at}/modalities", vocabulary.MODALITIES),
        scenes=_scenes(document["scenes"], f"{at}/scenes"),
        speech=_speech(document["speech"], f"{at}/speech"),
        company=_company(document["company"], f"{at}/company"),
        remix=remix,
        remix_depth=depth,
        after_end=fields.one_of(document["after_end"], f"{at}/after_end", vocabulary.AFTER_END),
        approval=_nullable(_approval, document["approval"], f"{at}/approval"),
        training=fields.boolean(document["training"], f"{at}/training"),
        rate=_nullable(parse_rate, document["rate"], f"{at}/rate"),
        credit=_nullable(_credit, document["credit"], f"{at}/credit"),
        description=fields.text(document["description"], f"{at}/description", vocabulary.MAX_DESCRIPTION, least=0),
        representation=fields.one_of(document["representation"], f"{at}/representation", vocabulary.REPRESENTATION),
    )


def _window(value: object, at: str) -> Window:
    document = fields.members(value, at, "not_before not_after")
    window = Window(
        fields.time(document["not_before"], f"{at}/not_before"),
        fields.time(document["not_after"], f"{at}/not_after"),
    )
    if window.not_after <= window.not_before:
        fields.refuse(f"{at}/not_after", "The grant would end before it begins.", "Use a time after not_before.")
    if window.not_after - window.not_before > vocabulary.MAX_WINDOW:
        remedy = "Choose at most 3653 days."
        fields.refuse(f"{at}/not_after", "The grant would last longer than ten years.", remedy)
    return window


def _limits(value: object, at: str) -> Limits:
    document = fields.members(value, at, "uses seconds seconds_each")
    read = {
        name: None if number is None else fields.whole(number, f"{at}/{name}", MAX_COUNT)
        for name, number in document.items()
    }
    limits = Limits(**read)
    if limits.seconds is not None and limits.seconds_each is not None and limits.seconds_each > limits.seconds:
        detail = "One video could be longer than all of them together."
        fields.refuse(f"{at}/seconds_each", detail, "Use at most as many seconds for each as for all.")
    return limits


def _remix(value: object, at: str) -> tuple[bool, int]:
    document = fields.members(value, at, "allowed depth")
    allowed = fields.boolean(document["allowed"], f"{at}/allowed")
    depth = fields.whole(document["depth"], f"{at}/depth", vocabulary.MAX_DEPTH, least=0)
    if allowed != (depth > 0):
        remedy = "Use depth 0 where remixes are not allowed, and at least 1 where they are."
        fields.refuse(f"{at}/depth", "The depth contradicts what is allowed.", remedy)
    return allowed, depth


def _scenes(value: object, at: str) -> Scenes:
    document = fields.members(value, at, "allowed denied")
    grantable = tuple(scene for scene in vocabulary.SCENES if scene not in vocabulary.NEVER_GRANTED)
    allowed = parse_words(document["allowed"], f"{at}/allowed", grantable)
    denied = parse_words(document["denied"], f"{at}/denied", vocabulary.SCENES, least=0)
    if allowed & denied:
        detail = "A scene class is both allowed and denied."
        fields.refuse(f"{at}/denied", detail, "List each class in one of the two.")
    return Scenes(allowed, denied)


def _speech(value: object, at: str) -> Speech:
    document = fields.members(value, at, "kind scripts banned languages")
    kind = fields.one_of(document["kind"], f"{at}/kind", vocabulary.SPEECH)
    scripts = _texts(document["scripts"], f"{at}/scripts", vocabulary.MAX_SCRIPTS, _script)
    if (kind == "scripts") != bool(scripts):
        remedy = 'List the approved texts with kind "scripts", and none with another kind.'
        fields.refuse(f"{at}/scripts", "The scripts contradict the kind of speech.", remedy)
    banned = _texts(document["banned"], f"{at}/banned", MAX_LIST, _banned)
    languages = _nullable(_languages, document["languages"], f"{at}/languages")
    return Speech(kind, scripts, banned, languages)


def _script(value: object, at: str) -> str:
    text = fields.text(value, at, vocabulary.MAX_SCRIPT)
    if text != speech.spelled(text):
        fields.refuse(at, "The text is not in its one spelling.", "Use NFKC, and single spaces between words.")
    return text


def _banned(value: object, at: str) -> str:
    word = fields.text(value, at, MAX_LIST)
    if speech.words_in(word) != {word}:
        fields.refuse(at, "This is not one word in its plain form.", "Use lower case, no accents, one word each.")
    return word


def _company(value: object, at: str) -> Company:
    document = fields.members(value, at, "never only")
    never = _texts(document["never"], f"{at}/never", MAX_LIST, fields.uuid)
    only = None if document["only"] is None else _texts(document["only"], f"{at}/only", MAX_LIST, fields.uuid)
    if only is not None and only & never:
        detail = "The same likeness may never be there, and may be there."
        fields.refuse(f"{at}/only", detail, "List each likeness in one of the two.")
    return Company(never, only)


def parse_rate(value: object, at: str) -> Rate:
    """Read a rate with its split. Raises `StatementInvalid`."""
    document = fields.members(value, at, "currency per amount split")
    currency = fields.one_of(document["currency"], f"{at}/currency", vocabulary.CURRENCIES)
    amount = fields.decimal(document["amount"], f"{at}/amount")
    if amount <= 0:
        fields.refuse(f"{at}/amount", "A rate of nothing is no rate.", "Use an amount above 0, or null for the rate.")
    per = fields.one_of(document["per"], f"{at}/per", vocabulary.RATE_PER)
    return Rate(currency, per, amount, _split(document["split"], f"{at}/split"))


def _split(value: object, at: str) -> tuple[Share, ...]:
    shares = tuple(
        _share(item, f"{at}/{n}") for n, item in enumerate(fields.listed(value, at, vocabulary.MAX_SPLIT, least=0))
    )
    parties = [share.party for share in shares]
    if parties != sorted(set(parties)):
        fields.refuse(at, "The shares are unsorted, or a party has two.", "List each party once, sorted by its id.")
    if shares and sum(share.part for share in shares) != 1:
        fields.refuse(at, "The shares do not sum to 1.", 'Use shares such as "0.7" and "0.3"; none: all is yours.')
    return shares


def _share(value: object, at: str) -> Share:
    document = fields.members(value, at, "party part")
    part = fields.decimal(document["part"], f"{at}/part")
    if not 0 < part <= 1:
        fields.refuse(f"{at}/part", "A share lies between 0 and 1.", 'Use a share such as "0.3".')
    return Share(fields.uuid(document["party"], f"{at}/party"), part)


def rate_document(rate: Rate) -> dict[str, Any]:
    """Return what `parse_rate` reads."""
    return {
        "currency": rate.currency,
        "per": rate.per,
        "amount": f"{rate.amount:f}",
        "split": [{"party": share.party, "part": f"{share.part:f}"} for share in rate.shares],
    }


def _approval(value: object, at: str) -> timedelta:
    document = fields.members(value, at, "hours")
    return timedelta(hours=fields.whole(document["hours"], f"{at}/hours", vocabulary.MAX_APPROVAL_HOURS))


def _credit(value: object, at: str) -> str:
    return fields.text(value, at, vocabulary.MAX_CREDIT)


def _campaigns(value: object, at: str) -> frozenset[str]:
    return _texts(value, at, MAX_LIST, parse_campaign, least=1)


def parse_campaign(value: object, at: str) -> str:
    """Read the id of a campaign. Raises `StatementInvalid`."""
    return _formed(_CAMPAIGN, value, at, "a campaign's id: 1 to 64 of a-z, 0-9, dot, hyphen and underscore")


def _languages(value: object, at: str) -> frozenset[str]:
    return _texts(value, at, MAX_LIST, _language, least=1)


def _language(value: object, at: str) -> str:
    return _formed(_LANGUAGE, value, at, 'a primary language subtag (BCP 47), such as "en"')


def parse_territories(value: object, at: str) -> frozenset[str]:
    """Read a sorted list of country codes. Raises `StatementInvalid`."""
    return parse_words(value, at, CODES)


def _formed(form: re.Pattern[str], value: object, at: str, what: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        fields.refuse(at, f"This is not {what}.", f"Send {what}.")
    return value


def parse_words(value: object, at: str, known: Any, *, least: int = 1) -> frozenset[str]:  # noqa: ANN401 - any container of text
    """Read a sorted list of words of a closed list. Raises `StatementInvalid`."""
    items = fields.listed(value, at, len(known), least=least)
    return fields.once_sorted([fields.one_of(item, f"{at}/{n}", known) for n, item in enumerate(items)], at)


def _texts(
    value: object, at: str, most: int, reader: Callable[[object, str], str], *, least: int = 0
) -> frozenset[str]:
    items = fields.listed(value, at, most, least=least)
    return fields.once_sorted([reader(item, f"{at}/{n}") for n, item in enumerate(items)], at)


def _nullable[T](reader: Callable[[object, str], T], value: object, at: str) -> T | None:
    return None if value is None else reader(value, at)


def _list_or_null(items: frozenset[str] | None) -> list[str] | None:
    return None if items is None else sorted(items)
