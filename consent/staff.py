"""Members of staff as actors: what one may do, and that an act of high impact needs two of them.

An account that was closed, or lost a permission, acts no more from that moment: both are asked at each act, never
remembered. Two accounts of one person cannot be told apart here; who makes accounts must see to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from django.contrib.auth import get_user_model

from ledger.problem import Problem

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

PREFIX: Final = "staff:"


class StaffRefused(Problem):
    """The account is closed, is not staff, or lacks the permission."""

    code: ClassVar[str] = "staff-refused"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "You may not do this"


class SecondPersonNeeded(Problem):
    """Whoever proposed an act cannot also approve it."""

    code: ClassVar[str] = "second-person-needed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Somebody else has to approve this"


@dataclass(frozen=True, slots=True)
class Staff:
    """One member of staff, as an actor. `user` is the account's number."""

    user: int

    @property
    def actor(self) -> str:
        """The name under which the ledger knows them."""
        return f"{PREFIX}{self.user}"


def member(user: AbstractUser, *, may: str) -> Staff:
    """Return the account as an actor if it may do this now (`may`: "consent.review_claim"). Raises `StaffRefused`."""
    if not (user.is_active and user.is_staff and user.has_perm(may)):
        remedy = f"Ask an administrator for the permission {may}."
        raise StaffRefused("Your account does not have the permission for this.", remedy=remedy)
    return Staff(user.pk)


def require(actor: Staff, *, may: str) -> None:
    """Raise `StaffRefused` unless the account may do this now. For acts later than the log-in, or elsewhere.

    Read afresh: a permission that was taken away a second ago is gone.
    """
    user = get_user_model().objects.filter(pk=actor.user).first()
    if user is None:
        raise StaffRefused("There is no such account any more.", remedy="Ask an administrator.")
    member(user, may=may)


def named(actor: str) -> Staff:
    """Return whom a row names. Raises `StaffRefused` for an actor that is not of the staff."""
    number = actor.removeprefix(PREFIX)
    if not actor.startswith(PREFIX) or not (number.isascii() and number.isdigit()):
        raise StaffRefused("This was not done by staff.", remedy="Ask a member of staff.")
    return Staff(int(number))


def require_another(first: str, second: Staff) -> None:
    """Raise `SecondPersonNeeded` if `first`, who proposed, is who approves, or was nobody of staff."""
    if not first.startswith(PREFIX) or first == second.actor:
        remedy = "Ask a colleague to look at it and approve it."
        raise SecondPersonNeeded("You cannot approve what you proposed yourself.", remedy=remedy)
