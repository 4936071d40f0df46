"""The programs of the log, as real processes."""

from __future__ import annotations

import io
import json
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from ledger import keyring, published
from ledger.models import FollowerCursor, Leaf
from tests.ledger.conftest import appended, sequenced
from tests.ledger.conftest import published as publish
from tests.ledger.processes import running, wait_until


def has_leaves(count: int) -> bool:
    return Leaf.objects.count() == count


def shows(size: int) -> bool:
    return f"\n{size}\n" in (published.checkpoint_text() or "")


def followers_reached(index: int) -> bool:
    names = configured.LEDGER_FOLLOWERS
    return FollowerCursor.objects.filter(name__in=names, next_index=index).count() == len(names)


def assert_ends_cleanly(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def test_the_sequencer_works_until_told_to_stop(environment: dict[str, str]) -> None:
    with running("ledger_sequencer", environment) as process:
        wait_until(partial(has_leaves, 2), process)
        for count in (4, 6):
            appended(1)
            wait_until(partial(has_leaves, count), process)
        assert_ends_cleanly(process)


def test_a_sequencer_without_work_records_the_state_again_and_again(environment: dict[str, str]) -> None:
    with running("ledger_sequencer", environment | {"LEDGER_STATE_SECONDS": "1"}) as process:
        for count in (2, 3, 4):
            wait_until(partial(has_leaves, count), process)
        assert_ends_cleanly(process)
    assert [leaf.entry.kind for leaf in Leaf.objects.order_by("index")[:4]] == ["log.opened", *["state.recorded"] * 3]


def test_the_publisher_works_until_told_to_stop(environment: dict[str, str]) -> None:
    with running("ledger_publisher", environment) as process:
        for size in (3, 5):
            sequenced(1)
            wait_until(partial(shows, size), process)
        assert_ends_cleanly(process)


def test_a_second_publisher_process_ends_with_an_error(environment: dict[str, str]) -> None:
    with running("ledger_publisher", environment) as process:
        sequenced(1)
        wait_until(lambda: published.checkpoint_text() is not None, process)
        with running("ledger_publisher", environment) as second:
            assert second.wait(timeout=60) == 1
        assert process.poll() is None


def test_followers_work_until_told_to_stop(environment: dict[str, str]) -> None:
    sequenced(1)
    with running("ledger_follow", environment) as process:
        for index in (3, 5):
            wait_until(partial(followers_reached, index), process)
            sequenced(1)
        assert_ends_cleanly(process)


@pytest.mark.django_db
def test_each_step_runs_once_on_request() -> None:
    appended(2)
    call_command("ledger_sequencer", once=True)
    call_command("ledger_publisher", once=True)
    assert "\n4\n" in (published.checkpoint_text() or "")


def test_fsck_lists_what_it_checked_and_says_so(fresh_database: str) -> None:
    publish(2)
    out = io.StringIO()
    call_command("ledger_fsck", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith(" 1. ok")
    assert lines[-1] == f"{len(lines) - 1} checks, nothing wrong"


def test_fsck_ends_with_an_error_if_anything_is_wrong(fresh_database: str) -> None:
    publish(2)
    (published.folder() / "tile/0/000.p/4").unlink()
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of"):
        call_command("ledger_fsck", stdout=out)
    assert "WRONG" in out.getvalue()
    assert "tile/0/000.p/4 is missing" in out.getvalue()


def test_keys_are_shown_without_secrets(made_keys: Path) -> None:
    out = io.StringIO()
    call_command("ledger_keys", stdout=out)
    shown = json.loads(out.getvalue())
    assert shown["log"] == keyring.log_vkey()
    assert list(shown["permit"]) == [keyring.signing_key("permit").key_id]
    for path in (made_keys / "keys").rglob("*.json"):
        assert json.loads(path.read_text())["secret"] not in out.getvalue()


def test_development_keys_are_made_in_development_only(settings: Settings, tmp_path: Path) -> None:
    settings.LEDGER_KEYS_DIR = tmp_path / "new"
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError):
        call_command("ledger_keys", make_development=True, stdout=io.StringIO())
    assert not settings.LEDGER_KEYS_DIR.exists()
    settings.DEVELOPMENT = True
    call_command("ledger_keys", make_development=True, stdout=io.StringIO())
    call_command("ledger_keys", make_development=True, stdout=io.StringIO())
    assert len(list(settings.LEDGER_KEYS_DIR.rglob("*.json"))) == len(keyring.PURPOSES)
