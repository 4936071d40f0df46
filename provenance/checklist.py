"""Turn the facts about a file into answers. Pure, apart from the look-ups that the caller hands in.

For each manifest of the tree, the active one first:

(1) integrity: the engine's findings about media and manifest; about a parent's media, what its remixer recorded
(2) signer: decided anew for every manifest, under our anchors and nobody's word
(3) the stamp on record, if there is a record to ask: the same claim and, for the file itself, the same bytes
(4) consent when made: `consent_proof`
(5) since: the live look-up, only for a consent that is proven

The engine calls a remix of a tampered or foreign parent "Trusted". Here each parent has its own answers and
none is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from provenance import consent_proof, sentences
from provenance.consent_proof import Flaw, LogTrust, NotProven, ProvenPermit, Standing
from provenance.facts import FileFacts, IngredientFacts, ManifestFacts, Outcome
from provenance.report import (
    NOT_ASKED,
    Ancestor,
    Answer,
    Consent,
    Integrity,
    Lineage,
    Report,
    Signer,
    Since,
    Unchecked,
    Verdicts,
)
from provenance.sentences import gettext_noop as _

NO_RECORD_ANSWER = "stamp-record-unavailable"
INPUT = "inputTo"


class StampRecord(Protocol):
    """What our database knows of a stamp."""

    @property
    def claim_sha256(self) -> str:
        """Hex."""

    @property
    def file_sha256(self) -> str:
        """Hex."""


Stamps = Callable[[str], StampRecord | None]  # manifest label -> record; None: there is none


class NotAtHand(LookupError):  # noqa: N818  says what is so
    """Raised by a look-up that knows some stamps only: there may well be a record of this one."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a verifier goes by. A look-up that is `None` is not asked, and the report says so."""

    log: LogTrust | None = None
    standing: Standing | None = None
    stamps: Stamps | None = None
    revoked_serials: Mapping[str, datetime] = field(default_factory=dict)  # of our own leaves, decimal; since when


def judge(facts: FileFacts, basis: Basis, file_sha256: str | None) -> Report:
    """Return the answers about one file."""
    if facts.outcome is not Outcome.READ:
        return _unread(facts)
    manifest = facts.manifests[facts.active]
    if manifest is None:
        return could_not_check("The record in the file cannot be read.", "unreadable")
    integrity, signer = _active_integrity(facts, manifest), _signer(manifest, basis)
    own = _verdicts(facts.active, manifest, integrity, signer, basis, file_sha256=file_sha256)
    lineage = tuple(_ancestors(facts, basis))
    return Report(
        own=own,
        ancestry=_ancestry(lineage),
        lineage=lineage,
        unchecked=tuple(_unchecked(own, basis, manifest.signed_at)),
        signed_at=manifest.signed_at,
        manifest_label=facts.active,
        claim_sha256=manifest.claim_sha256,
        signer_name=manifest.signer_name,
        file_sha256=file_sha256,
    )


def could_not_check(why: str, *codes: str) -> Report:
    """Return the report on a file about which nothing was learnt. It is never called tampered."""
    unchecked = (Unchecked(_("The file"), why),)
    return replace(_nothing(Integrity.COULD_NOT_CHECK, codes=codes), unchecked=unchecked)


def _unread(facts: FileFacts) -> Report:
    match facts.outcome:
        case Outcome.NONE:
            return _nothing(Integrity.NO_PROVENANCE)
        case Outcome.TAMPERED:
            return _nothing(Integrity.TAMPERED, sentences.HIDDEN_RECORD)
        case Outcome.REMOTE:
            return could_not_check(sentences.REMOTE, "remote-manifest")
        case _:
            return could_not_check(facts.reason or "The record in the file cannot be read.", "unreadable")


def _nothing(integrity: Integrity, sentence: str = "", codes: tuple[str, ...] = ()) -> Report:
    known = integrity in {Integrity.NO_PROVENANCE, Integrity.TAMPERED}
    own = Verdicts(
        Answer(integrity, sentence or sentences.of(integrity), codes),
        _plain(Signer.NONE),
        _plain(Consent.NOT_APPLICABLE),
        _plain(Since.NOT_APPLICABLE),
    )
    return Report(own, _plain(Lineage.NONE if known else Lineage.COULD_NOT_CHECK))


def _active_integrity(facts: FileFacts, manifest: ManifestFacts) -> Answer[Integrity]:
    found = facts.findings
    altered = found.altered | manifest.fresh.altered
    if altered:
        return Answer(Integrity.TAMPERED, sentences.of(Integrity.TAMPERED), tuple(sorted(altered)))
    if found.unruly:
        return Answer(Integrity.COULD_NOT_CHECK, sentences.UNRULY, tuple(sorted(found.unruly)))
    if not (found.signed and found.bound):
        return Answer(Integrity.COULD_NOT_CHECK, sentences.of(Integrity.COULD_NOT_CHECK), ("not-bound",))
    return _plain(Integrity.INTACT)


