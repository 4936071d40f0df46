"""Keys inside a PKCS#11 module (OASIS PKCS#11 3.0): CKM_EDDSA over Ed25519, or CKM_ECDSA over P-256. Pure.

A module must not be entered by two threads unless it was told so, and a session does not outlive a fork: so everything
here goes through one `_Process`, which holds a lock and the open sessions, and begins with nothing after a fork. If a
token is lost, its session is dropped, this signature is refused, and the next one opens the token again.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger import es256
from ledger.keyfile import KEY_BYTES, KeyUnavailable
from ledger.signers import patience

MODULE = "The PKCS#11 module"
CURVE = b"\x13\x0cedwards25519"  # PrintableString, PKCS#11 3.0 section 2.3.10
P256 = bytes.fromhex("06082a8648ce3d030107")  # OBJECT IDENTIFIER prime256v1, RFC 5480 section 2.1.1.1
LOADED: set[str] = set()  # modules that this process, or one that it was forked from, has loaded


@dataclass(slots=True)
class _Process:
    """What one process has open, by module and token."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    initialised: set[str] = field(default_factory=set)
    sessions: dict[tuple[str, str], Any] = field(default_factory=dict)
    refused: set[tuple[str, str, str]] = field(default_factory=set)  # a PIN is not tried twice: tokens lock


_process = _Process()


def _begin_anew() -> None:
    """Begin with nothing after a fork, whoever held the lock when it was made."""
    global _process  # noqa: PLW0603 - one module, one process: there cannot be two of it
    _process = _Process()


os.register_at_fork(after_in_child=_begin_anew)


@dataclass(frozen=True, slots=True)
class Key:
    """One key in one token. The PIN is in an environment variable or in a file of its own.

    `p256` says which curve it is of; the key's purpose decides that, never its file.
    """

    module: str
    token: str
    label: str
    pin_env: str = ""
    pin_file: str = ""
    p256: bool = False

    def sign(self, data: bytes) -> bytes:
        """Return the signature; raise `KeyUnavailable` if the module or the token is lost, refuses, or hangs."""
        return self._in_turn(lambda: self._sign(data))

    def generate(self) -> bytes:
        """Make the key in the token, never to leave it; return the public half. A label is used once."""
        return self._in_turn(self._generate)

    def _in_turn[Answer](self, call: Callable[[], Answer]) -> Answer:
        def alone() -> Answer:
            with self._turn():
                return call()

        return patience.within(patience.SECONDS, alone, MODULE)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the module alone. A call that hangs holds it for ever: the ones behind it give up by themselves."""
        process = _process
        if not process.lock.acquire(timeout=patience.SECONDS):
            raise KeyUnavailable(f"{MODULE} is busy")
        try:
            yield
        except BaseException:
            self._drop(process)
            raise
        finally:
            process.lock.release()

    def _drop(self, process: _Process) -> None:
        """Forget the session, so that the next signature opens the token afresh."""
        session = process.sessions.pop((self.module, self.token), None)
        process.initialised.discard(self.module)
        with suppress(Exception):  # it is gone already, or the module is
            session.close()

    def _sign(self, data: bytes) -> bytes:
        pkcs11 = _library()
        key = self._session().get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self.label)
        if self.p256:  # every module knows CKM_ECDSA, which signs a digest that was made outside
            return bytes(key.sign(hashlib.sha256(data).digest(), mechanism=pkcs11.Mechanism.ECDSA))
        return bytes(key.sign(data, mechanism=pkcs11.Mechanism.EDDSA))

    def _generate(self) -> bytes:
        pkcs11 = _library()
        session = self._session()
        if list(session.get_objects({pkcs11.Attribute.LABEL: self.label})):
            raise KeyUnavailable(f"The token has a {self.label} already", remedy="Choose another label")
        parameters = session.create_domain_parameters(
            pkcs11.KeyType.EC if self.p256 else pkcs11.KeyType.EC_EDWARDS,
            {pkcs11.Attribute.EC_PARAMS: P256 if self.p256 else CURVE},
            local=True,
        )
        made_by = pkcs11.Mechanism
        public, _private = parameters.generate_keypair(
            mechanism=made_by.EC_KEY_PAIR_GEN if self.p256 else made_by.EC_EDWARDS_KEY_PAIR_GEN,
            store=True,
            label=self.label,
            private_template={
                pkcs11.Attribute.EXTRACTABLE: False,
                pkcs11.Attribute.SENSITIVE: True,
                pkcs11.Attribute.PRIVATE: True,
                pkcs11.Attribute.MODIFIABLE: False,
            },
        )
        return _point(public[pkcs11.Attribute.EC_POINT], es256.POINT_BYTES if self.p256 else KEY_BYTES)

    def _session(self) -> Any:  # noqa: ANN401 - the library is an extra, and its types with it
        """Return this process' session, logged in. Writable, because the same one makes keys."""
        process, place = _process, (self.module, self.token)
        if place not in process.sessions:
            token = _initialised(process, self.module).get_token(token_label=self.token)
            process.sessions[place] = self._opened(process, token)
        return process.sessions[place]

    def _opened(self, process: _Process, token: Any) -> Any:  # noqa: ANN401 - as above
        pin = self._pin()
        if (self.module, self.token, pin) in process.refused:
            raise KeyUnavailable("The token refused this PIN before", remedy="Correct the PIN, then start again")
        try:
            return token.open(rw=True, user_pin=pin)
        except _library().PinIncorrect:
            process.refused.add((self.module, self.token, pin))
            raise

    def _pin(self) -> str:
        pin = Path(self.pin_file).read_text().strip() if self.pin_file else os.environ.get(self.pin_env, "")
        if not pin:
            raise KeyUnavailable("There is no PIN for the token", remedy=f"Set {self.pin_env or self.pin_file}")
        return pin


def _initialised(process: _Process, module: str) -> Any:  # noqa: ANN401 - as above
    """Return the module, initialised by this process: C_Initialize does not outlive a fork, nor a lost token."""
    library = _library().lib(module)
    if module in LOADED and module not in process.initialised:
        library.reinitialize()
        process.sessions = {place: one for place, one in process.sessions.items() if place[0] != module}
    LOADED.add(module)
    process.initialised.add(module)
    return library


def _library() -> Any:  # noqa: ANN401 - as above
    try:
        import pkcs11  # an extra: whoever keeps keys in files does without it
    except ImportError as error:
        raise KeyUnavailable("python-pkcs11 is not installed", remedy="Install the extra `pkcs11`") from error
    return pkcs11


def _point(value: bytes, length: int) -> bytes:
    """Return the bytes of CKA_EC_POINT: a DER OCTET STRING (04, length) round them, or, from some modules, none."""
    point = value[2:] if len(value) == length + 2 and value[:2] == bytes([4, length]) else value
    if len(point) != length:
        raise KeyUnavailable("The module's public key is not one of the curve that was asked for")
    return point
