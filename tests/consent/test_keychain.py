"""A chain with real commits: events that race."""

from __future__ import annotations

from threading import Thread

from django.db import connection

from consent import keychain
from tests.consent import people
from tests.consent.test_keys import added, links


def test_two_events_at_once_come_one_after_the_other(fresh_database: str) -> None:
    ada = people.register("ada")

    def add() -> None:
        added(ada)
        connection.close()

    threads = [Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(keychain.verify(str(ada.party.pk), links(ada))) == 7
