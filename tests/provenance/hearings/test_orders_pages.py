"""An order is entered with its clock, carried out by one, confirmed by another and ended by two, each on its page."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent import blocks, clock
from consent.models import Likeness, Order
from consent.takedown import orders
from ledger.models import Entry
from tests.consent import logins, people
from tests.provenance.hearings import bench
from tests.provenance.hearings.bench import Moderator

pytestmark = pytest.mark.django_db
VIDEO = "5b0f7a1e-7a55-4c43-8d61-0d2f64c1f0aa"


@pytest.fixture
def one() -> Moderator:
    return bench.moderator("one")


@pytest.fixture
def two() -> Moderator:
    return bench.moderator("two")


def said(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a form
    whole = {
        "kind": "court", "court": "Superior Court", "country": "us-ca", "docket": "23-CV-Doe", "scope": "video",
        "words": "Not to be shown.", "of": VIDEO, "served_at": clock.now().strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    return whole | changes


def entered(who: Moderator, **changes: Any) -> Order:  # noqa: ANN401 - as above
    answer = who.client.post("/console/orders/new", said(**changes))
    assert answer.status_code == 302, answer.content.decode()
    return Order.objects.get(pk=answer["Location"].rpartition("/")[2])


def act(who: Moderator, order: Order, name: str) -> int:
    posted = {"act": name, "version": bench.version(order.case)}
    return who.client.post(f"/console/orders/{order.pk}", posted).status_code


def test_an_order_is_carried_out_by_one_confirmed_by_another_and_ended_by_two(one: Moderator, two: Moderator) -> None:
    order = entered(one, document=SimpleUploadedFile("o.pdf", b"%PDF-1.7 order"))
    assert str(order.pk) in one.client.get("/console/orders").content.decode()
    page = one.client.get(f"/console/orders/{order.pk}").content.decode()
    assert "Carry it out now" in page
    assert "23-CV-Doe" not in page
    assert one.client.post(f"/console/orders/{order.pk}", {"act": "carry-out", "version": "1"}).status_code == 409
    assert act(one, order, "carry-out") == 302
    assert blocks.in_force([uuid.UUID(VIDEO)]).exists()
    assert act(one, order, "confirm") == 409
    assert act(two, order, "confirm") == 302
    assert act(one, order, "end") == 409
    assert act(one, order, "propose-end") == 302
    assert "A colleague has to end it" in one.client.get(f"/console/orders/{order.pk}").content.decode()
    assert act(one, order, "end") == 409
    assert blocks.in_force([uuid.UUID(VIDEO)]).exists()
    assert act(two, order, "end") == 302
    assert not blocks.in_force([uuid.UUID(VIDEO)]).exists()
    assert one.client.get(f"/console/orders/{order.pk}").status_code == 200


def test_a_whole_likeness_rests_and_comes_back_with_the_end(
    one: Moderator, two: Moderator, monkeypatch: pytest.MonkeyPatch
) -> None:
    likeness = people.enrolled(people.register("ada"), monkeypatch)
    assert one.client.post("/console/orders/new", said(scope="likeness", of="nobody")).status_code == 422
    order = entered(one, scope="likeness", of="ada")
    act(one, order, "carry-out")
    likeness.refresh_from_db()
    assert likeness.state == Likeness.State.SUSPENDED
    act(one, order, "propose-end")
    assert act(two, order, "end") == 302
    likeness.refresh_from_db()
    assert likeness.state == Likeness.State.ACTIVE


def test_words_and_paper_are_opened_on_record(one: Moderator) -> None:
    order = entered(one)
    base = f"/console/orders/{order.pk}"
    assert "23-CV-Doe" in one.client.post(f"{base}/read").content.decode()
    assert one.client.post(f"{base}/document").status_code in {400, 404, 409, 422}
    orders.add_document(order, io.BytesIO(b"%PDF-1.7 order"), actor=one.actor)
    paper: Any = one.client.post(f"{base}/document")
    assert paper.getvalue() == b"%PDF-1.7 order"
    assert paper["Content-Disposition"].startswith("attachment")
    assert Entry.objects.filter(kind="order.read").count() == 2


def test_what_is_refused_keeps_what_was_typed_and_leaves_nothing(one: Moderator) -> None:
    bad: tuple[dict[str, Any], ...] = (
        {"kind": "king"}, {"of": "x"}, {"served_at": "soon"}, {"served_at": ""}, {"country": "Narnia"},
        {"document": SimpleUploadedFile("o.pdf", b"MZ")}, {"ends_at": "2001-01-01T00:00"}, {"territory": "XXXXXXX"},
    )  # fmt: skip
    for changes in bad:
        answer = one.client.post("/console/orders/new", said(**changes))
        assert answer.status_code == 422, changes
        assert "23-CV-Doe" in answer.content.decode()
    assert not Order.objects.exists()
    for field in said():
        answer = one.client.post("/console/orders/new", said(**{field: bench.HOSTILE}))
        assert answer.status_code == 422, field
        assert b"<script>x" not in answer.content
    order = entered(one, court='<script>x</script>"><img onerror=y>')
    for page in ("/console/orders", f"/console/orders/{order.pk}"):
        assert b"<script>x" not in one.client.get(page).content
    for field in ("act", "version"):
        posted = {"act": "carry-out", "version": "1"} | {field: bench.HOSTILE}
        assert one.client.post(f"/console/orders/{order.pk}", posted).status_code in {409, 422}


def test_orders_are_for_who_records_them_and_the_list_costs_the_same(one: Moderator) -> None:
    clerk = logins.client_of(logins.staff("clerk", is_superuser=False))
    assert {clerk.get(path).status_code for path in ("/console/orders", "/console/orders/new")} == {403}
    entered(one)
    one.client.get("/console/orders")
    with CaptureQueriesContext(connection) as few:
        one.client.get("/console/orders")
    for _ in range(3):
        entered(one)
    with CaptureQueriesContext(connection) as many:
        page = one.client.get("/console/orders?after=nonsense")
    assert page.status_code == 200
    assert len(many) == len(few)
