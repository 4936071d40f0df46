"""Apps that follow the log."""

import math

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django.fixtures import Settings

from ledger.follower import LoggedEntry, visit
from ledger.management.commands.ledger_follow import Follower
from ledger.models import FollowerCursor
from tests.ledger.conftest import appended, sequenced


class Handler:
    """Remember what came; fail at one place if told to."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.seen: list[int] = []
        self.fail_at = fail_at

    def __call__(self, entry: LoggedEntry) -> None:
        FollowerCursor.objects.create(name=f"trace of {entry.index}")
        if entry.index == self.fail_at:
            raise ZeroDivisionError
        self.seen.append(entry.index)


HANDLED: list[tuple[str, int]] = []


def first(entry: LoggedEntry) -> None:
    HANDLED.append(("first", entry.index))


def failing(entry: LoggedEntry) -> None:
    raise ZeroDivisionError


@pytest.mark.django_db
def test_every_entry_comes_once_and_in_order() -> None:
    made = sequenced(3)
    handler = Handler()
    assert visit("one", handler) == 5
    assert visit("one", handler) == 0
    assert handler.seen == [0, 1, 2, 3, 4]
    assert made[0].index == 1


@pytest.mark.django_db
def test_a_follower_sees_place_kind_and_public_body() -> None:
    (made,) = sequenced(1)
    seen: list[LoggedEntry] = []
    visit("one", seen.append)
    assert [entry.kind for entry in seen] == ["log.opened", "party.registered", "state.recorded"]
    assert seen[1].entry_id == made.pk
    assert seen[1].body["commit"] == made.commit_text


@pytest.mark.django_db
def test_what_is_not_sequenced_is_not_seen() -> None:
    appended(2)
    assert visit("one", Handler()) == 0


@pytest.mark.django_db
def test_each_follower_has_its_own_place() -> None:
    sequenced(2)
    assert visit("one", Handler(), limit=2) == 2
    assert visit("two", lambda _: None) == 4
    assert visit("one", Handler()) == 2


@pytest.mark.django_db
def test_a_failure_keeps_the_cursor_and_undoes_the_handler_s_writes() -> None:
    sequenced(3)
    handler = Handler(fail_at=2)
    with pytest.raises(ZeroDivisionError):
        visit("one", handler)
    assert FollowerCursor.objects.get(name="one").next_index == 2
    assert not FollowerCursor.objects.filter(name="trace of 2").exists()
    assert FollowerCursor.objects.filter(name="trace of 1").exists()
    handler.fail_at = None
    assert visit("one", handler) == 3
    assert handler.seen == [0, 1, 2, 3, 4]


def test_two_processes_of_one_follower_do_not_handle_an_entry_twice(fresh_database: str) -> None:
    from threading import Thread

    sequenced(20)
    seen: list[int] = []
    failures: list[Exception] = []

    def follow() -> None:
        try:
            for _ in range(40):
                visit("one", lambda entry: seen.append(entry.index))
        except Exception as error:  # noqa: BLE001 - shown below
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=follow) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert sorted(seen) == list(range(22))


def test_a_failing_follower_waits_and_the_others_go_on(fresh_database: str) -> None:
    sequenced(1)
    broken, sound = Follower("broken", failing), Follower("sound", first)
    HANDLED.clear()
    assert [follower.visit() for follower in (broken, sound)] == [0, 3]
    assert HANDLED == [("first", 0), ("first", 1), ("first", 2)]
    assert broken.not_before > 0.0
    broken.handle, broken.not_before = first, math.inf
    assert broken.visit() == 0, "it did not wait"
    broken.handle, broken.not_before, waited = failing, 0.0, broken.backoff
    assert broken.visit() == 0
    assert broken.backoff == 2 * waited
    broken.handle, broken.not_before = first, 0.0
    assert broken.visit() == 3
    assert broken.backoff == 0.0


@pytest.mark.django_db
def test_the_command_catches_up_once(settings: Settings) -> None:
    sequenced(2)
    settings.LEDGER_FOLLOWERS = {"first": "tests.ledger.test_follower.first"}
    HANDLED.clear()
    call_command("ledger_follow", once=True)
    assert [index for _, index in HANDLED] == [0, 1, 2, 3]
