"""Limits in number are exact, whoever asks at once: several processes, real commits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from consent.models import GrantUsage, Likeness, Permit
from consent.models.reach import ANYBODY
from tests.consent import minter, people
from tests.consent.people import Person
from tests.consent.test_usage import NONE

ROOT = Path(__file__).resolve().parents[2]
MINTERS, TRIES, LIMIT = 4, 5, 7


@pytest.fixture
def story(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Person, Likeness]:
    ada, ben = people.register("ada"), people.register("ben")
    face = people.enrolled(ada, monkeypatch)
    people.full_grant(ada, face, ben.party, limits=NONE | {"uses": LIMIT})
    return ben, face


def race(database: str, ben: Person, face: Likeness, *then: str) -> list[int]:
    """Let a process for each begin at one moment; return how many permits each kept."""
    task = {
        "keys": str(settings.LEDGER_KEYS_DIR),
        "client": str(ben.party.pk),
        "likeness": str(face.pk),
        "tries": str(TRIES),
    }
    environment = os.environ | {"DATABASE_URL": database}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.consent.minter", json.dumps(task | {"then": one})],
            cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for one in then
    ]  # fmt: skip
    try:
        assert [process.stdout.readline() for process in running if process.stdout] == ["ready\n"] * len(then)
        for process in running:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        return [int(process.communicate(timeout=90)[0]) for process in running]
    finally:
        for process in running:
            process.kill()


def counted() -> list[int]:
    return list(GrantUsage.objects.order_by("party").values_list("uses", flat=True))


def test_of_twenty_tries_by_four_processes_exactly_as_many_succeed_as_are_granted(
    fresh_database: str, story: tuple[Person, Likeness]
) -> None:
    kept = race(fresh_database, *story, *["keep"] * MINTERS)
    assert sum(kept) == LIMIT == Permit.objects.count()
    assert counted() == [LIMIT, LIMIT]


def test_what_is_given_back_meanwhile_can_be_taken_and_no_more(
    fresh_database: str, story: tuple[Person, Likeness]
) -> None:
    ben, face = story
    kept = sum(race(fresh_database, ben, face, "keep", "release", "keep", "release"))
    assert 0 < kept <= LIMIT
    assert GrantUsage.objects.get(party=ANYBODY).uses == kept
    later = [minter.take(ben.party, str(face.pk)) for _ in range(LIMIT + 2)]
    assert sum(permit is not None for permit in later) == LIMIT - kept
    assert counted() == [LIMIT, LIMIT]
