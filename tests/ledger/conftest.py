"""A log with real commits, grown and published by the real programs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings

from ledger import keyring, log, publisher
from ledger.models import Entry, Head
from ledger.sequencer import sequence

PARTY = "party:0b6b2b64-9c8d-4c0e-8a57-5f7b0f6f0a11"


def appended(count: int = 1) -> list[Entry]:
    """Commit so many entries, each in a transaction of its own."""
    entries = []
    for number in range(count):
        with transaction.atomic():
            entries.append(log.append("party.registered", {"number": number}, actor=PARTY, subject=PARTY))
    return entries


def sequenced(count: int = 1) -> list[Entry]:
    """Commit so many entries and give each a place."""
    entries = appended(count)
    while sequence():
        pass
    return entries


def published(count: int = 1) -> list[Entry]:
    """Commit so many entries, sequence and publish them."""
    entries = sequenced(count)
    publish()
    return entries


def published_at(size: int) -> list[Entry]:
    """Grow the log to exactly this size in one batch, and publish it; return the entries that it took.

    A batch ends with the state, and the first begins with the opening. One leaf more is the state of an idle log.
    """
    head = Head.objects.order_by("-size").first()
    entries = appended(size - (1 if head is None else head.size) - 1)
    if head is None or entries:
        sequence()
    else:
        record_state_again()
    publish()
    assert Head.objects.filter(size=size).exists(), "no batch ends there"
    return entries


def record_state_again() -> None:
    """Have an idle log record its state, as if the last one were old."""
    with override_settings(LEDGER_STATE_SECONDS=0):
        sequence()


def publish() -> None:
    """Publish what is sequenced."""
    with publisher.alone():
        publisher.start().publish()


@pytest.fixture
def published_log(fresh_database: str) -> Callable[[int], list[Entry]]:
    """Return what grows and publishes a log in a database of its own."""
    return published


@pytest.fixture
def environment(fresh_database: str, own_folders: Path, made_keys: Path) -> dict[str, str]:
    """Return what a child process needs to work on this test's log."""
    return os.environ | {
        "DATABASE_URL": fresh_database,
        "LEDGER_KEYS_DIR": str(made_keys / "keys"),
        "LEDGER_PUBLIC_DIR": str(own_folders / "log"),
        "LEDGER_CHECKPOINT_STORE": str(own_folders / "checkpoints.sqlite3"),
        "LEDGER_VAULT_DIR": str(own_folders / "vault"),
        "LEDGER_ERASURE_JOURNAL": str(own_folders / "erasures.jsonl"),
    }


@pytest.fixture
def vkey(made_keys: object) -> str:
    """Return the log's verifier key."""
    return keyring.log_vkey()
