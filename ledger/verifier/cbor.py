"""CBOR read in one way only: nothing but integers, bytes, text, arrays, maps, null and booleans: no tag."""

from typing import Any

import cbor2

from .findings import NotTrue, require

MAX_DEPTH = 16
LARGEST = 1 << 64
PLAIN = (int, bytes, str, bool, type(None))


def read_cbor(data: bytes) -> Any:  # noqa: ANN401 - CBOR
    """Return the one item that `data` spells; raise `NotTrue` unless these are the only bytes that we would write.

    That refuses lengths and numbers in a longer spelling than needed, open-ended items, keys that stand twice, and
    anything after the item. The order of a map's members is free (RFC 8949 section 4.2 is asked of nobody).
    """
    try:
        value = cbor2.loads(data, max_depth=MAX_DEPTH, allow_indefinite=False, allow_duplicate_keys=False)
        _check(value)
        again = cbor2.dumps(value)
    except NotTrue:
        raise
    except Exception as error:  # its errors have no common base: a bad nesting can be a RecursionError
        raise NotTrue(f"not CBOR ({type(error).__name__})") from error
    require(again == data, "CBOR in another than its shortest spelling")
    return value


def write_cbor(value: object) -> bytes:
    """Write CBOR."""
    return bytes(cbor2.dumps(value))


def _check(value: object) -> None:
    if isinstance(value, list):
        for item in value:
            _check(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            require(type(name) in (int, str), "a map with another key than a number or a text")
            _check(item)
    else:
        require(isinstance(value, PLAIN), f"an item of the type {type(value).__name__}")
        require(not isinstance(value, int) or -LARGEST <= value < LARGEST, "a number beyond 64 bits")
