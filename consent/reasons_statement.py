"""Statements of reasons in the shape of the DSA Transparency Database, schema version 2. Pure.

Source: Regulation (EU) 2022/2065 Article 17 (what it says), Article 24(5) (no personal data), and the API
documentation of the Commission's database, schema live since 1 July 2025. Values are prefixed keys, dates YYYY-MM-DD.
What is optional and not said is absent, never null. `content_id` is not built: it is for goods.

`build` is strict: an unknown field, an unknown key, a text too long and a field that its condition forbids are
refused, each with its pointer. `require_impersonal` refuses what names anybody.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Final

from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

type Value = str | list[str]
type Statement = dict[str, Value]

LATEST: Final = date(2038, 1, 1)
PUID: Final = re.compile(r"[a-zA-Z0-9_-]{1,500}", re.ASCII)
ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
UNSPEAKABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class StatementInvalid(Problem):
    """The statement breaks the schema; `pointer` names the field."""

    code: ClassVar[str] = "reasons-invalid"
    title: ClassVar[str] = "Not a statement of reasons"


class StatementPersonal(Problem):
    """The statement names somebody, or could: Article 24(5) forbids it."""

    code: ClassVar[str] = "reasons-personal"
    title: ClassVar[str] = "A statement of reasons names nobody"


def _keys(prefix: str, words: str) -> frozenset[str]:
    return frozenset(prefix + word for word in words.split())


GROUNDS: Final = _keys("DECISION_GROUND_", "ILLEGAL_CONTENT INCOMPATIBLE_CONTENT")
CONTENT: Final = _keys("CONTENT_TYPE_", "APP AUDIO IMAGE PRODUCT SYNTHETIC_MEDIA TEXT VIDEO OTHER")
CATEGORIES: Final = _keys(
    "STATEMENT_CATEGORY_",
    "ANIMAL_WELFARE CONSUMER_INFORMATION CYBER_VIOLENCE CYBER_VIOLENCE_AGAINST_WOMEN "
    "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS ILLEGAL_OR_HARMFUL_SPEECH INTELLECTUAL_PROPERTY_INFRINGEMENTS "
    "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS NOT_SPECIFIED_NOTICE OTHER_VIOLATION_TC PROTECTION_OF_MINORS "
    "RISK_FOR_PUBLIC_SECURITY SCAMS_AND_FRAUD SELF_HARM UNSAFE_AND_PROHIBITED_PRODUCTS VIOLENCE",
)
# those that a service for likenesses can need; the schema knows more, and they are added when one is needed
KEYWORDS: Final = _keys(
    "KEYWORD_",
    "NON_CONSENSUAL_MATERIAL_DEEPFAKE NON_CONSENSUAL_MATERIAL_DEEPFAKE_AGAINST_WOMEN NON_CONSENSUAL_IMAGE_SHARING "
    "NON_CONSENSUAL_IMAGE_SHARING_AGAINST_WOMEN CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE IMPERSONATION_ACCOUNT_HIJACKING "
    "BIOMETRIC_DATA_BREACH MISSING_PROCESSING_GROUND RIGHT_TO_BE_FORGOTTEN DEFAMATION COPYRIGHT_INFRINGEMENT "
    "TRADEMARK_INFRINGEMENT OTHER",
)
SOURCES: Final = _keys("SOURCE_", "ARTICLE_16 TRUSTED_FLAGGER TYPE_OTHER_NOTIFICATION VOLUNTARY")
AUTOMATED: Final = _keys("AUTOMATED_DECISION_", "FULLY PARTIALLY NOT_AUTOMATED")
VISIBILITY: Final = _keys(
    "DECISION_VISIBILITY_",
    "CONTENT_REMOVED CONTENT_DISABLED CONTENT_DEMOTED CONTENT_AGE_RESTRICTED CONTENT_INTERACTION_RESTRICTED "
    "CONTENT_LABELLED OTHER",
)
MONETARY: Final = _keys("DECISION_MONETARY_", "SUSPENSION TERMINATION OTHER")
PROVISION: Final = _keys(
    "DECISION_PROVISION_", "PARTIAL_SUSPENSION TOTAL_SUSPENSION PARTIAL_TERMINATION TOTAL_TERMINATION"
)
ACCOUNT: Final = _keys("DECISION_ACCOUNT_", "SUSPENDED TERMINATED")
ACCOUNT_TYPES: Final = _keys("ACCOUNT_TYPE_", "BUSINESS PRIVATE")
YES_NO: Final = frozenset({"Yes", "No"})
TERRITORIES: Final = _keys(  # EU and EEA, ISO 3166-1 alpha-2
    "", "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
)
LANGUAGES: Final = re.compile(r"[A-Z]{2}", re.ASCII)  # ISO 639-1, in capitals as the database has them
DECISIONS: Final = ("decision_visibility", "decision_monetary", "decision_provision", "decision_account")


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `keys`: the closed list. `most`: characters of free text. `since`: the first day of a date."""

    required: bool = False
    many: bool = False
    keys: frozenset[str] = frozenset()
    most: int = 0
    since: date | None = None


