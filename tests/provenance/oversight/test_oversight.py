"""Many at once by two, replies without a gap, plans that can be cancelled, blind second looks, and figures."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent import blocks, clock
from consent.casework import roles, sampling, schedule
from consent.models import Block, Bulk, Proposal, QualitySample, ReplyTemplate, ScheduledAct
from ledger.models import Entry
from tests.consent import logins
from tests.consent.casework import crew
from tests.provenance.hearings import bench
from tests.provenance.hearings.bench import HOSTILE, Moderator

pytestmark = pytest.mark.django_db
PLACING = {"verb": "place-block", "case": "T-1", "reason": "notice", "why": "They are of one upload."}
TEXT = {
    "name": "more", "subject_en": "Your notice", "subject_es": "Su aviso",
    "text_en": "Send {{ what }}.", "text_es": "Envíe {{ what }}.",
}  # fmt: skip


@pytest.fixture
def one() -> Moderator:
    return bench.moderator("one")


@pytest.fixture
def two() -> Moderator:
    return bench.moderator("two")


def ids(count: int) -> str:
    return "\n".join(str(uuid.uuid4()) for _ in range(count))


def asked(who: Moderator, items: str, **changes: str) -> Any:  # noqa: ANN401 - a test response
    """Show a list, and ask for what was shown."""
    said = PLACING | {"items": items} | changes
    page = who.client.post("/console/bulks/new", said | {"step": "preview"}).content.decode()
    seen = re.search(r'name="seen" value="([0-9a-f]*)"', page)
    assert seen is not None
    return who.client.post("/console/bulks/new", said | {"step": "ask", "seen": seen[1]})


def test_a_short_list_is_shown_and_then_done(one: Moderator) -> None:
    page = one.client.post("/console/bulks/new", PLACING | {"items": ids(3), "step": "preview"}).content.decode()
    assert "is done" in page
    assert not Block.objects.exists()
    answer = asked(one, ids(3))
    assert answer.status_code == 302
    assert Block.objects.count() == 3
    assert "of one upload" not in one.client.get(answer["Location"]).content.decode(), "its reason is in the entry"
    assert one.client.get("/console/bulks").content.decode().count("/console/bulks/") >= 2


def test_a_long_list_waits_for_another_person(one: Moderator, two: Moderator) -> None:
    address = asked(one, ids(11))["Location"]
    row, proposal = Bulk.objects.get(), Proposal.objects.get()
    assert (row.released_at, Block.objects.exists()) == (None, False)
    assert "You proposed this yourself" in one.client.get(address).content.decode()
    confirm = f"/console/second-words/proposal/{proposal.pk}"
    assert one.client.post(confirm, {"word": "confirm"}).status_code == 409
    assert "of one upload" in two.client.get(address).content.decode()
    assert address in two.client.get("/console/second-words").content.decode()
    assert two.client.post(confirm, {"word": "confirm"}).status_code == 302
    row.refresh_from_db()
    assert row.released_by == two.actor.actor


def test_what_changed_since_it_was_shown_is_shown_anew(one: Moderator) -> None:
    item = uuid.uuid4()
    said = PLACING | {"items": str(item)}
    page = one.client.post("/console/bulks/new", said | {"step": "preview"}).content.decode()
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    assert seen is not None
    blocks.place(item, case="T-1", reason="notice", scope="family", actor=one.actor)
    stale = one.client.post("/console/bulks/new", said | {"step": "ask", "seen": seen[1]})
    assert (stale.status_code, "is so already" in stale.content.decode()) == (409, True)
    assert one.client.post("/console/bulks/new", said | {"step": "ask"}).status_code == 409
    assert asked(one, str(item), why=" ").status_code == 422
    assert not Bulk.objects.exists()


def test_a_reply_is_tried_written_anew_and_taken_out_of_use(one: Moderator) -> None:
    assert one.client.post("/console/replies/new", TEXT | {"text_es": "Envíe."}).status_code == 422
    assert one.client.post("/console/replies/new", TEXT).status_code == 302
    assert one.client.post("/console/replies/new", TEXT).status_code == 409
    place = "/console/replies/more"
    refused = one.client.post(place, {"step": "try", "value-what": ""})
    assert (refused.status_code, "Fill in: what." in refused.content.decode()) == (422, True)
    assert "Send a picture." in one.client.post(place, {"step": "try", "value-what": "a picture"}).content.decode()
    newer = TEXT | {"step": "write", "version": "1", "text_en": "Give {{ what }}."}
    assert one.client.post(place, newer).status_code == 302
    stale = one.client.post(place, newer | {"text_en": "Kept words {{ what }}."})
    assert (stale.status_code, "Kept words" in stale.content.decode()) == (409, True)
    assert one.client.post(place, {"step": "retire", "version": "2"}).status_code == 302
    assert [row.retired_at is None for row in ReplyTemplate.objects.order_by("version")] == [True, False]
    reader = logins.staff("lin", is_superuser=False)
    roles.synchronise()
    reader.groups.set(Group.objects.filter(name="moderator"))
    client = logins.client_of(reader)
    assert client.get(place).status_code == 200
    assert client.post(place, newer | {"version": "2"}).status_code == 403


def test_what_is_planned_is_listed_and_cancelled_by_who_may_do_it(one: Moderator, two: Moderator) -> None:
    block = crew.blocked(one.actor)[0]
    row = schedule.plan("confirm-block", block.pk, clock.now() + timedelta(hours=3), {}, actor=two.actor)
    assert str(block.pk) in one.client.get("/console/plans").content.decode()
    analyst = logins.staff("ann", is_superuser=False)
    roles.synchronise()
    analyst.groups.set(Group.objects.filter(name="analyst"))
    assert logins.client_of(analyst).post(f"/console/plans/{row.pk}/cancel").status_code == 403
    assert one.client.post(f"/console/plans/{row.pk}/cancel").status_code == 302
    assert ScheduledAct.objects.get().state == "cancelled"
    assert str(block.pk) in one.client.get("/console/plans?over=1").content.decode()
    assert one.client.post(f"/console/plans/{uuid.uuid4()}/cancel").status_code == 409


def drawn(who: Moderator) -> QualitySample:
    """Return a decision of somebody that was drawn."""
    notice = bench.noticed()
    who.client.post(f"/console/queues/cases/{notice.case_id}/take")
    said = {"action": "remove", "why": "likeness:no-consent", "facts": bench.FACTS, "scope": "video", "step": "done"}
    who.client.post(f"/console/cases/{notice.case.number}/decide", said | {"version": bench.version(notice.case)})
    at = clock.now()
    assert sampling.take(b"seed", at - timedelta(hours=1), at + timedelta(hours=1), {notice.case.lane: 1.0}) == 1
    return QualitySample.objects.get()


def test_a_second_look_is_blind_until_it_is_given_and_never_by_who_decided(one: Moderator, two: Moderator) -> None:
    row = drawn(one)
    place = f"/console/second-looks/{row.pk}"
    assert one.client.get(place).status_code == 409
    assert two.client.post(place, {"second": "remove"}).status_code == 409, "not in hand"
    assert two.client.post("/console/second-looks")["Location"] == place
    page = two.client.get(place).content.decode()
    assert one.actor.actor not in page
    assert bench.FACTS not in page
    assert "Rosa Example" in two.client.post(f"{place}/read").content.decode()
    assert Entry.objects.filter(kind="notice.read").count() == 1
    assert two.client.post(place, {"second": HOSTILE}).status_code == 422
    assert two.client.post(place, {"second": "label"}).status_code == 302
    over = two.client.get(place).content.decode()
    assert "Differs" in over
    assert "cases/" in two.client.get("/console/quality").content.decode()
    assert two.client.post("/console/quality/draw").status_code == 302


def test_figures_are_drawn_for_who_may_see_them_and_cost_the_same(one: Moderator, two: Moderator) -> None:
    one.client.get("/console/figures")
    with CaptureQueriesContext(connection) as none:
        empty = one.client.get("/console/figures?days=junk").content.decode()
    assert "Nothing to count yet." in empty
    bench.ruled(bench.noticed().case, one, two)
    with CaptureQueriesContext(connection) as some:
        page = one.client.get("/console/figures?days=7").content.decode()
    assert len(some) == len(none)
    assert "<svg" in page
    assert one.actor.actor not in page
    assert re.search(r"M-[A-Z2-7]{5}", page)
    clerk = logins.client_of(logins.staff("clerk", is_superuser=False))
    for place in ("bulks", "bulks/new", "replies", "plans", "quality", "second-looks", "figures", "replies/new"):
        assert clerk.get(f"/console/{place}").status_code == 403, place


def test_hostile_text_is_refused_or_shown_as_text(one: Moderator) -> None:
    for field in ("verb", "items", "why", "case", "reason", "seen", "step"):
        said = PLACING | {"items": ids(1), "step": "ask"} | {field: HOSTILE}
        answer = one.client.post("/console/bulks/new", said)
        assert answer.status_code in {200, 409, 422}, field
        assert b"<script>x" not in answer.content
    marked = {key: f"<script>x</script>\u202e{said}" for key, said in TEXT.items()} | {"name": "more"}
    assert one.client.post("/console/replies/new", marked).status_code == 302
    for place in ("/console/replies", "/console/replies/more"):
        assert b"<script>x" not in one.client.get(place).content
    for field in (*TEXT, "version", "step", "value-what"):
        answer = one.client.post("/console/replies/more", TEXT | {"step": "write", "version": "1"} | {field: HOSTILE})
        assert answer.status_code in {302, 409, 422}, field
        assert b"<script>x" not in answer.content
    for place in ("bulks", "plans", "replies", "figures", "plans?over=1"):
        mark = "&" if "?" in place else "?"
        assert one.client.get(f"/console/{place}{mark}after=%00%3Cscript%3Ex").status_code == 200
