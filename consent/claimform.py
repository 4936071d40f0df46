"""What a claimant signs: the claim of authority, version 1.

Pure. What is signed is `digest("claim", document)`. An ordinary family fills in the same form as an estate's lawyer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Final
from uuid import UUID

from consent import fields
from consent.heirs import Rule
from consent.vocabulary import PURPOSES
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

TYPE: Final = "countenance/claim"
VERSION: Final = 1
MEMBERS: Final = "type v id claimant key issued_at likeness subject role basis share limits sworn"
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
    try:
        return _parse(unverified)
    except fields.StatementInvalid as flaw:  # the readers are those of every signed document
        raise ClaimInvalid(flaw.detail, pointer=flaw.pointer, remedy=flaw.remedy) from flaw


def _parse(unverified: object) -> ClaimForm:
    read = fields.members(unverified, "", MEMBERS)
    fields.constant(read["type"], "/type", TYPE)
    fields.constant(read["v"], "/v", VERSION)
    if read["sworn"] != SWORN:
        fields.refuse("/sworn", "This is not the declaration.", f"Use {SWORN!r}.")
    if (read["likeness"] is None) == (read["subject"] is None):
        fields.refuse(
            "/likeness", "A claim is about one thing.", "Name a likeness or describe a subject; the other is null."
        )
    role = fields.one_of(read["role"], "/role", ROLES)
    subject = None if read["subject"] is None else _subject(read["subject"], role)
    if (role == "agent") != (read["limits"] is not None):
        fields.refuse("/limits", "An agent has limits, and nobody else has.", "Send limits for an agent; else null.")
    return ClaimForm(
        id=UUID(fields.uuid(read["id"], "/id")),
        claimant=fields.uuid(read["claimant"], "/claimant"),
        key=_text(read["key"], "/key", 64),
        issued_at=fields.time(read["issued_at"], "/issued_at"),
        likeness=None if read["likeness"] is None else UUID(fields.uuid(read["likeness"], "/likeness")),
        subject=subject,
        role=role,
        basis=_text(read["basis"], "/basis", MAX_BASIS),
        share=_share(read["share"]),
        limits=None if read["limits"] is None else _limits(read["limits"]),
    )


def _subject(value: object, role: str) -> Subject:
    read = fields.members(value, "/subject", "name kind rule adult_on")
    kind = fields.one_of(read["kind"], "/subject/kind", ROLES_OF)
    if role not in ROLES_OF[kind]:
        allowed = ", ".join(sorted(ROLES_OF[kind]))
        fields.refuse("/role", "Nobody registers this kind in this role.", f"Use one of: {allowed}.")
    adult_on = None if read["adult_on"] is None else _date(read["adult_on"], "/subject/adult_on")
    if (kind == "person") != (adult_on is not None):
        remedy = "Send the day on which a minor turns 18, and null for everybody else. Adults register themselves."
        fields.refuse("/subject/adult_on", "Only a minor comes of age.", remedy)
    name = _text(read["name"], "/subject/name", MAX_NAME)
    return Subject(name, kind, fields.one_of(read["rule"], "/subject/rule", tuple(Rule)), adult_on)


def _limits(value: object) -> Limits:
    read = fields.members(value, "/limits", "acts purposes not_after")
    purposes = None if read["purposes"] is None else _listed(read["purposes"], "/limits/purposes", PURPOSES)
    return Limits(
        _listed(read["acts"], "/limits/acts", ACTS), purposes, fields.time(read["not_after"], "/limits/not_after")
    )


def _listed(value: object, at: str, known: Collection[str]) -> tuple[str, ...]:
    items = [fields.one_of(item, f"{at}/{n}", known) for n, item in enumerate(fields.listed(value, at, len(known)))]
    return tuple(sorted(fields.once_sorted(items, at)))


def _text(value: object, at: str, limit: int) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= len(value) <= limit or "\0" in value:
        fields.refuse(at, "A text is required here.", f"Send 1 to {limit} characters without NUL.")
    return value


def _share(value: object) -> int:
    if type(value) is not int or not 1 <= value <= MAX_SHARE:
        fields.refuse(
            "/share", "A share is a whole number of parts.", f"Send 1 to {MAX_SHARE}; 1 if all shares are equal."
        )
    return value


def _date(value: object, at: str) -> date:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or str(found) != value:  # a day has other spellings too
        fields.refuse(at, "This is not a day such as 2031-04-05.", "Send a day such as 2031-04-05.")
    return found
