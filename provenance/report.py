"""The answers about one video file, kept apart: no single word can say both "intact" and "withdrawn since". Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from provenance.consent_proof import ProvenPermit


class Integrity(StrEnum):
    """Whether this is what was signed."""

    INTACT = "intact"
    TAMPERED = "tampered"
    NO_PROVENANCE = "no_provenance"
    COULD_NOT_CHECK = "could_not_check"


class Signer(StrEnum):
    """Who signed it."""

    OURS = "ours"
    OTHER_TRUSTED = "other_trusted"
    UNTRUSTED = "untrusted"
    NONE = "none"  # no signature, or none that could be read


class Consent(StrEnum):
    """Whether everybody in it had consented when it was made."""

    PROVEN = "proven"
    NOT_PROVEN = "not_proven"
    NOT_APPLICABLE = "not_applicable"  # the file makes no such claim


class Since(StrEnum):
    """Whether the consent still stands."""

    STANDING = "standing"
    KEPT = "kept"  # it has ended, and by the person's own clause the work stays visible
    KEPT_WITH_LABEL = "kept_with_label"  # the same, with a label that says so
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    BLOCKED = "blocked"  # by an order, for now; whoever is in it may well permit it
    UNKNOWN = "unknown"  # asked, and there is no record of it
    COULD_NOT_CHECK = "could_not_check"  # not asked, or no answer
    NOT_APPLICABLE = "not_applicable"  # no consent was proven


class Lineage(StrEnum):
    """What became of the same questions about what it was made from."""

    NONE = "none"  # it names no other video
    SOUND = "sound"  # nothing speaks against any of them
    FLAWED = "flawed"  # something does; each one's own answers say what
    COULD_NOT_CHECK = "could_not_check"


@dataclass(frozen=True, slots=True)
class Answer[Verdict: StrEnum]:
    """A verdict, the sentence that a person reads, and the codes that an engineer reads."""

    verdict: Verdict
    sentence: str
    codes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return JSON members."""
        return {"verdict": self.verdict.value, "sentence": self.sentence, "codes": list(self.codes)}


class Recovery(StrEnum):
    """Whether the content is that of a video of ours, where the file itself no longer proves it."""

    RECOVERED = "recovered"  # by fingerprint; never authentic
    NOTHING = "nothing"
    COULD_NOT_CHECK = "could_not_check"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Milliseconds of the file, and those of the video that they look like."""

    asked: tuple[int, int]
    found: tuple[int, int]

    def as_dict(self) -> dict[str, list[float]]:
        """Return JSON members, in seconds."""
        return {"file_seconds": [at / 1000 for at in self.asked], "video_seconds": [at / 1000 for at in self.found]}


@dataclass(frozen=True, slots=True)
class Match:
    """A published video of ours that the content matches: "recovered by fingerprint", the bytes are others."""

    video: str
    manifest_label: str
    distance: int  # bits of 256 in which the nearest window differs
    similarity: int  # 0 to 100
    kind: str  # what matched: "picture", "trimmed", "sound"
    mirrored: bool
    stretches: tuple[Stretch, ...]
    standing: str  # whether consent for that video stands now
    standing_sentence: str

    def as_dict(self) -> dict[str, Any]:
        """Return JSON members."""
        return {
            "video": self.video,
            "manifest_label": self.manifest_label,
            "distance": self.distance,
            "similarity": self.similarity,
            "kind": self.kind,
            "mirrored": self.mirrored,
            "stretches": [each.as_dict() for each in self.stretches],
            "standing": self.standing,
            "standing_sentence": self.standing_sentence,
        }


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was found by fingerprint. It says nothing about the file's own record, and never makes a file `ok`."""

    answer: Answer[Recovery]
    matches: tuple[Match, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return JSON members."""
        return {**self.answer.as_dict(), "matches": [each.as_dict() for each in self.matches]}


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Something that nobody should believe to have been checked."""

    what: str
    why: str

    def as_dict(self) -> dict[str, str]:
        """Return JSON members."""
        return {"what": self.what, "why": self.why}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The four answers about one manifest."""

    integrity: Answer[Integrity]
    signer: Answer[Signer]
    consent: Answer[Consent]
    since: Answer[Since]
    permit: ProvenPermit | None = None  # None: consent is not proven

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against it. That "since" was not asked does not; that it had no answer does."""
        return (
            self.integrity.verdict is Integrity.INTACT
            and not self.integrity.codes
            and self.signer.verdict is Signer.OURS
            and self.consent.verdict is Consent.PROVEN
            and (self.since.verdict in STILL_SHOWN or self.since.codes == (NOT_ASKED,))
        )

    def as_dict(self) -> dict[str, Any]:
        """Return JSON members."""
        return {
            "ok": self.ok,
            "integrity": self.integrity.as_dict(),
            "signer": self.signer.as_dict(),
            "consent_when_made": self.consent.as_dict(),
            "since": self.since.as_dict(),
            "permit": self.permit.as_dict() if self.permit else None,
        }


NOT_ASKED = "not-asked"
STILL_SHOWN = frozenset({Since.STANDING, Since.KEPT, Since.KEPT_WITH_LABEL})  # each as the person themself signed


@dataclass(frozen=True, slots=True)
class Ancestor:
    """One video that the file was made from, directly or not, with its own verdicts."""

    manifest_label: str | None  # None: it carried no manifest
    child_label: str  # of the manifest that names it
    relationship: str
    title: str  # a stranger's text: escape it
    verdicts: Verdicts

    def as_dict(self) -> dict[str, Any]:
        """Return JSON members."""
        return {
            "manifest_label": self.manifest_label,
            "made_into": self.child_label,
            "relationship": self.relationship,
            "title": self.title,
            **self.verdicts.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found out about one file."""

    own: Verdicts
    ancestry: Answer[Lineage]
    lineage: tuple[Ancestor, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    manifest_label: str | None = None  # None: no manifest was read
    claim_sha256: str | None = None
    signer_name: str | None = None  # a stranger's text unless the signer is ours: escape it
    file_sha256: str | None = None
    signed_at: datetime | None = None  # as an authority for the time says that we trust; None: none does
    recovered: Recovered | None = None  # None: not asked

    @property
    def integrity(self) -> Answer[Integrity]:
        """Whether this is what was signed."""
        return self.own.integrity

    @property
    def signer(self) -> Answer[Signer]:
        """Who signed it."""
        return self.own.signer

    @property
    def consent(self) -> Answer[Consent]:
        """Whether everybody in it had consented when it was made."""
        return self.own.consent

    @property
    def since(self) -> Answer[Since]:
        """Whether the consent still stands."""
        return self.own.since

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against the file or against anything that it was made from."""
        return self.own.ok and self.ancestry.verdict in {Lineage.NONE, Lineage.SOUND}

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {
            **self.own.as_dict(),
            "ok": self.ok,
            "lineage": {**self.ancestry.as_dict(), "parents": [each.as_dict() for each in self.lineage]},
            "unchecked": [each.as_dict() for each in self.unchecked],
            "manifest_label": self.manifest_label,
            "claim_sha256": self.claim_sha256,
            "signer_name": self.signer_name,
            "file_sha256": self.file_sha256,
            "signed_at": None if self.signed_at is None else self.signed_at.isoformat().replace("+00:00", "Z"),
            "recovered": self.recovered.as_dict() if self.recovered else None,
        }
