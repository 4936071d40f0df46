"""The monitor: what a log may do passes, and each kind of tampering is caught and never forgotten."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger.verifier import tiles
from ledger.verifier.findings import CouldNotCheck, NotTrue, Unreadable
from ledger.verifier.logformat import WitnessKey
from ledger.verifier.memory import Memory
from ledger.verifier.monitor import main
from ledger.verifier.policy import of_witnesses
from ledger.verifier.watch import Stale, Watch
from tests.ledger.test_tile import tiles as made_tiles
from tests.ledger.verifier.forge import KEY, NOW, VKEY, WITNESS_VKEYS, commitment, entry, log_of, put
from tests.ledger.verifier.test_state import model, story

PEOPLE = [entry("party.registered", 1000 + number) for number in range(700)]
ENTRIES = [*story(), *PEOPLE]
Spoil = Callable[[Path], object]


def grow(folder: Path, size: int, at: int = NOW) -> None:
    """Publish the first entries; files of smaller sizes stay, as partial ones do for a while."""
    put(folder, log_of(ENTRIES[:size], at=[(0, at)]))


class Eye:
    """A monitor that is started anew for each round, as after a crash."""

    def __init__(self, base: Path, **options: Any) -> None:  # noqa: ANN401 - of Watch
        self.folder, self.state = base / "log", base / "state"
        self.options = {"max_age": None, "folder": self.folder, "location": str(self.folder)} | options

    def look(self, share: float = 1.0, now: int = NOW) -> int:
        memory = Memory(self.state)
        options = dict(self.options)
        read = tiles.reader(str(options.pop("location")))
        policies = [of_witnesses([WitnessKey.parse(WITNESS_VKEYS[0])])]
        try:
            watch = Watch(read, memory, [KEY], policies, state=self.state, **options)
            return watch.round(now=now, share=share).size
        finally:
            memory.close()


@pytest.fixture
def eye(tmp_path: Path) -> Eye:
    made = Eye(tmp_path)
    grow(made.folder, 300)
    assert made.look() == 300
    return made


def test_a_log_that_grows_holds_whatever_the_steps(eye: Eye) -> None:
    for size in (300, 301, 511, 512, 513, 711):
        grow(eye.folder, size)
        assert eye.look() == size
    assert not eye.state.with_name("state.evidence").exists()


def test_partial_files_may_go_once_the_full_one_is_there(eye: Eye) -> None:
    grow(eye.folder, 600)
    for old in [*eye.folder.rglob("001.p/*"), *eye.folder.rglob("tile/1/000.p/1")]:
        old.unlink()
    assert eye.look() == 600
    assert eye.look() == 600


def test_the_same_watch_goes_on_from_round_to_round(eye: Eye) -> None:
    memory = Memory(eye.state)
    policies = [of_witnesses([WitnessKey.parse(WITNESS_VKEYS[0])])]
    watch = Watch(
        tiles.reader(str(eye.folder)), memory, [KEY], policies, state=eye.state, folder=eye.folder, max_age=None
    )
    for size in (300, 400, 711):
        grow(eye.folder, size)
        assert watch.round(now=NOW, share=0.1).size == size
    memory.close()


def other_history(folder: Path, size: int = 300) -> None:
    entries = [*ENTRIES[:20], entry("party.registered", 77), *ENTRIES[21:size]]
    put(folder, log_of(entries, at=[(0, NOW)]))


def flip(folder: Path, path: str, at: int = 40) -> None:
    data = bytearray((folder / path).read_bytes())
    data[at] ^= 1
    (folder / path).write_bytes(data)


def bad_state(folder: Path) -> None:
    record = entry("state.recorded", 5000, as_of=300, **model([]))
    put(folder, log_of([*ENTRIES[:300], record], at=[(0, NOW)]))


TAMPERS: dict[str, tuple[Spoil, str, bool]] = {
    "another history of the same size": (other_history, "two checkpoints of size 300", True),
    "another history that is longer": (lambda f: other_history(f, 500), "do not lead", True),
    "an old history that is longer, its old part unread": (
        lambda f: put(f, {"checkpoint": log_of([*ENTRIES[:5], *PEOPLE], at=[(0, NOW)])["checkpoint"]} | {
            path: data for path, data in log_of(ENTRIES[:705], at=[(0, NOW)]).items() if path != "checkpoint"}),
        "do not lead from the last", True,
    ),
    "another history of what the newest file held": (
        lambda f: put(f, log_of([*ENTRIES[:270], *PEOPLE], at=[(0, NOW)])), "held other entries before", False,
    ),
    "a roll-back": (lambda f: grow(f, 200), "shrank from 300 to 200", True),
    "an empty log": (lambda f: put(f, log_of([], at=[(0, NOW)])), "shrank", True),
    "a bit of an old entry": (lambda f: flip(f, "tile/entries/000"), "has changed", False),
    "a bit of an old tile": (lambda f: flip(f, "tile/0/000"), "has changed", False),
    "a bit of a partial entry file": (lambda f: flip(f, "tile/entries/001.p/44"), "has changed", False),
    "a bit of a partial tile": (lambda f: flip(f, "tile/1/000.p/1", 5), "not what its entries", False),
    "an old file gone": (lambda f: (f / "tile/0/000").unlink(), "cannot be read", False),
    "an old file longer": (lambda f: put(f, {"tile/0/000": (f / "tile/0/000").read_bytes() + b"x"}), "cut", False),
    "a partial file that no checkpoint explains": (lambda f: put(f, {"tile/0/001.p/7": bytes(224)}), "7 has", False),
    "the checkpoint gone": (lambda f: (f / "checkpoint").unlink(), "is gone", False),
    "the checkpoint no text": (lambda f: (f / "checkpoint").write_bytes(b"\xff"), "no text", False),
    "the checkpoint nonsense": (lambda f: (f / "checkpoint").write_bytes(b"x"), "signed note", False),
    "no cosignature": (lambda f: put(f, log_of(ENTRIES[:300])), "too few witnesses", False),
    "a wrong state": (bad_state, "entry 300", False),
    "a new tile that is another": (
        lambda f: put(f, log_of(ENTRIES[:400], at=[(0, NOW)]) | {"tile/0/001.p/144": bytes(4608)}),
         "not what its entries give", False,
    ),
    "a new entry file missing": (
        lambda f: put(f, {"checkpoint": log_of(ENTRIES[:400], at=[(0, NOW)])["checkpoint"]}), "cannot be read", False,
    ),
    "a new entry out of form": (
        lambda f: put(f, log_of([*ENTRIES[:300], b"{}"], at=[(0, NOW)])), "malformed", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TAMPERS))
def test_tampering_is_caught_and_remembered_when_all_is_mended(eye: Eye, name: str) -> None:
    kept = {path: path.read_bytes() for path in eye.folder.rglob("*") if path.is_file()}
    spoil, why, evidence = TAMPERS[name]
    spoil(eye.folder)
    with pytest.raises(NotTrue, match=why):
        eye.look()
    assert eye.state.with_name("state.evidence").exists() == evidence
    for path in [path for path in eye.folder.rglob("*") if path.is_file()]:
        path.unlink()
    for path, data in kept.items():
        path.write_bytes(data)
    with pytest.raises(NotTrue, match=why):
        eye.look()
    eye.state.unlink()
    assert eye.look() == 300


def test_the_evidence_holds_both_signed_notes(eye: Eye) -> None:
    first = (eye.folder / "checkpoint").read_text()
    other_history(eye.folder)
    with pytest.raises(NotTrue):
        eye.look()
    left = eye.state.with_name("state.evidence").read_text()
    assert first in left
    assert (eye.folder / "checkpoint").read_text() in left


def test_every_file_comes_round_in_small_shares(eye: Eye) -> None:
    grow(eye.folder, 711)
    assert eye.look(share=0.0) == 711
    flip(eye.folder, "tile/entries/001")
    with pytest.raises(NotTrue, match="has changed"):
        deque((eye.look(share=0.1) for _ in range(20)), maxlen=0)


def test_a_partial_file_seen_on_a_server_is_looked_at_again(tmp_path: Path) -> None:
    seen = Eye(tmp_path, folder=None)
    grow(seen.folder, 300)
    seen.look()
    grow(seen.folder, 600)
    assert seen.look() == 600
    flip(seen.folder, "tile/0/001.p/44")
    with pytest.raises(NotTrue, match="p/44 has changed"):
        seen.look()


def test_a_partial_file_that_made_way_is_forgotten(tmp_path: Path) -> None:
    seen = Eye(tmp_path, folder=None)
    grow(seen.folder, 300)
    seen.look()
    grow(seen.folder, 600)
    (seen.folder / "tile/0/001.p/44").unlink()
    assert seen.look() == 600
    put(seen.folder, {"tile/0/001.p/44": b"x"})
    assert seen.look() == 600


def test_what_is_only_stale_is_not_remembered(eye: Eye) -> None:
    eye.options["max_age"] = 60
    assert eye.look(now=NOW + 60) == 300
    for now in (NOW + 61, NOW + 3 * 86400, NOW - 3 * 86400):
        with pytest.raises(Stale):
            eye.look(now=now)
    assert eye.look(now=NOW + 5) == 300


def test_a_first_look_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    new = Eye(tmp_path)
    new.folder.mkdir(exist_ok=True)
    with pytest.raises(CouldNotCheck):
        new.look()
    put(new.folder, log_of(ENTRIES[:300]))
    with pytest.raises(NotTrue, match="witnesses"):
        new.look()
    put(new.folder, log_of([], at=[(0, NOW)]))
    with pytest.raises(NotTrue, match="empty"):
        new.look()
    grow(new.folder, 300)
    assert new.look() == 300


def test_a_round_that_was_cut_short_is_done_again(eye: Eye, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(eye.folder, 600)
    calls: list[str] = []

    def silent(path: str) -> bytes:
        calls.append(path)
        if path.startswith("tile/0/001"):
            raise tiles.Unreachable(path)
        return (eye.folder / path).read_bytes()

    monkeypatch.setattr(tiles, "reader", lambda _location: silent)
    with pytest.raises(CouldNotCheck):
        eye.look()
    monkeypatch.undo()
    assert calls
    assert eye.look() == 600


def test_the_state_of_another_log_is_refused(eye: Eye) -> None:
    memory = Memory(eye.state)
    memory.put("origin", "example.com/other")
    memory.close()
    with pytest.raises(Unreadable):
        eye.look()


def test_a_state_that_is_no_database_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"nonsense" * 1000)
    with pytest.raises(Unreadable):
        Memory(tmp_path / "state")


def arguments(eye: Eye, location: str | None = None) -> list[str]:
    return [location or str(eye.folder), "--state", str(eye.state), "--vkey", VKEY, "--witness-vkey", WITNESS_VKEYS[0]]


def test_the_command_says_what_broke_and_goes_on_saying_it(eye: Eye, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments(eye), "--once"]) == 0
    assert "everything holds at size 300" in capsys.readouterr().err
    assert main([*arguments(eye), "--once", "--max-age", "60"]) == 1
    assert "STALE" in capsys.readouterr().err
    grow(eye.folder, 200)
    assert main(arguments(eye)) == 1
    assert "BROKEN the log shrank" in capsys.readouterr().err
    grow(eye.folder, 300)
    assert main(arguments(eye)) == 1
    assert "BROKEN the log shrank" in capsys.readouterr().err
    assert main([*arguments(eye)[:3], "--vkey", "nonsense"]) == 2
    assert main([str(eye.folder), "--state", str(eye.folder), "--vkey", VKEY, "--once"]) == 2


@pytest.fixture
def server(eye: Eye) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    served = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(eye.folder)))
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()
    thread.join()


def test_a_server_is_followed_and_its_silence_is_no_break(eye: Eye, server: str) -> None:
    assert main([*arguments(eye, server), "--once"]) == 0
    (eye.folder / "tile/0/000").unlink()
    assert main([*arguments(eye, server), "--once"]) == 1


def test_a_silent_server_could_not_be_checked(eye: Eye) -> None:
    silent = arguments(eye, "http://127.0.0.1:1")
    assert main([*silent, "--once"]) == 3
    assert main([*silent, "--interval", "0.01", "--patience", "0.05"]) == 3
    assert main([*arguments(eye), "--once"]) == 0


def test_the_loop_sees_a_change_while_it_runs(eye: Eye) -> None:
    command = [
        sys.executable,
        "-m",
        "ledger.verifier.monitor",
        *arguments(eye),
        "--interval",
        "0.05",
        "--full-seconds",
        "1",
    ]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ)
    try:
        grow(eye.folder, 600)
        flip(eye.folder, "tile/0/000")
        assert running.wait(timeout=60) == 1
    finally:
        running.kill()
        running.communicate()


def test_a_grant_s_state_survives_a_restart(eye: Eye) -> None:
    grants = [entry("grant.recorded", 6000), entry("consent.withdrawn", 6001, ends=[commitment(103), commitment(6000)])]
    later = [(0, 1, 0)] + [(0, 1 + number, 1826894100) for number in range(1, 6)] + [(1, 301, 0)]
    later[1], later[5], later[2] = (1, 8, 1826894100), (1, 8, 1826894100), (1, 301, 1826894100)
    record = entry("state.recorded", 6002, as_of=302, **model(later))
    put(eye.folder, log_of([*ENTRIES[:300], *grants], at=[(0, NOW)]))
    assert eye.look() == 302
    put(eye.folder, log_of([*ENTRIES[:300], *grants, record], at=[(0, NOW)]))
    assert eye.look() == 303


def test_the_tiles_of_the_forger_are_whole() -> None:
    assert "tile/0/000" in made_tiles([bytes(32)] * 256)
