"""Ask the register whether a prompt names somebody whom the cast does not declare.

A prompt never widens a permission: what comes out here denies, or holds for a person, or changes nothing. An error
denies: whatever is raised ends the request.

    hit                                        the cast declares that likeness    otherwise
    exact; disguised (2 words, or curated)     clear                              blocked
    alias, reversed, gap, typo, other          clear                              review

A name is not a person: blocked becomes review where somebody of exactly that name is in the cast, and what merely
resembles the name of somebody in the cast is clear.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import connection

from consent import decisions, names, register
from consent.models import Decision, DecisionLikeness, Likeness
from consent.names import Hit, Spelling
from consent.policy import Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from consent.names import Key

CHECKED: Final = ("names as written", "aliases", "disguised", "reversed", "one word between", "one slip")
UNCHECKED: Final = (
    "persons whose name nobody had protected",
    "descriptions, initials, fragments, text written backwards",
    "names in a script or translation in which they were not entered",
    "anything but the words of the prompt",
)
REASON: Final = {"likeness": "", "reason": str(Reason.CHECK_FAILED), "clause": "/prompt", "grant": None}
LOOK_UP: Final = """
SELECT k.digest, k.words, k.slip, k.doubtful, k.curated, k.name_id, n.likeness_id
FROM consent_namekey k JOIN consent_protectedname n ON n.id = k.name_id
WHERE k.digest = ANY(%s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Clear:
    """No protected name was found, or only those of the cast. `checked` and `unchecked` say what that is worth."""

    checked: tuple[str, ...] = CHECKED
    unchecked: tuple[str, ...] = UNCHECKED


@dataclass(frozen=True, slots=True)
class Blocked:
    """A protected name of somebody who is not in the cast. Never shown to who asked: it tells whom we protect."""

    hits: tuple[Hit, ...]
    likenesses: frozenset[UUID] = field(default_factory=frozenset)  # of the hits; the unlinked have none
    checked: tuple[str, ...] = CHECKED
    unchecked: tuple[str, ...] = UNCHECKED


@dataclass(frozen=True, slots=True)
class Review:
    """Perhaps such a name. Until a person has looked it is refused, too."""

    hits: tuple[Hit, ...]
    likenesses: frozenset[UUID] = field(default_factory=frozenset)
    checked: tuple[str, ...] = CHECKED
    unchecked: tuple[str, ...] = UNCHECKED


Screened = Clear | Blocked | Review


def screen(prompt: str, *, cast: Collection[UUID]) -> Screened:
    """Look the whole prompt up, in one statement. `cast` are the likenesses that the request declares."""
    asked = names.asked_of(prompt)
    found, linked = _found(asked)
    hits = names.hits(asked, found)
    named = [hit for hit in hits if hit.sure and linked[hit.spelling.name] in cast]
    others = [hit for hit in hits if linked[hit.spelling.name] not in cast]
    foreign = names.surest(hit for hit in others if not _explained(hit, named))
    if not foreign:
        return Clear()
    declared = {hit.key for hit in named}
    likenesses = frozenset(one for hit in foreign if (one := linked[hit.spelling.name]) is not None)
    if any(hit.sure and hit.key not in declared for hit in foreign):
        return Blocked(foreign, likenesses)
    return Review(foreign, likenesses)


def deny(screened: Blocked | Review, allowed: Decision) -> Decision:
    """Turn an allowance that was not saved yet into a recorded denial, in the caller's transaction.

    Holders whose name it was see the attempt among theirs. The row says to everybody alike that the prompt was the
    reason; neither the words nor whom they name are kept.
    """
    allowed.outcome = Decision.Outcome.DENY
    allowed.reasons = [REASON]
    decisions.record(allowed)
    named = Likeness.objects.filter(pk__in=screened.likenesses, erased_at=None)
    rows = [DecisionLikeness(decision=allowed, likeness=one, decided_at=allowed.decided_at) for one in named]
    DecisionLikeness.objects.bulk_create(rows, ignore_conflicts=True)  # the cast is there already
    return allowed


def was_the_prompt(decision: Decision) -> bool:
    """Tell whether a denial is one of ours."""
    return bool(decision.reasons == [REASON])


def _explained(hit: Hit, named: Iterable[Hit]) -> bool:
    """Tell whether a doubtful hit is but the name of somebody in the cast, which resembles another."""
    return not hit.sure and any(one.start <= hit.start and hit.stop <= one.stop for one in named)


def _found(asked: Iterable[Key]) -> tuple[list[tuple[Key, Spelling]], dict[str, UUID | None]]:
    """Return the stored keys among those asked for, and the likeness that each protected name is linked to."""
    digests = register.digests_of(list(asked))
    with connection.cursor() as cursor:
        cursor.execute(LOOK_UP, ["{" + ",".join(map(str, digests)) + "}"])  # one text: a list is bound one by one
        rows = cursor.fetchall()
    found = [
        (digests[digest], Spelling(str(name), words, slip, doubtful, curated))
        for digest, words, slip, doubtful, curated, name, _ in rows
    ]
    return found, {str(row[5]): row[6] for row in rows}
