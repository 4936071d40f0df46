"""The page about webhooks: its program verifies, its table is complete."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from consent.webhooks import signatures
from consent.webhooks.events import EVENTS

PAGE = (Path(__file__).resolve().parents[3] / "docs/design/webhooks.md").read_text()
BODY = b'{"data":{"entry":null},"timestamp":"2026-11-22T14:35:00Z","type":"webhook.test"}'


def printed() -> Any:  # noqa: ANN401 - a function of a document
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 - it is our own page
    return names["verify"]


@pytest.fixture
def secret() -> str:
    return signatures.new_secret()


def test_the_printed_program_takes_what_we_send(secret: str) -> None:
    headers = signatures.headers([secret], "m", int(time.time()), BODY)
    assert printed()([secret], headers, BODY)["type"] == "webhook.test"


def test_it_takes_it_from_either_side_of_a_rotation(secret: str) -> None:
    newer = signatures.new_secret()
    headers = signatures.headers([newer, secret], "m", int(time.time()), BODY)
    for known in ([secret], [newer], [secret, newer]):
        assert printed()(known, headers, BODY)


@pytest.mark.parametrize("age", [-1000, 1000])
def test_it_refuses_a_recording(secret: str, age: int) -> None:
    headers = signatures.headers([secret], "m", int(time.time()) - age, BODY)
    with pytest.raises(ValueError, match="too old"):
        printed()([secret], headers, BODY)


@pytest.mark.parametrize("changed", ["body", "webhook-id", "webhook-timestamp", "webhook-signature", "secret"])
def test_it_refuses_whatever_was_changed(secret: str, changed: str) -> None:
    at = int(time.time())
    headers, body, known = signatures.headers([secret], "m", at, BODY), BODY, secret
    match changed:
        case "body":
            body += b" "
        case "secret":
            known = signatures.new_secret()
        case "webhook-timestamp":
            headers[changed] = str(at - 1)
        case "webhook-signature":
            headers[changed] = headers[changed].replace("v1,", "v1,A")
        case _:
            headers[changed] += "x"
    with pytest.raises(ValueError, match="not signed"):
        printed()([known], headers, body)


def test_each_event_has_its_line_and_no_line_is_left_over() -> None:
    written = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert dict(written) == EVENTS
