"""Whom a request names: by likeness id, by the handle of a holder, or by a grant. Each name has to be permitted.

A name that leads nowhere stands for a likeness that does not exist: it goes through the same decision as one that
nobody shared, and is answered in the same bytes (I11). What is told of a refusal is told name by name, as they were
sent, so that nobody learns whether two names are one person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Value, When
from django.utils.crypto import salted_hmac

from consent import disclosure
from consent.models import Grant, Likeness, Party
from consent.policy import Reason
from provenance import asked
from provenance.flaws import RequestInvalid
from provenance.mentions import mentioned

SALT = "countenance/nobody/v1"
MOST_SUCCESSORS = 64  # grants that took each other's place


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one request in the order in which a refusal tells of them, and the likeness each stands for."""

    likenesses: Mapping[str, UUID]
    grants: frozenset[UUID] = frozenset()  # that the client counts on, each the newest of its line

    @property
    def cast(self) -> frozenset[UUID]:
        """Whom the request shows, before those of a parent."""
        return frozenset(self.likenesses.values())

    def with_inherited(self, likenesses: Iterable[UUID]) -> Names:
        """Return these names with those of a parent's cast, which are known by their ids."""
        found = {str(one): one for one in sorted(likenesses)}
        return Names(found | dict(self.likenesses), self.grants)

    def told(self, reasons: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the reasons of a denial under the names that were sent.

        What one likeness says about the company of another is left out where a name led to nothing that the asker may
        know of: it would tell whose handle it is.
        """
        listed = list(reasons)
        of: dict[str, list[Mapping[str, Any]]] = {}
        for reason in listed:
            of.setdefault(reason["likeness"], []).append(reason)
        hidden = any(_uniform(of.get(str(one), ())) for name, one in self.likenesses.items() if name != str(one))
        found = [dict(reason) for reason in of.get("", ())]
        for name, one in self.likenesses.items():
            found += [dict(reason) | {"likeness": name} for reason in of.get(str(one), ())]
        return [reason for reason in found if not (hidden and reason["reason"] == Reason.CO_APPEARANCE)]


def named(prompt: object, cast: object, grants: object, actor: Party) -> Names:
    """Return whom a request names, in prompt, cast and grants, all of them unchecked; none: an empty one.

    A member of `cast` is an id or `@` and a handle. Raises `RequestInvalid`.
    """
    listed = _listed(cast, "likeness")
    handles = [one[1:] for one in listed if isinstance(one, str) and one.startswith("@")]
    ids = sorted({asked.likeness_id(one) for one in listed if not (isinstance(one, str) and one.startswith("@"))})
    if isinstance(prompt, str) and len(prompt) <= asked.MAX_PROMPT:
        handles += mentioned(prompt)
    handles = list(dict.fromkeys(handles))
    given = sorted({_grant_id(one) for one in _listed(grants, "grant")})
    if len(ids) + len(handles) + len(given) > asked.MAX_CAST:
        count = len(ids) + len(handles) + len(given)
        remedy = f"Name at most {asked.MAX_CAST}, those in the prompt included."
        raise RequestInvalid(f"{count} likenesses are named.", pointer="/likeness", remedy=remedy)
    counted = disclosure.addressed(given, actor) if given else {}
    held = _held(handles) if handles else {}
    found = {str(one): one for one in ids}
    found |= {f"grant {one}": counted[one].likeness_id if one in counted else nobody(str(one)) for one in given}
    found |= {f"@{one}": held.get(one) or nobody(one) for one in handles}
    return Names(found, frozenset(_newest(grant).pk for grant in counted.values()))


def nobody(name: str) -> UUID:
    """Return the id of a likeness that does not exist: always the same for one name, and like any other to look at."""
    return UUID(bytes=salted_hmac(SALT, name, algorithm="sha256").digest()[:16], version=4)


def _held(handles: Collection[str]) -> dict[str, UUID]:
    """Return the likeness that each handle stands for: its holder's own living one, the first that can be used."""
    active = Case(When(state=Likeness.State.ACTIVE, then=Value(0)), default=Value(1))
    own = Likeness.objects.filter(
        holder__handle__in=[one for one in handles if one.isascii()],
        holder__erased_at=None,
        kind=Likeness.Kind.PERSON,
        adult_on=None,
        erased_at=None,
    )
    rows = own.order_by("holder__handle", active, "created_at", "pk").distinct("holder__handle")
    return dict(rows.values_list("holder__handle", "pk"))


def _newest(grant: Grant) -> Grant:
    for _ in range(MOST_SUCCESSORS):
        if grant.superseded_by is None:
            break
        grant = grant.superseded_by
    return grant


def _uniform(reasons: Collection[Mapping[str, Any]]) -> bool:
    """Tell whether nothing is known of a likeness but that it is not permitted."""
    return bool(reasons) and all(one["reason"] == Reason.NO_GRANT and one["grant"] is None for one in reasons)


def _listed(value: object, field: str) -> list[object]:
    if not isinstance(value, list | tuple | set | frozenset):  # a mapping would be read by its names alone
        raise RequestInvalid("This is not a list.", pointer=f"/{field}", remedy="Send a list of ids.")
    return list(value)


def _grant_id(value: object) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        remedy = "Send the ids of grants that were given to you."
        raise RequestInvalid("A grant id is not a UUID.", pointer="/grant", remedy=remedy) from None
