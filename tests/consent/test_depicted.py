"""Faces against a cast, on numbers alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.depicted import Doubtful, Matched, Numbers, Undeclared, compare
from consent.media.scene import Seen
from consent.media.thresholds import SAME, UNCERTAIN

ADA, BEN = "ada", "ben"


def numbers(*along: float) -> Numbers:
    """Return a template this far from the origin along the first axes."""
    return np.array([*along, *[0.0] * (128 - len(along))])


TEMPLATES: dict[object, Numbers] = {ADA: numbers(0.0), BEN: numbers(0.0, 9.0)}
CAST: dict[object, Numbers | None] = {**TEMPLATES}
UNENROLLED: dict[object, Numbers | None] = {ADA: TEMPLATES[ADA], BEN: None}


def face(away: float = 0.0, *, at: float = 0.0, of: str = ADA) -> Seen:
    return Seen(at, 0.2, 200.0, 5.0, TEMPLATES[of] + numbers(away))


TURNED = Seen(0.0, 0.2, 200.0, 31.0, None)
SMALL = Seen(0.0, 0.02, 40.0, 3.0, None)


@pytest.mark.parametrize(
    ("away", "verdict"),
    [
        (0.0, Matched),
        (SAME, Matched),
        (SAME + 1e-6, Doubtful),
        (UNCERTAIN, Doubtful),
        (UNCERTAIN + 1e-6, Undeclared),
        (np.nan, Undeclared),
        (np.inf, Undeclared),
    ],
)
def test_the_distance_decides(away: float, verdict: type) -> None:
    assert type(compare([face(away)], CAST)) is verdict


def test_nobody_seen_speaks_against_nothing_and_claims_no_match() -> None:
    found = compare([], CAST)
    assert type(found) is Matched
    assert (found.faces, found.matched) == (0, 0)


@pytest.mark.parametrize("cannot", [TURNED, SMALL], ids=["turned", "small"])
def test_a_face_that_cannot_be_compared_is_never_somebody_else(cannot: Seen) -> None:
    found = compare([cannot], CAST)
    assert type(found) is Matched
    assert found.unchecked == 1
    assert found.matched == 0


def test_one_stranger_among_the_cast_is_found_and_placed() -> None:
    found = compare([face(), face(at=3.0), face(0.9, at=7.0)], CAST)
    assert type(found) is Undeclared
    assert (found.matched, found.strange, found.places) == (2, 1, (7.0,))


def test_a_member_without_a_template_may_be_the_face_that_fits_nobody() -> None:
    found = compare([face(), face(0.9)], UNENROLLED)
    assert type(found) is Matched
    assert (found.matched, found.unknown, found.without_template) == (1, 1, 1)


def test_two_that_fit_nobody_are_one_too_many_for_one_member_without_a_template() -> None:
    assert type(compare([face(0.9), face(1.9)], UNENROLLED)) is Undeclared


def test_in_different_pictures_they_may_be_the_same() -> None:
    assert type(compare([face(0.9), face(1.9, at=1.0)], UNENROLLED)) is Matched


def test_in_a_remix_a_member_may_be_in_a_picture_twice() -> None:
    """It may show its parent in a part of the picture; a third face is one too many all the same."""
    one: dict[object, Numbers | None] = {ADA: TEMPLATES[ADA]}
    nobody_known: dict[object, Numbers | None] = {ADA: None}
    assert type(compare([face(), face(0.1)], one, times=2)) is Matched
    assert type(compare([face(), face(0.1), face(0.2)], one, times=2)) is Doubtful
    assert type(compare([face(), face(0.9)], nobody_known, times=2)) is Matched
    assert type(compare([face(), face(0.9)], nobody_known)) is Undeclared
    assert type(compare([face(), face(0.9)], one, times=2)) is Undeclared


@pytest.mark.parametrize("second", [face(), TURNED, SMALL], ids=["matched", "turned", "small"])
def test_more_faces_than_members_in_one_picture_are_for_a_person(second: Seen) -> None:
    found = compare([face(), second], {ADA: TEMPLATES[ADA]})
    assert type(found) is Doubtful
    assert found.crowded == 1


def test_without_a_cast_any_face_is_too_many() -> None:
    assert type(compare([TURNED], {})) is Doubtful
    assert type(compare([face()], {})) is Undeclared


AWAY = st.floats(allow_nan=True, allow_infinity=True)
FACES = st.lists(
    st.one_of(
        st.builds(face, AWAY, at=st.integers(0, 4).map(float), of=st.sampled_from([ADA, BEN])),
        st.sampled_from([TURNED, SMALL]),
    ),
    max_size=12,
)


@given(FACES)
def test_a_smaller_cast_never_turns_a_no_into_a_yes(faces: list[Seen]) -> None:
    if type(compare(faces, CAST)) is not Matched:
        assert type(compare(faces, {ADA: TEMPLATES[ADA]})) is not Matched


@given(FACES, st.permutations(range(12)))
def test_the_order_of_faces_and_of_the_cast_changes_nothing(faces: list[Seen], order: list[int]) -> None:
    shuffled = [faces[n] for n in order if n < len(faces)]
    there = compare(faces, CAST)
    assert compare(shuffled, dict(reversed(CAST.items()))) == there
    assert type(compare(shuffled, CAST)) is type(there)


@given(FACES)
def test_every_face_is_counted_once_and_a_further_one_never_makes_it_better(faces: list[Seen]) -> None:
    found = compare(faces, CAST)
    assert found.faces == len(faces)
    rank = [Matched, Doubtful, Undeclared]
    more = compare([*faces, face(5.0, at=9.0)], CAST)
    assert rank.index(type(more)) >= rank.index(type(found))
