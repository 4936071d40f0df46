"""A key service: `signer` in the key file is the dotted path of a callable that opens it. Pure.

The callable takes the public half (32 bytes, or the 65 of a point of P-256) and the other options of the key file as
keywords, all of them text, and returns an object with `sign(data) -> bytes`. What it owes is `ledger.signers.Backend`;
the tests hold a contract that any implementation can be put to (`tests/ledger/signers/contract.py`). The path is code
that runs with the key's power: who may write a key file may sign, and this changes nothing about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

from ledger.keyfile import KeyUnavailable
from ledger.signers import patience

SERVICE = "The key service"


class Service(Protocol):
    """What the callable returns."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data`: 64 bytes of Ed25519; under P-256, ES256 as r and s or in DER."""


@dataclass(slots=True)
class Key:
    """A key in a service. It is opened at the first signature, and again after any that failed."""

    public: bytes
    options: Mapping[str, str]
    _service: Service | None = field(default=None, repr=False)

    def sign(self, data: bytes) -> bytes:
        """Return the signature; raise `KeyUnavailable` whatever the service does instead, hanging included."""
        try:
            return patience.within(patience.SECONDS, lambda: self._opened().sign(data), SERVICE)
        except KeyUnavailable:
            self._service = None
            raise

    def _opened(self) -> Service:
        if self._service is None:
            options = {name: value for name, value in self.options.items() if name != "signer"}
            self._service = _callable(self.options["signer"])(self.public, **options)
        return self._service


def _callable(path: str) -> Any:  # noqa: ANN401 - what the operator's own code is, only calling it shows
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise KeyUnavailable(f"There is no {path}", remedy="`signer` is a dotted path to a callable") from error
