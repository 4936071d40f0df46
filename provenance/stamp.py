"""Sign a video: put its manifest into the file, prove that it reads back, and only then let the file exist.

One of the two places that import c2pa; the other is `provenance.verify_child`. The source is a file that our own
job produced, guarded and remuxed. What is signed goes to a temporary file beside the target, is read back under the
same locked settings, flushed to the disk and moved into place. If we crash anywhere before that move, the target is
as it was; what is left behind is a dot-file, which `discard_leftovers` removes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar
from uuid import uuid4

import c2pa

from ledger.keyfile import KeyUnavailable
from ledger.problem import Problem
from provenance import hard_binding, jumbf, lockdown, timestamps
from provenance.manifest import MEDIA_TYPE, Ingredient, Relationship

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.certificates import ClaimChain
    from provenance.timestamps import Authority

__all__ = [
    "AlreadyStamped",
    "Ingredient",
    "NotTimeStamped",
    "Signed",
    "SignerUnavailable",
    "StampFailed",
    "discard_leftovers",
    "sign",
]

FLAT_BELOW = 500_000_000  # bytes of a source. Hashed as one, a file takes as much memory as it has bytes, up to 0.55 GB
LEAF_KB = 1024  # of the Merkle tree over the media of a larger one, which takes 40 MB
PART = ".part"  # ends the name of a file that is being signed
LATER = "Nothing: it is tried again. Look after the authority that PROVENANCE_TSA_URL names."
KEPT = "Nothing: it is tried again. Look after whoever keeps the claim key: docs/runbooks/keys.md."
NOT_READ = ("application/octet-stream", b"")  # what the engine is shown of an ingredient that is only described


class StampFailed(Problem):
    """No stamped file exists; nothing was left behind."""

    code: ClassVar[str] = "stamp-failed"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "The video could not be stamped"


class NotTimeStamped(StampFailed):
    """Nobody whom we trust gave the time: an authority that is down, slow or lies. It is tried again later."""

    code: ClassVar[str] = "time-stamp-unavailable"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "There is no trusted time stamp"


class SignerUnavailable(StampFailed):
    """Who keeps the claim key gave no signature: a module or service that is lost, busy or slow. It is tried again."""

    code: ClassVar[str] = "claim-signer-unavailable"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "There is no signature"


class AlreadyStamped(StampFailed):
    """The source carries a manifest: signing over it would erase where it came from."""

    code: ClassVar[str] = "already-stamped"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The video carries a manifest already"


@dataclass(frozen=True, slots=True)
class Signed:
    """A stamp that was read back and found good.

    `claim_sha256` is the hash of the claim, the bytes that the signature covers; with the label it is the stamp's
    identity. `file_sha256` covers every byte, which C2PA does not. `bmff_sha256` is what its hard binding says of the
    media (`hard_binding`). All are lower-case hex.
    """

    manifest_label: str
    claim_sha256: str
    file_sha256: str
    size: int  # bytes
    bmff_sha256: str


def sign(
    source: Path,
    target: Path,
    manifest: dict[str, Any],
    ingredients: Sequence[Ingredient],
    chain: ClaimChain,
    *,
    authority: Authority,
    flat_below: int = FLAT_BELOW,
    leaf_kb: int = LEAF_KB,
) -> Signed:
    """Write `source` with `manifest` to `target`; raise `StampFailed` and leave nothing behind if it is not right.

    `authority` gives the time of signing. Without its time stamp there is no stamp: `NotTimeStamped`.
    A source of `flat_below` bytes or more is hashed in leaves of `leaf_kb`; `media.remux` makes files fit for that.
    """
    try:
        with source.open("rb") as media, _temporary(target) as part:
            _require_no_manifest(media, chain)
            large = source.stat().st_size >= flat_below
            if large:
                _require_wide_media(media)
            with part.open("w+b") as signed:
                _sign(media, signed, manifest, ingredients, chain, authority, leaf_kb if large else None)
                os.fsync(signed.fileno())
                stamp = _read_back(signed, manifest["label"], chain, authority)
            part.replace(target)
            _flush_folder(target.parent)
    except OSError as error:
        raise StampFailed(
            f"The stamped file could not be written: {error.strerror}.",
            remedy="Check the space and the permissions of the media folder, then try again.",
        ) from error
    return stamp


def discard_leftovers(folder: Path) -> int:
    """Remove what a crash left half-signed in `folder`; call it only while nothing is being signed there."""
    leftovers = [path for path in folder.glob(f".*{PART}") if path.is_file()]
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)


def _sign(  # noqa: PLR0917 - what a signature is made of
    media: BinaryIO,
    signed: BinaryIO,
    manifest: dict[str, Any],
    ingredients: Sequence[Ingredient],
    chain: ClaimChain,
    authority: Authority,
    merkle_kb: int | None,
) -> None:
    """Let the engine write the signed file. Context, signer and builder end with this call: none survives a fork."""
    failures: list[Exception] = []

    def sign_claim(data: bytes) -> bytes:
        try:
            return chain.sign(data)
        except Exception as error:
            failures.append(error)  # the engine turns what a callback raises into "other error"
            raise

    with ExitStack() as stack:
        here = stack.enter_context(timestamps.relay(authority))
        try:
            settings = lockdown.signing(chain.anchors_pem, authority.roots_pem, merkle_kb=merkle_kb)
            context = stack.enter_context(c2pa.Context.from_dict(settings))
            certificates, kind = chain.leaf_then_intermediate_pem, c2pa.C2paSigningAlg.ES256
            signer = stack.enter_context(c2pa.Signer.from_callback(sign_claim, kind, certificates, here.url))
            builder = stack.enter_context(c2pa.Builder(manifest, context=context))
            for ingredient in ingredients:
                _add(builder, ingredient)
            builder.sign(signer, MEDIA_TYPE, media, signed)
        except c2pa.C2paError as error:
            if here.failure is not None:
                raise NotTimeStamped(str(here.failure), remedy=LATER) from here.failure
            cause = failures[0] if failures else error
            if isinstance(cause, KeyUnavailable):
                raise SignerUnavailable(f"{cause.detail}.", remedy=KEPT) from cause
            raise StampFailed(
                f"The engine did not sign: {cause}.", remedy="Check the claim certificates and the manifest."
            ) from cause


def _add(builder: c2pa.Builder, ingredient: Ingredient) -> None:
    """Add one ingredient. Only the file of a parent or component is shown to the engine; see `Ingredient`."""
    description = ingredient.description()
    if ingredient.relationship == Relationship.INPUT:
        instance = ingredient.instance or f"urn:uuid:{uuid4()}"
        named = description | {"format": ingredient.media_type, "instance_id": instance}
        media_type, data = NOT_READ
        builder.add_ingredient(named, media_type, io.BytesIO(data))
    elif isinstance(ingredient.data, Path):
        with ingredient.data.open("rb") as file:
            builder.add_ingredient(description, ingredient.media_type, file)
    elif ingredient.data:
        builder.add_ingredient(description, ingredient.media_type, io.BytesIO(ingredient.data))
    else:
        raise StampFailed("The parent's file is missing.", remedy="Give the stamped file that the remix was made from.")


def _require_no_manifest(media: BinaryIO, chain: ClaimChain) -> None:
    """Refuse a source with a manifest of any kind, embedded or named by an address."""
    try:
        carries = jumbf.manifest_store(media) is not None or _engine_finds_manifest(media, chain)
    except (jumbf.Malformed, c2pa.C2paError) as error:
        raise StampFailed(f"The source is not a sound mp4: {error}.", remedy="Remux the source first.") from error
    media.seek(0)
    if carries:
        raise AlreadyStamped(
            "The source carries a C2PA manifest, and stamping it would erase its history.",
            remedy="Name it as the parent of a remix, or remux it without the manifest.",
        )


def _require_wide_media(media: BinaryIO) -> None:
    """Refuse a source whose media does not begin 16 bytes after its box: other engines would count leaves from there.

    C2PA engines differ about where the first leaf of an `mdat` with a short header begins, and one of them signs a
    fragmented file in a way that nobody can verify.
    """
    try:
        sound = jumbf.media_is_wide(media)
    except jumbf.Malformed as error:
        raise StampFailed(f"The source is not a sound mp4: {error}.", remedy="Remux the source first.") from error
    media.seek(0)
    if not sound:
        raise StampFailed("So large a source needs one media box with a long header.", remedy="Remux the source first.")


def _engine_finds_manifest(media: BinaryIO, chain: ClaimChain) -> bool:
    media.seek(0)
    with c2pa.Context.from_dict(lockdown.settings(chain.anchors_pem)) as context:
        try:
            reader = c2pa.Reader.try_create(MEDIA_TYPE, media, context=context)
        except c2pa.C2paError as error:
            if str(error).startswith("Remote"):
                return True
            raise
        if reader is None:
            return False
        reader.close()
        return True


def _read_back(signed: io.BufferedRandom, label: str, chain: ClaimChain, authority: Authority) -> Signed:
    """Read the signed file as a stranger would; accept only a trusted manifest with a trusted time.

    There must be no failure in its whole tree: the engine calls a remix of a tampered parent trusted, so what it
    recorded about each ingredient counts as well.
    """
    signed.seek(0)
    settings = lockdown.settings(chain.anchors_pem, authority.roots_pem)
    try:
        with (
            c2pa.Context.from_dict(settings) as context,
            c2pa.Reader(MEDIA_TYPE, signed, context=context) as reader,
        ):
            state, report = reader.get_validation_state(), json.loads(reader.json())
        flaws = sorted(_failures(report))
        if state != "Trusted" or flaws or report["active_manifest"] != label:
            raise StampFailed(
                f"The signed file does not read back as trusted ({state}; {', '.join(flaws) or 'no failure named'}).",
                remedy="Check the claim certificates, and each parent with verify.",
            )
        if not _carries_time(report):
            raise NotTimeStamped("The signed file carries no trusted time.", remedy=LATER)
        store = jumbf.manifest_store(signed)
        if store is None:
            raise StampFailed("The signed file holds no manifest.", remedy="Report this: it should not happen.")
        claim, bmff = jumbf.claim_sha256(store, label), hard_binding.sha256(store, label)
    except (c2pa.C2paError, jumbf.Malformed) as error:
        raise StampFailed(f"The signed file does not read back: {error}.", remedy="Remux the source first.") from error
    signed.seek(0)
    digest = hashlib.file_digest(signed, "sha256").hexdigest()
    return Signed(label, claim, digest, signed.seek(0, os.SEEK_END), bmff)


def _carries_time(report: dict[str, Any]) -> bool:
    found = report["validation_results"]["activeManifest"]["success"]
    return {"timeStamp.validated", "timeStamp.trusted"} <= {one.get("code") for one in found}


def _failures(node: Any) -> Iterator[str]:  # noqa: ANN401  walks whatever JSON the engine writes
    """Yield every failure code anywhere in the engine's report, those of ingredients of ingredients included."""
    if isinstance(node, list):
        for item in node:
            yield from _failures(item)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "failure" and isinstance(value, list):
                yield from (str(item.get("code")) for item in value)
            elif name != "assertions":  # what assertions say is their own business
                yield from _failures(value)


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """Make an empty file beside `target`, readable by us alone, and remove it unless it was moved away."""
    part = target.with_name(f".{target.name}.{uuid4().hex}{PART}")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """Make the move itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
