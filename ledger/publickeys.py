"""What strangers need before they can check anything: our public keys by purpose, and the policy on witnesses.

Both are also files below the public folder (`keys`, `policy`), so that a bucket or another web server has them.
"""

import json
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from ledger import base64url, cose, durable, keyfile, keyring, note, policytext, published, witnesses
from ledger.entry import to_minute
from ledger.keyfile import KeyFile, Signer

KEYS, POLICY = "keys", "policy"
EVER = "1970-01-01T00:00Z"  # since when a key proves nothing whose statement of compromise cannot be read


def document() -> bytes:
    """Return every public key as JSON, those that ended or were compromised included, oldest first."""
    found: dict[str, Any] = {
        "origin": settings.LEDGER_ORIGIN,
        "keys": {purpose: [_described(key) for key in keyring.key_files(purpose)] for purpose in keyfile.SIGNERS},
    }
    return json.dumps(found, indent=1).encode() + b"\n"


def policy() -> str:
    """Return the C2SP tlog-policy of this log: the keys that sign checkpoints now, the witnesses and their quorum."""
    vkeys = keyring.vkeys(keyring.standing("log"))
    return policytext.encode(vkeys, f"{settings.PUBLIC_URL}/log", witnesses.configured().policy)


def write() -> bool:
    """Put both files among the public ones where they are not as they should be; return whether one was not.

    A state says "current" or "ended" as of the writing, so this is called again and again, not only on a rotation.
    """
    changed = False
    for name, data in ((KEYS, document()), (POLICY, policy().encode())):
        target = published.folder() / name
        if not target.exists() or target.read_bytes() != data:
            durable.replace(target, data)
            changed = True
    return changed


def faults() -> list[str]:
    """Say in which way the published files name other keys or witnesses than ours; nothing, if they do not.

    A file that is missing is no fault: the publisher writes it with the next checkpoint. Neither is a key's state, that
    changes with the time, nor which of our log keys stands.
    """
    found = []
    try:
        shown = json.loads(published.read(KEYS))
        if _timeless(shown) != _timeless(json.loads(document())):
            found.append(f"{KEYS} is not the list of our public keys")
    except FileNotFoundError:
        pass
    except (ValueError, TypeError, KeyError, AttributeError):
        found.append(f"{KEYS} cannot be read")
    try:
        text, ours = published.read(POLICY).decode("utf-8", "replace"), {f"log {one}" for one in _log_vkeys()}
        logs, rest = _parted(text)
        if rest != _parted(policy())[1] or not {line.rsplit(" ", 1)[0] for line in logs} <= ours or not logs:
            found.append(f"{POLICY} is not our policy on witnesses")
    except FileNotFoundError:
        pass
    return found


def _timeless(shown: dict[str, Any]) -> dict[str, Any]:
    keys = {purpose: [key | {"state": ""} for key in keys] for purpose, keys in shown["keys"].items()}
    return shown | {"keys": keys}


def _log_vkeys() -> list[str]:
    return keyring.vkeys(keyring.key_files("log"))


def _parted(text: str) -> tuple[list[str], list[str]]:
    lines = text.splitlines()
    logs = [line for line in lines if line.startswith("log ")]
    return logs, [line for line in lines if line not in logs]


def _described(key: KeyFile) -> dict[str, Any]:
    since = keyring.compromised_since(key)
    return {
        "key_id": key.key_id,
        "algorithm": "Ed25519",
        "public": base64url.encode(key.public),
        "pem": cose.pem(key.public).decode(),
        **_vkey(key, key.purpose),
        "state": _state(key, compromised=since is not None),
        "not_before": _second(key.not_before),
        "not_after": None if key.not_after is None else _second(key.not_after),
        "compromised_since": None if since is None else EVER if since == keyring.ALWAYS else to_minute(since),
    }


def _vkey(key: KeyFile, purpose: Signer | str) -> dict[str, str]:
    return {"vkey": note.vkey(settings.LEDGER_ORIGIN, key.public)} if purpose == "log" else {}


def _state(key: KeyFile, *, compromised: bool) -> str:
    now = datetime.now(UTC)
    if compromised:
        return "compromised"
    return "current" if key.stands(now) else "next" if now < key.not_before else "ended"


def _second(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
