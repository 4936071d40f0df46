"""The model files, and what each must hash to.

A file that does not match is not loaded: a template means nothing without the exact net that made it, so
the hash belongs in every record that rests on one. Sources and licences: `models/MANIFEST.md`.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "models"

DETECTION = "face_detection_full_range.tflite"
LANDMARK = "face_landmark.tflite"
GEOMETRY = "face_geometry.binarypb"
EMBEDDING = "face_embedding_128.onnx"

SHA256 = {
    DETECTION: "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
    LANDMARK: "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    GEOMETRY: "bdbcda96dfcb7da883da124aaa2c55dee49770d934f0fcc71747f8c21bdc75b4",
    EMBEDDING: "c7603d032f9488bf22cc184d1b05c50ebf5e0516a67c99a9a192aa340933a474",
}


class WeightsMismatch(RuntimeError):  # noqa: N818 - what is wrong, said as it is
    """The file is missing or is not the one that was reviewed. A fault of the installation, not of the clip."""


def read_weights(name: str) -> bytes:
    """Return the bytes of one model file of ours, checked against its hash."""
    path = FOLDER / name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsMismatch(f"{name} cannot be read from {FOLDER}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256[name]:
        raise WeightsMismatch(f"{name} has sha256 {found}, not the {SHA256[name]} that was reviewed")
    return data


@cache
def installed() -> bool:
    """Say whether every model file is present and is the reviewed one."""
    try:
        for name in SHA256:
            read_weights(name)
    except WeightsMismatch:
        return False
    return True
