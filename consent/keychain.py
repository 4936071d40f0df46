"""Check a party's chain of keys: that each event is what the log's entry commits to, and that none is missing. Pure.

What the server hands out as `parties/me/keys` is checked here against nothing but the entries themselves; that those
stand in the log is proven by the tlog-proof that comes with each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ledger import base64url
from ledger.canonical import parse
from ledger.commitment import SALT_BYTES, commit
from ledger.entry import decode
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

REGISTERED, ROTATED, REVOKED = "key.registered", "key.rotated", "key.revoked"


class ChainBroken(Problem):
    """An event is missing, was slipped in, or is not what the log says."""

    code: ClassVar[str] = "key-chain-broken"
    title: ClassVar[str] = "The chain of keys is broken"


@dataclass(frozen=True, slots=True)
class Link:
    """One event: the leaf as it stands in the log, and what opens its commitment."""

    entry: bytes
    salt: bytes
    payload: bytes


def verify(party: str, links: Sequence[Link]) -> dict[str, bool]:
    """Return every key id that the party ever had, and whether it is in use after the last link. Raises `ChainBroken`.

    A chain that was cut at its end is a chain: compare its last commitment with one that was known before.
    """
    if not links:
        raise _broken(0, "there is no event at all")
    keys: dict[str, bool] = {}
    previous: str | None = None
    for number, link in enumerate(links):
        kind, commitment, payload = _opened(number, link)
        if payload.get("party") != party:
            raise _broken(number, "it is another party's")
        if "previous" not in payload or payload["previous"] != previous:
            raise _broken(number, "it does not follow the event before it")
        _apply(number, kind, payload, keys)
        previous = commitment
    return keys


def _opened(number: int, link: Link) -> tuple[str, str, dict[str, Any]]:
    try:
        body = decode(link.entry)
        opened = parse(link.payload)["payload"]
    except (Problem, KeyError) as error:
        raise _broken(number, "it is no entry with a payload") from error
    whole = len(link.salt) == SALT_BYTES and isinstance(opened, dict)
    if not whole or base64url.encode(commit(link.salt, link.payload)) != body["commit"]:
        raise _broken(number, "the entry commits to something else")
    return body["kind"], body["commit"], opened


def _apply(number: int, kind: str, payload: dict[str, Any], keys: dict[str, bool]) -> None:
    """Bring the keys to what they are after this event."""
    key = payload.get("key_id")
    gone = {ROTATED: payload.get("revokes"), REVOKED: key}.get(kind)
    if kind not in {REGISTERED, ROTATED, REVOKED} or not isinstance(key, str):
        raise _broken(number, "it is no event of a key")
    if kind != REGISTERED:
        if not isinstance(gone, str) or not keys.get(gone):
            raise _broken(number, "it ends a key that was not in use")
        keys[gone] = False
    if kind != REVOKED:
        if key in keys:
            raise _broken(number, "it adds a key that was there")
        keys[key] = True


def _broken(number: int, why: str) -> ChainBroken:
    remedy = "Keep what you were given, and ask the people who run the log."
    return ChainBroken(f"Event {number} of the keys does not hold: {why}.", pointer=f"/{number}", remedy=remedy)
