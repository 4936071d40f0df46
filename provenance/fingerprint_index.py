"""Codes in memory, to be compared with one code by brute force. Pure.

A million codes are four columns of 8 MB. One look goes through them in pieces that stay in the processor's cache: no
candidate is missed at any distance, which an index by bands could promise only for distances below the number of its
bands.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from provenance.fingerprint import CODE_BYTES

PIECE = 1 << 16  # codes at a time
FIRST = 1 << 12  # codes that there is room for at the beginning
COLUMNS = CODE_BYTES // 8


class CodeIndex:
    """Codes with the ids of their rows. Only ever added to: whether a row is still there is asked of the database."""

    def __init__(self) -> None:
        self._columns = np.empty((COLUMNS, FIRST), np.uint64)
        self._ids = np.empty(FIRST, np.int64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, ids: list[int], codes: bytes) -> None:
        """Add codes, one after the other in `codes`."""
        new = np.frombuffer(codes, ">u8").reshape(len(ids), COLUMNS)
        self._make_room(len(ids))
        end = self._count + len(ids)
        self._columns[:, self._count : end] = new.T
        self._ids[self._count : end] = ids
        self._count = end

    def near(self, code: bytes, limit: int, most: int) -> list[tuple[int, int]]:
        """Return (id, distance) of the codes within `limit` bits of `code`, nearest first, at most `most` of them."""
        wanted = np.frombuffer(code, ">u8").astype(np.uint64)
        ids: list[npt.NDArray[np.int64]] = []
        bits: list[npt.NDArray[np.uint16]] = []
        for start in range(0, self._count, PIECE):
            part = self._columns[:, start : min(start + PIECE, self._count)]
            far = np.zeros(part.shape[1], np.uint16)  # 256 does not fit a byte
            for column, word in zip(part, wanted, strict=True):
                far += np.bitwise_count(column ^ word)
            hits = np.flatnonzero(far <= limit)
            ids.append(self._ids[start + hits])
            bits.append(far[hits])
        if not ids:
            return []
        every, bit = np.concatenate(ids), np.concatenate(bits)
        order = np.argsort(bit, kind="stable")[:most]
        return [(int(every[at]), int(bit[at])) for at in order]

    def _make_room(self, more: int) -> None:
        room = len(self._ids)
        while room < self._count + more:
            room *= 2
        if room > len(self._ids):
            columns, ids = np.empty((COLUMNS, room), np.uint64), np.empty(room, np.int64)
            columns[:, : self._count] = self._columns[:, : self._count]
            ids[: self._count] = self._ids[: self._count]
            self._columns, self._ids = columns, ids
