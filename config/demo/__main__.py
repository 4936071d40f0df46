"""`./dev demo`: the whole story on real input, in a house of its own that is gone afterwards."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psycopg

from config.demo.cast import CLIP
from config.demo.report import Report
from config.demo.story import Story
from config.house import ROOT, House, Plan, interruptible

ORIGIN = "demo.countenance.localhost/log"
KEPT = ("video.mp4", "remix.mp4", "report.json", "log", "proofs", "trust")


def main() -> int:
    """Run the demo; return the exit status: 0 told to the end, 1 not, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "var/demo", help="where what it made is kept (var/demo)")
    parser.add_argument("--clip", type=Path, default=CLIP, help="an mp4 of yours instead of the invented Ada")
    given = parser.parse_args()
    if not given.clip.is_file():
        parser.error(f"--clip {given.clip}: there is no such file")
    if holds_a_ledger(os.environ.get("DATABASE_URL")):
        parser.error("DATABASE_URL names a database that holds a ledger already: give the demo an empty one, or none.")
    folder = emptied(given.out)
    report = Report(folder, line)
    line("Countenance: a video is consented to, rendered, stamped, checked, remixed, counted and withdrawn.\n")
    try:
        with interruptible():
            tell(report, folder, given.clip)
    except KeyboardInterrupt:
        line("\nInterrupted. Everything that was started has been stopped.")
        return 130
    except Exception as error:  # noqa: BLE001 - the person at the terminal reads what went wrong, and where
        line(f"\nThe story broke off: {error}\nThe report so far is in {folder / 'report.json'}.")
        return 1
    line(summary(report, folder))
    return 0


def holds_a_ledger(url: str | None) -> bool:
    """Tell whether an outside database has our tables: under the new keys of a demo they would be unreadable."""
    if url is None:
        return False
    with psycopg.connect(url) as session:
        return session.execute("SELECT to_regclass('ledger_entry')").fetchone() != (None,)


def tell(report: Report, folder: Path, clip: Path) -> None:
    """Build a house, tell the story in it, take the house down; its logs stay only if the story broke off."""
    var = Path(tempfile.mkdtemp(prefix="countenance-demo-"))
    var.chmod(0o755)  # PostgreSQL's unprivileged user must be able to enter it
    logs = folder / "house-logs"
    try:
        begun = time.monotonic()
        with House(Plan(var=var, origin=ORIGIN), lambda part: line(f"  ·  starting: {part}")) as house:
            line(f"     ✓ {time.monotonic() - begun:6.2f} s  everything runs\n")
            with closing(Story(house, report, folder, clip)) as story:
                story.tell()
    except BaseException:
        if (var / "logs").exists():
            shutil.copytree(var / "logs", logs, dirs_exist_ok=True)
        raise
    finally:
        shutil.rmtree(var, ignore_errors=True)


def emptied(folder: Path) -> Path:
    """Make the folder, and remove from it only what an earlier run of the demo made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*KEPT, "house-logs"):
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
        else:
            (folder / name).unlink(missing_ok=True)
    return folder


def summary(report: Report, folder: Path) -> str:
    """Say in plain words what was shown, and where it is."""
    files = "\n".join(f"    {folder / name}" for name in KEPT)
    return f"""
  What you saw, in {time.monotonic() - report.started:.0f} s:
    Ada read in plain words what she permits, and signed exactly that (proofs/grant.txt).
    Nobody could make a video of Ada without her signature, or beyond what she signed, or once more than she signed.
    The video carries the proof of her consent inside it, and programs that are not ours agree.
    When she took it back, the video and its remix stopped, and the file in the wild says so to whoever asks.

  What it left:
{files}
"""


def line(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)  # noqa: T201 - what the command is for


if __name__ == "__main__":
    sys.exit(main())
