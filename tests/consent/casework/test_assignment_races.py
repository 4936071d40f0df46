"""Hand-out under contention: processes of their own, real commits, and each item in one pair of hands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.conf import settings

from consent.casework import assignments, bulks
from consent.casework.assignments import WorkTaken
from consent.models import Assignment, Block, Bulk
from ledger.models import Entry
from tests.consent.casework import crew
from tests.consent.test_races import together

ROOT = Path(__file__).resolve().parents[3]
ITEMS = 12


def contend(database: str, *tasks: Mapping[str, object]) -> list[list[str]]:
    """Let a process for each task begin at one moment; return the items that each had."""
    shared = {"keys": str(settings.LEDGER_KEYS_DIR), "vault": str(settings.LEDGER_VAULT_DIR)}
    environment = os.environ | {"DATABASE_URL": database}
    commands = [
        [sys.executable, "-m", "tests.consent.casework.taker", json.dumps({**shared, **task})] for task in tasks
    ]
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
        return [json.loads(process.communicate(timeout=120)[0]) for process in running]
    finally:
        for process in running:
            process.kill()


def test_three_moderators_empty_a_queue_and_no_two_had_one_item(fresh_database: str) -> None:
    placer = crew.hire("placer", "moderator")
    rows = crew.blocked(placer, ITEMS)
    crowd = [crew.hire(f"m{n}", "moderator") for n in range(3)]
    found = contend(fresh_database, *[{"user": each.user} for each in crowd])
    had = [item for items in found for item in items]
    assert sorted(had) == sorted(str(row.pk) for row in rows)
    assert Assignment.objects.filter(outcome="done").count() == ITEMS
    assert Entry.objects.filter(kind="block.confirmed").count() == ITEMS
    assert Block.objects.filter(confirmed_at=None).count() == 0


def test_two_workers_do_each_item_of_a_bulk_once(fresh_database: str) -> None:
    placer, other = crew.hire("placer", "moderator-manager"), crew.hire("other", "moderator-manager")
    rows = crew.blocked(placer, 10)
    bulk = bulks.ask("confirm-block", [row.pk for row in rows], {}, reason="x", actor=other)
    contend(fresh_database, *[{"bulk": str(bulk.pk)}] * 2)
    assert bulks.progress(bulk) == bulks.Progress(done=10)
    assert Entry.objects.filter(kind="block.confirmed").count() == 10
    bulks.run(bulk)  # whoever came last may have left the last line to somebody else
    assert Bulk.objects.get().ended_at is not None
    assert Entry.objects.filter(kind="bulk.ended").count() == 1


@pytest.mark.usefixtures("fresh_database")
def test_of_eight_who_claim_one_item_at_once_one_has_it() -> None:
    (block,) = crew.blocked(crew.hire("placer", "moderator"))
    crowd = [crew.hire(f"m{n}", "moderator") for n in range(8)]
    found = together(
        *[lambda each=each: assignments.claim("blocks-to-confirm", block.pk, actor=each) for each in crowd]
    )
    assert sum(isinstance(answer, Assignment) for answer in found) == 1
    assert sum(isinstance(answer, WorkTaken) for answer in found) == 7
    assert Entry.objects.filter(kind="work.taken").count() == 1