def _day(year: int, *, required: bool) -> Field:
    return Field(required=required, since=date(year, 1, 1))


FIELDS: Final[Mapping[str, Field]] = {
    "decision_visibility": Field(many=True, keys=VISIBILITY),
    "decision_visibility_other": Field(most=500),
    "decision_monetary": Field(keys=MONETARY),
    "decision_monetary_other": Field(most=500),
    "decision_provision": Field(keys=PROVISION),
    "decision_account": Field(keys=ACCOUNT),
    "account_type": Field(keys=ACCOUNT_TYPES),
    "decision_ground": Field(required=True, keys=GROUNDS),
    "decision_ground_reference_url": Field(most=500),
    "illegal_content_legal_ground": Field(most=500),
    "illegal_content_explanation": Field(most=2000),
    "incompatible_content_ground": Field(most=500),
    "incompatible_content_explanation": Field(most=2000),
    "incompatible_content_illegal": Field(keys=YES_NO),
    "content_type": Field(required=True, many=True, keys=CONTENT),
    "content_type_other": Field(most=500),
    "category": Field(required=True, keys=CATEGORIES),
    "category_addition": Field(many=True, keys=CATEGORIES),
    "category_specification": Field(many=True, keys=KEYWORDS),
    "category_specification_other": Field(most=500),
    "territorial_scope": Field(required=True, many=True, keys=TERRITORIES),  # our rule; the validator allows none
    "content_language": Field(most=2),
    "content_date": _day(2000, required=True),
    "application_date": _day(2020, required=True),
    "end_date_visibility_restriction": _day(2020, required=False),
    "end_date_monetary_restriction": _day(2020, required=False),
    "end_date_service_restriction": _day(2020, required=False),
    "end_date_account_restriction": _day(2020, required=False),
    "decision_facts": Field(required=True, most=5000),
    "source_type": Field(required=True, keys=SOURCES),
    "source_identity": Field(most=500),
    "automated_detection": Field(required=True, keys=YES_NO),
    "automated_decision": Field(required=True, keys=AUTOMATED),
    "puid": Field(required=True, most=500),
}
# a field that is there if, and only if, another one has this key
WITH: Final = {
    "decision_visibility_other": ("decision_visibility", "DECISION_VISIBILITY_OTHER"),
    "decision_monetary_other": ("decision_monetary", "DECISION_MONETARY_OTHER"),
    "content_type_other": ("content_type", "CONTENT_TYPE_OTHER"),
    "category_specification_other": ("category_specification", "KEYWORD_OTHER"),
    "illegal_content_legal_ground": ("decision_ground", "DECISION_GROUND_ILLEGAL_CONTENT"),
    "illegal_content_explanation": ("decision_ground", "DECISION_GROUND_ILLEGAL_CONTENT"),
    "incompatible_content_ground": ("decision_ground", "DECISION_GROUND_INCOMPATIBLE_CONTENT"),
    "incompatible_content_explanation": ("decision_ground", "DECISION_GROUND_INCOMPATIBLE_CONTENT"),
}
ENDS: Final = {
    "end_date_visibility_restriction": "decision_visibility",
    "end_date_monetary_restriction": "decision_monetary",
    "end_date_service_restriction": "decision_provision",
    "end_date_account_restriction": "decision_account",
}


def build(said: Mapping[str, object], *, parties: Iterable[str] = ()) -> Statement:
    """Return the statement, in the order of the schema. `parties`: names of those concerned, which it may not hold.

    Raises `StatementInvalid`, `StatementPersonal`. The identity of a source is dropped if nobody notified.
    """
    for name in said:
        if name not in FIELDS:
            raise _invalid("_", "The schema has no such field.")
    found: Statement = {name: _value(name, said[name]) for name in FIELDS if name in said}
    if found.get("source_type") == "SOURCE_VOLUNTARY":
        found.pop("source_identity", None)
    _check_whole(found)
    require_impersonal(found, parties)
    return found


