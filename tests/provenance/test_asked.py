"""What a client may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import asked
from provenance.asked import RequestInvalid

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

GOOD: dict[str, Any] = {
    "prompt": "A walk",
    "cast": [UUID(int=1)],
    "purpose": "satire",
    "model": "m",
    "seconds": "4",
    "size": "1280x720",
}


@pytest.fixture(autouse=True)
def one_model(settings: Settings) -> None:
    settings.GPU_RENDERERS = [{"name": "one", "model": "m"}]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"prompt": ""}, "/prompt"),
        ({"prompt": "   \n"}, "/prompt"),
        ({"prompt": "x" * 2001}, "/prompt"),
        ({"prompt": "nul\0"}, "/prompt"),
        ({"prompt": "\ud800"}, "/prompt"),
        ({"prompt": None}, "/prompt"),
        ({"prompt": ["a"]}, "/prompt"),
        ({"cast": []}, "/likeness"),
        ({"cast": None}, "/likeness"),
        ({"cast": 7}, "/likeness"),
        ({"cast": "not a list"}, "/likeness"),
        ({"cast": ["not a uuid"]}, "/likeness"),
        ({"cast": [None]}, "/likeness"),
        ({"cast": [{}]}, "/likeness"),
        ({"cast": {str(UUID(int=1)): None}}, "/likeness"),
        ({"cast": [UUID(int=n) for n in range(9)]}, "/likeness"),
        ({"purpose": "whatever"}, "/purpose"),
        ({"purpose": None}, "/purpose"),
        ({"model": "other"}, "/model"),
        ({"seconds": 5}, "/seconds"),
        ({"seconds": "4.0"}, "/seconds"),
        ({"seconds": True}, "/seconds"),
        ({"seconds": -4}, "/seconds"),
        ({"size": "9999x9999"}, "/size"),
        ({"size": ["1280x720"]}, "/size"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_with_its_remedy(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        asked.check(**(GOOD | change))
    assert refused.value.pointer == pointer
    assert refused.value.remedy
    assert refused.value.status == 422


def test_the_limits_themselves_are_allowed() -> None:
    found = asked.check(**(GOOD | {"prompt": "x" * 2000, "cast": [str(uuid4()) for _ in range(8)]}))
    assert len(found.cast) == 8


def test_without_a_configured_model_nothing_can_be_asked(settings: Settings) -> None:
    settings.GPU_RENDERERS = []
    with pytest.raises(RequestInvalid, match="model"):
        asked.check(**GOOD)


def test_naming_somebody_twice_is_naming_them_once() -> None:
    twice = asked.check(**(GOOD | {"cast": [UUID(int=1), str(UUID(int=1))]}))
    assert twice == asked.check(**GOOD)


@given(cast=st.lists(st.uuids(), min_size=1, max_size=8), text=st.text(max_size=50))
def test_the_digest_is_that_of_the_request_and_not_of_its_spelling(cast: list[UUID], text: str) -> None:
    fields = GOOD | {"prompt": f"a{text}"}
    try:
        first = asked.check(**(fields | {"cast": cast}))
    except RequestInvalid:
        return
    again = asked.check(**(fields | {"cast": [str(one) for one in reversed(cast)], "seconds": 4}))
    assert first.sha256() == again.sha256()


@pytest.mark.parametrize("change", [{"prompt": "B"}, {"cast": [UUID(int=2)]}, {"purpose": "education"}, {"seconds": 8}])
def test_another_request_has_another_digest(change: dict[str, Any]) -> None:
    assert asked.check(**GOOD).sha256() != asked.check(**(GOOD | change)).sha256()


def test_a_remix_is_not_the_same_request_as_a_video_of_its_own() -> None:
    assert asked.check(**GOOD).sha256() != asked.check(**GOOD, parent=uuid4()).sha256()


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 256, None, 7, "a\n"])
def test_an_idempotency_key_that_could_be_misread_is_refused(key: object) -> None:
    with pytest.raises(RequestInvalid):
        asked.check_key(key)
