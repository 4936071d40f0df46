"""What a claimant signs: the claim of authority, version 1.

Pure. What is signed is `digest("claim", document)`. An ordinary family fills in the same form as an estate's lawyer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Final, Never
from uuid import UUID

from consent import rfc3339
from consent.heirs import Rule
from consent.vocabulary import PURPOSES
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

TYPE: Final = "countenance/claim"
VERSION: Final = 1
MEMBERS: Final = ("type", "v", "id", "claimant", "key", "issued_at", "likeness", "subject", "role", "basis")
MORE: Final = ("share", "limits", "sworn")
MAX_BASIS: Final = 4000  # characters
MAX_NAME: Final = 120
MAX_SHARE: Final = 10_000
ACTS: Final = ("grant", "see", "withdraw")
ROLES: Final = ("agent", "estate", "guardian", "heir", "rights_holder", "studio")
ROLES_OF: Final = {  # who may register what, with a claim
    "person": frozenset({"guardian"}),
    "deceased": frozenset({"estate", "heir", "rights_holder"}),
    "character": frozenset({"studio", "rights_holder"}),
}
SWORN: Final = (
    "I declare that what I write here is true, that the documents I add are genuine, and that I may act as I say. "
    "I know that a false declaration may have consequences under the law."
)


class ClaimInvalid(Problem):
    """The document is not a claim that we can read in full."""

    code: ClassVar[str] = "claim-invalid"
    title: ClassVar[str] = "The claim cannot be read"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what to register with the claim. `adult_on`: the day a minor turns 18; None: not a minor."""

    name: str
    kind: str
    rule: str
    adult_on: date | None


@dataclass(frozen=True, slots=True)
class Limits:
    """Within what an agent may act. `purposes` None: any."""

    acts: tuple[str, ...]
    purposes: tuple[str, ...] | None
    not_after: datetime


@dataclass(frozen=True, slots=True)
class ClaimForm:
    """One claim, about a likeness on record or about a subject to register: exactly one of the two is None."""

    id: UUID
    claimant: str
    key: str
    issued_at: datetime
    likeness: UUID | None
    subject: Subject | None
    role: str
    basis: str
    share: int
    limits: Limits | None  # of an agent, and of nobody else


def parse(unverified: object) -> ClaimForm:
    """Read a claim. Raises `ClaimInvalid`. Whether the signature holds is not asked here."""
    read = _members(unverified, "", (*MEMBERS, *MORE))
    _is(read["type"], "/type", TYPE)
    _is(read["v"], "/v", VERSION)
    _is(read["sworn"], "/sworn", SWORN)
    if (read["likeness"] is None) == (read["subject"] is None):
        _refuse("/likeness", "A claim is about one thing.", "Name a likeness or describe a subject; the other is null.")
    role = _one_of(read["role"], "/role", ROLES)
    subject = None if read["subject"] is None else _subject(read["subject"], role)
    if (role == "agent") != (read["limits"] is not None):
        _refuse("/limits", "An agent has limits, and nobody else has.", "Send limits for an agent; else null.")
    return ClaimForm(
        id=_uuid(read["id"], "/id"),
        claimant=str(_uuid(read["claimant"], "/claimant")),
        key=_text(read["key"], "/key", 64),
        issued_at=_time(read["issued_at"], "/issued_at"),
        likeness=None if read["likeness"] is None else _uuid(read["likeness"], "/likeness"),
        subject=subject,
        role=role,
        basis=_text(read["basis"], "/basis", MAX_BASIS),
        share=_share(read["share"]),
        limits=None if read["limits"] is None else _limits(read["limits"]),
    )


def _subject(value: object, role: str) -> Subject:
    read = _members(value, "/subject", ("name", "kind", "rule", "adult_on"))
    kind = _one_of(read["kind"], "/subject/kind", ROLES_OF)
    if role not in ROLES_OF[kind]:
        allowed = ", ".join(sorted(ROLES_OF[kind]))
        _refuse("/role", "Nobody registers this kind in this role.", f"Use one of: {allowed}.")
    adult_on = None if read["adult_on"] is None else _date(read["adult_on"], "/subject/adult_on")
    if (kind == "person") != (adult_on is not None):
        remedy = "Send the day on which a minor turns 18, and null for everybody else. Adults register themselves."
        _refuse("/subject/adult_on", "Only a minor comes of age.", remedy)
    name = _text(read["name"], "/subject/name", MAX_NAME)
    return Subject(name, kind, _one_of(read["rule"], "/subject/rule", tuple(Rule)), adult_on)


def _limits(value: object) -> Limits:
    read = _members(value, "/limits", ("acts", "purposes", "not_after"))
    purposes = None if read["purposes"] is None else _listed(read["purposes"], "/limits/purposes", PURPOSES)
    return Limits(_listed(read["acts"], "/limits/acts", ACTS), purposes, _time(read["not_after"], "/limits/not_after"))


def _listed(value: object, at: str, known: Collection[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= len(known):
        _refuse(at, "A list with at least one element is required.", f"List some of: {', '.join(sorted(known))}.")
    items = [_one_of(item, f"{at}/{n}", known) for n, item in enumerate(value)]
    if items != sorted(set(items)):
        _refuse(at, "The list is unsorted or repeats itself.", "List each once, in alphabetical order.")
    return tuple(items)


def _members(value: object, at: str, wanted: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(at, "An object is required here.", f"Send an object with: {' '.join(wanted)}.")
    for name in value:
        if name not in wanted:
            _refuse(f"{at}/{str(name)[:64]}", "This field is not known.", f"Known here: {', '.join(wanted)}.")
    for name in wanted:
        if name not in value:
            _refuse(f"{at}/{name}", "This field is missing.", "Add it.")
    return value


def _is(value: object, at: str, expected: str | int) -> None:
    if type(value) is not type(expected) or value != expected:
        _refuse(at, "This is not what belongs here.", f"Use {expected!r}.")


def _one_of(value: object, at: str, known: Collection[str]) -> str:
    if not isinstance(value, str) or value not in known:
        _refuse(at, "This value is not known.", f"Use one of: {', '.join(sorted(known))}.")
    return str(value)


def _text(value: object, at: str, limit: int) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= len(value) <= limit or "\0" in value:
        _refuse(at, "A text is required here.", f"Send 1 to {limit} characters without NUL.")
    return value


def _share(value: object) -> int:
    if type(value) is not int or not 1 <= value <= MAX_SHARE:
        _refuse("/share", "A share is a whole number of parts.", f"Send 1 to {MAX_SHARE}; 1 if all shares are equal.")
    return value


def _uuid(value: object, at: str) -> UUID:
    return _read(lambda text: _same(UUID(text), text), value, at, "a UUID in lower case with hyphens")


def _time(value: object, at: str) -> datetime:
    return _read(rfc3339.read, value, at, "a UTC time such as 2026-11-22T14:35:00Z")


def _date(value: object, at: str) -> date:
    return _read(lambda text: _same(date.fromisoformat(text), text), value, at, "a day such as 2031-04-05")


def _same[T](value: T, text: str) -> T:
    """Return the value if this is the one way to spell it."""
    if str(value) != text:
        raise ValueError(text)
    return value


def _read[T](reader: Callable[[str], T], value: object, at: str, form: str) -> T:
    if not isinstance(value, str):
        _refuse(at, f"This is not {form}.", f"Send {form}.")
    try:
        return reader(value)
    except ValueError:
        _refuse(at, f"This is not {form}.", f"Send {form}.")


def _refuse(at: str, detail: str, remedy: str) -> Never:
    raise ClaimInvalid(detail, pointer=at, remedy=remedy)
