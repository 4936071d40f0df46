"""Real videos, a real small log and a real signer for the tests of stamps: nothing here is a stand-in."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import av
import c2pa
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.media import video as containers
from ledger import base64url, checkpoint, entry, merkle, note, proof, receipt
from ledger.canonical import canonical
from ledger.commitment import commit, new_salt
from provenance import certificates, lockdown, stamp
from provenance.consent_assertion import BindingDocument, ConsentAssertion
from provenance.manifest import Ingredient, Renderer, SoftBlock, bound, composed, created, remixed
from provenance.timestamps import Authority
from provenance.verify import LogTrust
from tests.provenance import clockwork

ORIGIN = "example.test/log"
RENDERER = Renderer("genvid", "3.1", "genvid:3.1")
INPUTS = (Ingredient.calibration(), Ingredient.prompt())
FPS, RATE = 12, 24_000


@cache
def footage(seed: int = 0) -> bytes:
    """Return a one-second mp4, H.264 and AAC; another seed makes another video."""
    buffer = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 255, (60, 80, 3), np.uint8)
    with av.open(buffer, "w", format="mp4") as container:
        picture = container.add_stream("libx264", rate=FPS)
        picture.width, picture.height, picture.pix_fmt = 320, 240, "yuv420p"
        sound = container.add_stream("aac", rate=RATE)
        sound.layout = "mono"
        for number in range(FPS):
            image = np.full((240, 320, 3), 90, np.uint8)
            image[50:110, number * 8 : number * 8 + 80] = noise
            container.mux(picture.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(picture.encode())
        wave = (np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE) * 8000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        container.mux(sound.encode(frame))
        container.mux(sound.encode())
    return buffer.getvalue()


def one_media_byte_changed(data: bytes) -> bytes:
    """Return the mp4 with one bit of its pictures flipped."""
    changed = bytearray(data)
    changed[data.rindex(b"mdat") + 3000] ^= 1
    return bytes(changed)


def box(kind: bytes, content: bytes) -> bytes:
    """Return one mp4 or JUMBF box."""
    return (8 + len(content)).to_bytes(4) + kind + content


@dataclass
class LogKey:
    """An Ed25519 key that signs checkpoints, or receipts."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    key_id: str = "test-1"

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


@dataclass
class SmallLog:
    """A log of a few entries in memory: tree, checkpoints and proofs are the ledger's own."""

    origin: str = ORIGIN
    key: LogKey = field(default_factory=LogKey)
    receipt_key: LogKey = field(default_factory=LogKey)
    leaves: list[bytes] = field(default_factory=lambda: [b"opened", b"granted", b"granted too"])

    @property
    def trust(self) -> LogTrust:
        return LogTrust.from_vkey(note.vkey(self.origin, self.key.public), self.receipt_keys)

    @property
    def receipt_keys(self) -> dict[bytes, bytes]:
        return {self.receipt_key.key_id.encode(): self.receipt_key.public}

    def append(self, leaf: bytes) -> int:
        self.leaves.append(leaf)
        return len(self.leaves) - 1

    def proof(self, index: int) -> str:
        hashes = [merkle.leaf_hash(leaf) for leaf in self.leaves]
        tree = merkle.subtree_of(hashes)
        signed = checkpoint.sign(checkpoint.Checkpoint(self.origin, len(hashes), merkle.root(hashes)), self.key)
        path = merkle.inclusion_proof(index, len(hashes), tree)
        return proof.Proof(index, tuple(path), signed).text()

    def receipt(self, index: int) -> bytes:
        hashes = [merkle.leaf_hash(leaf) for leaf in self.leaves]
        path = merkle.inclusion_proof(index, len(hashes), merkle.subtree_of(hashes))
        leaf, size = self.leaves[index], len(hashes)
        return receipt.sign_inclusion(
            leaf, index, size, path, issuer=self.origin, issued_at=1_795_000_000, signer=self.receipt_key
        )


def permit_for(video: UUID, log: SmallLog, *, kind: str = "permit.minted") -> ConsentAssertion:
    """Enter a permit for `video` in `log` and return the assertion that proves it."""
    grant = base64url.encode(hashlib.sha256(b"a grant").digest())
    document = BindingDocument(video, uuid4(), (grant,), base64url.encode(hashlib.sha256(b"a prompt").digest()))
    salt = new_salt()
    binding = commit(salt, canonical(document.data()), label="binding")
    public = {"binding": base64url.encode(binding)} if kind == "permit.minted" else {}
    leaf = entry.encode(kind, commit(new_salt(), b"sealed"), datetime(2026, 11, 22, 14, 35, tzinfo=UTC), public)
    index = log.append(leaf)
    log.append(b"something later")
    status = f"http://example.test/v1/{video}"
    return ConsentAssertion(ORIGIN, leaf, index, log.proof(index), salt, document, status, log.receipt(index))


