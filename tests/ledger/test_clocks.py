"""A clock that is three days wrong: nothing false is signed, and who decides denies or is not affected."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from pytest_django.fixtures import Settings

from ledger import freshness
from ledger.entry import decode
from ledger.freshness import RecordStale
from ledger.fsck import examine
from ledger.witnesspolicy import QuorumMissed
from tests.ledger.conftest import appended, published
from tests.ledger.lying_witness import line, saying
from tests.ledger.test_publisher import assert_sound, shown

pytestmark = pytest.mark.django_db

DAYS = 3 * 86400
WRONG = pytest.mark.parametrize("wrong", [-DAYS, DAYS], ids=["three days slow", "three days fast"])


@WRONG
def test_an_entry_bears_the_time_of_the_database_whatever_the_writers_clock_says(wrong: int) -> None:
    right = time.time()
    with mock.patch.object(time, "time", return_value=right + wrong):
        (entry,) = appended(1)
    said = datetime.strptime(decode(bytes(entry.body))["time"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    assert abs(said.timestamp() - right) < 90


@WRONG
def test_checkpoints_bear_no_time_and_go_on(wrong: int) -> None:
    published(2)
    with mock.patch.object(time, "time", return_value=time.time() + wrong):
        published(1)
    published(1)
    assert shown().size == 8


@WRONG
def test_a_status_list_of_another_time_is_found_and_replaced(wrong: int) -> None:
    with mock.patch.object(time, "time", return_value=time.time() + wrong):
        published(1)
    assert {check.title.split()[2] for check in examine() if check.faults} == {"status"}
    published(1)
    assert_sound()


@WRONG
def test_production_publishes_nothing_with_a_witness_of_another_time(settings: Settings, wrong: int) -> None:
    published(1)
    settings.DEVELOPMENT = False
    with saying(lambda sent: (200, "text/plain", line(sent, skew=wrong))) as witness:
        settings.LEDGER_WITNESSES, settings.LEDGER_WITNESS_QUORUM = [witness], 1
        with pytest.raises(QuorumMissed):
            published(1)
    assert shown().size == 3


@WRONG
def test_a_decision_is_refused_where_the_clock_is_wrong(settings: Settings, wrong: int) -> None:
    settings.LEDGER_STALE_SECONDS = 600
    with saying(lambda sent: (200, "text/plain", line(sent))) as witness:
        settings.LEDGER_WITNESSES, settings.LEDGER_WITNESS_QUORUM = [witness], 1
        published(1)
    freshness.require()
    clock = mock.Mock(wraps=datetime, now=lambda zone: datetime.now(zone) + timedelta(seconds=wrong))
    with mock.patch.object(freshness, "datetime", clock), pytest.raises(RecordStale, match="clock is wrong"):
        freshness.require()
