"""Verbs that can be named: for an act that is carried out later, and for one upon many items.

Each says what it would do before it does it. What a verb refuses for one person it refuses here too: it is the same
verb, and asks the same questions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final
from uuid import UUID

from consent import blocks, claims, clock, reviews
from consent.models import Block, Claim
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from consent.staff import Staff

MAX_TEXT: Final = 120
MAX_ARGUMENTS: Final = 8


class VerbUnknown(Problem):
    """There is no verb of this name, or not with these arguments."""

    code: ClassVar[str] = "verb-unknown"
    title: ClassVar[str] = "There is no such act"


class Effect(StrEnum):
    """What a verb would do to an item now."""

    ACTS = "acts"
    ALREADY = "already"  # nothing is left to be done
    CONFLICT = "conflict"  # it is somebody else's to do, or stands against something
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb by name. `foresee` answers for all items by one statement; what it leaves out is missing."""

    name: str
    title: str  # for gettext
    may: str
    arguments: frozenset[str]
    foresee: Callable[[Collection[UUID], Mapping[str, str], Staff], dict[UUID, Effect]]
    act: Callable[[UUID, Mapping[str, str], Staff], Any]


_VERBS: Final[dict[str, Verb]] = {}


def register_verb(verb: Verb) -> Verb:
    """Add a verb; packages to the right add theirs. The same name twice is a mistake of the programmer's."""
    if verb.name in _VERBS and _VERBS[verb.name] != verb:
        raise ValueError(f"there are two verbs {verb.name!r}")
    _VERBS[verb.name] = verb
    return verb


def named(name: str, arguments: Mapping[str, str]) -> Verb:
    """Return a verb that takes these arguments. Raises `VerbUnknown`."""
    if name not in _VERBS:
        raise VerbUnknown("There is no such act.", pointer="/verb", remedy=f"Use one of: {', '.join(sorted(_VERBS))}.")
    verb = _VERBS[name]
    written = all(isinstance(v, str) and len(v) <= MAX_TEXT and v.isprintable() for v in arguments.values())
    if set(arguments) != verb.arguments or len(arguments) > MAX_ARGUMENTS or not written:
        remedy = f"It takes: {', '.join(sorted(verb.arguments)) or 'nothing'}."
        raise VerbUnknown("These are not its arguments.", pointer="/arguments", remedy=remedy)
    return verb


def table() -> tuple[Verb, ...]:
    """Return every verb, for a page."""
    return tuple(_VERBS.values())


def _block(pk: UUID) -> Block:
    row = Block.objects.filter(pk=pk).first()
    if row is None:
        raise VerbUnknown("There is no such block.", pointer="/item", remedy="Use an id that you see.")
    return row


def _claim(pk: UUID) -> Claim:
    row = Claim.objects.filter(pk=pk).first()
    if row is None:
        raise claims.missing()
    return row


def _of_blocks(effect: Callable[[Block, Staff], Effect]) -> Callable[..., dict[UUID, Effect]]:
    def foresee(items: Collection[UUID], _arguments: Mapping[str, str], actor: Staff) -> dict[UUID, Effect]:
        at = clock.now()
        rows = Block.objects.filter(pk__in=items)
        over = {row.pk for row in rows if row.lifted_at is None and row.until <= at}
        return {row.pk: Effect.CONFLICT if row.pk in over else effect(row, actor) for row in rows}

    return foresee


def _confirming(row: Block, actor: Staff) -> Effect:
    if row.confirmed_at is not None:
        return Effect.ALREADY
    return Effect.CONFLICT if row.lifted_at is not None or row.placed_by == actor.actor else Effect.ACTS


def _proposing(row: Block, _actor: Staff) -> Effect:
    if row.lift_proposed_by:
        return Effect.ALREADY
    return Effect.CONFLICT if row.lifted_at is not None else Effect.ACTS


def _lifting(row: Block, actor: Staff) -> Effect:
    if row.lifted_at is not None:
        return Effect.ALREADY
    first = row.placed_by if row.provisional else row.lift_proposed_by
    return Effect.CONFLICT if first in {"", actor.actor} else Effect.ACTS


def _placing(items: Collection[UUID], arguments: Mapping[str, str], _actor: Staff) -> dict[UUID, Effect]:
    """Whether there are such videos is not known here: an order may come before the upload."""
    same = blocks.in_force(items).filter(case=arguments["case"], reason=arguments["reason"], scope=Block.Scope.FAMILY)
    there = set(same.filter(stay_down=False).values_list("video", flat=True))
    return {item: Effect.ALREADY if item in there else Effect.ACTS for item in items}


def _recommending(items: Collection[UUID], _arguments: Mapping[str, str], _actor: Staff) -> dict[UUID, Effect]:
    rows = Claim.objects.filter(pk__in=items).values_list("pk", "state")
    return {pk: Effect.ACTS if state in claims.WAITING else Effect.CONFLICT for pk, state in rows}


NOTHING: Final[frozenset[str]] = frozenset()
for _verb in (
    Verb("place-block", "Block videos", blocks.PLACE, frozenset({"case", "reason"}), _placing,
        lambda item, said, actor: blocks.place(item, case=said["case"], reason=said["reason"], actor=actor)),
    Verb("confirm-block", "Confirm blocks", blocks.DECIDE, NOTHING, _of_blocks(_confirming),
        lambda item, _said, actor: blocks.confirm(_block(item), actor=actor)),
    Verb("propose-lift", "Propose that blocks be lifted", blocks.DECIDE, NOTHING, _of_blocks(_proposing),
        lambda item, _said, actor: blocks.propose_lift(_block(item), actor=actor)),
    Verb("lift-block", "Lift blocks that a colleague proposed to lift", blocks.DECIDE, NOTHING, _of_blocks(_lifting),
        lambda item, _said, actor: blocks.lift(_block(item), actor=actor)),
    Verb("recommend-refusal", "Recommend that claims be refused", reviews.MAY, NOTHING, _recommending,
        lambda item, _said, actor: reviews.recommend(_claim(item), "refuse", actor=actor)),
):  # fmt: skip
    register_verb(_verb)
