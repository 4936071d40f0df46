"""What `provenance.verify_child` found in a file, as values. Pure.

The child has handled hostile bytes, so its answer is read strictly: anything else than the agreed shape raises
`FactsGarbled`, and then nothing is known about the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

HARD_BINDINGS = frozenset(f"assertion.{kind}Hash" for kind in ("bmff", "data", "boxes", "collection", "multiAsset"))
ALTERED = frozenset({"assertion.undeclared", "assertion.notRedacted", "claim.multiple", "manifest.multipleParents"})
TIMED = {"timeStamp.validated", "timeStamp.trusted"}
TRUST = ("signingCredential.", "timeStamp.", "claimSignature.outsideValidity")


class FactsGarbled(ValueError):  # noqa: N818  names what was found
    """The child's answer is not of the agreed shape."""


class Outcome(StrEnum):
    """How far the child came."""

    READ = "read"
    NONE = "none"
    REMOTE = "remote"
    TAMPERED = "tampered"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Findings:
    """Status codes of C2PA 2.4, "Returning validation results"."""

    success: frozenset[str]
    failure: frozenset[str]

    @property
    def bound(self) -> bool:
        """Whether the media was hashed and is what was signed."""
        matched = any(f"{binding}.match" in self.success for binding in HARD_BINDINGS)
        return matched and not self.failure & {f"{binding}.mismatch" for binding in HARD_BINDINGS}

    @property
    def signed(self) -> bool:
        """Whether the signature covers the claim; says nothing about who signed."""
        return "claimSignature.validated" in self.success and "claimSignature.mismatch" not in self.failure

    @property
    def altered(self) -> frozenset[str]:
        """The failures which mean that something differs from what was signed."""
        return frozenset(code for code in self.failure if code in ALTERED or code.endswith(("ismatch", ".missing")))

    @property
    def distrusted(self) -> frozenset[str]:
        """The failures about the certificate or its time."""
        return frozenset(code for code in self.failure if code.startswith(TRUST)) - self.altered

    @property
    def trusted(self) -> bool:
        """Whether an authority vouches for the signer, and nothing speaks against certificate or time."""
        return "signingCredential.trusted" in self.success and not self.distrusted

    @property
    def unruly(self) -> frozenset[str]:
        """All other failures: the manifest breaks a rule, which is no proof of tampering."""
        return self.failure - self.altered - self.distrusted

    def without_media(self) -> Findings:
        """Return the findings of a reading in which the media was absent, so that its hash could not match."""
        return Findings(self.success, self.failure - {f"{binding}.mismatch" for binding in HARD_BINDINGS})


@dataclass(frozen=True, slots=True)
class IngredientFacts:
    """One thing that a manifest says its video was made from."""

    title: str  # a stranger's text
    relationship: str
    manifest: str | None  # label; None: it carried no manifest
    recorded: Findings | None  # what the maker found then; None: nothing
    deltas: Findings | None  # what the engine finds different now; None: it did not look


@dataclass(frozen=True, slots=True)
class ManifestFacts:
    """One manifest, read again as if it were the active one."""

    claim_sha256: str
    serial: str  # of the signer's certificate, decimal
    vouched: bool  # whether that certificate was issued under our anchors for signers, and not under those for the time
    signed_at: datetime | None  # None: no authority that we trust for it gave the time
    signer_name: str  # common name and organisation; a stranger's text unless the signer is trusted
    fresh: Findings  # under our anchors, without the media
    under_others: Findings | None  # the same under other authorities; None: none were given
    consent: tuple[tuple[bool, Any], ...]  # (made by the signer itself, unverified data)
    ingredients: tuple[IngredientFacts, ...]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file."""

    outcome: Outcome
    reason: str
    active: str
    findings: Findings  # of the active manifest, media included
    manifests: Mapping[str, ManifestFacts | None]  # None: it could not be read


NOTHING = Findings(frozenset(), frozenset())


def parse(answer: Any) -> FileFacts:  # noqa: ANN401  the child's JSON can be anything
    """Read the child's answer."""
    try:
        outcome = Outcome(answer["outcome"])
        if outcome is not Outcome.READ:
            return FileFacts(outcome, str(answer.get("reason", "")), "", NOTHING, {})
        manifests = {str(label): _manifest(each) for label, each in answer["manifests"].items()}
        active = answer["active"]
        if active not in manifests:
            raise FactsGarbled("the active manifest is not among the manifests")
        return FileFacts(outcome, "", active, _findings(answer["findings"]), manifests)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise FactsGarbled(f"the answer makes no sense: {error}") from error


def _manifest(each: Any) -> ManifestFacts | None:  # noqa: ANN401  the child's JSON can be anything
    if each["readable"] is not True:
        return None
    signature = each["signature"]
    names = [str(signature[key]) for key in ("common_name", "issuer") if signature.get(key)]
    return ManifestFacts(
        claim_sha256=str(each["claim_sha256"]),
        serial=str(signature.get("cert_serial_number", "")),
        vouched=each["vouched"] is True,
        signed_at=_trusted_time(signature, each["fresh"]),
        signer_name=", ".join(names)[:200],
        fresh=_findings(each["fresh"]).without_media(),
        under_others=None if each["under_others"] is None else _findings(each["under_others"]).without_media(),
        consent=tuple((one["created"] is True, one["data"]) for one in each["consent"]),
        ingredients=tuple(map(_ingredient, each["ingredients"])),
    )


def _trusted_time(signature: Any, fresh: Any) -> datetime | None:  # noqa: ANN401  the child's JSON can be anything
    """Return the time of signing if all that the engine says of it is that it is valid and trusted.

    A second time stamp of which it says something else leaves open which of the two it has told us.
    """
    codes = {str(code) for kind in ("success", "informational", "failure") for code in fresh[kind]}
    if {code for code in codes if code.startswith("timeStamp.")} != TIMED:
        return None
    at = datetime.fromisoformat(str(signature["time"]))
    return None if at.tzinfo is None else at.astimezone(UTC)


def _ingredient(each: Any) -> IngredientFacts:  # noqa: ANN401  the child's JSON can be anything
    return IngredientFacts(
        title=str(each["title"]),
        relationship=str(each["relationship"]),
        manifest=None if each["manifest"] is None else str(each["manifest"]),
        recorded=None if each["recorded"] is None else _findings(each["recorded"]),
        deltas=None if each["deltas"] is None else _findings(each["deltas"]),
    )


def _findings(each: Any) -> Findings:  # noqa: ANN401  the child's JSON can be anything
    return Findings(frozenset(map(str, each["success"])), frozenset(map(str, each["failure"])))
