"""RFC 4648 section 5 text without padding, in its one canonical spelling. Pure."""

import base64
import binascii


def encode(data: bytes) -> str:
    """Return the unpadded base64url text of `data`."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes; raise `ValueError` for padding, foreign characters or non-zero trailing bits.

    Two spellings of one value would be two entries with one meaning, so only the encoder's own is read.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64url") from error
    if encode(data) != text:
        raise ValueError("not the canonical base64url spelling")
    return data
