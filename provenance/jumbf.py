"""Find the C2PA manifests in an mp4 and take them apart, without the C2PA engine.

An mp4 carries its manifest store in a top-level `uuid` box (C2PA 2.4, "Embedding manifests into BMFF-based
assets"). The store is a JUMBF superbox (ISO/IEC 19566-5) whose children are a description box and one superbox
for each manifest, the active one last. The engine gives verdicts about the active manifest only and repeats, for the
others, what the maker of the file wrote down. `with_active` puts any manifest last, so that it can be judged afresh.

Pure: bytes in, bytes out. Every length comes from a stranger; one that leaves its box raises `Malformed`.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
STORE_LIMIT = 32 * 1024 * 1024  # bytes; a chain of sixty remixes is under 0.5 MB
BOX_LIMIT = 4096  # boxes side by side

_HEADER = struct.Struct(">I4s")
_LARGE = struct.Struct(">Q")
_TYPE_BYTES = 16  # a description box begins with the type of its superbox, then come the toggles
_HAS_LABEL = 0x02  # a toggle


class Malformed(ValueError):  # noqa: N818  names what was found
    """The boxes contradict themselves."""


def manifest_store(source: BinaryIO) -> bytes | None:
    """Return the manifest store of the mp4 in `source`, or `None` if it carries no C2PA box at all.

    Two stores are as bad as none: readers would disagree about which one counts, so that raises `Malformed`.
    """
    stores = []
    for kind, start, end in _top_level(source):
        if kind != b"uuid" or end - start < len(C2PA_BOX) or _read(source, start, len(C2PA_BOX)) != C2PA_BOX:
            continue
        if end - start > STORE_LIMIT:
            raise Malformed("a C2PA box is larger than 32 MiB")
        purpose, _, rest = _read(source, start + 20, end - start - 20).partition(b"\0")
        if purpose in {b"manifest", b"original", b"update"}:
            stores.append(rest[8:])  # after the offset of the first auxiliary box
        elif purpose != b"merkle":
            raise Malformed("a C2PA box has an unknown purpose")
    if len(stores) > 1:
        raise Malformed("there is more than one manifest store")
    return stores[0] if stores else None


def media_is_wide(source: BinaryIO) -> bool:
    """Say whether the mp4 has one `mdat`, unfragmented, whose content begins 16 bytes after its own start."""
    starts = []
    for kind, start, _ in _top_level(source):
        if kind == b"moof":
            return False
        if kind == b"mdat":
            starts.append(start)
    if len(starts) != 1:
        return False
    size, kind = _HEADER.unpack(_read(source, starts[0] - _HEADER.size - _LARGE.size, _HEADER.size))
    return (size, kind) == (1, b"mdat")


def assertion(store: bytes, label: str, name: str) -> bytes:
    """Return the CBOR of the assertion called `name` in the manifest called `label`."""
    for box in _children(manifests(store)[label])[1:]:
        if _kind(box) != b"jumb" or _label(box) != "c2pa.assertions":
            continue
        for each in _children(box)[1:]:
            content = _children(each)[1:] if _label(each) == name else []
            if len(content) == 1 and _kind(content[0]) == b"cbor":
                return content[0][_HEADER.size :]
    raise Malformed(f"a manifest has no {name}")


def manifests(store: bytes) -> dict[str, bytes]:
    """Return the manifests of `store` by label, the active one last."""
    found: dict[str, bytes] = {}
    for box in _children(_only_superbox(store))[1:]:
        label = _label(box)
        if label in found:
            raise Malformed("two manifests have the same label")
        found[label] = box
    return found


def with_active(store: bytes, label: str) -> bytes:
    """Return `store` with the manifest called `label` last, which makes it the active one."""
    description = _children(_only_superbox(store))[0]
    boxes = manifests(store)
    if label not in boxes:
        raise Malformed("a manifest that the file refers to is not in it")
    body = b"".join([description, *(box for name, box in boxes.items() if name != label), boxes[label]])
    return _HEADER.pack(_HEADER.size + len(body), b"jumb") + body


def alone(store: bytes, label: str) -> bytes:
    """Return `store` with no manifest but the one called `label`."""
    description = _children(_only_superbox(store))[0]
    boxes = manifests(store)
    if label not in boxes:
        raise Malformed("a manifest that is asked for is not in the store")
    body = description + boxes[label]
    return _HEADER.pack(_HEADER.size + len(body), b"jumb") + body


def claim_sha256(store: bytes, label: str) -> str:
    """Return the SHA-256 (hex) of a manifest's claim: the CBOR bytes that its signature covers.

    This and the label identify a stamp. The signature box does not: its padding can be changed freely.
    """
    for box in _children(manifests(store)[label])[1:]:
        if _kind(box) == b"jumb" and _label(box) in {"c2pa.claim.v2", "c2pa.claim"}:
            content = _children(box)[1:]
            if len(content) == 1 and _kind(content[0]) == b"cbor":
                return hashlib.sha256(content[0][_HEADER.size :]).hexdigest()
    raise Malformed("a manifest has no claim")


def signature(store: bytes, label: str) -> bytes:
    """Return a manifest's signature: the CBOR bytes of a COSE_Sign1 (RFC 9052 section 4.2)."""
    for box in _children(manifests(store)[label])[1:]:
        if _kind(box) == b"jumb" and _label(box) == "c2pa.signature":
            content = _children(box)[1:]
            if len(content) == 1 and _kind(content[0]) == b"cbor":
                return content[0][_HEADER.size :]
    raise Malformed("a manifest has no signature")


