"""Whatever becomes of a stamped file: no crash, no hang, and no changed file is called intact.

CI spoils 60 files; MUTANTS=2000 spoils as many as were promised.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import batched
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from consent.media import guard
from provenance import checklist, facts, remarks
from provenance import verify as verification
from provenance.checklist import Basis
from provenance.report import Integrity
from tests.provenance.mutants import WAYS, mutant
from tests.provenance.workshop import Workshop, workshop

MANY = int(os.environ.get("MUTANTS", "60"))
BATCH = 40
ROOT = Path(__file__).parents[2]
BLIND = "The bytes that C2PA does not cover"


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("mutants"), "ours")


def guarded(data: bytes) -> guard.Boxes | None:
    """Return what the guard saw; `None`: it refused, and no engine sees the file."""
    try:
        return guard.inspect(io.BytesIO(data))
    except guard.UnsafeContainer:
        return None


def answered(ours: Workshop, files: list[bytes]) -> Iterator[dict[str, Any]]:
    asked = {"anchors": ours.chain.anchors_pem, "sizes": [len(data) for data in files]}
    done = subprocess.run(
        [sys.executable, "-m", "tests.provenance.programs.many"],
        input=json.dumps(asked).encode() + b"\n" + b"".join(files),
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout)
    assert answer["confined"]["network"] == "none"
    yield from answer["found"]


def test_no_mutant_crashes_hangs_or_is_called_intact(ours: Workshop) -> None:
    whole = ours.created()
    data = whole.read_bytes()
    sound = verification.verify(whole, anchors_pem=ours.chain.anchors_pem, log=ours.log.trust)
    assert sound.integrity.verdict is Integrity.INTACT
    record = SimpleNamespace(claim_sha256=sound.claim_sha256, file_sha256=sound.file_sha256)
    with_record, without = Basis(ours.log.trust, None, lambda _: record), Basis(ours.log.trust)
    read, unnoticed, intact = 0, [], []
    for numbers in batched(range(MANY), BATCH):
        files = {number: mutant(data, number) for number in numbers}
        seen = {number: boxes for number, file in files.items() if (boxes := guarded(file))}
        for (number, boxes), answer in zip(seen.items(), answered(ours, [files[n] for n in seen]), strict=True):
            read += 1
            found = facts.parse(answer)
            digest = hashlib.sha256(files[number]).hexdigest()
            if checklist.judge(found, with_record, digest).integrity.verdict is Integrity.INTACT:
                intact.append(number)
            alone = checklist.judge(found, without, digest)
            if alone.integrity.verdict is not Integrity.INTACT:
                continue
            told = {each.what for each in [*alone.unchecked, *remarks.of(boxes, {"network": "none"}, signed=True)]}
            padded = WAYS[number % len(WAYS)].__name__ == "with_free_changed"
            if BLIND not in told or (padded and remarks.PADDING not in told):
                unnoticed.append(number)
    assert (intact, unnoticed) == ([], [])
    assert read >= MANY // 5, "nearly all were refused by the guard: the engine was hardly tried"


def test_the_whole_way_agrees_with_the_batches(ours: Workshop) -> None:
    data = ours.created().read_bytes()
    path = ours.folder / "mutant.mp4"
    for number in range(len(WAYS)):
        path.write_bytes(mutant(data, number))
        found = verification.verify(path, anchors_pem=ours.chain.anchors_pem, log=ours.log.trust)
        if found.integrity.verdict is Integrity.INTACT:
            assert BLIND in {each.what for each in found.unchecked}
