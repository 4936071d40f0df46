"""What any backend owes, so that a key may be kept there. Put your own implementation to it as the tests here do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.keyring import PublicKey, SignatureInvalid
from ledger.note import Signer

MESSAGES = (b"", b"\x00", b"text\n", "likeness \u2014 é\n".encode(), bytes(range(256)) * 300)


def assert_keeps_the_contract(signer: Signer) -> None:
    """Sign as the product does: small and large, from several threads at once; each verifies, and for itself only."""
    assert len(signer.public) == 32
    public = PublicKey("0" * 16, signer.public)
    with ThreadPoolExecutor(4) as threads:
        signatures = list(threads.map(signer.sign, MESSAGES * 4))
    for number, signature in enumerate(signatures):
        data = MESSAGES[number % len(MESSAGES)]
        assert isinstance(signature, bytes)
        assert len(signature) == 64
        public.verify(signature, data)
        with pytest.raises(SignatureInvalid):
            public.verify(signature, data + b"\x00")
