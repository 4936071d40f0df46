"""The process that forks the sandbox's children: what it is made of, what it keeps apart, and what becomes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from consent.media import sandbox, zygote
from consent.media.sandbox import Limits, SandboxFailed
from tests.consent.media.test_sandbox import PROGRAM, children, misbehave

pytestmark = pytest.mark.skipif(not zygote.AVAILABLE, reason="this system starts each child from nothing")


AT_REST = ["/dev/null"] * 3 + ["anon_inode"] * 2 + ["socket"]  # of the latter: its parent, its selector, the requests


@pytest.fixture(autouse=True)
def own_zygote() -> Iterator[None]:
    """Begin and end each test without one: what a test breaks stays its own."""
    zygote.close()
    yield
    zygote.close()


def held() -> int:
    """Return the process id of the zygote that is held, after one job if there was none."""
    if not zygote._held.current:
        misbehave("remember")
    return next(iter(zygote._held.current.values())).process.pid


class Beside:
    """A job that runs in a thread of its own until it is waited for."""

    def __init__(self, how: str = "sleep", *, forker: int | None = None, **more: Any) -> None:  # noqa: ANN401
        self.answer: Any = None
        self.thread = threading.Thread(target=self._run, args=(how,), kwargs=more)
        self.thread.start()
        self.pid = self._child(forker or held())

    def _run(self, how: str, **more: Any) -> None:  # noqa: ANN401
        try:
            self.answer = misbehave(how, **more)
        except SandboxFailed as failure:
            self.answer = failure

    def _child(self, forker: int) -> int:
        return until(lambda: [pid for pid in children(forker) if filtered(pid)])[0]

    def end(self) -> Any:  # noqa: ANN401
        self.thread.join()
        return self.answer


def until[T](ask: Callable[[], T]) -> T:
    deadline = time.monotonic() + 20
    while not (found := ask()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)
    return found


def open_files(pid: int) -> list[str]:
    """List what a process has open; what it closes meanwhile is left out."""
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(str(link.readlink()).partition(":")[0])
    return sorted(found)


def filtered(pid: int) -> bool:
    """Tell whether a child has set up all that confines it."""
    return "Seccomp:\t2" in Path(f"/proc/{pid}/status").read_text()


def test_it_has_no_environment_and_no_file_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    with (tmp_path / "open").open("wb") as kept:
        os.set_inheritable(kept.fileno(), True)  # noqa: FBT003 - the function's own signature
        pid = held()
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        until(lambda: open_files(pid) == AT_REST)
    assert {line.partition(b"=")[0] for line in environment.split(b"\0") if line} == {
        *(b"LANG", b"OPENBLAS_NUM_THREADS", b"OMP_NUM_THREADS")
    }


def test_importing_the_programs_starts_no_thread() -> None:
    code = """
import importlib, sys, threading
from pathlib import Path
root = Path(sys.argv[1]); sys.path.insert(0, str(root))
for program in (*root.glob("consent/media/*_child.py"), *root.glob("provenance/*_child.py")):
    importlib.import_module(".".join(program.relative_to(root).with_suffix("").parts))
importlib.import_module("consent.media.remux")
sys.exit(len(list(Path("/proc/self/task").iterdir())))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(sandbox.ROOT)], env=zygote.ENVIRONMENT, check=False, timeout=60
    )
    assert done.returncode == 1


def test_a_job_leaves_nothing_in_memory_for_the_next() -> None:
    pid = held()
    assert misbehave("remember", b"the first")["remembered"] == ["the first"]
    assert misbehave("remember", b"the second")["remembered"] == ["the second"]
    assert held() == pid


def test_a_job_sees_neither_files_nor_memory_of_the_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"another's clip")
    beside = Beside(source=tmp_path / "secret", seconds=2)
    seen = misbehave("spy", beside=beside.pid)
    descriptors = misbehave("look")["descriptors"]
    assert not isinstance(beside.end(), SandboxFailed)
    assert descriptors == 4  # as if it were alone
    assert seen.pop("there")
    assert seen["files"] == "sealed"
    del seen["files"]
    assert "done" not in seen.values()


