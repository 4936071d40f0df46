"""Addresses of a party: named, changed, rotated, taken back."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from consent import erasure
from consent.models import WebhookDelivery, WebhookEndpoint
from consent.webhooks import deliveries, endpoints, targets
from consent.webhooks.endpoints import TooManyWebhooks, WebhookInvalid, WebhookMissing, WebhookOff
from consent.webhooks.targets import WebhookTargetRefused
from ledger import log
from ledger.models import Entry, Sealed
from tests.consent.people import Person
from tests.consent.webhooks.conftest import Listen, let_pass
from tests.consent.webhooks.receiver import Receiver, verified

pytestmark = pytest.mark.django_db


def sealed_now() -> int:
    return Sealed.objects.filter(context__startswith="webhook-").count()


def test_an_address_is_on_record_without_what_may_be_a_secret_in_it(ada: Person, receiver: Receiver) -> None:
    endpoint, secret = endpoints.register(receiver.url, ["*"], actor=ada.party)
    assert endpoints.url_of(endpoint) == receiver.url
    entry = Entry.objects.get(kind="webhook.registered")
    assert endpoint.entry == endpoint.last_entry == entry
    payload = log.opening(entry).payload
    assert b"127.0.0.1" in payload
    assert b"tenant" not in payload
    assert secret.encode() not in payload


def test_neither_address_nor_secret_stands_in_a_plain_column(ada: Person, receiver: Receiver) -> None:
    endpoint, secret = endpoints.register(receiver.url, ["*"], actor=ada.party)
    plain = repr(list(WebhookEndpoint.objects.values())) + str(endpoint) + repr(list(Sealed.objects.values()))
    assert secret not in plain
    assert "tenant=7" not in plain


@pytest.mark.parametrize("url", ["https://inner.example/", "http://10.0.0.1/", "https://10.0.0.1/", "nonsense"])
def test_an_address_that_leads_inside_is_refused_at_once(
    ada: Person, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "lookup", lambda *_asked, **_more: ["10.0.0.1"])
    with pytest.raises(WebhookTargetRefused):
        endpoints.register(url, ["*"], actor=ada.party)
    assert not Entry.objects.filter(kind="webhook.registered").exists()


@pytest.mark.parametrize("events", [[], ["nothing"], ["*", "grant.ended"], ["grant.ended", "grant.ended"]])
def test_events_that_are_none_are_refused(ada: Person, receiver: Receiver, events: list[str]) -> None:
    with pytest.raises(WebhookInvalid):
        endpoints.register(receiver.url, events, actor=ada.party)


def test_a_party_has_a_handful(ada: Person, ben: Person, listen: Listen) -> None:
    made = [listen(ada) for _ in range(endpoints.MAX_ENDPOINTS)]
    with pytest.raises(TooManyWebhooks):
        listen(ada)
    listen(ben)
    endpoints.remove(made[0].pk, actor=ada.party)
    listen(ada)


def test_somebody_elses_is_not_there(ada: Person, ben: Person, listen: Listen) -> None:
    theirs = listen(ada).pk
    for act in (
        lambda: endpoints.owned(theirs, ben.party),
        lambda: endpoints.change(theirs, enabled=False, actor=ben.party),
        lambda: endpoints.rotate(theirs, actor=ben.party),
        lambda: endpoints.remove(theirs, actor=ben.party),
        lambda: deliveries.test(theirs, actor=ben.party),
        lambda: deliveries.replay(theirs, theirs, actor=ben.party),
    ):
        with pytest.raises(WebhookMissing):
            act()


def test_a_change_takes_what_is_given_and_forgets_the_old_address(ada: Person, listen: Listen) -> None:
    endpoint = listen(ada)
    before = sealed_now()
    changed = endpoints.change(endpoint.pk, url="http://localhost:9/new", events=["grant.ended"], actor=ada.party)
    assert endpoints.url_of(changed) == "http://localhost:9/new"
    assert (changed.events, changed.state) == (["grant.ended"], "enabled")
    assert sealed_now() == before
    assert Entry.objects.filter(kind="webhook.changed").count() == 1


def test_while_a_secret_is_replaced_both_sign(ada: Person, receiver: Receiver) -> None:
    endpoint, old = endpoints.register(receiver.url, ["*"], actor=ada.party)
    _, new = endpoints.rotate(endpoint.pk, actor=ada.party)
    deliveries.test(endpoint.pk, actor=ada.party)
    deliveries.deliver(endpoint.pk)
    (call,) = receiver.calls
    assert verified(old, call) == verified(new, call)
    let_pass(endpoints.OVERLAP)
    deliveries.test(endpoint.pk, actor=ada.party)
    deliveries.deliver(endpoint.pk)
    verified(new, receiver.calls[-1])
    with pytest.raises(ValueError, match="signature"):
        verified(old, receiver.calls[-1])


def test_a_stolen_secret_signs_nothing_more(ada: Person, receiver: Receiver) -> None:
    endpoint, old = endpoints.register(receiver.url, ["*"], actor=ada.party)
    before = sealed_now()
    _, new = endpoints.rotate(endpoint.pk, overlap=False, actor=ada.party)
    assert sealed_now() == before
    deliveries.test(endpoint.pk, actor=ada.party)
    deliveries.deliver(endpoint.pk)
    verified(new, receiver.calls[0])
    with pytest.raises(ValueError, match="signature"):
        verified(old, receiver.calls[0])


def test_of_secrets_two_are_kept_at_most(ada: Person, listen: Listen) -> None:
    endpoint = listen(ada)
    for _ in range(4):
        endpoints.rotate(endpoint.pk, actor=ada.party)
    assert Sealed.objects.filter(context__startswith="webhook-secret").count() == 2


def test_what_is_taken_back_is_told_nothing_and_leaves_no_address(
    ada: Person, listen: Listen, receiver: Receiver
) -> None:
    endpoint = listen(ada)
    row = deliveries.test(endpoint.pk, actor=ada.party)
    endpoints.remove(endpoint.pk, actor=ada.party)
    assert deliveries.deliver(endpoint.pk) == 0
    assert receiver.calls == []
    row.refresh_from_db()
    assert (row.state, row.problem) == ("failed", "switched-off")
    assert sealed_now() == 0
    with pytest.raises(WebhookMissing):
        endpoints.owned(endpoint.pk, ada.party)


def test_what_is_switched_off_is_told_nothing_until_it_is_on_again(
    ada: Person, listen: Listen, receiver: Receiver
) -> None:
    endpoint = listen(ada)
    row = deliveries.test(endpoint.pk, actor=ada.party)
    endpoints.change(endpoint.pk, enabled=False, actor=ada.party)
    assert deliveries.deliver(endpoint.pk) == 0
    with pytest.raises(WebhookOff):
        deliveries.replay(endpoint.pk, row.pk, actor=ada.party)
    endpoints.change(endpoint.pk, enabled=True, actor=ada.party)
    deliveries.replay(endpoint.pk, row.pk, actor=ada.party)
    assert deliveries.deliver(endpoint.pk) == 1
    assert [call.message for call in receiver.calls] == [str(row.pk)]


def test_an_erasure_leaves_nothing_of_them(ada: Person, listen: Listen) -> None:
    endpoint = listen(ada)
    deliveries.test(endpoint.pk, actor=ada.party)
    erasure.erase_party(ada.party, actor=ada.party)
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()
    assert all(each.ciphertext is None for each in Sealed.objects.filter(context__startswith="webhook-"))


def test_the_database_too_wants_a_removed_one_empty(ada: Person, listen: Listen) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookEndpoint.objects.filter(pk=listen(ada).pk).update(state="removed")
