"""The receipt keys in a log's published list of keys (`/log/keys`), for who checks without a server. Pure."""

from __future__ import annotations

import json
from typing import ClassVar

from ledger import base64url
from ledger.problem import Problem

KEY_BYTES = 32
COMPROMISED = "compromised"


class LogKeysUnusable(Problem):
    """The file is not a list of keys as the log publishes it."""

    code: ClassVar[str] = "log-keys-unusable"
    title: ClassVar[str] = "The list of keys cannot be used"


def read(document: bytes) -> dict[bytes, bytes]:
    """Return 32-byte Ed25519 keys by kid. Those that ended are among them, those that were compromised are not.

    A compromised key proves nothing here, however old the receipt says it is: its time is the key's own word.
    """
    try:
        listed = json.loads(document)["keys"]["receipt"]
        kept = [key for key in listed if key["state"] != COMPROMISED and key["compromised_since"] is None]
        found = {str(key["key_id"]).encode(): base64url.decode(key["public"]) for key in kept}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise LogKeysUnusable("The list of the log's keys makes no sense.", remedy="Fetch /log/keys anew.") from error
    if not found or any(len(key) != KEY_BYTES for key in found.values()):
        raise LogKeysUnusable("The list has no key for receipts, or a malformed one.", remedy="Fetch /log/keys anew.")
    return found
