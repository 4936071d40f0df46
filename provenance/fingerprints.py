"""The fingerprints of all videos: record them, and find the videos that something is like.

Every process keeps the codes in memory and reads before each look what was added since. A stamp that was committed is
therefore seen by the very next look:

- `record` writes under a lock that is held until the commit, so ids grow in the order of commits, and "id > last" skips
  no row that commits late. It is the last statement of its transaction, so whoever holds the lock waits for nobody.
- What was found in memory is read again from its row and measured again: a row that was erased is not found, and memory
  that has gone stale can miss something, but cannot find what is not there.
- The last row that was read must still be there, in the same database, with the same code. If not (it was erased, a
  transaction was rolled back, a backup restored), all is read anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Final
from uuid import UUID

from django.db import connection

from ledger.models import Entry
from provenance.fingerprint import HOP_MS, Kind, Print, distance
from provenance.fingerprint_index import CodeIndex
from provenance.models import Fingerprint, Video
from provenance.report import Stretch

IN_ORDER: Final = 0x7072696E  # advisory lock: who adds prints, one after the other
PAGE: Final = 20_000  # rows read at once
ASKED: Final = 40  # windows of one file that are looked for, evenly spread: 100 s without a gap
KEPT: Final = 200  # nearest rows of one window that are looked at again
SOUND, PICTURE = True, False
STEP_MS: Final = HOP_MS + HOP_MS // 2  # two windows further apart than that do not belong to one stretch
SOUND_LEAST_MS: Final = 5_000  # as long as a window of the picture
SOUND_LEAST: Final = 3  # windows in that time
DRIFT_MS: Final = 150  # little more than a word
SKEW: Final = 0.25  # by how much a copy may run faster or slower


@dataclass(frozen=True, slots=True)
class Aligned:
    """One window of what was asked about, and the window of a video that it is like."""

    asked_ms: int
    asked_end_ms: int
    found_ms: int
    found_end_ms: int
    distance: int  # bits of 256
    kind: Kind
    mirrored: bool


@dataclass(frozen=True, slots=True)
class Near:
    """A video that some windows are like: by its picture or, where no picture is alike, by its sound.

    One second of sound may be in any film, so sounds count only where they go on for `SOUND_LEAST_MS` in one line.
    """

    video: UUID
    distance: int  # that of the nearest window
    windows: tuple[Aligned, ...]  # by the time in what was asked about, for each the nearest; all of pictures or sounds
    heard: bool  # whether the sound is alike

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """Return the windows joined where they follow each other in both."""
        joined: list[list[Aligned]] = []
        for window in self.windows:
            if joined and _follows(joined[-1][-1], window):
                joined[-1].append(window)
            else:
                joined.append([window])
        return tuple(_stretch(run) for run in joined)


@dataclass(slots=True)
class _Memory:
    """What this process has read. `database` is its number: a clone of it has the same rows and another future."""

    database: int | None = None
    last: int = 0
    code: bytes = b""
    indexes: dict[bool, CodeIndex] = field(default_factory=lambda: {PICTURE: CodeIndex(), SOUND: CodeIndex()})


_memory = _Memory()
_turn = Lock()


def record(video: Video, prints: Sequence[Print], entry: Entry) -> None:
    """Write the prints of a stamped video, as the last statement of the transaction that stamps it."""
    if not any(each.kind is Kind.PICTURE for each in prints):
        raise ValueError("a video has a picture, and so a fingerprint")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IN_ORDER])
    Fingerprint.objects.bulk_create(
        Fingerprint(
            video=video,
            kind=each.kind,
            mirrored=each.mirrored,
            telling=each.telling,
            start_ms=each.start_ms,
            end_ms=each.end_ms,
            code=each.code,
            entry=entry,
        )
        for each in prints
    )


def nearest(codes: Iterable[Print], limit: int) -> list[Near]:
    """Return the videos that have a window within `limit` bits of one of `codes`, the nearest first.

    Pictures are compared with pictures, as they are, mirrored and without borders, and sounds with sounds. Codes that
    are mirrored or tell nothing are not asked about; of many, `ASKED` of each kind. Every video is answered for, drafts
    and those that nobody may see too: what may be told is the caller's to judge.
    """
    asked = _worth_asking(codes)
    if not asked:
        return []
    with _turn:
        memory = _refreshed()
        rows = {one: memory.indexes[one.kind is Kind.SOUND].near(one.code, limit, KEPT) for one in asked}
    ids = {number for near in rows.values() for number, _ in near}
    stored = Fingerprint.objects.only("video_id", "kind", "start_ms", "end_ms", "code", "mirrored").in_bulk(ids)
    found: dict[UUID, dict[tuple[bool, int], Aligned]] = {}
    for one, near in rows.items():
        for number, _ in near:
            row = stored.get(number)
            if row is not None and (bits := distance(one.code, bytes(row.code))) <= limit:
                windows = found.setdefault(row.video_id, {})
                window = _aligned(one, row, bits)
                key = (one.kind is Kind.SOUND, one.start_ms)
                windows[key] = min(windows.get(key, window), window, key=lambda each: each.distance)
    near_by = (_near(video, windows.values()) for video, windows in found.items())
    return sorted((each for each in near_by if each is not None), key=lambda each: each.distance)


def _worth_asking(codes: Iterable[Print]) -> list[Print]:
    telling = [one for one in codes if one.telling and not one.mirrored]
    chosen: list[Print] = []
    for kind in Kind:
        some = [one for one in telling if one.kind is kind]
        step = -(-len(some) // ASKED) | 1  # odd: of sounds from every word on, all eight beginnings are asked
        chosen += some[::step]
    return chosen


def _refreshed() -> _Memory:
    """Return the memory with all that is committed now; the caller holds `_turn`."""
    global _memory  # noqa: PLW0603 - one for each process, made anew when it no longer fits the database
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT oid FROM pg_database WHERE datname = current_database()), "
            "(SELECT code FROM provenance_fingerprint WHERE id = %s)",
            [_memory.last],
        )
        database, code = cursor.fetchone()
    if database != _memory.database or bytes(code or b"") != _memory.code:
        _memory = _Memory(database=database)
    while _read_on(_memory):
        pass
    return _memory


def _read_on(memory: _Memory) -> bool:
    """Read a page of rows; False: there are no more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, kind, telling, code FROM provenance_fingerprint WHERE id > %s ORDER BY id LIMIT %s",
            [memory.last, PAGE],
        )
        rows = cursor.fetchall()
    for family, index in memory.indexes.items():
        own = [row for row in rows if row[2] and (row[1] == Kind.SOUND) is family]
        index.add([row[0] for row in own], b"".join(bytes(row[3]) for row in own))
    if rows:
        memory.last, memory.code = rows[-1][0], bytes(rows[-1][3])
    return len(rows) == PAGE


