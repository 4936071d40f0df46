"""Signatures of webhooks, by the specification's own words and example."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.webhooks import signatures
from tests.consent.webhooks.receiver import Call, verified


def test_the_example_of_the_specification_is_signed_as_it_says() -> None:
    """Of "Signature scheme": secret, id, timestamp and body with the signature that they give."""
    secret = "whsec_" + base64.b64encode(base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).decode()
    body = b'{"test": 2432232314}'
    made = signatures.headers([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.text("abc-0123456789", min_size=1), st.integers(0, 2**40), st.binary(), st.integers(1, 3))
def test_each_secret_verifies_and_no_other_does(message: str, at: int, body: bytes, count: int) -> None:
    secrets = [signatures.new_secret() for _ in range(count)]
    made = signatures.headers(secrets, message, at, body)
    call = Call("/", made, b"{}")
    call.body = body
    for secret in secrets:
        call.headers = made
        assert is_good(secret, call)
    assert not is_good(signatures.new_secret(), call)
    assert not is_good(secrets[0], Call("/", made | {"webhook-timestamp": str(at + 1)}, body))
    assert not is_good(secrets[0], Call("/", made | {"webhook-id": message + "x"}, body))
    assert not is_good(secrets[0], Call("/", made, body + b"x"))


def is_good(secret: str, call: Call) -> bool:
    try:
        verified(secret, Call(call.path, call.headers, call.body))
    except ValueError as error:
        return "signature" not in str(error)  # what was signed need not be JSON
    return True


def test_a_secret_has_32_random_bytes() -> None:
    secret = signatures.new_secret()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret != signatures.new_secret()


def test_nothing_leaves_unsigned() -> None:
    with pytest.raises(ValueError, match="without a secret"):
        signatures.headers([], "id", 0, b"")


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_????", "whsec_" + "AAAA" * 7, "x" * 44, "whsec_" + "AAAA" * 22])
def test_a_secret_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(signatures.WebhookSecretInvalid):
        signatures.headers([text], "id", 0, b"")
