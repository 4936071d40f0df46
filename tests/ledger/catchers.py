"""Who finds that something was tampered with, and what the document says of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from pytest_django.fixtures import Settings

from ledger import publisher
from ledger.fsck import examine
from ledger.management.commands.ledger_monitor import Watched
from ledger.problem import Problem
from ledger.rowmemory import RowMemory

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs/design/tampering.md"
FOLDERS = {
    "LEDGER_PUBLIC_DIR": "log",
    "LEDGER_VAULT_DIR": "vault",
    "LEDGER_CHECKPOINT_STORE": "checkpoints.sqlite3",
    "LEDGER_ERASURE_JOURNAL": "erasures.jsonl",
}
NOBODY = "nobody"


def copy_of(made: Path, own: Path, settings: Settings) -> Path:
    """Copy all files of a log, and have this process work on the copy."""
    shutil.copytree(made, own)
    for name, folder in FOLDERS.items():
        setattr(settings, name, own / folder)
    return own


def caught(base: Path) -> str:
    """Return who finds something wrong: fsck, the monitor's memory of rows, the publisher at its start or its work."""
    found = []
    if any(check.faults for check in examine()):
        found.append("fsck")
    if any(check.faults for check in RowMemory(copied(base / "monitor.rows")).look()):
        found.append("rows")
    if refuses():
        found.append("publisher")
    return ", ".join(found) or NOBODY


def copied(state: Path) -> Path:
    own = state.with_name(f"{state.name}.own")
    shutil.copy(state, own)
    return own


def refuses() -> bool:
    try:
        publisher.start().publish()
    except Problem:
        return True
    return False


def stranger(base: Path) -> bool:
    """Tell whether the monitor's outside finds something wrong, remembering what it saw before."""
    watched = Watched(str(base / "log"), copied(base / "monitor"))
    return watched._outside()[0] != 0


def everybody(base: Path) -> str:
    """Return who finds something wrong; the publisher last, because it mends what it may."""
    found = [*(["stranger"] if stranger(base) else []), *caught(base).split(", ")]
    return ", ".join(one for one in ("fsck", "rows", "stranger", "publisher") if one in found) or NOBODY


def told(text: str) -> dict[str, dict[str, str]]:
    """Return the rows of the document's tables whose first cell names a table or column, by the heading of the cell."""
    found: dict[str, dict[str, str]] = {}
    head: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            head = []
        elif not head:
            head = cells
        elif match := re.fullmatch(r"`([a-z_., -]+)`", cells[0]):
            # A note behind the catchers, as in "nobody (2)", says why.
            said = (re.sub(r" \(.*\)", "", cell) for cell in cells[1:])
            found[match[1]] = {name: cell for name, cell in zip(head[1:], said, strict=True) if cell != "-"}
    return found


TOLD = told(DOCUMENT.read_text())
