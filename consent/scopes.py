"""What a token may be good for: a closed list, only ever added to (RFC 6749, section 3.3). Pure.

A view names the scope that it needs in its attribute `scope`; one that names none is closed to everybody. A token
without a scope of its own (`None`) is good for all that its party may do: such are those shown at sign-up.
No scope lets anybody sign: a permission needs the signature of a person's key, which no token holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PUBLIC: Final = "public"  # of a view for everybody, with a token or without
SERVICE: Final = "service"  # of a view for render services, which have no party


@dataclass(frozen=True, slots=True)
class Scope:
    """One thing that a token can be good for.

    `lendable`: a person may let an app of somebody else do it. `tied`: an app's own tokens may never have it.
    """

    name: str
    meaning: str
    lendable: bool = False
    tied: bool = False


SCOPES: Final[dict[str, Scope]] = {
    scope.name: scope
    for scope in (
        Scope("videos:read", "see your videos and download them", lendable=True),
        Scope("videos:write", "make, remix and delete videos in your name", lendable=True),
        Scope("decisions", "ask whether a use would be allowed", lendable=True),
        Scope("appearances:read", "see where your likeness appears, and who asked for it", lendable=True),
        Scope("likenesses:read", "see your likenesses and how far their enrolment is", lendable=True),
        Scope("likenesses", "name likenesses and send clips to enrol them"),
        Scope("grants:read", "see your permissions", lendable=True),
        Scope("grants", "draft permissions, hand in those that you signed yourself, make them smaller", lendable=True),
        Scope("withdrawals", "take your permissions back", lendable=True),
        Scope("approvals", "say yes or no where a permission asks you each time, and no to who asks for one"),
        Scope("pauses", "pause permissions and end pauses, let people back in, undo"),
        Scope("claims", "claim to act for somebody, take claims back, agree as one of several"),
        Scope("names", "protect names and end that protection"),
        Scope("licences", "offer licences, agree to them with your signature, end them"),
        Scope("statements:read", "see what you earned or owe", lendable=True),
        Scope("messages", "read your messages", lendable=True),
        Scope("evidence:read", "see the proofs of what concerns you", lendable=True),
        Scope("parties:read", "see your account, and find others by their handle", lendable=True),
        Scope("requests", "ask people for permission, and see their answers", lendable=True),
        Scope("cases", "file notices and follow their cases", lendable=True),
        Scope("webhooks", "name addresses that are told of what concerns you"),
        Scope("account", "change your keys, export everything, erase the account", tied=True),
        Scope("tokens", "make and end tokens and apps", tied=True),
    )
}
ORDER: Final = tuple(SCOPES)
MAX_TEXT: Final = 600  # characters of all the names, with room for more

type Needed = str | Mapping[str, str]


class ScopeUnknown(Problem):
    """A scope is not on the list, or not for this sort of token."""

    code: ClassVar[str] = "scope-unknown"
    title: ClassVar[str] = "There is no such scope here"


def by(**methods: str) -> Mapping[str, str]:
    """Return what each method of a view needs: `by(GET="videos:read", POST="videos:write")`."""
    return MappingProxyType(methods)


def needed(scope: Needed | None, method: str) -> str | None:
    """Return the scope that one method needs; `None`: nobody named one, so nobody may.

    HEAD is as GET. OPTIONS tells what anybody can read in the document, so the first that is named will do.
    """
    if scope is None or isinstance(scope, str):
        return scope
    if method == "OPTIONS":
        return next(iter(scope.values()), None)
    return scope.get("GET" if method == "HEAD" else method)


def parse(text: str | None) -> frozenset[str] | None:
    """Return the scopes of a stored or sent text, separated by spaces; `None`: all that the party may."""
    return None if text is None else frozenset(text.split())


def write(names: Iterable[str]) -> str:
    """Return the text of some scopes, in the order of the list. Raises `ScopeUnknown`, also for none at all."""
    wanted = set(names)
    if not wanted or not wanted <= set(SCOPES):
        raise ScopeUnknown("These scopes cannot be had.", pointer="/scopes", remedy=f"Use some of: {' '.join(ORDER)}.")
    return " ".join(name for name in ORDER if name in wanted)


def covers(held: frozenset[str] | None, wanted: frozenset[str] | None) -> bool:
    """Tell whether who holds the first may pass on the second. Only who holds all may pass on all."""
    return held is None or (wanted is not None and wanted <= held)


def lendable(names: Iterable[str]) -> frozenset[str]:
    """Return those of some scopes that a person may lend to an app of somebody else."""
    return frozenset(name for name in names if name in SCOPES and SCOPES[name].lendable)


def for_apps(names: Iterable[str]) -> frozenset[str]:
    """Return those of some scopes that an app's own tokens may have."""
    return frozenset(name for name in names if name in SCOPES and not SCOPES[name].tied)
