"""The settings under which the C2PA engine signs and reads: no network, our anchors and nobody else's.

Left to itself the engine fetches any address that a file names, loopback included, without a deadline or a
bound. It also accepts settings that it does not know, in silence, so that a misspelt key is an open door:
tests/provenance/test_verify_network.py listens on a socket and must hear nothing.

Pure: a dict. Whoever opens a `c2pa.Context` with it does so in the process that uses it, never before a fork.
"""

from __future__ import annotations

from typing import Any

# Which extended key usages may sign claims. Without this list the engine knows e-mail protection only.
# c2pa-kp-claimSigning, emailProtection, documentSigning (RFC 9336), timeStamping, OCSPSigning.
KEY_PURPOSES = "1.3.6.1.4.1.62558.2.1\n1.3.6.1.5.5.7.3.4\n1.3.6.1.5.5.7.3.36\n1.3.6.1.5.5.7.3.8\n1.3.6.1.5.5.7.3.9\n"


def signing(anchors_pem: str, time_anchors_pem: str, *, merkle_kb: int | None) -> dict[str, Any]:
    """Return the settings for signing. `merkle_kb`: hash the media in leaves of so many kB; `None`: as one.

    The engine does not read again what it signed: `stamp` does that itself, more strictly, every time.
    """
    found = settings(anchors_pem, time_anchors_pem)
    found["verify"] |= {"verify_after_sign": False, "verify_after_sign_hash": False}
    if merkle_kb is not None:
        found["core"]["merkle_tree_chunk_size_in_kb"] = merkle_kb
    return found


def settings(anchors_pem: str, time_anchors_pem: str = "") -> dict[str, Any]:
    """Return engine settings that trust `anchors_pem` (at least one certificate) alone, and for the time the second.

    The engine keeps one list for both: to it, whoever may vouch for the time may vouch for a signer. Whoever judges a
    signer asks `signer_chain` as well.
    """
    return {
        "version": 1,
        "core": {
            "allowed_network_hosts": [],
            "allow_redirects": False,
            "decode_identity_assertions": False,  # identity assertions ignore the list of hosts
        },
        "verify": {
            "verify_trust": True,
            "verify_timestamp_trust": True,
            "verify_after_sign": True,
            "verify_after_sign_hash": True,  # without it the check after signing skips the media
            "ocsp_fetch": False,
            "remote_manifest_fetch": False,
        },
        "trust": {"trust_anchors": f"{anchors_pem}\n{time_anchors_pem}", "trust_config": KEY_PURPOSES},
        "builder": {"thumbnail": {"enabled": False}},
    }
