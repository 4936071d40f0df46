"""Measure whom a face resembles, with the ledger's own detector and embedder.

Only for clips of our own making: a stranger's clip is decoded in the sandboxed child of `consent.media.clip`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from consent.media.faces import Embedder, FaceFinder, Template, distance

type Picture = NDArray[np.uint8]

EVERY = 5  # frames: five pictures a second are looked at
FRONTAL = 10.0  # degrees of yaw and pitch within which a face is compared


class WrongFaces(ValueError):  # noqa: N818 - read as a sentence where it is raised
    """A picture does not show exactly one face, or a clip shows none from the front."""


class Resemblance:
    """Holds the nets; one instance is for one thread."""

    def __init__(self) -> None:
        self.find, self.embed = FaceFinder(), Embedder()

    def photo(self, path: Path) -> Template:
        """Return the template of the one face in a photograph."""
        read = cv2.imread(str(path))
        if read is None:
            raise WrongFaces(f"{path.name} is not a picture")
        picture = np.asarray(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), np.uint8)
        faces = self.find(picture)
        if len(faces) != 1:
            raise WrongFaces(f"{path.name} shows {len(faces)} faces, not one")
        return self.embed.of(picture, faces[0])

    def clip(self, path: Path) -> list[Template]:
        """Return a template of each picture that shows the face from the front.

        Raises `WrongFaces` unless every picture looked at shows exactly one face.
        """
        templates = []
        for number, picture in enumerate(_pictures(path)):
            faces = self.find(picture)
            if len(faces) != 1:
                raise WrongFaces(f"{path.name} shows {len(faces)} faces in picture {number}, not one")
            if max(abs(faces[0].pose.yaw), abs(faces[0].pose.pitch)) < FRONTAL:
                templates.append(self.embed.of(picture, faces[0]))
        if not templates:
            raise WrongFaces(f"{path.name} never shows the face from the front")
        return templates


def nearest(some: Sequence[Template], others: Sequence[Template]) -> float:
    """Return the least distance of any two: a face is as near to a person as in its nearest frame."""
    return min(distance(one, other) for one in some for other in others)


def _pictures(path: Path) -> Iterator[Picture]:
    with av.open(str(path), "r") as clip:
        for number, frame in enumerate(clip.decode(video=0)):
            if number % EVERY == 0:
                yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
