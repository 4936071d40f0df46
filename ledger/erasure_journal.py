"""What was erased, in a file outside the database and its backups: a restored backup cannot bring it back unseen.

A line is canonical JSON: `v`, `time` (UTC minute), `key` (the SubjectKey's row id), `subject` (HMAC-SHA256 of the
subject's name under the salt of this file), `entry` (its id), `commit` (its commitment), and `check`, the SHA-256 of
the rest. The first line holds the salt. No line holds a name, a handle or the subject itself. Pure of Django.

A line is on disk before the database commits what it says. So a line without its erasure is one to finish, and a line
that was cut off by a crash belongs to an erasure that never happened.
"""

import fcntl
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from ledger import base64url
from ledger.canonical import canonical, parse
from ledger.durable import sync_folder
from ledger.problem import Problem

SALT_BYTES = 32
LONGEST = 65536  # bytes; a line has some 350, so a file without a line break in as many is no journal
LABEL = b"countenance/erased-subject/v1\0"
NUMBERS = frozenset({"v", "key"})
FIELDS = frozenset({"v", "time", "key", "subject", "entry", "commit", "check"})


class JournalInvalid(Problem):
    """A line of the erasure journal is not what was written: somebody must look before anything is served."""

    code: ClassVar[str] = "erasure-journal-invalid"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The erasure journal cannot be read"


@dataclass(frozen=True, slots=True)
class Line:
    """One erasure. `key` is a hint, which a restore may void; `subject` is what identifies."""

    time: str
    key: int
    subject: str
    entry: str
    commit: str

    def record(self) -> dict[str, Any]:
        """Return the line as it is written, with its check."""
        body = {"v": 1, **{name: getattr(self, name) for name in self.__slots__}}
        return body | {"check": _check(body)}


@dataclass(frozen=True, slots=True)
class Journal:
    """One file; any number of processes may append to it."""

    path: Path

    def append(self, subject: str, *, time: str, key: int, entry: str, commit: str) -> Line:
        """Add a line and return once it is on disk. Raises `JournalInvalid`, and `OSError` if it cannot be kept.

        A line that a crash cut off is removed first: its erasure did not commit.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # released by close
            end = _end(file)
            file.truncate(end)
            file.seek(0)
            salt = _salt(file.readline().removesuffix(b"\n")) if end else _begin(file)
            line = Line(time, key, digest(salt, subject), entry, commit)
            file.seek(0, os.SEEK_END)
            file.write(canonical(line.record()) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.path.parent)
        return line

    def lines(self) -> tuple[bytes, list[Line]]:
        """Return the file's salt and its lines, oldest first; no file: nothing was ever erased. Raises as `append`."""
        try:
            whole = _whole(self.path.read_bytes())
        except FileNotFoundError:
            return b"", []
        return (_salt(whole[0]), [_line(text) for text in whole[1:]]) if whole else (b"", [])


def digest(salt: bytes, subject: str) -> str:
    """Return what a journal with this salt calls the subject."""
    return base64url.encode(hmac.digest(salt, LABEL + subject.encode(), hashlib.sha256))


def _whole(data: bytes) -> list[bytes]:
    """Return the lines that were written to their end."""
    return data.split(b"\n")[:-1]


def _end(file: BinaryIO) -> int:
    """Return where the last whole line ends; 0: there is none."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - LONGEST)
    file.seek(start)
    found = file.read(LONGEST).rfind(b"\n")
    if found < 0 and start:
        raise _invalid("Its end is no line")
    return start + found + 1


def _begin(file: BinaryIO) -> bytes:
    salt = secrets.token_bytes(SALT_BYTES)
    file.seek(0)
    body = {"v": 1, "salt": base64url.encode(salt)}
    file.write(canonical(body | {"check": _check(body)}) + b"\n")
    return salt


def _salt(text: bytes) -> bytes:
    read = _checked(text, frozenset({"v", "salt", "check"}))
    salt = base64url.decode(read["salt"])
    if len(salt) != SALT_BYTES:
        raise _invalid("Its salt has another length")
    return salt


def _line(text: bytes) -> Line:
    read = _checked(text, FIELDS)
    return Line(read["time"], read["key"], read["subject"], read["entry"], read["commit"])


def _checked(text: bytes, fields: frozenset[str]) -> dict[str, Any]:
    """Return a line's members; raise unless they are exactly the known ones, unchanged since they were written."""
    try:
        read = parse(text)
    except Problem as problem:
        raise _invalid("A line is not canonical JSON") from problem
    if not isinstance(read, dict) or set(read) != fields or read["v"] != 1:
        raise _invalid("A line has other members than are known")
    body = {name: value for name, value in read.items() if name != "check"}
    if any(isinstance(value, int) != (name in NUMBERS) for name, value in body.items()):
        raise _invalid("A member is of another type than was written")
    if read["check"] != _check(body):
        raise _invalid("A line was changed after it was written")
    return read


def _check(body: dict[str, Any]) -> str:
    return base64url.encode(hashlib.sha256(canonical(body)).digest())


def _invalid(detail: str) -> JournalInvalid:
    return JournalInvalid(
        detail, remedy="Restore LEDGER_ERASURE_JOURNAL from its own copy; see docs/runbooks/restore.md"
    )


__all__ = ["Journal", "JournalInvalid", "Line", "digest"]