@dataclass
class Workshop:
    """A folder, a chain and a log; makes stamped videos."""

    folder: Path
    chain: certificates.ClaimChain
    log: SmallLog = field(default_factory=SmallLog)
    clock: Authority = field(default_factory=clockwork.clock)

    def source(self, seed: int = 0) -> Path:
        path = self.folder / f"source-{seed}.mp4"
        path.write_bytes(footage(seed))
        return path

    def wide(self, seed: int = 0) -> Path:
        """Return a source as `media.remux` makes it: its media has a long header."""
        path = self.folder / f"wide-{seed}.mp4"
        containers.remux(self.source(seed), path)
        return path

    def bound(self, *, seed: int = 0) -> Path:
        """Stamp a video with a fingerprint in it."""
        video = uuid4()
        target, blocks = self.folder / f"{video}.mp4", [SoftBlock(0, 5000, bytes(range(32)))]
        manifest = created(video=video, renderer=RENDERER, ingredients=INPUTS, consent=permit_for(video, self.log))
        stamp.sign(self.source(seed), target, bound(manifest, blocks), INPUTS, self.chain, authority=self.clock)
        return target

    def large(self, *, seed: int = 0) -> Path:
        """Stamp a video as if it were a large one."""
        video = uuid4()
        target = self.folder / f"{video}.mp4"
        manifest = created(video=video, renderer=RENDERER, ingredients=INPUTS, consent=permit_for(video, self.log))
        stamp.sign(self.wide(seed), target, manifest, INPUTS, self.chain, authority=self.clock, flat_below=1, leaf_kb=1)
        return target

    def composed(self, *parts: Path, seed: int = 2) -> Path:
        """Stamp a video put together from several."""
        video = uuid4()
        target = self.folder / f"{video}.mp4"
        ingredients = [*(Ingredient.component(part, number) for number, part in enumerate(parts, 1)), *INPUTS]
        consent = permit_for(video, self.log)
        manifest = composed(video=video, renderer=RENDERER, ingredients=ingredients, consent=consent)
        stamp.sign(self.source(seed), target, manifest, ingredients, self.chain, authority=self.clock)
        return target

    def created(self, *, video: UUID | None = None, seed: int = 0) -> Path:
        """Stamp a video through the project's own door."""
        video = video or uuid4()
        target = self.folder / f"{video}.mp4"
        manifest = created(video=video, renderer=RENDERER, ingredients=INPUTS, consent=permit_for(video, self.log))
        stamp.sign(self.source(seed), target, manifest, INPUTS, self.chain, authority=self.clock)
        return target

    def remixed(self, parent: Path, *, seed: int = 1) -> Path:
        """Stamp a remix through the project's own door."""
        video, ingredients = uuid4(), (Ingredient.parent(parent), *INPUTS)
        target = self.folder / f"{video}.mp4"
        manifest = remixed(video=video, renderer=RENDERER, ingredients=ingredients, consent=permit_for(video, self.log))
        stamp.sign(self.source(seed), target, manifest, ingredients, self.chain, authority=self.clock)
        return target

    def signed_without_scruples(
        self,
        manifest: dict[str, Any],
        *,
        parent: Path | None = None,
        media: bytes | None = None,
        believes: str = "",
    ) -> Path:
        """Sign with the engine alone, as a careless or hostile maker would. `believes`: further anchors it trusts."""
        target = self.folder / f"unscrupulous-{uuid4()}.mp4"
        settings = lockdown.settings(self.chain.anchors_pem + believes)
        settings["verify"] |= {"verify_after_sign": False, "verify_after_sign_hash": False}
        with (
            c2pa.Context.from_dict(settings) as context,
            c2pa.Signer.from_callback(
                self.chain.sign, c2pa.C2paSigningAlg.ES256, self.chain.leaf_then_intermediate_pem, None
            ) as signer,
            c2pa.Builder(manifest, context=context) as builder,
            target.open("w+b") as signed,
        ):
            if parent is not None:
                with parent.open("rb") as file:
                    builder.add_ingredient(Ingredient.parent(parent).description(), "video/mp4", file)
            builder.sign(signer, "video/mp4", io.BytesIO(media or footage()), signed)
        return target


def plain_manifest(video: UUID, consent: dict[str, Any] | None = None, *, remix: bool = False) -> dict[str, Any]:
    """Return a manifest that passes, with whatever consent assertion somebody chose to put into it."""
    log = SmallLog()
    if remix:
        opened = (Ingredient.parent(Path("parent.mp4")),)
        manifest = remixed(video=video, renderer=RENDERER, ingredients=opened, consent=permit_for(video, log))
    else:
        manifest = created(video=video, renderer=RENDERER, ingredients=(), consent=permit_for(video, log))
    assertion = next(each for each in manifest["assertions"] if each["label"] == "org.countenance.consent")
    if consent is None:
        manifest["assertions"].remove(assertion)
    else:
        assertion["data"] = consent
    return manifest


def workshop(folder: Path, name: str) -> Workshop:
    """Return a workshop with a chain of its own under `folder`."""
    base = folder / name
    certificates.make_development_chain(base / "claim")
    return Workshop(base, certificates.claim_chain(base / "claim"))


def active_manifest(path: Path, anchors_pem: str) -> dict[str, Any]:
    """Return the active manifest of a file as crJSON, read under the locked settings."""
    with (
        c2pa.Context.from_dict(lockdown.settings(anchors_pem)) as context,
        path.open("rb") as file,
        c2pa.Reader("video/mp4", file, context=context) as reader,
    ):
        found: dict[str, Any] = json.loads(reader.crjson())["manifests"][0]
        return found
