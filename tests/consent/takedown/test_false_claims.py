"""1,000 claims, 8 % of them false, before people who err: no false one takes a video down for good without proof.

A claim's course follows from what is drawn for it alone: whether it is true and sworn, what each of the two people
says, whether the uploader answers. So claims with the same draws have the same course, which is run once through the
verbs and counted for all of them.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from consent import blocks, clock
from consent.models import Block, Ruling
from consent.takedown import appeals, rulings, upkeep
from consent.takedown.provisional import Found, Video
from tests.consent import people
from tests.consent.takedown.notices import filed
from tests.consent.takedown.test_rulings import FOUR, THREE, TWO, case_of, confirm, decide, restore

if TYPE_CHECKING:
    from consent.models import Party

pytestmark = pytest.mark.django_db
CLAIMS, FALSE, ERR, ANSWERS, IDLE = 1000, 0.08, 0.2, 0.7, 0.02


@dataclass(frozen=True)
class Course:
    """What is drawn for one claim. `wrong`: the first, the second person errs."""

    true: bool
    sworn: bool
    read: bool
    first_wrong: bool
    second_wrong: bool
    answered: bool


@dataclass
class Ended:
    """Where a course ended. `removal`: the ruling that keeps the video down; None: none does."""

    video: uuid.UUID
    shown: bool
    removal: Ruling | None


def drawn(chance: random.Random) -> Course:
    """Draw the same number of times for each claim; what its course does not ask for is left out of it."""
    false, unsworn, idle = chance.random() < FALSE, chance.random() < 0.1, chance.random() < IDLE
    first, second, answered = chance.random() < ERR, chance.random() < ERR, chance.random() < ANSWERS
    read = not idle
    return Course(not false, not unsworn, read, read and first, read and second, read and false and answered)


def shown(video: uuid.UUID) -> bool:
    return not blocks.in_force([video]).exists()


def run(course: Course, uploader: Party) -> Ended:
    video = uuid.uuid4()
    claimant = {"name": "Rosa Example", "email": f"rosa-{video.hex}@example.org", "role": "parent"}
    found = Found((Video(video, uploader=uploader.pk),))
    notice = filed(found, claimant=claimant, signature="Rosa Example" if course.sworn else "").notice
    assert shown(video) is not course.sworn
    ruling = None
    if course.read:
        proposed = decide(case_of(notice), "remove" if course.true is not course.first_wrong else "refuse")
        if proposed.state == "proposed" and course.second_wrong is not course.first_wrong:
            rulings.decline(proposed, actor=TWO)  # they do not agree: nothing is in force
        else:
            ruling = proposed if proposed.state == "in_force" else confirm(proposed)
    if ruling is not None and ruling.action == "remove" and course.answered and not course.true:
        appeals.file_by_uploader(ruling, "It may be shown.", actor=uploader)
        confirm(restore(ruling, THREE, reason="on-appeal"), FOUR)
    removal = Ruling.objects.filter(case=notice.case_id, action="remove", state="in_force").first()
    return Ended(video, shown(video), removal)


def test_no_false_claim_takes_a_video_down_for_good_without_proof_and_all_can_be_restored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(20261123)
    claims = Counter(drawn(chance) for _ in range(CLAIMS))
    false = sum(count for course, count in claims.items() if not course.true)
    assert 60 <= false <= 100
    uploader = people.register("ben").party
    ended = {course: run(course, uploader) for course in sorted(claims, key=repr)}
    wrongly = {course: end for course, end in ended.items() if not course.true}
    for course, end in wrongly.items():
        if end.removal is None:
            continue
        assert course.first_wrong, "two people erred"
        assert course.second_wrong, "two people erred"
        assert end.removal.confirmed_by not in {"", end.removal.proposed_by}
        assert rulings.facts_of(end.removal)["statement"] is not None
    down = sum(claims[course] for course, end in wrongly.items() if end.removal is not None)
    assert down < false * ERR * ERR * 3
    for end in wrongly.values():
        if end.removal is not None:
            confirm(restore(end.removal, THREE), FOUR)
            assert shown(end.video)
    assert all(each.until - each.accepted_at <= timedelta(days=366) for each in Block.objects.all())
    late = clock.now() + timedelta(days=91)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert upkeep.keep() > 0
    assert all(shown(end.video) for end in wrongly.values()), "what nobody decided about lapses, and is an alarm"
