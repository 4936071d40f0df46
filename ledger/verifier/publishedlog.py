"""Check a whole published log, in a folder or on a web server: every entry, tile and recorded state."""

from collections.abc import Sequence

from .findings import CouldNotCheck, Findings, NotTrue, Unreadable, require
from .logformat import LogKey, SignedRoot, verified_checkpoint
from .policy import Policy
from .replay import Replay
from .state import Grants
from .tiles import Read, Unreachable


def checkpoint_text(read: Read) -> str:
    """Return the published checkpoint, unverified; raise `Unreadable` if there is none."""
    try:
        return read("checkpoint").decode("utf-8")
    except (OSError, ValueError, Unreachable) as error:
        raise Unreadable(f"no checkpoint: {error}") from error


def check(read: Read, keys: Sequence[LogKey], policies: Sequence[Policy] = ()) -> Findings:
    """Recompute the log from its entries. Raises `Unreadable` if there is no checkpoint to begin with.

    Each of the given `policies` must be met; what other witnesses put there counts for nothing.
    """
    findings = Findings()
    recomputed(read, keys, policies, findings)
    return findings


def recomputed(
    read: Read, keys: Sequence[LogKey], policies: Sequence[Policy], findings: Findings, keep: int | None = None
) -> Grants | None:
    """Check the log; return its grants, with the state that was recorded at the index `keep`, if all of it holds."""
    text = checkpoint_text(read)
    signed: SignedRoot | None = None
    with findings.check("1 the checkpoint is signed by the given key and of its log"):
        signed = verified_checkpoint(text, *keys)
    if signed is None:
        return None
    replay = Replay(grants=Grants(keep=keep))
    _check_content(read, signed, replay, findings)
    for number, policy in enumerate(policies, start=5):
        with findings.check(f"{number} the checkpoint is {policy.title()}"):
            policy.cosigned_at(text)
    with findings.check(f"{5 + len(policies)} every recorded state is what the entries before it give"):
        _whole(replay, signed)
        require(replay.state_flaw is None, str(replay.state_flaw))
    return replay.grants if findings.code() == 0 else None


def _check_content(read: Read, signed: SignedRoot, replay: Replay, findings: Findings) -> None:
    with findings.check("2 the log is not empty and begins with its opening, which occurs nowhere else"):
        require(signed.size, "it is empty")
        replay.advance(read, signed.size)
    with findings.check("3 the entries give the signed root"):
        _whole(replay, signed)
        require(replay.growth.root() == signed.root, "they give another")
    with findings.check("4 every tile is what its entries give"):
        _whole(replay, signed)
        if replay.tile_flaw is not None:
            raise NotTrue(replay.tile_flaw)


def _whole(replay: Replay, signed: SignedRoot) -> None:
    if replay.growth.size != signed.size:
        raise CouldNotCheck("not every entry could be read")
