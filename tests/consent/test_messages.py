"""What a party is told at once, and the e-mail that goes with it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction

from consent import clock, erasure, keys, mailing, messages, tasks
from consent.models import Message
from tests.consent.people import Person
from tests.consent.test_keys import added, rotated

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
ADDRESS = "ada@example.test"


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Catch what is rung for."""
    rung: list[str] = []

    class App:
        def send_task(self, name: str, args: list[str], **_more: object) -> None:
            assert name == messages.TASK
            rung.append(args[0])

    monkeypatch.setattr(mailing, "current_app", App())
    return rung


@pytest.fixture
def reachable(ada: Person) -> Person:
    """Give Ada a log-in with an address."""
    ada.party.user = get_user_model().objects.create_user("ada", email=ADDRESS)
    ada.party.save()
    return ada


def test_an_email_leaves_after_the_commit_and_once(
    reachable: Person,
    bells: list[str],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        added(reachable)
        assert bells == []
    message = Message.objects.get()
    assert bells == [str(message.pk)]
    tasks.send_message(bells[0])
    tasks.send_message(bells[0])
    (sent,) = mail.outbox
    assert sent.to == [ADDRESS]
    assert sent.subject == message.subject
    assert str(message.pk) in sent.extra_headers["Message-ID"]
    message.refresh_from_db()
    assert message.mailed_at is not None
    assert message.mail_due_at is None


def test_a_frightened_person_learns_what_happened_when_and_what_to_do(ada: Person, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://countenance.example"
    key = rotated(ada)
    message = Message.objects.get()
    for part in (
        key.key_id,
        ada.key.key_id,
        f"{message.created_at:%-d %B %Y}",
        "If it was not you",
        "Withdraw your likenesses",
        f"DELETE https://countenance.example/v1/parties/me/keys/{key.key_id}",
        key.entry.commit_text,
    ):
        assert part in message.text
    assert "{" not in message.text
    assert "\n" not in message.subject


def test_no_message_holds_a_secret(ada: Person) -> None:
    added(ada)
    text = Message.objects.get().text
    for secret in (ada.token, ada.private.private_bytes_raw().hex(), ada.party.name, "ctn_"):
        assert secret not in text


def test_who_has_no_address_gets_the_message_alone(ada: Person, bells: list[str]) -> None:
    added(ada)
    assert Message.objects.get().mail_due_at is None
    assert messages.sweep() == 0
    assert mail.outbox == []


def test_an_address_that_went_away_ends_the_attempts(reachable: Person) -> None:
    added(reachable)
    get_user_model().objects.update(email="")
    assert not messages.send(Message.objects.get().pk)
    assert Message.objects.get().mail_due_at is None
    assert mail.outbox == []


def test_a_lost_bell_is_rung_again(reachable: Person, bells: list[str]) -> None:
    added(reachable)
    assert bells == []  # nothing commits here: the bell was lost
    tasks.sweep_messages()
    assert bells == [str(Message.objects.get().pk)]


def test_a_broken_bell_undoes_nothing(
    reachable: Person, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    class App:
        def send_task(self, *_given: object, **_more: object) -> None:
            raise ConnectionError

    monkeypatch.setattr(mailing, "current_app", App())
    with django_capture_on_commit_callbacks(execute=True):
        added(reachable)
    assert Message.objects.get().mail_due_at is not None


def test_a_mail_server_that_is_away_is_asked_again_later_and_not_for_ever(
    reachable: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(reachable)
    (message,) = Message.objects.all()

    def away(_self: EmailMessage, *_given: object, **_named: object) -> int:
        raise OSError("no route")

    monkeypatch.setattr(EmailMessage, "send", away)
    assert not messages.send(message.pk)
    message.refresh_from_db()
    assert message.mail_due_at is not None
    assert message.mail_due_at > clock.now() + timedelta(seconds=30)
    assert not messages.send(message.pk), "it is not due yet"
    Message.objects.update(mail_attempts=mailing.ATTEMPTS, mail_due_at=clock.now())
    assert not messages.send(message.pk)
    assert Message.objects.get().mail_due_at is None
    assert messages.sweep() == 0


def test_a_message_that_was_mailed_is_not_due(ada: Person) -> None:
    added(ada)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.update(mailed_at=clock.now(), mail_due_at=clock.now())


def test_reading_is_noted_once_and_by_its_party(ada: Person, ben: Person) -> None:
    added(ada)
    message = Message.objects.get()
    with pytest.raises(messages.MessageMissing):
        messages.mark_read(message.pk, actor=ben.party)
    first = messages.mark_read(message.pk, actor=ada.party).read_at
    assert messages.mark_read(message.pk, actor=ada.party).read_at == first is not None


def test_messages_go_with_their_party(reachable: Person, settings: Settings) -> None:
    settings.SERVING_LEASE_SECONDS = 0.01
    added(reachable)
    keys.revoke_key(reachable.key, actor=reachable.party)
    assert Message.objects.count() == 2
    erasure.erase_party(reachable.party, actor=reachable.party)
    assert not Message.objects.exists()
    assert not messages.send(uuid.uuid4())
