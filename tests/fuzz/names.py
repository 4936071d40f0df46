"""Names in prompts: whatever stands before or after a name, it is found; whatever is asked for lies in the text."""

from consent import folding, names
from consent.names import Spelling

REFUSALS = (UnicodeDecodeError,)
NAME = "Nikola Tesla"
STORED = {stored.key: Spelling(NAME, stored.words, stored.slip) for stored in names.keys_of(NAME)}
SEEDS = [
    b"Nikola Tesla",
    "N1k\u043el\u0430 T\u200besla, \u30cb\u30b3\u30e9 and Tesla, Nikola".encode(),
    "\U0001d4dd.i.k-o l_a\u0336 \u2014 T e s l a \ufdfa".encode(),
]


def check(data: bytes) -> None:
    """Demand that folding is final, that no place lies outside the text, and that nothing around a name hides it."""
    text = data.decode()[:2000]
    once = folding.fold(text)
    assert once.isascii(), "folded, and not ASCII"
    assert folding.fold(once) == once, "folded twice reads otherwise"
    for places in names.asked_of(text).values():
        assert all(0 <= place.start < place.stop <= len(text) for place, _ in places), "a place outside the text"
    names.keys_of(text)
    asked = names.asked_of(f"{text}\n{NAME}\n{text}")
    assert any(hit.sure for hit in names.hits(asked, [pair for pair in STORED.items() if pair[0] in asked])), "hidden"
