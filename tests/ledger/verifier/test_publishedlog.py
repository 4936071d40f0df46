"""A whole published log, forged in memory: each file counts."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from ledger.canonical import canonical
from ledger.verifier import publishedlog, tiles
from ledger.verifier.findings import NotTrue, Unreadable, Verdict
from ledger.verifier.logformat import LogKey, WitnessKey
from ledger.verifier.policy import Policy, of_witnesses
from ledger.verifier.replay import Replay
from tests.ledger.verifier.forge import KEY, LOG, NOW, WITNESS_VKEYS, entry, log_of, put, signed

ENTRIES = [entry("log.opened", 0), *[entry("party.registered", number) for number in range(1, 600)]]
FILES = log_of(ENTRIES, at=[(0, NOW)])
GOOD, FALSE, UNCHECKED = Verdict.TRUE, Verdict.FALSE, Verdict.UNCHECKED


def read(files: dict[str, bytes]) -> tiles.Read:
    def one(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    return one


def verdicts(files: dict[str, bytes], policies: tuple[Policy, ...] = ()) -> list[Verdict]:
    return [verdict for verdict, _ in publishedlog.check(read(files), [KEY], policies).lines]


def test_a_good_log_holds() -> None:
    assert verdicts(FILES) == [GOOD] * 5


@pytest.mark.parametrize(
    ("path", "expected"),
    [(path, [GOOD, GOOD, GOOD, FALSE, GOOD]) for path in sorted(FILES) if path.startswith(("tile/0", "tile/1"))]
    + [(path, [GOOD, FALSE, UNCHECKED, UNCHECKED, UNCHECKED]) for path in sorted(FILES) if "entries" in path],
)
def test_a_file_that_is_gone_cut_or_longer_is_told_by_its_own_line(path: str, expected: list[Verdict]) -> None:
    assert verdicts({name: data for name, data in FILES.items() if name != path}) == expected
    for data in (
        FILES[path][:-1],
        FILES[path] + b"\0",
        FILES[path][:-32],
        FILES[path] + bytes(32),
        b"",
        FILES[path][:33],
    ):
        assert verdicts(FILES | {path: data}) == expected


def test_an_entry_with_a_changed_bit_gives_another_root_and_other_tiles() -> None:
    path = "tile/entries/001"
    changed = FILES[path].replace(b"14:35Z", b"14:36Z", 1)
    assert verdicts(FILES | {path: changed}) == [GOOD, GOOD, FALSE, FALSE, GOOD]


def test_entries_and_tiles_written_anew_do_not_give_the_signed_root() -> None:
    other = log_of([*ENTRIES[:5], entry("party.registered", 7777), *ENTRIES[6:]])
    assert verdicts(other | {"checkpoint": FILES["checkpoint"]}) == [GOOD, GOOD, FALSE, GOOD, GOOD]


def test_a_partial_file_may_have_made_way_for_the_full_one() -> None:
    grown = log_of([*ENTRIES, *[entry("party.registered", number) for number in range(600, 800)]])
    assert verdicts(grown | {"checkpoint": FILES["checkpoint"]}) == [
        GOOD,
        GOOD,
        GOOD,
        FALSE,
        GOOD,
    ]  # level 1 is not full
    kept = {path: data for path, data in FILES.items() if path.startswith("tile/1")}
    assert verdicts(grown | kept | {"checkpoint": FILES["checkpoint"]}) == [GOOD] * 5


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [entry("party.registered", 1), entry("log.opened", 2)],
        [entry("log.opened", 1), entry("log.opened", 2)],
        [entry("log.opened", 1), canonical(entry("party.registered", 2)) + b" "],
        [entry("log.opened", 1), b"nonsense"],
        [entry("log.opened", 1), b"[]"],
        [b""],
    ],
)
def test_entries_out_of_form_are_refused_though_the_log_signed_them(entries: list[bytes]) -> None:
    assert verdicts(log_of(entries))[1] == FALSE


def test_each_given_witness_has_its_line_or_the_quorum_has_one() -> None:
    first, second = (WitnessKey.parse(vkey) for vkey in WITNESS_VKEYS[:2])
    assert verdicts(FILES, (Policy(first, (first,)), Policy(second, (second,)))) == [GOOD] * 5 + [FALSE, GOOD]
    assert verdicts(FILES, (of_witnesses([first, second], 1),)) == [GOOD] * 6
    assert verdicts(FILES, (of_witnesses([first, second]),)) == [GOOD] * 4 + [FALSE, GOOD]


def test_without_a_signed_checkpoint_nothing_else_is_looked_at() -> None:
    forged = signed([bytes(32)]).encode().replace(b"\n1\n", b"\n2\n")
    assert verdicts(FILES | {"checkpoint": forged}) == [FALSE]
    assert verdicts(FILES | {"checkpoint": b"nonsense"}) == [FALSE]
    other = LogKey("example.com/other", KEY.hint, LOG.public)
    assert publishedlog.check(read(FILES), [other]).code() == 1


def test_without_a_checkpoint_it_is_unreadable() -> None:
    for files in ({}, {"checkpoint": b"\xff"}):
        with pytest.raises(Unreadable):
            publishedlog.check(read(files), [KEY])


def test_a_silent_server_is_no_falsehood() -> None:
    def silent(path: str) -> bytes:
        if path == "checkpoint":
            return FILES[path]
        raise tiles.Unreachable(path)

    assert publishedlog.check(silent, [KEY]).code() == 3

    def no_tiles(path: str) -> bytes:
        return read(FILES)(path) if "entries" in path or path == "checkpoint" else silent(path)

    assert publishedlog.check(no_tiles, [KEY]).code() == 3


def test_what_was_read_before_must_still_be_there_when_the_log_grew() -> None:
    replay = Replay()
    replay.advance(read(log_of(ENTRIES[:300])), 300)
    replay.advance(read(FILES), 600)
    assert replay.growth.root() == merkle_root()
    replay = Replay()
    replay.advance(read(log_of([*ENTRIES[:290], entry("party.registered", 9999), *ENTRIES[291:300]])), 300)
    with pytest.raises(NotTrue, match="held other entries before"):
        replay.advance(read(FILES), 600)


def merkle_root() -> bytes:
    from ledger import checkpoint

    return checkpoint.unverified(FILES["checkpoint"].decode()).root


def test_memory_does_not_grow_with_the_entries(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        folder = put(
            tmp_path / str(count), log_of([ENTRIES[0], *[entry("party.registered", n) for n in range(1, count)]])
        )
        tracemalloc.start()
        assert publishedlog.check(tiles.reader(str(folder)), [KEY]).code() == 0
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(256)
    assert peak(8 * 1024) < peak(1024) * 1.5