def _aligned(one: Print, row: Fingerprint, bits: int) -> Aligned:
    return Aligned(one.start_ms, one.end_ms, row.start_ms, row.end_ms, bits, Kind(row.kind), row.mirrored)


def _near(video: UUID, windows: Iterable[Aligned]) -> Near | None:
    ordered = sorted(windows, key=lambda each: each.asked_ms)
    seen = tuple(each for each in ordered if each.kind is not Kind.SOUND)
    heard = _in_one_line([each for each in ordered if each.kind is Kind.SOUND])
    told = seen or heard
    return Near(video, min(each.distance for each in told), told, bool(heard)) if told else None


def _in_one_line(sounds: list[Aligned]) -> tuple[Aligned, ...]:
    """Return the sounds that one recording explains, if they go on long enough: all equally far from its own time."""
    best: list[Aligned] = []
    for one in sounds:
        line = [each for each in sounds if abs(_shift(each) - _shift(one)) <= DRIFT_MS]
        best = max(best, line, key=len)
    long_enough = len(best) >= SOUND_LEAST and best[-1].asked_end_ms - best[0].asked_ms >= SOUND_LEAST_MS
    return tuple(best) if long_enough else ()


def _shift(window: Aligned) -> int:
    return window.found_ms - window.asked_ms


def _follows(before: Aligned, after: Aligned) -> bool:
    """Say whether two windows go on in both, at about one speed; in one still picture any window is like any other."""
    asked, found = after.asked_ms - before.asked_ms, after.found_ms - before.found_ms
    return before.mirrored == after.mirrored and abs(found - asked) <= STEP_MS + SKEW * asked


def _stretch(run: list[Aligned]) -> Stretch:
    return Stretch(
        (run[0].asked_ms, max(each.asked_end_ms for each in run)),
        (min(each.found_ms for each in run), max(each.found_end_ms for each in run)),
    )
