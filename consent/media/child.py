"""The first and the last thing that happens in the sandboxed child; the parent's side is `sandbox`.

1. Read the header from the parent: it is ours, not the stranger's.
2. Give up what is not needed (`confinement`), and say on the first line of the answer what that was.
3. Import the program, and only then touch the source.
4. Write its answer as the second line.
"""

from __future__ import annotations

import importlib
import json
import os
import struct
import sys
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from consent.media.confinement import confine

OUT_OF_MEMORY = 76  # the status that `sandbox.OUT_OF_MEMORY` waits for


def main(parent: int | None = None) -> NoReturn:
    """Run one program and end the process. Nothing may run after the answer, not even destructors of libraries.

    `parent`: the process with which this one dies; `None`: the one that asks.
    """
    header = _header()
    reply = _private_reply()
    program = header["program"]
    _say(reply, confine(header["limits"], packages=_packages(program), parent=parent or header["parent"]))
    try:
        module = importlib.import_module(program)
        source = _source(header["source"])
        answer = module.main(source, header["arguments"], _output(header["output"]))
        _say(reply, answer)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    os._exit(0)


def _header() -> dict[str, Any]:
    (size,) = struct.unpack(">I", _exactly(4))
    header: dict[str, Any] = json.loads(_exactly(size))
    return header


def _exactly(size: int) -> bytes:
    data = sys.stdin.buffer.read(size)
    if len(data) != size:
        sys.exit("the parent's request ends early")
    return data


def _private_reply() -> int:
    """Keep the answer's pipe to ourselves: what libraries print goes to the error pipe."""
    reply = os.dup(1)
    os.dup2(2, 1)
    return reply


def _packages(program: str) -> list[Path]:
    """Return the folders of code that the program may read: its own package, and the two to the left of all."""
    root = Path(__file__).resolve().parents[2]
    return [root / name for name in sorted({program.partition(".")[0], "consent", "ledger"})]


def _source(descriptor: int | None) -> BinaryIO:
    """Open the parent's file, or read the bytes that follow the header (`None`)."""
    if descriptor is None:
        return BytesIO(sys.stdin.buffer.read())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.fdopen(descriptor, "rb")


def _output(descriptor: int | None) -> BinaryIO | None:
    return None if descriptor is None else os.fdopen(descriptor, "r+b", buffering=0)


def _say(reply: int, answer: dict[str, Any]) -> None:
    rest = json.dumps(answer, allow_nan=False).encode() + b"\n"
    while rest:
        rest = rest[os.write(reply, rest) :]