def test_many_threads_get_their_own_answers() -> None:
    with ThreadPoolExecutor(8) as threads:
        sent = [f"the bytes of {number}" for number in range(32)]
        answers = list(threads.map(lambda text: misbehave("look", text.encode()), sent))
    assert [answer["read"] for answer in answers] == sent
    assert {answer["descriptors"] for answer in answers} == {4}
    assert len(zygote._held.current) == 1


def test_a_zygote_that_was_killed_is_replaced() -> None:
    first = held()
    os.kill(first, signal.SIGKILL)
    assert misbehave("look", b"bytes")["read"] == "bytes"
    assert held() != first


def test_a_job_whose_zygote_is_killed_is_done_again(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w+b") as output:
        beside = Beside(output=output, seconds=1, limits=Limits(output_bytes=100))
        output.write(b"half done")
        output.flush()
        os.kill(held(), signal.SIGKILL)
        assert not isinstance(beside.end(), SandboxFailed)
    assert (tmp_path / "out").read_bytes().strip(b"\0") == b"awake"
    until(lambda: not Path(f"/proc/{beside.pid}").exists())


def test_a_zygote_that_always_dies_means_could_not_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zygote, "BOOT", "import time; time.sleep(0.2)")
    with pytest.raises(SandboxFailed) as caught:
        misbehave("look")
    assert caught.value.code == "media-check-unavailable"


def test_nothing_is_forked_beside_a_thread() -> None:
    with pytest.raises(SandboxFailed) as caught:
        sandbox.run("tests.consent.media.programs.threaded", b"")
    assert caught.value.code == "media-check-unavailable"


def test_a_zygote_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zygote, "PATIENCE_SECONDS", 0.3)
    first = held()
    os.kill(first, signal.SIGSTOP)
    with pytest.raises(SandboxFailed) as caught:
        misbehave("look", limits=Limits(wall_seconds=0.5))
    assert caught.value.code == "media-check-timed-out"
    assert misbehave("look", b"bytes")["read"] == "bytes"
    assert held() != first
    until(lambda: zygote._held.ending == [] or zygote._held.ending[0].process.poll() is not None)


def test_after_a_crash_the_next_job_has_another_layout_of_memory() -> None:
    first = held()
    with pytest.raises(SandboxFailed):
        misbehave("crash")
    misbehave("look")
    assert held() != first


def test_a_zygote_is_given_up_after_so_many_jobs_and_its_last_child_may_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zygote, "MOST_JOBS", 2)
    first = held()
    beside = Beside(seconds=1)
    misbehave("look")
    assert held() != first
    assert not isinstance(beside.end(), SandboxFailed)


def test_a_program_that_runs_alone_has_a_zygote_of_its_own() -> None:
    first = held()
    misbehave("look", limits=Limits(alone=True))
    assert set(zygote._held.current) == {"", PROGRAM}
    assert zygote._held.current[PROGRAM].process.pid != first


def test_a_process_forked_from_ours_makes_its_own_and_leaves_ours_alone() -> None:
    code = f"""
import os, sys
sys.path.insert(0, {str(sandbox.ROOT)!r})
from consent.media import sandbox, zygote
def look():
    answer = sandbox.run({PROGRAM!r}, b"", arguments={{"how": "look"}})
    return zygote._held.current[""].process.pid if answer["descriptors"] == 4 else None
first = look()
child = os.fork()
if child == 0:
    assert not zygote._held.current
    second = look()
    zygote.close()
    os._exit(0 if second not in (None, first) else 9)
assert os.waitpid(child, 0)[1] == 0
assert look() == first
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


def test_500_jobs_leave_no_process_no_descriptor_and_no_memory() -> None:
    for _ in range(20):
        misbehave("remember")
    pid = held()
    until(lambda: open_files(pid) == AT_REST)
    before = footprint(pid)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: misbehave("remember"), range(500)))
    until(lambda: not children(pid) and open_files(pid) == AT_REST)
    after = footprint(pid)
    assert held() == pid
    assert after[0] == before[0]
    assert after[1] - before[1] < 2 << 20


def footprint(pid: int) -> tuple[int, int]:
    """Return the number of our own descriptors, and the zygote's resident bytes."""
    resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return len(list(Path("/proc/self/fd").iterdir())), resident
