"""Strict JSON and its canonical form."""

from ledger.canonical import canonical, parse
from ledger.problem import Problem

REFUSALS = (Problem,)
SEEDS = [
    b'{"a":[1,-2,true,false,null,"\\u00e9\\n"],"b":{"\xc3\xa9":9007199254740991}}',
    b'{"\xf0\x9f\x98\x80":"\\ud83d\\ude00","":[[[]]]}',
    canonical({"a": "\u20ac", "\r": 1, "\ufb33": [], "\x80": {}}),
]


def check(data: bytes) -> None:
    """Demand that whatever is read has a canonical form, which is read back as the same document."""
    document = parse(data)
    try:
        form = canonical(document)
    except Problem as problem:
        raise AssertionError("what was read has no canonical form") from problem
    assert parse(form, limit=10 * len(form)) == document, "the canonical form reads as something else"
    assert canonical(parse(form, limit=10 * len(form))) == form
