"""Appeals and counter-notices are answered by who had no word in them, on both sides' words, and previewed first."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from consent.models import Appeal, CounterNotice, Notice, Party, Ruling
from ledger.models import Entry
from tests.consent import logins
from tests.provenance.hearings import bench
from tests.provenance.hearings.bench import Moderator

pytestmark = pytest.mark.django_db


@pytest.fixture
def one() -> Moderator:
    return bench.moderator("one")


@pytest.fixture
def two() -> Moderator:
    return bench.moderator("two")


@pytest.fixture
def three() -> Moderator:
    return bench.moderator("three")


@pytest.fixture
def four() -> Moderator:
    return bench.moderator("four")


@pytest.fixture
def ben() -> Party:
    return bench.ben()


@pytest.fixture
def notice() -> Notice:
    return bench.noticed()


@pytest.fixture
def appeal(notice: Notice, one: Moderator, two: Moderator, ben: Party) -> Appeal:
    return bench.appealed(notice, bench.ruled(notice.case, one, two), ben)


@pytest.fixture
def counter(notice: Notice, ben: Party) -> CounterNotice:
    return bench.countered(notice, ben)


def answer(
    who: Moderator, row: Appeal | CounterNotice, chosen: str, step: str = "done", **more: str
) -> tuple[int, str]:
    place = "appeals" if isinstance(row, Appeal) else "counter-notices"
    said = {"answer": chosen, "facts": bench.FACTS, "version": bench.version(row.case), "step": step}
    got = who.client.post(f"/console/{place}/{row.pk}/decide", said | more)
    return got.status_code, got.content.decode()


def take(who: Moderator, row: Appeal | CounterNotice) -> int:
    queue = "appeals" if isinstance(row, Appeal) else "counter-notices"
    return who.client.post(f"/console/queues/{queue}/{row.pk}/take").status_code


def test_who_decided_before_is_named_and_neither_takes_nor_answers(
    appeal: Appeal, one: Moderator, three: Moderator
) -> None:
    page = one.client.get(f"/console/appeals/{appeal.pk}").content.decode()
    assert "You had a word in this case" in page
    assert take(one, appeal) == 409
    assert answer(one, appeal, "uphold")[0] == 409
    shown = three.client.get(f"/console/appeals/{appeal.pk}")
    assert one.actor.actor in shown.content.decode()
    assert bench.FACTS in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert three.client.post("/console/queues/appeals/next")["Location"] == f"/console/appeals/{appeal.pk}"


def test_both_sides_are_read_by_who_has_it_in_hand_and_on_record(
    appeal: Appeal, counter: CounterNotice, three: Moderator
) -> None:
    address = f"/console/appeals/{appeal.pk}/read"
    assert three.client.post(address).status_code == 409
    assert not Entry.objects.filter(kind="appeal.read").exists()
    take(three, appeal)
    closed = three.client.get(f"/console/appeals/{appeal.pk}").content.decode()
    assert "a parody of mine" not in closed
    opened = three.client.post(address).content.decode()
    assert "a parody of mine" in opened
    assert "Rosa Example" in opened
    assert "1 Street" in opened
    kinds = ("appeal.read", "notice.read", "counternotice.read")
    assert [Entry.objects.filter(kind=kind).count() for kind in kinds] == [1, 1, 1]


def test_to_uphold_is_previewed_takes_one_and_needs_a_reason(appeal: Appeal, three: Moderator) -> None:
    take(three, appeal)
    assert answer(three, appeal, "uphold", facts=" ")[0] == 409
    status, page = answer(three, appeal, "uphold", "preview")
    assert (status, "the decision stands" in page, bench.FACTS in page) == (200, True, True)
    assert Appeal.objects.get().state == "pending"
    assert answer(three, appeal, "uphold")[0] == 302
    appeal.refresh_from_db()
    assert (appeal.state, appeal.decided_by) == ("upheld", three.actor.actor)
    assert "It was answered by" in three.client.get(f"/console/appeals/{appeal.pk}").content.decode()


def test_to_overturn_takes_a_second_person_who_had_no_part(
    appeal: Appeal, one: Moderator, three: Moderator, four: Moderator
) -> None:
    take(three, appeal)
    status, page = answer(three, appeal, "restore", "preview", why="permitted:on-appeal")
    assert (status, "A colleague has to confirm it" in page) == (200, True)
    assert answer(three, appeal, "restore", why="")[0] == 422
    assert answer(three, appeal, "restore", why="permitted:on-appeal")[0] == 302
    made = Ruling.objects.get(state="proposed")
    assert four.client.post("/console/queues/appeals/next")["Location"] == "/console/queues/appeals"
    word = {"word": "confirm", "version": bench.version(appeal.case)}
    address = f"/console/second-words/ruling/{made.pk}"
    assert three.client.post(address, word).status_code == 409
    assert one.client.post(address, word).status_code == 409
    assert four.client.post(address, word).status_code == 302
    appeal.refresh_from_db()
    assert (appeal.state, appeal.result_id) == ("overturned", made.pk)


def test_a_stale_page_is_refused_and_keeps_what_was_typed(
    appeal: Appeal, counter: CounterNotice, three: Moderator
) -> None:
    for row in (appeal, counter):
        take(three, row)
        chosen = "uphold" if row is appeal else "reject"
        status, page = answer(three, row, chosen, version="1", facts="Kept words of mine.")
        assert (status, "Kept words of mine." in page) == (409, True)
    assert Appeal.objects.get().state == "pending"
    assert CounterNotice.objects.get().outcome == ""


def test_a_counter_notice_shows_its_date_and_is_accepted_by_two(
    counter: CounterNotice, one: Moderator, two: Moderator
) -> None:
    page = one.client.get(f"/console/counter-notices/{counter.pk}").content.decode()
    assert counter.restore_at is not None
    assert counter.restore_at.strftime("%Y-%m-%d") in page
    take(one, counter)
    status, shown = answer(one, counter, "accept", "preview")
    assert (status, "It comes back on" in shown) == (200, True)
    assert answer(one, counter, "accept")[0] == 302
    made = Ruling.objects.get()
    word = {"word": "confirm", "version": bench.version(counter.case)}
    assert one.client.post(f"/console/second-words/ruling/{made.pk}", word).status_code == 409
    assert two.client.post(f"/console/second-words/ruling/{made.pk}", word).status_code == 302
    counter.refresh_from_db()
    made.refresh_from_db()
    assert (counter.outcome, made.applied_at) == ("accepted", None)
    assert two.client.post("/console/queues/counter-notices/next")["Location"] == "/console/queues/counter-notices"


@pytest.mark.parametrize(("chosen", "outcome"), [("reject", "rejected"), ("sued", "")])
def test_a_counter_notice_is_rejected_with_a_reason_or_stopped_by_a_suit(
    counter: CounterNotice, one: Moderator, chosen: str, outcome: str
) -> None:
    take(one, counter)
    if chosen == "reject":
        assert answer(one, counter, chosen, facts="")[0] == 409
    assert answer(one, counter, chosen)[0] == 302
    counter.refresh_from_db()
    assert (counter.outcome, counter.suit_at is not None) == (outcome, chosen == "sued")


def test_nobody_looks_into_what_is_their_own_and_nobody_without_the_permission(
    appeal: Appeal, counter: CounterNotice, ben: Party, three: Moderator
) -> None:
    Notice.objects.update(party=ben)
    ben.user = User.objects.get(username="three")
    ben.save(update_fields=["user"])
    clerk = logins.client_of(logins.staff("clerk", is_superuser=False))
    for place in (f"appeals/{appeal.pk}", f"counter-notices/{counter.pk}"):
        assert three.client.get(f"/console/{place}").status_code == 409
        assert three.client.post(f"/console/{place}/read").status_code == 409
        assert clerk.get(f"/console/{place}").status_code == 403
        assert clerk.post(f"/console/{place}/decide").status_code == 403
    assert three.client.get(f"/console/appeals/{uuid.uuid4()}").status_code == 404
    assert three.client.get(f"/console/counter-notices/{uuid.uuid4()}").status_code == 404


def test_hostile_text_is_refused_or_shown_as_text(appeal: Appeal, counter: CounterNotice, three: Moderator) -> None:
    for row in (appeal, counter):
        take(three, row)
        for field in ("answer", "facts", "version", "step", "why", "ends_at", "notice", "scope"):
            status, page = answer(three, row, "restore", **{field: bench.HOSTILE})
            assert status in {200, 302, 409, 422}, field
            assert "<script>x" not in page


def test_the_pages_cost_the_same_whatever_was_filed(
    appeal: Appeal, three: Moderator, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(17):
        three.client.get(f"/console/appeals/{appeal.pk}")
