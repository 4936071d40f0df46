"""AES-256-GCM for small secrets, and in frames for files (STREAM of Hoang, Reyhanitabar, Rogaway and Vizár, 2015).

A file is a salt of 32 bytes, then frames of 64 KiB of plaintext and a 16-byte tag. The nonce of a frame is its number
(11 bytes) and a byte that is 1 for the last: dropping, adding or moving a frame breaks a tag. Pure.
"""

import os
import secrets
from collections.abc import Iterator
from typing import BinaryIO, ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.problem import Problem

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
SALT_BYTES = 32
FRAME_BYTES = 65536


class Undecipherable(Problem):
    """The ciphertext was changed, cut, or belongs to another key or context."""

    code: ClassVar[str] = "undecipherable"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "The sealed data cannot be opened"


def new_key() -> bytes:
    """Return 32 fresh random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def encrypt(key: bytes, plaintext: bytes, bound: bytes) -> bytes:
    """Return a random nonce and the ciphertext; `bound` is authenticated with it."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, bound)


def decrypt(key: bytes, ciphertext: bytes, bound: bytes) -> bytes:
    """Return the plaintext; raise `Undecipherable` unless key, bytes and `bound` are the ones of `encrypt`."""
    return _open(AESGCM(key), ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:], bound)


def encrypt_stream(key: bytes, source: BinaryIO, target: BinaryIO, bound: bytes) -> int:
    """Copy `source` to `target` in sealed frames; return the plaintext's size in bytes."""
    salt = os.urandom(SALT_BYTES)
    target.write(salt)
    cipher, size, number = _file_cipher(key, salt, bound), 0, 0
    frame = _exactly(source, FRAME_BYTES)
    while True:
        following = _exactly(source, FRAME_BYTES)
        target.write(cipher.encrypt(_nonce(number, last=not following), frame, bound))
        size += len(frame)
        if not following:
            return size
        frame, number = following, number + 1


def decrypt_stream(key: bytes, source: BinaryIO, bound: bytes) -> Iterator[bytes]:
    """Yield the plaintext of each frame; raise `Undecipherable` at the first that is not where and what it was.

    What was yielded before the exception is genuine but not the whole: use nothing before the end is reached.
    """
    salt = _exactly(source, SALT_BYTES)
    cipher, number = _file_cipher(key, salt, bound), 0
    frame = _exactly(source, FRAME_BYTES + TAG_BYTES)
    while True:
        following = _exactly(source, FRAME_BYTES + TAG_BYTES)
        yield _open(cipher, _nonce(number, last=not following), frame, bound)
        if not following:
            return
        frame, number = following, number + 1


def _file_cipher(key: bytes, salt: bytes, bound: bytes) -> AESGCM:
    """Derive the key of one file, so that counting nonces from zero never repeats one under a key."""
    info = b"countenance/blob/v1\0" + bound
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(NONCE_BYTES - 1, "big") + bytes([last])


def _open(cipher: AESGCM, nonce: bytes, data: bytes, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, data, bound)
    except (InvalidTag, ValueError) as error:  # ValueError: shorter than a nonce or a tag
        raise Undecipherable("The sealed bytes are not what was stored") from error


def _exactly(source: BinaryIO, size: int) -> bytes:
    """Read up to `size` bytes, fewer only at the end: a raw stream may hand out less at a time."""
    parts: list[bytes] = []
    while size and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
