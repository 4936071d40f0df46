"""Stamped files, spoilt in one place each, by seed: the same number is the same file in every run."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

from consent.media import guard
from tests.provenance.workshop import box

KINDS = [b"free", b"skip", b"uuid", b"mdat", b"moov", b"udta", b"wide", b"xxxx", b"mfra", b"ftyp", b"moof", b"sidx"]
TAGS = [b"\0manifest\0", b"c2pa.", b"jumb", b"jumd", b"jumc", b"cbor", b"urn:c2pa", b"ftyp", b"free", b"mdat", b"moov"]


def tops(data: bytes) -> list[int]:
    """Return where the outermost boxes of a sound file begin."""
    at, found = 0, []
    while at + 8 <= len(data):
        found.append(at)
        at += int.from_bytes(data[at : at + 4]) or len(data)
    return found


def flipped(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice([1, 1, 1, 2, 8, 64])):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def flipped_in_the_record(data: bytes, dice: random.Random) -> bytes:
    start = data.index(guard.C2PA)
    changed = bytearray(data)
    changed[start + dice.randrange(min(16_000, len(data) - start))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def with_a_box(data: bytes, dice: random.Random) -> bytes:
    at = dice.choice([*tops(data), len(data)])
    return data[:at] + box(dice.choice(KINDS), dice.randbytes(dice.choice([0, 1, 8, 500]))) + data[at:]


def with_free_changed(data: bytes, dice: random.Random) -> bytes:
    """Fill a free box, or add one at the end and fill that: C2PA leaves it out."""
    return data + box(dice.choice([b"free", b"skip"]), dice.randbytes(dice.randrange(1, 2000)))


def cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def without_a_piece(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + data[at + dice.choice([1, 8, 100, 5000]) :]


def retagged(data: bytes, dice: random.Random) -> bytes:
    tag = dice.choice([tag for tag in TAGS if tag in data])
    places = [at for at in range(len(data)) if data.startswith(tag, at)] if data.count(tag) < 50 else [data.index(tag)]
    at = dice.choice(places) + dice.randrange(len(tag))
    return data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :]


def boxes_swapped(data: bytes, dice: random.Random) -> bytes:
    edges = [*tops(data), len(data)]
    parts = [data[start:end] for start, end in pairwise(edges)]
    dice.shuffle(parts)
    return b"".join(parts)


def sized_anew(data: bytes, dice: random.Random) -> bytes:
    at = dice.choice(tops(data))
    return data[:at] + dice.choice([0, 1, 7, 8, 2**31, 2**32 - 1]).to_bytes(4) + data[at + 4 :]


WAYS: list[Callable[[bytes, random.Random], bytes]] = [
    flipped,
    flipped_in_the_record,
    with_a_box,
    with_free_changed,
    cut,
    without_a_piece,
    retagged,
    boxes_swapped,
    sized_anew,
]


def mutant(data: bytes, number: int) -> bytes:
    """Return the file of this number, which differs from `data`."""
    dice = random.Random(number)
    found = WAYS[number % len(WAYS)](data, dice)
    return found if found != data else data + box(b"free", dice.randbytes(4))
