"""The thresholds hold on views that they were not set on. Two people: no error rate follows from it."""

from __future__ import annotations

from functools import cache

import pytest

from consent.media.faces import Embedder, FaceFinder, Template, distance
from consent.media.thresholds import SAME, UNCERTAIN
from tests.consent.media.films import Picture, photo
from tests.consent.media.puppet import puppet

PEOPLE = ("grace_hopper", "astronaut")
VIEWS = [(0, 0), (10, 0), (20, 0), (28, 0), (-10, 0), (-20, 0), (-28, 0), (0, 15), (0, -15), (15, 10)]


@cache
def nets() -> tuple[FaceFinder, Embedder]:
    return FaceFinder(), Embedder()


def template(picture: Picture) -> Template:
    find, embed = nets()
    (face,) = find(picture)
    assert face.comparable
    return embed.of(picture, face)


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize(("yaw", "pitch"), VIEWS)
def test_a_turned_head_is_its_own_and_nobody_elses(who: str, yaw: float, pitch: float) -> None:
    (other,) = set(PEOPLE) - {who}
    seen = template(puppet(who).frame(yaw, pitch))
    assert distance(seen, template(photo(who))) <= min(SAME, 0.345)  # as the table says
    assert distance(seen, template(photo(other))) > UNCERTAIN
