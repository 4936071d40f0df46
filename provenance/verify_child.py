"""Read what a stranger's file says about itself; run by `consent.media.sandbox`, judged by `provenance.checklist`.

This is the only reader that imports c2pa. It answers with plain facts, and decides nothing:

- "outcome": "read" | "none" (no manifest) | "remote" (only an address, which is not fetched) | "tampered" (a
  C2PA box that holds no readable manifest) | "unreadable" (truncated, not an mp4 of a kind that the engine reads);
- for "read": the active label, the engine's findings about file and manifest, and every manifest of the tree.

Each manifest is put last in a copy of the store and read again under our anchors, because what the engine says about
a parent is otherwise what the maker of the remix wrote down. In such a reading the media is absent, so the hard
binding never matches: for a parent, "fresh" tells about signature, trust and assertions, and
"ingredients[].recorded" about the media.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any, BinaryIO

import c2pa

from provenance import jumbf, lockdown, signer_chain
from provenance.consent_assertion import CONSENT_LABEL

MEDIA_TYPE = "video/mp4"
STORE_TYPE = "application/c2pa"
MANIFEST_LIMIT = 100  # manifests in one tree; each is read again
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trusted:
    """Certificates in PEM: ours, those of other authorities, those of who may give the time."""

    anchors: str
    others: str
    time: str


def main(source: BinaryIO, arguments: dict[str, Any], output: BinaryIO | None) -> Facts:  # noqa: ARG001  the sandbox's signature
    """Return the facts.

    `arguments`: "anchors" is our PEM, "others" that of further authorities, "time" of those trusted for the time; the
    last two may be empty.
    """
    try:
        trusted = Trusted(arguments["anchors"], arguments["others"], arguments.get("time", ""))
        return _read(source, trusted)
    except (c2pa.C2paError, jumbf.Malformed) as error:
        return _refusal(error)


def _read(source: BinaryIO, trusted: Trusted) -> Facts:
    with (
        c2pa.Context.from_dict(lockdown.settings(trusted.anchors, trusted.time)) as context,
        c2pa.Reader(MEDIA_TYPE, source, context=context) as reader,
    ):
        report = json.loads(reader.json())
        embedded = reader.is_embedded()
    store = jumbf.manifest_store(source)
    if store is None or not embedded:
        return {"outcome": "unreadable", "reason": "The record in the file is not where it should be."}
    labels = _reachable(report)
    if len(labels) > MANIFEST_LIMIT:
        return {"outcome": "unreadable", "reason": f"The file was made from more than {MANIFEST_LIMIT} others."}
    return {
        "outcome": "read",
        "active": report["active_manifest"],
        "findings": _findings(report["validation_results"].get("activeManifest")),
        "manifests": {label: _manifest(store, label, trusted) for label in labels},
    }


def _reachable(report: Facts) -> list[str]:
    """Return the labels of the active manifest and of all it was made from, the active one first."""
    labels = [report["active_manifest"]]
    for label in labels:  # grows while we walk; a loop of ingredients ends because a label is added once
        for ingredient in report["manifests"].get(label, {}).get("ingredients", []):
            parent = ingredient.get("active_manifest")
            if parent and parent not in labels:
                labels.append(parent)
    return labels


def _manifest(store: bytes, label: str, trusted: Trusted) -> Facts:
    """Return what one manifest says, and what the engine finds when it is read as the active one."""
    try:
        rerooted = jumbf.with_active(store, label)
        report, claims = _reread(rerooted, trusted.anchors, trusted.time)
        manifest = report["manifests"][label]
        signature = manifest.get("signature_info") or {}
        serial = str(signature.get("cert_serial_number", ""))
        return {
            "readable": True,
            "claim_sha256": jumbf.claim_sha256(store, label),
            "signature": signature,
            "vouched": signer_chain.leads_to(jumbf.signature(store, label), trusted.anchors, serial=serial),
            "fresh": _findings(report["validation_results"].get("activeManifest")),
            "under_others": _under(rerooted, trusted.others) if trusted.others else None,
            "consent": _consent(manifest, claims),
            "ingredients": _ingredients(manifest, report),
        }
    except (c2pa.C2paError, jumbf.Malformed, KeyError):
        return {"readable": False}


def _reread(store: bytes, anchors: str, time: str = "") -> tuple[Facts, Facts]:
    """Return the engine's report on `store` and the active claim, which tells what the signer itself vouches for."""
    with (
        c2pa.Context.from_dict(lockdown.settings(anchors, time)) as context,
        c2pa.Reader(STORE_TYPE, io.BytesIO(store), context=context) as reader,
    ):
        active = json.loads(reader.crjson())["manifests"][0]
        return json.loads(reader.json()), active.get("claim.v2") or {}


def _under(store: bytes, anchors: str) -> dict[str, list[str]]:
    report, _ = _reread(store, anchors)
    return _findings(report["validation_results"].get("activeManifest"))


def _consent(manifest: Facts, claim: Facts) -> list[Facts]:
    """Return every consent assertion, and whether the signer made it rather than gathered it from elsewhere."""
    created = {str(item.get("url", "")).rpartition("/")[2] for item in claim.get("created_assertions", [])}
    return [
        {"created": assertion["label"] in created, "data": assertion.get("data")}
        for assertion in manifest.get("assertions", [])
        if assertion["label"].partition("__")[0] == CONSENT_LABEL
    ]


def _ingredients(manifest: Facts, report: Facts) -> list[Facts]:
    """Return what a manifest says it was made from.

    "recorded" is what its maker found then (`None`: nothing); "deltas" is what differs now.
    """
    deltas = {
        str(delta.get("ingredientAssertionURI", "")).rpartition("/")[2]: _findings(delta.get("validationDeltas"))
        for delta in report["validation_results"].get("ingredientDeltas") or []
    }
    found = []
    for ingredient in manifest.get("ingredients", []):
        recorded = ingredient.get("validation_results")
        found.append(
            {
                "title": str(ingredient.get("title", ""))[:200],
                "relationship": ingredient.get("relationship"),
                "manifest": ingredient.get("active_manifest"),
                "recorded": None if recorded is None else _findings(recorded.get("activeManifest")),
                "deltas": deltas.get(str(ingredient.get("label"))),
            }
        )
    return found


def _findings(results: Facts | None) -> dict[str, list[str]]:
    """Return the codes only: explanations are text that a stranger may have influenced."""
    return {
        kind: [str(item.get("code")) for item in (results or {}).get(kind) or []]
        for kind in ("success", "informational", "failure")
    }


def _refusal(error: Exception) -> Facts:
    """Name the way in which the engine refused. Its own words go no further: they may quote the file."""
    words = str(error)
    if isinstance(error, jumbf.Malformed):
        return {"outcome": "unreadable", "reason": f"The record in the file is damaged: {words}."}
    if isinstance(error, c2pa.C2paError.ManifestNotFound):
        return {"outcome": "none"}
    if words.startswith("Remote"):
        return {"outcome": "remote"}
    if "C2PA box present without a readable manifest" in words:
        return {"outcome": "tampered"}
    return {"outcome": "unreadable"}
