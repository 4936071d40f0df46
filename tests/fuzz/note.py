"""Signed notes and verifier keys."""

from contextlib import suppress

from ledger import note
from ledger.note import Verifier
from ledger.problem import Problem
from tests.ledger.issuer import LOG, ORIGIN, STATES

REFUSALS = (Problem, UnicodeDecodeError)
TEXT = "hello\n\nw\u00f6rld\n"
SIGNED = note.sign(TEXT, ORIGIN, LOG)
SEEDS = [
    SIGNED.encode(),
    (SIGNED + note.sign(TEXT, "grease.invalid", STATES).removeprefix(TEXT + "\n")).encode(),
    note.vkey(ORIGIN, LOG.public).encode(),
]


def check(data: bytes) -> None:
    """Demand that what is read is written back as the same text, and what verifies is what was signed."""
    text = data.decode()
    with suppress(Problem):
        verifier = note.parse_vkey(text)
        assert note.vkey(verifier.name, verifier.public) == text, "two spellings of one key"
    found = note.parse(text)
    assert found.text + "\n" + "".join(one.line() for one in found.signatures) == text, "two spellings of one note"
    note.verify(found, [Verifier(ORIGIN, LOG.public)])
    assert found.text == TEXT, "a spoiled note verifies"
