"""Webhooks over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from consent.models import WebhookDelivery
from consent.webhooks import deliveries
from tests.consent import people
from tests.consent.api.conftest import Call
from tests.consent.people import Person
from tests.consent.webhooks.receiver import Receiver, receiving, verified

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def development(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEVELOPMENT = True
    monkeypatch.setattr(deliveries, "ring", lambda _endpoint: None)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


@pytest.fixture
def made(call: Call, ada: Person, receiver: Receiver) -> dict[str, Any]:
    answer = call(ada, "post", "webhooks", {"url": receiver.url})
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_a_webhook_from_its_address_to_its_test(
    call: Call, ada: Person, made: dict[str, Any], receiver: Receiver
) -> None:
    assert (made["events"], made["state"], made["url"]) == (["*"], "enabled", receiver.url)
    at = f"webhooks/{made['id']}"
    shown = call(ada, "get", at).json()
    assert "secret" not in shown
    assert call(ada, "get", "webhooks").json() == {"items": [shown], "next": None}
    tested = call(ada, "post", f"{at}/test")
    assert tested.status_code == 202
    deliveries.deliver(made["id"])
    (came,) = receiver.calls
    assert verified(made["secret"], came)["type"] == "webhook.test"
    (row,) = call(ada, "get", f"{at}/deliveries").json()["items"]
    assert (row["id"], row["state"], row["status"]) == (tested.json()["id"], "delivered", 204)
    again = call(ada, "post", f"{at}/deliveries/{row['id']}/replay")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    deliveries.deliver(made["id"])
    assert [each.message for each in receiver.calls] == [row["id"]] * 2


def test_a_webhook_changes_rotates_and_goes(call: Call, ada: Person, made: dict[str, Any]) -> None:
    at = f"webhooks/{made['id']}"
    changed = call(ada, "patch", at, {"events": ["grant.ended"], "enabled": False}).json()
    assert (changed["events"], changed["state"]) == (["grant.ended"], "disabled")
    assert call(ada, "post", f"{at}/test").json()["code"] == "webhook-off"
    call(ada, "patch", at, {"enabled": True})
    rotated = call(ada, "post", f"{at}/secret", {})
    assert rotated.status_code == 201
    assert rotated.json()["secret"] != made["secret"]
    assert rotated.json()["old_secret_until"] is not None
    assert call(ada, "post", f"{at}/secret", {"overlap": False}).json()["old_secret_until"] is None
    assert call(ada, "delete", at).status_code == 204
    assert call(ada, "get", at).json()["code"] == "webhook-missing"
    assert call(ada, "get", "webhooks").json()["items"] == []


def test_strangers_learn_nothing(call: Call, ada: Person, ben: Person, made: dict[str, Any]) -> None:
    call(ada, "post", f"webhooks/{made['id']}/test")
    row = WebhookDelivery.objects.get()
    for method, tail, body in (
        ("get", "", None),
        ("patch", "", {"enabled": False}),
        ("delete", "", None),
        ("post", "/secret", {}),
        ("post", "/test", None),
        ("get", "/deliveries", None),
        ("post", f"/deliveries/{row.pk}/replay", None),
    ):
        theirs = call(ben, method, f"webhooks/{made['id']}{tail}", body)
        nobodys = call(ben, method, f"webhooks/{people.some_id()}{tail}", body)
        assert theirs.status_code == nobodys.status_code == 404
        strip = [answer.json() | {"instance": ""} for answer in (theirs, nobodys)]
        assert strip[0] == strip[1]
        assert call(None, method, f"webhooks/{made['id']}{tail}", body).status_code == 401
    assert call(ben, "get", "webhooks").json()["items"] == []
    assert call(ada, "get", f"webhooks/{made['id']}").json()["state"] == "enabled"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"url": 7}, 422),
        ({"url": "http://10.0.0.1/"}, 422),
        ({"url": "https://169.254.169.254/latest"}, 422),
        ({"url": "https://localhost/"}, 422),
        ({"url": "x" * 5000}, 400),
        ({"url": "\u0000"}, 400),
        ({"url": "https://example.com/", "events": []}, 400),
        ({"url": "https://example.com/", "events": ["no.such"]}, 400),
        ({"url": "https://example.com/", "events": "*"}, 400),
        ({"url": "https://example.com/", "secret": "mine"}, 400),
    ],
    ids=str,
)
def test_what_cannot_be_a_webhook_is_refused(call: Call, ada: Person, body: dict[str, Any], status: int) -> None:
    answer = call(ada, "post", "webhooks", body)
    assert answer.status_code in {status, 400, 422}, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")


def test_the_log_is_read_page_by_page(call: Call, ada: Person, made: dict[str, Any]) -> None:
    at = f"webhooks/{made['id']}"
    sent = {call(ada, "post", f"{at}/test").json()["id"] for _ in range(5)}
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = call(ada, "get", f"{at}/deliveries?limit=2{cursor and '&cursor=' + cursor}").json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next"]
    assert len(seen) == 5
    assert set(seen) == sent
