"""What a fingerprint costs for each second of video, and a look-up among very many windows."""

from __future__ import annotations

import os
import resource
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from uuid import uuid4

from django.db import connection, transaction

from benchmarks.pairing import Figure
from ledger import log
from provenance import fingerprint, fingerprinter, fingerprints
from provenance.fingerprint import FOUND, WINDOW_MS, Kind, Print

CLIP = Path(__file__).resolve().parent.parent / "tests/media/calibration_astronaut.mp4"
WINDOWS_A_VIDEO = 100
ASKED = 4  # windows of a file of ten seconds
FOREIGN = "SELECT conname FROM pg_constraint WHERE conrelid = 'provenance_fingerprint'::regclass AND contype = 'f'"
BITS = "CREATE TABLE windows AS SELECT id, ('x' || encode(code, 'hex'))::bit(256) AS code FROM provenance_fingerprint"
BY_BITS = "SELECT id FROM windows WHERE bit_count(code # %s::bit(256)) <= %s"
BANDS = """
CREATE TABLE bands AS SELECT id, band, get_byte(code, 2 * band) * 256 + get_byte(code, 2 * band + 1) AS word
FROM provenance_fingerprint, generate_series(0, 15) AS band
"""
BY_BANDS = """
SELECT DISTINCT id FROM bands JOIN unnest(%s::int[], %s::int[]) AS asked (band, word) USING (band, word)
"""


def figures(*, full: bool) -> list[Figure]:
    """Time the fingerprinter on a clip, then fill the table and look by each of three ways."""
    count = 1_000_000 if full else 100_000
    cost = list(making())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wanted = fill(count)
    begun = perf_counter()
    if [near.distance for near in fingerprints.nearest([wanted], FOUND)] != [0]:
        raise ValueError("the index does not find a code that is in it: a fast wrong answer is no result")
    loaded = perf_counter() - begun
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    several = [random_code() for _ in range(ASKED)]
    one = typical(lambda: fingerprints.nearest([random_code()], FOUND))
    four = typical(lambda: fingerprints.nearest(several, FOUND))
    return [
        *cost,
        Figure(f"look-up of 1 window among {count:,}", one, "ms", None, None, 150),
        Figure(f"look-up of {ASKED} windows among {count:,}", four, "ms", None, None, None),
        Figure("first look of a process: reading them all", loaded, "s", None, None, None),
        Figure("memory that they take", grown, "MB", None, None, None),
        *alternatives(),
    ]


def making() -> Iterator[Figure]:
    """Yield what it costs to fingerprint a clip, in processor time of this process and its children."""
    seconds, pixels = 13.2, bytes(fingerprinter.PICTURE_BYTES * 66)
    spent, floor = [], []
    for _ in range(5):
        spent.append(processor(lambda: fingerprinter.of(CLIP)) / seconds * 1000)
        floor.append(processor(lambda: fingerprinter.signatures(pixels)) / seconds * 1000)
    value, base = median(spent), median(floor)
    yield Figure("fingerprints, for each second of video", value, "ms", None, None, 50, "start of a child included")
    yield Figure("the same in bare signatures of 66 frames", value, "ms", base, value / base, None)


def processor(call: Callable[[], object]) -> float:
    """Return the processor seconds of a call, children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = process_time()
    call()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() - own + after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def typical(call: Callable[[], object], times: int = 9) -> float:
    """Return the median milliseconds of a call."""
    spent = []
    for _ in range(times):
        begun = perf_counter()
        call()
        spent.append(perf_counter() - begun)
    return median(spent) * 1000


def random_code() -> Print:
    """Return a window like no other."""
    return Print(Kind.PICTURE, 0, WINDOW_MS, secrets.token_bytes(fingerprint.CODE_BYTES))


def fill(count: int) -> Print:
    """Enter random codes by COPY, without their videos: what is timed is the table of codes. Return one of them."""
    wanted, video = random_code(), uuid4()
    with connection.cursor() as cursor:
        cursor.execute(FOREIGN)  # there are no such videos
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE provenance_fingerprint DROP CONSTRAINT "{name}"')
    with transaction.atomic():
        entry = log.append("video.stamped", {}, actor="system:bench", subject="system:bench")
        with connection.cursor() as cursor:
            columns = "video_id, kind, mirrored, telling, start_ms, end_ms, code, entry_id"
            with cursor.copy(f"COPY provenance_fingerprint ({columns}) FROM STDIN") as copy:
                for number in range(count):
                    if number % WINDOWS_A_VIDEO == 0:
                        video = uuid4()
                    code = wanted.code if number == count // 2 else os.urandom(fingerprint.CODE_BYTES)
                    at = number % WINDOWS_A_VIDEO * fingerprint.HOP_MS
                    copy.write_row((video, "picture", False, True, at, at + WINDOW_MS, code, entry.pk))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE provenance_fingerprint")
    return wanted


def alternatives() -> Iterator[Figure]:
    """Yield what was turned down: counting bits in PostgreSQL, and look-ups by bands of 16 bits."""
    with connection.cursor() as cursor:
        cursor.execute(BITS)
        cursor.execute("VACUUM ANALYZE windows")
        cursor.execute(BANDS)
        cursor.execute("CREATE INDEX ON bands (band, word) INCLUDE (id)")
        cursor.execute("VACUUM ANALYZE bands")

        def by_bits() -> None:
            text = f"{int.from_bytes(random_code().code):0256b}"
            cursor.execute(BY_BITS, [text, FOUND])
            cursor.fetchall()

        def by_bands(flips: int) -> None:
            code = random_code().code
            words = [int.from_bytes(code[2 * band : 2 * band + 2]) for band in range(16)]
            asked = [(band, word ^ flip) for band, word in enumerate(words) for flip in flipped(flips)]
            cursor.execute(BY_BANDS, [[band for band, _ in asked], [word for _, word in asked]])
            cursor.fetchall()

        yield Figure("1 window by bit_count in PostgreSQL", typical(by_bits, 5), "ms", None, None, None)
        for flips, sure in ((0, 15), (1, 31), (2, 47)):
            name = f"1 window by bands, sure to {sure} bits, unverified"
            yield Figure(name, typical(lambda flips=flips: by_bands(flips), 3), "ms", None, None, None)


def flipped(most: int) -> list[int]:
    """Return every mask of 16 bits with at most so many set."""
    return [mask for mask in range(1 << 16) if mask.bit_count() <= most]
