"""Key services in memory, for `signer` in a key file: an honest one that really signs, and ones that do not."""

from __future__ import annotations

import threading

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEYS: dict[str, Ed25519PrivateKey] = {}
opened: list[str] = []
never = threading.Event()


def new_key(name: str) -> bytes:
    """Make a key inside the service; return its public half."""
    KEYS[name] = Ed25519PrivateKey.generate()
    return KEYS[name].public_key().public_bytes_raw()


class Honest:
    """Signs with the key of that name."""

    def __init__(self, public: bytes, *, key: str) -> None:  # noqa: ARG002 - what every service is given
        opened.append(key)
        self.private = KEYS[key]

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


class Wrong(Honest):
    """Signs something else."""

    def sign(self, data: bytes) -> bytes:
        return super().sign(data + b".")


class Short(Honest):
    """Cuts the signature."""

    def sign(self, data: bytes) -> bytes:
        return super().sign(data)[:63]


class Silent(Honest):
    """Returns nothing."""

    def sign(self, data: bytes) -> bytes:  # noqa: ARG002 - the protocol's
        return None  # type: ignore[return-value]  # what the test is about


class Broken(Honest):
    """Raises what no caller of ours knows."""

    def sign(self, data: bytes) -> bytes:  # noqa: ARG002 - the protocol's
        raise ZeroDivisionError


class Hangs(Honest):
    """Never answers."""

    def sign(self, data: bytes) -> bytes:
        never.wait(60)
        return super().sign(data)
