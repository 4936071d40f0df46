"""Nothing that we start outlives us, however we end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.processes import ProcessEnded, Processes

ROOT = Path(__file__).resolve().parents[2]
SLEEP = [sys.executable, "-c", "import time; time.sleep(120)"]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


def test_stop_ends_every_child(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    pids = [processes.spawn(name, SLEEP, {}, cwd=tmp_path).pid for name in ("a", "b")]
    processes.stop()
    assert not any(alive(pid) for pid in pids)


def test_stop_ends_what_a_child_forked_and_left_behind(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time; from pathlib import Path\n"
        f"p = subprocess.Popen({SLEEP!r}); Path('pid').write_text(str(p.pid)); time.sleep(120)"
    )
    processes = Processes(tmp_path)
    processes.spawn("parent", [sys.executable, "-c", program], {}, cwd=tmp_path)
    file = tmp_path / "pid"
    processes.wait_for("parent", lambda: file.exists() and file.read_text() != "", 20)
    grandchild = int(file.read_text())
    assert alive(grandchild)
    processes.stop()
    assert wait_until_gone(grandchild)


def test_a_child_that_ends_is_reported_with_its_last_words(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    processes.spawn("talker", [sys.executable, "-c", "raise SystemExit('these were my last words')"], {}, cwd=tmp_path)
    with pytest.raises(ProcessEnded, match="these were my last words"):
        processes.wait_for("talker", lambda: False, 20)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_children_end_even_if_we_are_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from config.processes import Processes\n"
        f"p = Processes(Path({str(tmp_path)!r})).spawn('child', {SLEEP!r}, {{}}, cwd=Path({str(tmp_path)!r}))\n"
        "print(p.pid, flush=True); time.sleep(120)"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.send_signal(signal.SIGKILL)
    assert wait_until_gone(child)