def require_impersonal(statement: Statement, parties: Iterable[str] = ()) -> None:
    """Raise `StatementPersonal` for an address, a telephone number, somebody's page, or the name of a party."""
    names = [words for words in (_words(each) for each in parties) if words]
    for name, field in FIELDS.items():
        text = statement.get(name, "")
        if not isinstance(text, str) or not field.most or name == "puid":
            continue
        if any(each.search(_plain(text)) for each in PERSONAL) or any(_within(each, _words(text)) for each in names):
            remedy = "Say what happened without naming anybody: the notifier, the uploader, the person shown."
            raise StatementPersonal("This names somebody, or could.", pointer=f"/{name}", remedy=remedy)


PERSONAL: Final = (
    re.compile(r"\S@\S"),  # an address, a handle on another server, a user in a URL
    re.compile(r"(?:^|[\s(])@\w"),  # a handle
    re.compile(r"(?:\+|\b00)[0-9](?:[\s().\-/]*[0-9]){6,}"),  # a number with its country
    re.compile(r"(?<![\w-])(?:[0-9][\s().\-/]*){9,}(?![\w-])"),  # a number without; a date has eight digits
    re.compile(r"https?://[^\s/]+/(?:@|~|u/|users?/|profile|in/|channel/|people/)", re.IGNORECASE),
)


def _plain(text: str) -> str:
    """Fold what only looks different (full width digits, an @ of another shape) into what is searched for."""
    return unicodedata.normalize("NFKC", text)


def _words(text: str) -> list[str]:
    bare = unicodedata.normalize("NFKD", text).casefold()
    return re.findall(r"\w+", "".join(each for each in bare if not unicodedata.combining(each)))


def _within(name: list[str], text: list[str]) -> bool:
    """Tell whether the words of a name stand in the text, one after the other."""
    return any(text[i : i + len(name)] == name for i in range(len(text) - len(name) + 1))


def _value(name: str, value: object) -> Value:
    field = FIELDS[name]
    if field.many:
        return _several(name, value, field.keys)
    if not isinstance(value, str) or not value.strip():
        raise _invalid(name, "This is a text, and not an empty one.")
    if field.keys and value not in field.keys:
        raise _invalid(name, "This is not on the list of the schema.")
    if field.since is not None:
        _check_day(name, value, field.since)
    if field.most and (len(value) > field.most or UNSPEAKABLE.search(value)):
        raise _invalid(name, f"This is at most {field.most} characters, none of them a control.")
    return value


def _several(name: str, value: object, keys: frozenset[str]) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each in keys for each in value):
        raise _invalid(name, "This is a list, not an empty one, of what the schema lists.")
    if len(set(value)) != len(value):
        raise _invalid(name, "This names one thing twice.")
    return sorted(value)


def _check_day(name: str, value: str, since: date) -> None:
    try:
        day = date.fromisoformat(value) if ISO_DATE.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None or not since <= day <= LATEST:
        raise _invalid(name, f"This is a day such as 2026-11-22, from {since} to {LATEST}.")


def _check_whole(found: Statement) -> None:
    """Check what concerns several fields: what is required, what goes with what."""
    for name, field in FIELDS.items():
        if field.required and name not in found:
            raise _invalid(name, "This is required.")
    if not any(name in found for name in DECISIONS):
        raise _invalid(
            "decision_visibility", "At least one restriction is named: of visibility, money, service, account."
        )
    for name, (other, key) in WITH.items():
        asked = key == found.get(other) or key in found.get(other, [])
        if asked != (name in found):
            raise _invalid(name, f"This is given if, and only if, {other} is {key}.")
    for name, restriction in ENDS.items():
        if name in found and (restriction not in found or str(found[name]) < str(found["application_date"])):
            raise _invalid(name, f"This is the end of {restriction}, and not before application_date.")
    _check_rest(found)


def _check_rest(found: Statement) -> None:
    if not PUID.fullmatch(str(found["puid"])):
        raise _invalid("puid", "This is made of letters, digits, - and _.")
    if "content_language" in found and not LANGUAGES.fullmatch(str(found["content_language"])):
        raise _invalid("content_language", "This is a language of two capitals, such as EN.")
    if "incompatible_content_illegal" in found and "incompatible_content_ground" not in found:
        raise _invalid("incompatible_content_illegal", "This goes with incompatible content.")
    if found["category"] in found.get("category_addition", []):
        raise _invalid("category_addition", "This names the category again.")


def _invalid(name: str, detail: str) -> StatementInvalid:
    return StatementInvalid(detail, pointer=f"/{name}", remedy="See the schema, version 2, of the database.")
