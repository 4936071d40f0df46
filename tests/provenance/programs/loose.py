"""Run in the sandbox: the engine without any lock of ours, left to do whatever a file asks of it."""

from __future__ import annotations

from typing import Any, BinaryIO

import c2pa


def settings(anchors: str) -> dict[str, Any]:
    """Return settings under which the engine fetches all that it can fetch."""
    return {
        "version": 1,
        "core": {"decode_identity_assertions": True},
        "verify": {"verify_trust": True, "ocsp_fetch": True, "remote_manifest_fetch": True},
        "trust": {"trust_anchors": anchors},
    }


def main(source: BinaryIO, arguments: dict[str, Any], output: BinaryIO | None) -> dict[str, Any]:
    """Read the file. "said" is the engine's state, or how it refused."""
    try:
        with (
            c2pa.Context.from_dict(settings(arguments["anchors"])) as context,
            c2pa.Reader("video/mp4", source, context=context) as reader,
        ):
            return {"said": str(reader.get_validation_state())}
    except c2pa.C2paError as error:
        return {"said": type(error).__name__}
