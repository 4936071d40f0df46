"""Postings and licences under contention: several processes, real commits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from consent import licences, royalties
from consent.models import Licence, Likeness, Permit, Posting, PostingSet
from ledger import base64url
from ledger.models import Entry
from tests.consent import deals, people
from tests.consent.people import Person
from tests.consent.test_races import together

ROOT = Path(__file__).resolve().parents[2]
Story = tuple[Person, Person, Person, Likeness]


@pytest.fixture
def story(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> Story:
    ada = people.register("ada")
    return ada, people.register("ben"), people.register("carl"), people.enrolled(ada, monkeypatch)


def contend(database: str, *tasks: dict[str, str]) -> list[str]:
    """Let a process for each task begin at one moment; return what each said."""
    keys = {"keys": str(settings.LEDGER_KEYS_DIR)}
    environment = os.environ | {"DATABASE_URL": database}
    commands = [[sys.executable, "-m", "tests.consent.contender", json.dumps(keys | task)] for task in tasks]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for command in commands
    ]
    try:
        assert [process.stdout.readline() for process in running if process.stdout] == ["ready\n"] * len(tasks)
        for process in running:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        return [process.communicate(timeout=60)[0].strip() for process in running]
    finally:
        for process in running:
            process.kill()


def test_one_use_posted_by_four_processes_at_once_is_posted_once(fresh_database: str, story: Story) -> None:
    ada, ben, _, face = story
    deals.grant(ada, face, ben.party, rate=deals.rate("2"))
    permit = deals.minted(ben, face)
    task = {"permit": str(permit.pk), "at": datetime.now(UTC).isoformat()}
    found = contend(fresh_database, *[task] * 4)
    assert found == [str(PostingSet.objects.get().pk)] * 4
    assert (Posting.objects.count(), Entry.objects.filter(kind="royalty.accrued").count()) == (2, 1)


def test_two_processes_that_want_one_exclusivity_do_not_both_get_it(fresh_database: str, story: Story) -> None:
    ada, ben, carl, face = story
    given = deals.grant(ada, face, ben.party, carl.party)
    tasks = []
    for who in (ben, carl):
        offer = deals.offer(given, ada, who, exclusive=True)
        document = licences.draft(offer, key=who.key, actor=who.party)
        tasks.append({"document": json.dumps(document), "signature": base64url.encode(deals.signed(who, document))})
    assert sorted(contend(fresh_database, *tasks)) == ["agreed", "exclusivity-taken"]
    assert Licence.objects.count() == 1


def test_uses_and_batches_posted_by_threads_at_once_are_posted_once(story: Story) -> None:
    ada, ben, _, face = story
    deals.grant(ada, face, ben.party, rate=deals.rate("0.004", per="view"))
    for _ in range(3):
        permit: Permit = deals.minted(ben, face)
        at = datetime.now(UTC)
        found = together(
            *[lambda permit=permit, at=at: royalties.accrue_views(permit, 3, at=at, actor="system:test")] * 8
        )
        assert len({made[0].pk for made in found}) == 1  # type: ignore[index]  # lists of sets
    assert PostingSet.objects.count() == 3


def test_exclusive_offers_accepted_by_threads_at_once_make_one_licence(story: Story) -> None:
    ada, ben, carl, face = story
    given = deals.grant(ada, face, ben.party, carl.party)
    for _ in range(5):
        offers = [deals.offer(given, ada, who, exclusive=True) for who in (ben, carl)]
        found = together(
            lambda offers=offers: deals.accept(offers[0], ben),  # type: ignore[misc]  # bound now
            lambda offers=offers: deals.accept(offers[1], carl),  # type: ignore[misc]  # bound now
        )
        assert sorted(type(answer).__name__ for answer in found) == ["ExclusivityTaken", "Licence"]
        (made,) = [answer for answer in found if isinstance(answer, Licence)]
        licences.end(made, actor=ada.party)
