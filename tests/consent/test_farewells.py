"""Nobody is erased in silence, and nothing is kept for saying so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command

from consent import clock, erasure, farewells, mailing, tasks
from consent.models import Farewell, Likeness, Message, Party
from ledger import erasure as ledger_erasure
from ledger.models import Entry
from tests.consent.people import Person
from tests.consent.test_keys import added

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
ADDRESS = "ada@example.test"


@pytest.fixture(autouse=True)
def short_leases(settings: Settings) -> None:
    settings.SERVING_LEASE_SECONDS = 0.01
    settings.PUBLIC_URL = "https://countenance.example"


@pytest.fixture(autouse=True)
def bells(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Catch what is rung for."""
    rung: list[tuple[str, str]] = []

    class App:
        def send_task(self, name: str, args: list[str], **_more: object) -> None:
            rung.append((name, args[0]))

    monkeypatch.setattr(mailing, "current_app", App())
    return rung


@pytest.fixture
def reachable(ada: Person) -> Person:
    """Give Ada a log-in with an address."""
    ada.party.user = get_user_model().objects.create_user("ada", email=ADDRESS)
    ada.party.save()
    return ada


def erased(person: Person) -> erasure.Receipt:
    return erasure.erase_party(person.party, actor=person.party)


def test_who_is_erased_hears_of_it_once_after_the_commit(
    reachable: Person,
    bells: list[tuple[str, str]],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        added(reachable)  # by whoever stole the token; what told of it goes with the erasure
        receipt = erased(reachable)
        assert bells == []
    (row,) = Farewell.objects.all()
    assert bells[-1] == (farewells.TASK, str(row.pk))
    assert not Message.objects.exists()
    for _ in range(2):
        tasks.send_farewell(str(row.pk))
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([ADDRESS], farewells.SUBJECT)
    assert str(row.pk) in sent.extra_headers["Message-ID"]
    at = Entry.objects.get(pk=receipt.entry.pk).created_at
    for part in (receipt.entry.commit_text, f"{at:%-d %B %Y at %H:%M} UTC", "cannot be undone", "If it was not you"):
        assert part in sent.body
    assert not Farewell.objects.exists()


def test_it_names_nobody(reachable: Person, face: Likeness) -> None:
    before = (reachable.party.name, reachable.party.handle, reachable.key.key_id, str(reachable.party.pk), face.name)
    erased(reachable)
    farewells.send(Farewell.objects.get().pk)
    (sent,) = mail.outbox
    for known in before:
        assert known
        assert known not in str(sent.body) + str(sent.subject)
    assert "{" not in sent.body


def test_the_address_stands_nowhere_in_the_clear(reachable: Person) -> None:
    erased(reachable)
    (row,) = Farewell.objects.values()
    assert ADDRESS.encode() not in repr(row).encode() + bytes(row["address"])
    assert not get_user_model().objects.filter(email=ADDRESS).exists()
    assert ledger_erasure.is_erased(reachable.party.actor), "it is not sealed under the party's key"
    assert farewells.send(row["id"])


def test_who_had_no_address_leaves_nothing_behind(ada: Person, bells: list[tuple[str, str]]) -> None:
    erased(ada)
    assert not Farewell.objects.exists()
    assert farewells.sweep() == 0
    assert bells == []


def test_a_lost_bell_is_rung_again(reachable: Person, bells: list[tuple[str, str]]) -> None:
    erased(reachable)
    bells.clear()  # nothing commits here: the bell was lost
    tasks.sweep_farewells()
    assert bells == [(farewells.TASK, str(Farewell.objects.get().pk))]


def test_a_mail_server_that_is_away_is_asked_again_and_after_two_days_the_address_goes(
    reachable: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    erased(reachable)
    (row,) = Farewell.objects.all()

    def away(_self: EmailMessage, *_given: object, **_named: object) -> int:
        raise OSError(f"{ADDRESS}: no route")

    monkeypatch.setattr(EmailMessage, "send", away)
    assert not farewells.send(row.pk)
    row.refresh_from_db()
    assert row.mail_due_at is not None
    assert row.mail_due_at > clock.now() + timedelta(seconds=30)
    monkeypatch.undo()
    assert not farewells.send(row.pk), "it is not due yet"
    Farewell.objects.update(created_at=clock.now() - farewells.GIVEN_UP, mail_due_at=clock.now())
    assert not farewells.send(row.pk), "it is too old"
    assert farewells.sweep() == 0
    assert not Farewell.objects.exists()
    assert mail.outbox == []
    assert "given up" in caplog.text
    assert ADDRESS not in caplog.text


def test_an_erasure_that_is_done_again_tells_again(reachable: Person) -> None:
    receipt = ledger_erasure.erase(reachable.party.actor, actor="system:test", reason="replayed")
    for _ in range(2):
        erasure.settled(receipt.pk)
    assert Party.objects.get(pk=reachable.party.pk).is_erased
    assert Farewell.objects.get().entry_id == receipt.pk


def test_the_migrations_of_consent_are_those_of_its_models() -> None:
    call_command("makemigrations", "consent", check=True, dry_run=True, verbosity=0)
