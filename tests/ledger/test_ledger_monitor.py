"""The watch from both sides as a command; and two publishers whom no lock keeps apart."""

from __future__ import annotations

import io
import signal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ledger import published as files
from tests.ledger.conftest import appended, published, sequenced
from tests.ledger.processes import running, wait_until
from tests.ledger.test_commands import shows
from tests.ledger.test_publisher import assert_sound, tamper


def look(state: Path) -> str:
    """Run one round; return what it says is broken."""
    said = io.StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("ledger_monitor", once=True, state=state, location=str(files.folder()), stderr=said)
    assert ended.value.returncode == 1
    return said.getvalue()


def test_a_log_that_holds_passes_and_a_column_that_nothing_else_fixes_does_not(
    fresh_database: str, tmp_path: Path
) -> None:
    state = tmp_path / "state/monitor"
    for _ in range(2):
        published(2)
        call_command("ledger_monitor", once=True, state=state, location=str(files.folder()))
    tamper("UPDATE ledger_head SET created_at = created_at + interval '1 microsecond' WHERE size = 4")
    for _ in range(2):
        assert "ledger_head is not what it was" in look(state)


def test_a_state_that_is_none_is_said_to_be_unreadable(fresh_database: str, tmp_path: Path) -> None:
    published(1)
    (tmp_path / "monitor.rows").write_text("no database" * 100)
    with pytest.raises(CommandError) as ended:
        call_command("ledger_monitor", once=True, state=tmp_path / "monitor", location=str(files.folder()))
    assert ended.value.returncode == 2


def test_it_watches_a_log_that_grows_and_ends_when_told_to(environment: dict[str, str], tmp_path: Path) -> None:
    published(1)
    environment["COUNTENANCE_VAR"] = str(tmp_path)
    with running("ledger_monitor", environment) as process:
        wait_until((tmp_path / "monitor.sqlite3.rows").exists, process)
        published(300)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def test_two_publishers_without_a_common_lock_sign_one_history(environment: dict[str, str], tmp_path: Path) -> None:
    """As on two hosts: each has a lock file of its own, and only the swap in the store is between them."""
    published(1)
    store = Path(environment["LEDGER_CHECKPOINT_STORE"])
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / store.name).symlink_to(store)
    other = environment | {"LEDGER_CHECKPOINT_STORE": str(tmp_path / "other" / store.name)}
    with running("ledger_publisher", environment) as one, running("ledger_publisher", other) as two:
        for size in (5, 7, 9, 11):
            sequenced(1)
            wait_until(lambda size=size: shows(size), one)  # type: ignore[misc]  # bound at once
        for process in (one, two):
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
    appended(1)
    published(0)
    assert_sound()
