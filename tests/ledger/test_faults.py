"""Each write of sequencer and publisher fails, both ways: a new start heals, and no promise is lost or doubled."""

from __future__ import annotations

import itertools
import logging
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from ledger import checkpoint, merkle, publisher, subjectkeys
from ledger import published as files
from ledger.checkpoint import Checkpoint
from ledger.models import Entry, Leaf
from ledger.sequencer import sequence
from tests.ledger.conftest import appended, published_at
from tests.ledger.failing import NUMBERS, Fault, install
from tests.ledger.lying_witness import line, saying
from tests.ledger.test_publisher import assert_sound, held, shown

EXPECTED = {
    *("SQL SELECT", "SQL WITH", "SQL COPY", "SQL INSERT", "SQL UPDATE", "SQL DELETE", "COMMIT"),
    *("store BEGIN", "store CREATE", "store INSERT", "store COMMIT"),
    *("open", "write", "fsync", "replace", "witness"),
}  # folders are made and removed at the edge of a tile only: those faults are in test_system_faults


def work() -> None:
    """Do what both programs do once, begun anew."""
    sequence()
    publisher.start().publish()


@pytest.mark.parametrize("persisted", [False, True], ids=["not persisted", "persisted, answer lost"])
def test_each_write_may_fail(
    fresh_database: str,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    persisted: bool,  # noqa: FBT001 - pytest names it
) -> None:
    caplog.set_level(logging.ERROR)
    signed: list[Checkpoint] = []
    sign = checkpoint.sign

    def noted(new: Checkpoint, *keys: Any) -> str:  # noqa: ANN401 - as the real one
        signed.append(new)
        return sign(new, *keys)

    monkeypatch.setattr(checkpoint, "sign", noted)
    with saying(lambda sent: (200, "text/plain", line(sent))) as witness:
        settings.LEDGER_WITNESSES, settings.LEDGER_WITNESS_QUORUM = [witness], 1
        published_at(250)
        met: set[str] = set()
        for at in itertools.count(1):
            appended(1)
            before = shown().size, held().size
            fault = Fault(at, persisted, NUMBERS[at % len(NUMBERS)])
            failed_at(fault)
            met.add(fault.fired)
            assert_grown(before)
            if not fault.fired:
                break
            work()
            assert_sound()
            assert_grown(before)
            assert not Entry.objects.exclude(pk__in=Leaf.objects.values("entry_id")).exists()
            assert shown().size == held().size == Leaf.objects.count()
        assert met - {"", "mkdir", "rmtree"} == EXPECTED
        assert_one_history(signed)


def failed_at(fault: Fault) -> None:
    """Work until the fault comes, and drop what a dead process would."""
    with pytest.MonkeyPatch.context() as patch:
        install(patch, fault)
        try:
            work()
        except Exception:
            if not fault.fired:  # whatever becomes of the fault on its way up
                raise
        finally:
            patch.undo()
            connection.close()
            subjectkeys._kept.clear()


def assert_grown(before: tuple[int, int]) -> None:
    """See that the store and the published checkpoint only grew, and that the tiles carry the latter."""
    assert (shown().size, held().size) >= before
    assert files.tree(shown().size).root() == shown().root


def assert_one_history(signed: list[Checkpoint]) -> None:
    """See that all that was ever signed, even if nobody saw it, is of the history that is published now."""
    roots = {(one.size, one.root) for one in signed}
    assert len(roots) == len({size for size, _ in roots})
    tree = files.tree(shown().size)
    last = shown()
    for size, root in roots:
        merkle.verify_consistency(size, last.size, root, last.root, tree.consistency_proof(size))


def test_a_second_root_of_one_size_would_be_seen(fresh_database: str) -> None:
    """The negative control of the check above."""
    published_at(5)
    one = shown()
    with pytest.raises(AssertionError):
        assert_one_history([one, Checkpoint(one.origin, one.size, merkle.leaf_hash(b"another"))])
    with pytest.raises(merkle.ProofInvalid):
        assert_one_history([Checkpoint(one.origin, 3, merkle.leaf_hash(b"another"))])