def _signer(manifest: ManifestFacts, basis: Basis) -> Answer[Signer]:
    found, others = manifest.fresh, manifest.under_others
    if not found.signed:
        return Answer(Signer.UNTRUSTED, sentences.BROKEN_SIGNATURE, tuple(sorted(found.failure)))
    if found.trusted and manifest.vouched:
        return _ours(manifest, basis.revoked_serials.get(manifest.serial))
    if others is not None and others.trusted and others.signed:
        return _plain(Signer.OTHER_TRUSTED)
    codes = tuple(sorted(found.distrusted))
    expired = {"signingCredential.expired", "claimSignature.outsideValidity"} & found.distrusted
    return Answer(Signer.UNTRUSTED, sentences.EXPIRED_SIGNER if expired else sentences.of(Signer.UNTRUSTED), codes)


def _ours(manifest: ManifestFacts, revoked: datetime | None) -> Answer[Signer]:
    """Judge a signer of ours. `revoked` is since when its certificate is; `None`: it is not.

    What was signed before stays good, if somebody else says when that was: the signer's own word is the thief's.
    """
    if revoked is None or (manifest.signed_at is not None and manifest.signed_at < revoked):
        return _plain(Signer.OURS)
    return Answer(Signer.UNTRUSTED, sentences.REVOKED_SIGNER, ("revoked",))


def _verdicts(
    label: str,
    manifest: ManifestFacts,
    integrity: Answer[Integrity],
    signer: Answer[Signer],
    basis: Basis,
    *,
    file_sha256: str | None,
) -> Verdicts:
    """Finish what integrity and signer began. `file_sha256` is `None` for a parent, whose file is not here."""
    recorded = True
    if signer.verdict is Signer.OURS and integrity.verdict is Integrity.INTACT and basis.stamps is not None:
        integrity, recorded = _against_record(label, manifest, integrity, basis.stamps, file_sha256)
    try:
        _require_ours_and_intact(manifest, integrity, signer, recorded=recorded)
        permit = consent_proof.prove(label, manifest.consent, basis.log)
    except NotProven as error:
        return Verdicts(integrity, signer, _not_proven(error.flaw, manifest, signer), _plain(Since.NOT_APPLICABLE))
    return Verdicts(integrity, signer, _plain(Consent.PROVEN), _since(permit, basis.standing), permit)


def _against_record(
    label: str, manifest: ManifestFacts, integrity: Answer[Integrity], stamps: Stamps, file_sha256: str | None
) -> tuple[Answer[Integrity], bool]:
    """Compare with the record: C2PA leaves some bytes of a file free to change, our digest none."""
    try:
        record = stamps(label)
    except NotAtHand:
        return integrity, True
    except Exception:  # noqa: BLE001  whatever the look-up dies of, it has no answer
        return replace(integrity, codes=(NO_RECORD_ANSWER,)), True
    if record is None:
        return integrity, False
    if record.claim_sha256 != manifest.claim_sha256:
        return Answer(Integrity.TAMPERED, sentences.NOT_THE_STAMP, ("stamp-differs",)), True
    if file_sha256 is not None and record.file_sha256 != file_sha256:
        return Answer(Integrity.TAMPERED, sentences.BYTES_DIFFER, ("file-differs",)), True
    return integrity, True


def _require_ours_and_intact(
    manifest: ManifestFacts, integrity: Answer[Integrity], signer: Answer[Signer], *, recorded: bool
) -> None:
    """Step (0) of `consent_proof`."""
    if signer.verdict is not Signer.OURS:
        raise NotProven(Flaw.NOT_OURS)
    if not manifest.consent:
        raise NotProven(Flaw.ABSENT)
    if integrity.verdict is not Integrity.INTACT:
        raise NotProven(Flaw.CHANGED if integrity.verdict is Integrity.TAMPERED else Flaw.UNSEEN)
    if not recorded:
        raise NotProven(Flaw.UNRECORDED)


def _not_proven(flaw: Flaw, manifest: ManifestFacts, signer: Answer[Signer]) -> Answer[Consent]:
    """Somebody else's file without our assertion claims nothing; with it, it claims what it cannot prove."""
    if signer.verdict is not Signer.OURS and not manifest.consent:
        return _plain(Consent.NOT_APPLICABLE)
    return Answer(Consent.NOT_PROVEN, sentences.BECAUSE[flaw], (flaw.value,))


