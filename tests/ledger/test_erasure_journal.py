"""The file that remembers what was erased."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ledger.erasure_journal import Journal, JournalInvalid, Line, digest

SUBJECT = "party:0b6b2b64-9c8d-4c0e-8a57-5f7b0f6f0a11"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "below" / "erasures.jsonl")


def add(journal: Journal, subject: str = SUBJECT, key: int = 1) -> Line:
    return journal.append(subject, time="2026-11-22T14:35Z", key=key, entry="an id", commit="a commitment")


def test_no_file_means_that_nothing_was_erased(journal: Journal) -> None:
    assert journal.lines() == (b"", [])


def test_lines_are_read_back_in_order(journal: Journal) -> None:
    written = [add(journal, f"party:{number}", number) for number in range(3)]
    salt, read = journal.lines()
    assert read == written
    assert [line.subject for line in read] == [digest(salt, f"party:{number}") for number in range(3)]
    assert journal.path.stat().st_mode & 0o777 == 0o600


def test_no_line_names_the_subject_and_two_files_call_it_by_two_names(journal: Journal, tmp_path: Path) -> None:
    add(journal)
    assert SUBJECT.encode() not in journal.path.read_bytes()
    assert b"0b6b2b64" not in journal.path.read_bytes()
    other = Journal(tmp_path / "other.jsonl")
    assert add(other).subject != add(journal).subject


def test_a_line_that_a_crash_cut_off_never_was(journal: Journal) -> None:
    first = add(journal)
    whole = journal.path.read_bytes()
    for cut in (b"{", whole.splitlines()[-1]):
        journal.path.write_bytes(whole + cut)
        assert journal.lines()[1] == [first]
        second = add(journal, "party:2", 2)
        assert journal.lines()[1] == [first, second]


@pytest.mark.parametrize("left", [b"", b'{"check"'])
def test_a_first_line_that_a_crash_cut_off_is_made_anew(journal: Journal, left: bytes) -> None:
    journal.path.parent.mkdir()
    journal.path.write_bytes(left)
    assert journal.lines() == (b"", [])
    assert journal.lines()[1] == [] != [add(journal)]
    assert len(journal.lines()[1]) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b'"key":1', b'"key":2'),
        lambda data: data.replace(b'"v":1', b'"v":2'),
        lambda data: data.replace(b'"key":1', b'"key":"1"'),
        lambda data: data.replace(b'"time"', b'"tome"'),
        lambda data: data.splitlines(keepends=True)[1],
        lambda data: b"\n" + data,
        lambda data: data + b"[]\n",
        lambda data: data + b"\xff\n",
    ],
    ids=["number", "version", "type", "member", "no-salt", "empty-line", "no-object", "no-text"],
)
def test_a_spoiled_line_is_refused_and_never_passed_over(journal: Journal, spoil) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - a lambda
    add(journal)
    journal.path.write_bytes(spoil(journal.path.read_bytes()))
    with pytest.raises(JournalInvalid):
        journal.lines()


def test_many_append_at_once_and_every_line_is_whole(journal: Journal) -> None:
    threads = [threading.Thread(target=add, args=(journal, f"party:{number}", number)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(line.key for line in journal.lines()[1]) == list(range(16))
