"""Write the C2PA manifest of a video: what was made, by what, from what, with whose permission.

The dicts follow C2PA 2.4 and the rules of its conformance programme (0.2): every actions assertion says that all
actions are included, what was made names its digital source type, the first action is created or opened. The
manifest's label carries the video's own id, so that it can be entered in the log before anything is signed.

Nothing here comes from a prompt or from a person: titles are fixed words and ids. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from provenance.consent_assertion import CONSENT_LABEL, ConsentAssertion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "CONSENT_LABEL",
    "ConsentAssertion",
    "Ingredient",
    "Relationship",
    "Renderer",
    "SoftBlock",
    "bound",
    "composed",
    "created",
    "remixed",
]

MEDIA_TYPE = "video/mp4"
GENERATOR = {"name": "countenance", "version": "0.1.0", "specVersion": "2.4.0"}
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PARENT_LABEL = "parent"
FINGERPRINT = "io.iscc.v0"  # in the C2PA list of soft binding algorithms: ISO 24138 codes

_LABEL = re.compile(r"urn:c2pa:([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}):countenance")


class Relationship(StrEnum):
    """How an ingredient relates to what was made (C2PA 2.4, ingredient v3)."""

    PARENT = "parentOf"  # the video that was opened and changed
    COMPONENT = "componentOf"  # one of several videos that were put together
    INPUT = "inputTo"  # went into the model: a calibration clip, a prompt


@dataclass(frozen=True, slots=True)
class Ingredient:
    """Something that a video was made from.

    `data` is read for a parent and for a component only. An input is described and never read: a calibration clip may
    carry a manifest of its own, XMP ids or an address, all of which the engine would copy into every video made from
    it. What tells one input from another is `instance`, a salted commitment that only we can open
    (docs/design/stamps.md).
    """

    label: str  # how the actions refer to it
    relationship: Relationship | str
    title: str
    media_type: str
    data: Path | bytes | None = None
    instance: str | None = None  # a URI; None: a random one is made when it is signed

    @classmethod
    def calibration(cls, number: int = 1, instance: str | None = None) -> Ingredient:
        """Describe the calibration clip of the `number`-th likeness in the cast."""
        return cls(f"calibration-{number}", Relationship.INPUT, "calibration clip", MEDIA_TYPE, instance=instance)

    @classmethod
    def prompt(cls, instance: str | None = None) -> Ingredient:
        """Describe the prompt; a commitment to it is in the consent assertion, its text nowhere."""
        return cls("prompt", Relationship.INPUT, "prompt", "text/plain", instance=instance)

    @classmethod
    def parent(cls, path: Path) -> Ingredient:
        """Name the stamped file that a remix was made from."""
        return cls(PARENT_LABEL, Relationship.PARENT, "parent video", MEDIA_TYPE, path)

    @classmethod
    def component(cls, path: Path, number: int) -> Ingredient:
        """Name the `number`-th of several stamped files that were put together."""
        return cls(f"component-{number}", Relationship.COMPONENT, "component video", MEDIA_TYPE, path)

    def description(self) -> dict[str, Any]:
        """Return the ingredient as the engine wants it; ids are left for whoever signs."""
        members = {"label": self.label, "relationship": str(self.relationship), "title": self.title}
        if self.media_type.startswith("text/"):
            return members | {"data_types": [{"type": "c2pa.types.generator.prompt"}]}
        return members


@dataclass(frozen=True, slots=True)
class SoftBlock:
    """A fingerprint of a stretch of the video: `start` and `end` in milliseconds, and the code itself."""

    start: int
    end: int
    value: bytes

    def data(self) -> dict[str, Any]:
        """Return the block. The engine takes JSON, which has no bytes: the code is a list of their numbers."""
        if not 0 <= self.start < self.end or not self.value:
            raise ValueError("a block has a length and a value")
        return {"scope": {"timespan": {"start": self.start, "end": self.end}}, "value": list(self.value)}


@dataclass(frozen=True, slots=True)
class Renderer:
    """The program that made the pixels."""

    name: str
    version: str
    model: str
    generative: bool = True  # False: a program without a trained model, such as the reference renderer

    def created_type(self) -> str:
        """Return the IPTC digital source type of what it makes from nothing but inputs."""
        return SOURCE_TYPE + ("trainedAlgorithmicMedia" if self.generative else "compositeSynthetic")

    def edited_type(self) -> str:
        """Return the IPTC digital source type of what it makes out of another video."""
        return SOURCE_TYPE + ("compositeWithTrainedAlgorithmicMedia" if self.generative else "compositeSynthetic")

    def agent(self) -> dict[str, str]:
        """Return the software agent of an action."""
        return {"name": self.name, "version": self.version}


def created(
    *, video: UUID, renderer: Renderer, ingredients: Sequence[Ingredient], consent: ConsentAssertion
) -> dict[str, Any]:
    """Return the manifest of a video made from inputs alone."""
    if any(i.relationship != Relationship.INPUT for i in ingredients):
        raise ValueError("a video made from a video is remixed or composed, not created")
    action = {
        "action": "c2pa.created",
        "digitalSourceType": renderer.created_type(),
        "softwareAgent": renderer.agent(),
    }
    return _manifest(video, renderer, consent, [_from(action, ingredients)])


def remixed(
    *, video: UUID, renderer: Renderer, ingredients: Sequence[Ingredient], consent: ConsentAssertion
) -> dict[str, Any]:
    """Return the manifest of a video made from a parent video (exactly one) and inputs."""
    parents = [i for i in ingredients if i.relationship == Relationship.PARENT]
    if len(parents) != 1:
        raise ValueError("a remix has exactly one parent")
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": [parents[0].label]}}
    edited = {"action": "c2pa.edited", "digitalSourceType": renderer.edited_type(), "softwareAgent": renderer.agent()}
    inputs = [i for i in ingredients if i is not parents[0]]
    return _manifest(video, renderer, consent, [opened, _from(edited, inputs)])


def composed(
    *, video: UUID, renderer: Renderer, ingredients: Sequence[Ingredient], consent: ConsentAssertion
) -> dict[str, Any]:
    """Return the manifest of a video put together from several videos (at least two) and inputs."""
    parts = [i for i in ingredients if i.relationship == Relationship.COMPONENT]
    inputs = [i for i in ingredients if i.relationship == Relationship.INPUT]
    if len(parts) < 2 or len(parts) + len(inputs) != len(ingredients):  # noqa: PLR2004 - "several"
        raise ValueError("a composition has at least two components and no parent")
    made = {"action": "c2pa.created", "digitalSourceType": renderer.edited_type(), "softwareAgent": renderer.agent()}
    placed = [_from({"action": "c2pa.placed"}, [part]) for part in parts]
    return _manifest(video, renderer, consent, [_from(made, inputs), *placed])


def bound(manifest: dict[str, Any], blocks: Sequence[SoftBlock], *, alg: str = FINGERPRINT) -> dict[str, Any]:
    """Return `manifest` with a soft binding by which a stripped copy can be found again; without blocks, as it is."""
    if not blocks:
        return manifest
    binding = _assertion("c2pa.soft-binding", {"alg": alg, "blocks": [block.data() for block in blocks]})
    return manifest | {"assertions": [*manifest["assertions"], binding]}


def label_of(video: UUID) -> str:
    """Return the manifest label of `video`; C2PA wants a version 4 UUID."""
    label = f"urn:c2pa:{video}:countenance"
    if not _LABEL.fullmatch(label):
        raise ValueError("a video's id is a version 4 UUID")
    return label


def video_of(label: str) -> UUID | None:
    """Return the video that a manifest label names, or `None` if the label is not of our making."""
    match = _LABEL.fullmatch(label)
    return UUID(match[1]) if match else None


def _from(action: dict[str, Any], ingredients: Sequence[Ingredient]) -> dict[str, Any]:
    if not ingredients:
        return action
    return action | {"parameters": {"ingredientIds": [i.label for i in ingredients]}}


def _manifest(
    video: UUID, renderer: Renderer, consent: ConsentAssertion, actions: list[dict[str, Any]]
) -> dict[str, Any]:
    if consent.document.video != video:
        raise ValueError("the permit is for another video")
    assertions = [
        _assertion("c2pa.actions.v2", {"allActionsIncluded": True, "actions": actions}),
        _assertion(CONSENT_LABEL, consent.data()) | {"kind": "Json"},
        _assertion("cawg.training-mining", {"entries": {"cawg.ai_generative_training": {"use": "notAllowed"}}}),
    ]
    if renderer.generative:
        assertions.insert(1, _assertion("c2pa.ai-disclosure", _disclosure(renderer)))
    return {
        "claim_version": 2,
        "vendor": "countenance",
        "label": label_of(video),
        "format": MEDIA_TYPE,
        "title": f"{video}.mp4",
        "claim_generator_info": [dict(GENERATOR)],
        "assertions": assertions,
    }


def _assertion(label: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return an assertion that the signer vouches for: `created`, not merely gathered from elsewhere."""
    return {"label": label, "created": True, "data": data}


def _disclosure(renderer: Renderer) -> dict[str, Any]:
    return {
        "modelType": "c2pa.types.model",
        "modelName": renderer.name,
        "modelIdentifier": renderer.model,
        "contentProfile": {"humanOversightLevel": "prompt_guided"},
    }
