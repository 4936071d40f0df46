"""What is said of the past is what was said then: random histories are lived, and asked about afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import pytest
from django.db import transaction

from consent import amendments, clock, history, past, statements
from consent.models import Grant
from consent.past import GrantPast, LikenessPast, Past
from consent.policy import Allow, Deny, Use
from ledger import sequencer
from ledger.models import Leaf
from ledger.problem import Problem
from tests.consent import steps
from tests.consent.narrowings import narrowed
from tests.consent.steps import ACTS, Step, World

if TYPE_CHECKING:
    from consent.terms import Terms

pytestmark = pytest.mark.django_db
SEEDS: Final = range(2)
STEPS: Final = 50
ASKED: Final = 2  # uses after each step


@dataclass(frozen=True)
class Answered:
    """What was answered when the log had so many entries."""

    use: Use
    size: int
    at: datetime
    outcome: Allow | Deny


@dataclass
class Lived:
    """A history, and what was answered while it happened."""

    world: World
    answers: list[Answered] = field(default_factory=list)

    def live(self, seed: int) -> None:
        for n in range(STEPS):
            step = Recalled(self.world, f"past {seed}:{n}")
            step.take()
            size = numbered()
            for _ in range(ASKED):
                use = step.draw.likely_use(self.world.model)
                outcome = step.decided(use)[1]
                self.answers.append(Answered(use, size, clock.now(), outcome))


class Recalled(Step):
    """A step that is not compared with the model, since here the past is compared with the present."""

    def take(self) -> str:
        with transaction.atomic():
            return self.draw.weighted(MIXED)(self)

    def compare(self, *_: object) -> None:
        """Leave it to the tests of the model."""

    def mint(self) -> str:
        use = replace(self.draw.likely_use(self.model), counted=False)
        decision, outcome = self.decided(use)
        if not isinstance(outcome, Allow):
            return "no permit"
        permit = self.minted(decision, outcome)
        self.model.mint(str(permit.pk), use, dict(outcome.grants), str(permit.job))
        return f"permit {permit.pk}"

    def narrow(self) -> str:
        grant = self.a_grant()
        if grant is None or not (smaller := self.smaller(grant)):
            return "nothing to narrow"
        terms = self.draw.one(smaller)
        holder = self.holder_of(self.model.grants[grant].likeness)
        try:
            with transaction.atomic():
                document = statements.terms_document(terms)
                amendments.narrow(Grant.objects.get(pk=grant), document, actor=holder.party)
        except Problem as refused:
            return f"{grant} is not narrowed: {refused}"
        self.model.grants[grant] = replace(self.model.grants[grant], terms=terms)
        return f"narrow {grant}"

    def smaller(self, grant: str) -> list[Terms]:
        terms = self.model.grants[grant].terms
        known = ("/terms/purposes", "/terms/limits", "/terms/audience", "/terms/scenes")
        return [] if terms is None else [one for at, one in narrowed(terms) if at.startswith(known)]


MIXED: Final[list[tuple[int, Callable[[Step], str]]]] = [
    *((weight, act) for weight, act in ACTS if act not in {Step.pass_time, Step.mint, Step.redeem}),
    (8, lambda step: step.mint()),
    (6, lambda step: step.narrow() if isinstance(step, Recalled) else ""),
]


def numbered() -> int:
    """Have the log take up what is on record; return how many entries it has."""
    sequencer.sequence()
    return Leaf.objects.count()


def read(asked: Answered) -> Past:
    return history.of([UUID(one) for one in asked.use.cast], client=UUID(asked.use.client), size=asked.size)


def remembered(asked: Answered, happened: Past) -> Allow | Deny:
    told = past.stood(happened, asked.use.client, asked.size, asked.at)
    return past.decide(asked.use, told, asked.at, asked.use.cast)


def differ(answers: list[tuple[Answered, Past]]) -> Iterator[Answered]:
    return (asked for asked, happened in answers if remembered(asked, happened) != asked.outcome)


def blind_to_ends(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(GrantPast, "has_ended", lambda _self, _size: False)


def blind_to_rests(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(GrantPast, "rested", lambda _self, _size: False)


def blind_to_successors(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(GrantPast, "stood", lambda self, size: self.recorded < size)


def blind_to_exclusions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LikenessPast, "excludes", lambda _self, _party, _size: False)


def always_active(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LikenessPast, "state", lambda _self, _size: "active")


def terms_of_now(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(GrantPast, "version", lambda self, _size: self.versions[-1])


BUGS: Final = (
    blind_to_ends,
    blind_to_rests,
    blind_to_successors,
    blind_to_exclusions,
    always_active,
    terms_of_now,
)


def test_what_was_answered_is_answered_again_and_whoever_forgets_one_kind_of_act_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[tuple[Answered, Past]] = []
    for seed in SEEDS:
        lived = Lived(steps.made(monkeypatch, seed))
        lived.live(seed)
        answers += [(asked, read(asked)) for asked in lived.answers]
    assert list(differ(answers)) == []
    assert sum(bool(asked.outcome) for asked, _ in answers) > len(answers) // 20
    for bug in BUGS:
        with monkeypatch.context() as patch:
            bug(patch)
            assert next(differ(answers), None) is not None, bug.__name__
