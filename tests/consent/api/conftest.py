"""A caller over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.consent.people import Holder, Person


class Answer(Protocol):
    """What a test reads of a response."""

    status_code: int
    content: bytes

    def json(self) -> Any: ...  # noqa: ANN401 - JSON

    def __getitem__(self, header: str) -> str: ...


Call = Callable[..., Answer]


@pytest.fixture
def call() -> Call:
    """Call as a person, or as a stranger (`None`)."""

    def send(person: Person | Holder | None, method: str, path: str, body: Any = None, **more: Any) -> Answer:  # noqa: ANN401 - JSON
        headers = person.headers() if person else {}
        sender = getattr(Client(), method)
        if body is not None:
            more |= {"data": body, "content_type": "application/json"}
        return sender(f"/v1/{path}", headers=headers, **more)  # type: ignore[no-any-return]  # chosen by name

    return send


@pytest.fixture(autouse=True)
def consent_alone(settings: Settings) -> None:
    """Serve our routes only; and make the folder that WhiteNoise warns about, which `collectstatic` makes elsewhere."""
    settings.ROOT_URLCONF = "tests.consent.urls"
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
