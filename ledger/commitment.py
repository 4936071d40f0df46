"""Salted commitments: what the public log says about a private record (hiding by the salt, binding by the hash).

Once salt and record are destroyed the commitment says nothing about anyone. Pure.
"""

import hashlib
import secrets

SALT_BYTES = 32


def new_salt() -> bytes:
    """Return 32 fresh random bytes."""
    return secrets.token_bytes(SALT_BYTES)


def commit(salt: bytes, data: bytes, *, label: str = "commitment") -> bytes:
    """Return SHA-256 over `countenance/<label>/v1`, a NUL byte, the salt and the data.

    The salt has a fixed length, so that no byte can move between salt and data.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return hashlib.sha256(f"countenance/{label}/v1\0".encode() + salt + data).digest()