def _since(permit: ProvenPermit, standing: Standing | None) -> Answer[Since]:
    if standing is None:
        return Answer(Since.COULD_NOT_CHECK, sentences.of(Since.COULD_NOT_CHECK), (NOT_ASKED,))
    try:
        return _plain(Since(standing(permit)))
    except Exception:  # noqa: BLE001  whatever the look-up dies of, it has no answer
        return Answer(Since.COULD_NOT_CHECK, sentences.NO_ANSWER, ("no-answer",))


def _ancestors(facts: FileFacts, basis: Basis) -> Iterator[Ancestor]:
    """Yield every video that went into this one, nearest first, once for each manifest that names it."""
    for label, manifest in facts.manifests.items():
        for ingredient in manifest.ingredients if manifest else ():
            if ingredient.manifest is None and ingredient.relationship == INPUT:
                continue  # a clip or a prompt, described and not a video of its own
            yield _ancestor(label, ingredient, facts, basis)


def _ancestor(child: str, ingredient: IngredientFacts, facts: FileFacts, basis: Basis) -> Ancestor:
    label, title, relationship = ingredient.manifest, ingredient.title, ingredient.relationship
    if label is None:
        return Ancestor(None, child, relationship, title, _nothing(Integrity.NO_PROVENANCE).own)
    manifest = facts.manifests.get(label)
    if manifest is None:
        return Ancestor(label, child, relationship, title, _nothing(Integrity.COULD_NOT_CHECK).own)
    maker = facts.manifests[child]
    vouched = maker is not None and _vouches(maker, basis)
    integrity = _parent_integrity(ingredient, manifest, vouched=vouched)
    verdicts = _verdicts(label, manifest, integrity, _signer(manifest, basis), basis, file_sha256=None)
    return Ancestor(label, child, relationship, title, verdicts)


def _vouches(maker: ManifestFacts, basis: Basis) -> bool:
    """Say whether what a remixer recorded can be believed: it is trusted, and its own words are as it signed them."""
    trusted = _signer(maker, basis).verdict in {Signer.OURS, Signer.OTHER_TRUSTED}
    return trusted and not maker.fresh.altered and not maker.fresh.unruly


def _parent_integrity(ingredient: IngredientFacts, manifest: ManifestFacts, *, vouched: bool) -> Answer[Integrity]:
    """Judge a parent from its manifest as it is now, and from what the remixer found when it had the media.

    Anybody may accuse: a failure on record counts whoever wrote it down. Only a trusted remixer may acquit.
    """
    recorded, deltas = ingredient.recorded, ingredient.deltas
    altered = manifest.fresh.altered | (recorded.altered if recorded else set()) | (deltas.altered if deltas else set())
    if altered:
        return Answer(Integrity.TAMPERED, sentences.of(Integrity.TAMPERED), tuple(sorted(altered)))
    whole = deltas is not None and "ingredient.manifest.validated" in deltas.success
    seen = recorded is not None and recorded.bound and not recorded.unruly
    if manifest.fresh.unruly or not (vouched and whole and seen):
        return Answer(Integrity.COULD_NOT_CHECK, sentences.PARENT_UNSEEN, ("parent-media-unseen",))
    return _plain(Integrity.INTACT)


def _ancestry(lineage: tuple[Ancestor, ...]) -> Answer[Lineage]:
    if not lineage:
        return _plain(Lineage.NONE)
    return _plain(Lineage.SOUND if all(each.verdicts.ok for each in lineage) else Lineage.FLAWED)


def _unchecked(own: Verdicts, basis: Basis, signed_at: datetime | None) -> Iterator[Unchecked]:
    if signed_at is None:
        yield Unchecked(_("The time of signing"), _("The file carries no trusted time stamp."))
    if own.signer.verdict is Signer.OTHER_TRUSTED:
        yield Unchecked(_("Whether the signer's certificate was revoked"), _("Certificate authorities are not asked."))
    if own.signer.verdict is not Signer.OURS:
        return
    if basis.stamps is None:
        yield Unchecked(_("The bytes that C2PA does not cover"), _("No record of stamps was at hand."))
    elif NO_RECORD_ANSWER in own.integrity.codes:
        yield Unchecked(_("The bytes that C2PA does not cover"), _("The record of stamps did not answer."))
    if basis.log is None:
        yield Unchecked(_("Permission when the video was made"), sentences.BECAUSE[Flaw.NO_LOG])
    if own.permit is not None and own.permit.receipt == "unchecked":
        yield Unchecked(_("The signature of the permission's receipt"), sentences.RECEIPT_UNSIGNED)
    if own.since.verdict is Since.COULD_NOT_CHECK:
        yield Unchecked(_("Whether the permission still stands"), own.since.sentence)


def _plain[Verdict: (Integrity, Signer, Consent, Since, Lineage)](verdict: Verdict) -> Answer[Verdict]:
    return Answer(verdict, sentences.of(verdict))
