"""Revocations and protected names in the browser: one says it, another does it; and queues are leafed through."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from consent import blocks, clock
from consent.casework import queues
from consent.models import Block, Likeness, ProtectedName, RevocationProposal
from provenance.console import turns
from tests.consent import logins, people
from tests.provenance.hearings import bench
from tests.provenance.hearings.bench import HOSTILE, Moderator

pytestmark = pytest.mark.django_db


@pytest.fixture
def one() -> Moderator:
    return bench.moderator("one")


@pytest.fixture
def two() -> Moderator:
    return bench.moderator("two")


@pytest.fixture
def likeness(monkeypatch: pytest.MonkeyPatch) -> Likeness:
    return people.enrolled(people.register("ada"), monkeypatch)


def test_a_likeness_ends_by_two_people_upon_what_was_shown(likeness: Likeness, one: Moderator, two: Moderator) -> None:
    said = {"of": str(likeness.pk), "reason": "not-the-person", "reference": "T-1"}
    place = one.client.post("/console/revocations/new", said)["Location"]
    row = RevocationProposal.objects.get()
    assert "You proposed this yourself" in one.client.get(place).content.decode()
    likeness.refresh_from_db()
    word = {"epoch": str(likeness.epoch)}
    assert one.client.post(place, word).status_code == 409
    assert two.client.post(place, {"epoch": "99"}).status_code == 409
    assert RevocationProposal.objects.get().withdrawal_id is None
    shown = two.client.get(place).content.decode()
    assert "What would end" in shown
    assert place in two.client.get("/console/revocations").content.decode()
    assert two.client.post(place, word).status_code == 302
    row.refresh_from_db()
    likeness.refresh_from_db()
    assert (row.approved_by, likeness.state) == (two.actor.actor, Likeness.State.WITHDRAWN)
    assert one.client.post("/console/revocations/new", said).status_code == 409


def test_nobody_ends_their_own_and_nobody_without_the_permission(likeness: Likeness, one: Moderator) -> None:
    said = {"of": str(likeness.pk), "reason": "not-the-person"}
    place = one.client.post("/console/revocations/new", said)["Location"]
    own = bench.moderator("ada-of-the-staff")
    likeness.holder.user = User.objects.get(pk=own.actor.user)
    likeness.holder.save(update_fields=["user"])
    assert own.client.get(place).status_code == 409
    assert own.client.post("/console/revocations/new", said).status_code == 409
    assert place not in own.client.get("/console/revocations").content.decode()
    clerk = logins.client_of(logins.staff("clerk", is_superuser=False))
    for path in ("revocations", "revocations/new", "names", "names/new", place.removeprefix("/console/")):
        assert clerk.get(f"/console/{path}").status_code == 403, path


def test_a_name_is_protected_by_one_found_by_its_spelling_and_ended_by_two(one: Moderator, two: Moderator) -> None:
    said = {"ground": "opted_out", "names": "Marta Example\nMarta E. Example", "aliases": ""}
    place = one.client.post("/console/names/new", said)["Location"]
    row = ProtectedName.objects.get()
    assert str(row.pk) in one.client.post("/console/names", {"spelling": "Marta Example"}).content.decode()
    assert str(row.pk) not in one.client.post("/console/names", {"spelling": "Rosa Example"}).content.decode()
    assert "Marta Example" not in one.client.get(place).content.decode()
    assert one.client.post(place, {"act": "end", "proposer": ""}).status_code == 409
    assert one.client.post(place, {"act": "propose", "proposer": ""}).status_code == 302
    assert one.client.post(place, {"act": "end", "proposer": one.actor.actor}).status_code == 409
    assert two.client.post(place, {"act": "end", "proposer": ""}).status_code == 409, "stale"
    assert two.client.post(place, {"act": "end", "proposer": one.actor.actor}).status_code == 302
    row.refresh_from_db()
    assert row.ended_at is not None
    assert two.client.get(place).status_code == 404


def test_hostile_text_is_refused_or_shown_as_text(one: Moderator) -> None:
    for path, fields in (
        ("revocations/new", ("of", "reason", "reference")),
        ("names/new", ("ground", "names", "aliases")),
        ("names", ("spelling",)),
    ):
        for field in fields:
            answer = one.client.post(f"/console/{path}", {"ground": "opted_out", "names": "A B"} | {field: HOSTILE})
            assert answer.status_code in {200, 302, 404, 409, 422}, (path, field)
            assert b"<script>x" not in answer.content


def test_a_queue_is_leafed_through_in_the_order_of_the_hand_out(
    one: Moderator, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = clock.now()
    for number in range(7):
        row = blocks.place(uuid.uuid4(), case=f"T-{number}", reason="notice", actor=one.actor)
        Block.objects.filter(pk=row.pk).update(accepted_at=at - timedelta(hours=number // 2))  # some at the same time
    queue = queues.named("blocks-to-confirm")
    whole = queue.waiting().order_by("-work_risk", F("work_due").asc(nulls_last=True), "work_since", "pk")
    found: list[Any] = []
    after = ""
    while True:
        rows, older = turns.page(queue.waiting(), after, 3)
        found += [row.pk for row in rows]
        if not older:
            break
        after = clean(older)
    assert found == [row.pk for row in whole]
    monkeypatch.setattr("provenance.console.waiting.SHOWN", 3)
    address = "/console/queues/blocks-to-confirm"
    with CaptureQueriesContext(connection) as first:
        page = one.client.get(address).content.decode()
    further = re.search(r'href="(\?after=[^"]+)"', page)
    assert further is not None
    with CaptureQueriesContext(connection) as second:
        next_page = one.client.get(address + further[1].replace("&amp;", "&")).content.decode()
    assert len(second) == len(first)
    assert str(found[3]) in next_page
    assert str(found[0]) not in next_page
    assert one.client.get(address + "?after=9_junk").status_code == 200


def clean(query: str) -> str:
    from urllib.parse import parse_qs

    return parse_qs(query.removeprefix("?"))["after"][0]
