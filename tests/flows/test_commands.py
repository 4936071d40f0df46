"""The commands end as they should, however they are ended, and leave no process behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def environment(folder: Path) -> dict[str, str]:
    ours = {"PATH": os.environ["PATH"], "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
    return {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ} | ours


def of_this_run(folder: Path) -> list[str]:
    """Return the command lines of the living processes that were started below a folder, or work in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            around = (process / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if words and (str(folder) in words or str(folder) in around) and process.name != str(os.getpid()):
            found.append(words)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_interrupted_demo_leaves_no_process_and_says_so(folder: Path) -> None:
    command = [sys.executable, "-m", "config.demo", "--out", str(folder / "out")]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(folder), stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as demo:
        assert demo.stdout is not None
        said = []
        for line in demo.stdout:
            said.append(line)
            if "enrols her likeness" in line:
                demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 130, "".join(said)
    assert "Everything that was started has been stopped" in said[-1]
    deadline = time.monotonic() + 10
    while (left := of_this_run(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def test_a_clip_that_is_not_there_is_a_clear_message(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "config.demo", "--clip", str(folder / "none.mp4")],
        cwd=ROOT, env=environment(folder), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "there is no such file" in done.stderr


def test_a_clip_without_a_face_breaks_the_story_off_with_its_reason(folder: Path) -> None:
    clip = folder / "text.mp4"
    clip.write_bytes(b"this is no video")
    done = subprocess.run(
        [sys.executable, "-m", "config.demo", "--clip", str(clip), "--out", str(folder / "out")],
        cwd=ROOT, env=environment(folder), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "not-mp4" in done.stdout
    report = json.loads((folder / "out/report.json").read_text())
    assert report["ok"] is False
    assert report["steps"][-1]["ok"] is False
