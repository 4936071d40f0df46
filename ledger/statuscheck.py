"""What `ledger.fsck` asks of the published status lists: that they are ours, say what was recorded, and are of now."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models.functions import Now

from ledger import bitstring, issuer, jose, keyring, log, published, statusfiles, statuslist
from ledger.bodies import rows
from ledger.checkpoint import Checkpoint
from ledger.entry import decode
from ledger.models import Head
from ledger.problem import Problem
from ledger.state import Summary
from ledger.statuslist import StatusList
from ledger.walk import Check

LATE_SECONDS = 180  # a token is signed anew within TTL_SECONDS / 2, and an idle log records its state each minute

Read = Callable[[bytes, dict[bytes, bytes], int], StatusList]
Token = tuple[bytes, int]  # the file's bytes, and the second at which it was written


def read() -> dict[str, Token]:
    """Return the tokens that are there. To be called before the checkpoint is read: they are written after it."""
    found = {}
    for path in (statusfiles.JWT, statusfiles.CWT, *statusfiles.BITSTRINGS.values()):
        file = published.folder() / path
        with suppress(FileNotFoundError):
            found[path] = file.read_bytes(), int(file.stat().st_mtime)
    return found


def check(tokens: dict[str, Token], shown: Checkpoint | None) -> Check:
    """Compare both tokens with the entries; `shown` is the published checkpoint, `None` if there is none.

    A token may lag behind the checkpoint, as it does while the publisher writes it, but not for long.
    """
    found = Check("the published status lists are signed, say what the log recorded, and are not left behind")
    head = None if shown is None else Head.objects.filter(size=shown.size).first()
    if head is None:
        return found
    late = Head.objects.filter(size=head.size, created_at__lt=Now() - timedelta(seconds=LATE_SECONDS)).exists()
    keys = {key.key_id.encode(): key.public for key in keyring.public_keys("status")}
    for path, verify in ((statusfiles.JWT, _jwt), (statusfiles.CWT, _cwt)):
        if path not in tokens:
            if late:
                found.fault(f"{path} is missing")
            continue
        data, written = tokens[path]
        try:
            _compare(found, path, verify(data, keys, written), head)
        except Problem as problem:
            found.fault(f"{path}: {problem.detail}")
        except ValueError:
            found.fault(f"{path} is no token")
    for purpose, path in statusfiles.BITSTRINGS.items():
        if path in tokens:
            _check_bitstring(found, purpose, tokens, head)
        elif late:
            found.fault(f"{path} is missing")
    return found


def _check_bitstring(found: Check, purpose: bitstring.Purpose, tokens: dict[str, Token], head: Head) -> None:
    """Ask that the credential is signed, of now, and made of the very list in the JWT of the same round."""
    path = statusfiles.BITSTRINGS[purpose]
    who, keys = issuer.address("status"), keyring.public_keys("status")
    known = {f"{who}#{key.key_id}": key.public for key in keys}
    data, _ = tokens[path]
    try:
        _, said = jose.verify(data.decode("ascii"), known, limit=statuslist.MAX_TOKEN)
        issued_at = int(datetime.fromisoformat(said["validFrom"]).timestamp())
        token = _payload(tokens.get(statusfiles.JWT), keys)
        if issued_at + LATE_SECONDS < head.created_at.timestamp():
            found.fault(f"{path} is older than the published state by more than {LATE_SECONDS} s")
        elif token is not None and token.issued_at == issued_at:
            listed = bitstring.decoded(said["credentialSubject"]["encodedList"])
            expected = statusfiles.bitstring_uri(purpose), purpose, bitstring.bits(token.array, purpose)
            if (said["id"], said["credentialSubject"]["statusPurpose"], listed) != expected:
                found.fault(f"{path} is not the list of {statusfiles.JWT}")
    except (Problem, ValueError, KeyError, TypeError) as error:
        found.fault(f"{path} is no credential of ours: {error}")


def _payload(token: Token | None, keys: list[keyring.PublicKey]) -> StatusList | None:
    """Return the JWT's list; `None` if there is none to compare with, which is a fault of its own."""
    if token is None:
        return None
    try:
        return _jwt(token[0], {key.key_id.encode(): key.public for key in keys}, token[1])
    except (Problem, ValueError):
        return None


def _compare(found: Check, path: str, token: StatusList, head: Head) -> None:
    said = next(rows(token.as_of, token.as_of + 1), None)
    if token.as_of >= head.size or said is None or said[1] != log.STATE:
        found.fault(f"{path} is of size {token.as_of}, where no published state is recorded")
    elif Summary.of(decode(said[2])).status_list != statuslist.digest(token.array):
        found.fault(f"{path} is not the list that was recorded at {token.as_of}")
    elif token.issued_at + LATE_SECONDS < head.created_at.timestamp():
        found.fault(f"{path} is older than the published state by more than {LATE_SECONDS} s")


def _jwt(data: bytes, keys: dict[bytes, bytes], at: int) -> StatusList:
    return statuslist.verify_jwt(data.decode("ascii"), uri=statusfiles.uri(), keys=keys, at=at)


def _cwt(data: bytes, keys: dict[bytes, bytes], at: int) -> StatusList:
    return statuslist.verify_cwt(data, uri=statusfiles.uri(), keys=keys, at=at)
