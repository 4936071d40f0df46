"""Who answers what a clip is asked: interfaces, ours as the default, and others by a dotted path in the settings.

Each provider states its name, version and the hash of its model, and goes on record with every try. An error denies:
`ask` turns whatever a provider raises into `ProviderFailed`, and nothing is accepted on it.

Identity proofing and the detection of presentation attacks have no default of ours: an empty setting claims nothing,
and the enrolment says "prompted-capture" and no more.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from consent.media.prompted import Likeness
from consent.media.weights import EMBEDDING, SHA256
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from consent.media.capture import Capture, Template
    from consent.media.challenge import Challenge


class ProviderFailed(Problem):
    """Whoever checks clips for us gave no answer that counts. Nothing was accepted, and no try was used up."""

    code: ClassVar[str] = "provider-failed"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The clip could not be checked"


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a vendor vouches for.

    scheme:    a word for how it was tested, such as a standard and its level
    statement: the vendor's own signed bytes, kept sealed as evidence
    """

    scheme: str
    passed: bool
    issuer: str
    statement: bytes


class Provider(Protocol):
    """What is on record of whoever answered."""

    name: str
    version: str
    model_sha256: str


class FaceEmbedder(Provider, Protocol):
    """Makes templates of faces, and knows how far apart they may be (L2 distance on its own scale).

    same:      up to this, two templates are of one person
    candidate: up to this, a stranger's template is put before a human as a possible duplicate
    """

    alike: Likeness
    same: float
    candidate: float

    def templates(self, capture: Capture) -> Sequence[Template]:
        """Return templates of the face at several moments, in order."""


class SpeechRecogniser(Provider, Protocol):
    """Hears digits."""

    def hear(self, capture: Capture, count: int) -> Sequence[str]:
        """Return the digits said, as English words; empty if there were none."""


class PresentationAttackDetection(Provider, Protocol):
    """Says whether a camera saw a living person: a vendor's claim, tested by somebody accredited."""

    def assess(self, capture: Capture, challenge: Challenge) -> Assertion:
        """Return the vendor's word."""


class IdentityProofing(Provider, Protocol):
    """Says that the person is who a document names."""

    def prove(self, capture: Capture, subject: str) -> Assertion:
        """Return the vendor's word about the party with this subject."""


class OwnFaceEmbedder:
    """dlib's ResNet, vendored; its templates were made in the sandbox with everything else."""

    name = "countenance/face"
    version = "1"
    model_sha256 = SHA256[EMBEDDING]
    alike = Likeness(halves=0.45, neighbours=0.60)
    same = 0.50
    candidate = 0.45

    def templates(self, capture: Capture) -> Sequence[Template]:
        """Return what the child made."""
        return capture.templates


class OwnSpeechRecogniser:
    """pocketsphinx with the US English model inside its wheel, which ran in the sandbox."""

    name = "pocketsphinx/en-us"

    def __init__(self) -> None:
        """Raise `ImproperlyConfigured` where it is not installed: there is no wheel for every Python."""
        if util.find_spec("pocketsphinx") is None:
            raise ImproperlyConfigured("pocketsphinx is not installed: install it, or name another recogniser")
        self.version = metadata.version("pocketsphinx")
        self.model_sha256 = _acoustic_model()

    def hear(self, capture: Capture, count: int) -> Sequence[str]:  # noqa: ARG002 - the child was told how many
        """Return what the child heard."""
        if capture.heard is None:
            raise RuntimeError("nothing listened in the child")
        return capture.heard


class NullSpeechRecogniser:
    """Hears nothing, so that nobody passes. For working on other things where pocketsphinx is not to be had."""

    name = "null"
    version = "0"
    model_sha256 = ""

    def __init__(self) -> None:
        """Shout."""
        warnings.warn("NullSpeechRecogniser hears nothing: nobody can enrol by themselves", stacklevel=2)

    def hear(self, capture: Capture, count: int) -> Sequence[str]:  # noqa: ARG002 - nothing is listened to
        """Return nothing."""
        return ()


NULLS: Final = (NullSpeechRecogniser,)


def face_embedder() -> FaceEmbedder:
    """Return the one that the settings name."""
    return _named(settings.CONSENT_FACE_EMBEDDER)  # type: ignore[no-any-return]  # chosen by name; `ask` guards its use


def speech_recogniser() -> SpeechRecogniser:
    """Return the one that the settings name."""
    return _named(settings.CONSENT_SPEECH_RECOGNISER)  # type: ignore[no-any-return]  # chosen by name; `ask` guards its use


def attack_detection() -> PresentationAttackDetection | None:
    """Return the one that the settings name; `None`: nothing is claimed."""
    path = settings.CONSENT_ATTACK_DETECTION
    return _named(path) if path else None


def identity_proofing() -> IdentityProofing | None:
    """Return the one that the settings name; `None`: nothing is claimed."""
    path = settings.CONSENT_IDENTITY_PROOFING
    return _named(path) if path else None


def record(provider: Provider) -> dict[str, object]:
    """Return what goes on record."""
    return {"name": provider.name, "version": provider.version, "model_sha256": provider.model_sha256}


def ask[T](provider: Provider, question: Callable[[], T]) -> T:
    """Return the answer. Raises `ProviderFailed` for whatever goes wrong: an error is a no."""
    try:
        return question()
    except Exception as error:  # a stranger's code may raise anything
        remedy = "Try again later. It was not your fault, and no try was used up."
        raise ProviderFailed(f"{provider.name} gave no answer.", remedy=remedy) from error


@cache
def _named(path: str) -> Any:  # noqa: ANN401 - whatever the settings name
    """Make one, once a process. Raises `ImproperlyConfigured`, which the system check turns into an error."""
    try:
        return import_string(path)()
    except ImportError as error:
        raise ImproperlyConfigured(f"{path} cannot be imported") from error


@cache
def _acoustic_model() -> str:
    """Hash the files of the acoustic model, in the order of their names."""
    import pocketsphinx  # there is no wheel for every Python

    total = hashlib.sha256()
    for path in sorted(Path(pocketsphinx.get_model_path("en-us/en-us")).iterdir()):
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
