"""Check one checkpoint: its signature, its witnesses, their age, and that it extends an older one."""

from collections.abc import Sequence
from dataclasses import dataclass

from .findings import CouldNotCheck, Findings, NotTrue
from .logformat import LogKey, SignedRoot, verified_checkpoint
from .policy import Policy, fresh
from .tiles import Read, part_of
from .tree import consistency_path, extends


@dataclass(frozen=True)
class Older:
    """An older checkpoint, and what shows that the newer extends it: a path, or the published tiles, or nothing."""

    text: str
    path: list[bytes] | None = None
    read: Read | None = None


def check(
    text: str,
    keys: Sequence[LogKey],
    policies: Sequence[Policy] = (),
    *,
    older: Older | None = None,
    max_age: float | None = None,
    now: float = 0,
) -> Findings:
    """Check all that was asked for. `max_age` is in seconds before `now`; `None` asks for no age."""
    findings = Findings()
    signed: SignedRoot | None = None
    with findings.check("the checkpoint is signed by the given key and of its log"):
        signed = verified_checkpoint(text, *keys)
    check_policies(text, policies, findings)
    if max_age is not None:
        with findings.check(f"the cosignatures that it needs are at most {max_age:g} seconds old"):
            if not any(policy.rule for policy in policies):
                raise CouldNotCheck("no witness is asked for, and the log's own key signs no time")
            fresh(min(policy.cosigned_at(text) for policy in policies), now, max_age)
    if older is not None:
        _check_older(signed, older, keys, findings)
    return findings


def check_policies(text: str, policies: Sequence[Policy], findings: Findings) -> None:
    """Check what is asked of the witnesses of a checkpoint."""
    for policy in policies:
        with findings.check(f"the checkpoint is {policy.title()}"):
            policy.cosigned_at(text)


def _check_older(signed: SignedRoot | None, older: Older, keys: Sequence[LogKey], findings: Findings) -> None:
    before: SignedRoot | None = None
    with findings.check("the older checkpoint is signed by the given key and of its log"):
        before = verified_checkpoint(older.text, *keys)
    with findings.check("the checkpoint extends the older one"):
        if signed is None or before is None:
            raise NotTrue("one of them does not hold")
        extends(before.size, before.root, signed.size, signed.root, _path(before.size, signed.size, older))


def _path(first: int, size: int, older: Older) -> list[bytes]:
    if older.path is not None:
        return older.path
    if first in (0, size) or first > size:
        return []
    if older.read is None:
        raise CouldNotCheck("neither a consistency proof nor the log's tiles are given")
    return consistency_path(first, size, part_of(older.read, size))