def _top_level(source: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start of content and end of each top-level box."""
    total = source.seek(0, 2)
    offset = 0
    for _ in range(BOX_LIMIT):
        if offset == total:
            return
        size, kind = _HEADER.unpack(_read(source, offset, _HEADER.size))
        start = offset + _HEADER.size
        if size == 1:
            (size,) = _LARGE.unpack(_read(source, start, _LARGE.size))
            start += _LARGE.size
        end = total if size == 0 else offset + size
        if end < start or end > total:
            raise Malformed("a box is longer than the file")
        yield kind, start, end
        offset = end
    raise Malformed("there are too many boxes")


def _read(source: BinaryIO, offset: int, length: int) -> bytes:
    source.seek(offset)
    data = source.read(length)
    if len(data) != length:
        raise Malformed("the file ends inside a box")
    return data


def _only_superbox(store: bytes) -> bytes:
    boxes = _split(store)
    if len(boxes) != 1 or _kind(boxes[0]) != b"jumb":
        raise Malformed("the manifest store is not one JUMBF superbox")
    return boxes[0]


def _children(superbox: bytes) -> list[bytes]:
    """Return the boxes in `superbox`, the first of which describes it."""
    boxes = _split(superbox[_HEADER.size :])
    if not boxes or _kind(boxes[0]) != b"jumd":
        raise Malformed("a JUMBF superbox does not begin with its description")
    return boxes


def _split(data: bytes) -> list[bytes]:
    boxes: list[bytes] = []
    offset = 0
    while offset < len(data):
        if len(data) - offset < _HEADER.size or len(boxes) == BOX_LIMIT:
            raise Malformed("a JUMBF box is cut short, or there are too many")
        size, _ = _HEADER.unpack_from(data, offset)
        if size < _HEADER.size or size > len(data) - offset:
            raise Malformed("a JUMBF box is longer than what holds it")
        boxes.append(data[offset : offset + size])
        offset += size
    return boxes


def _kind(box: bytes) -> bytes:
    return box[4:8]


def _label(superbox: bytes) -> str:
    """Return the label in a superbox's description: the text between the toggles and a zero byte."""
    description = _children(superbox)[0][_HEADER.size :]
    if len(description) <= _TYPE_BYTES or not description[_TYPE_BYTES] & _HAS_LABEL:
        raise Malformed("a JUMBF superbox has no label")
    return description[_TYPE_BYTES + 1 :].partition(b"\0")[0].decode("utf-8", "replace")
