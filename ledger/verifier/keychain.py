"""The keys of a party as its acts tell: which begin, which end, and that no event is missing between them.

Each event names in its payload the commitment of the one before it (`previous`; null: it is the first). Events older
than that rule name none. A chain cut at its end is a chain: compare it with one that was exported before.
"""

from .acts import Act
from .findings import CouldNotCheck, Findings, require

REGISTERED, ROTATED, REVOKED = "key.registered", "key.rotated", "key.revoked"
PREVIOUS = "previous"


def begins(act: Act, key_id: object) -> bool:
    """Tell whether a key comes into use by this act, or takes another's place."""
    return act.is_a(REGISTERED, ROTATED) and act.payload is not None and act.payload.get("key_id") == key_id


def ends(act: Act, key_id: object) -> bool:
    """Tell whether a key is revoked by this act, or loses its place to another."""
    if act.payload is None:
        return False
    revoked = act.is_a(REVOKED) and act.payload.get("key_id") == key_id
    return revoked or (act.is_a(ROTATED) and act.payload.get("revokes") == key_id)


def check(acts: list[Act], party: object, findings: Findings) -> None:
    """Check that the events of keys are one chain of one party, in the order of the log; no event, no line.

    `party` is the id that the bundle names; `None`: it names none.
    """
    events = [act for act in acts if act.is_a(REGISTERED, ROTATED, REVOKED)]
    if not events:
        return
    with findings.check("the events of its keys form one chain, none missing between them"):
        opened = [act for act in events if act.payload is not None]
        parties = {(act.payload or {}).get("party") for act in opened} | ({party} if party is not None else set())
        require(len(parties) < 2, "one is another party's")  # noqa: PLR2004 - one party, or none is named
        if len(opened) < len(events) or any(act.index is None for act in events):
            raise CouldNotCheck("one comes without its opening or its proof")
        _check_links(sorted(events, key=lambda act: act.index or 0))


def _check_links(events: list[Act]) -> None:
    """Raise `NotTrue` for a gap or a fork; `CouldNotCheck` if the first events are older than the chain."""
    before: str | None = None
    chained = False
    for act in events:
        payload = act.payload or {}
        chained = chained or PREVIOUS in payload
        require(not chained or (PREVIOUS in payload and payload[PREVIOUS] == before), "one follows another event")
        before = (act.body or {})["commit"]
    if PREVIOUS not in (events[0].payload or {}):
        raise CouldNotCheck("the first of them name no event before them")
