"""The status list of grants as public files: `status/grants.jwt` and `.cwt` below the public folder.

Beside them lie the same bits as W3C credentials, `status/bitstring-<purpose>.jwt`, one for each purpose.

A token says what the newest published `state.recorded` entry says, signed and with an end, so that who cannot follow
the log can still ask whether a grant stands. It is signed anew when the list changes, and before it grows old.
"""

import time
from dataclasses import dataclass, replace
from typing import ClassVar

from django.conf import settings
from django.db import connection, transaction

from ledger import bitstring, durable, issuer, keyring, log, published, statetable, statuslist
from ledger.bitstring import Purpose
from ledger.bodies import rows
from ledger.entry import decode
from ledger.models import Head
from ledger.problem import Problem
from ledger.state import Summary
from ledger.statuslist import StatusList

JWT, CWT = "status/grants.jwt", "status/grants.cwt"
BITSTRINGS: dict[Purpose, str] = {
    "revocation": "status/bitstring-revocation.jwt",
    "suspension": "status/bitstring-suspension.jwt",
}
TTL_SECONDS = 120  # how long a reader may keep what it fetched
EXPIRY_SECONDS = 3600  # how long a token holds at all


class StateUnsound(Problem):
    """The state tables do not give what the log recorded. Nothing is signed from them; a person must look."""

    code: ClassVar[str] = "state-unsound"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The state of the grants is not what was recorded"


@dataclass(frozen=True, slots=True)
class Issued:
    """The last token: the hash of its list, and when it was signed by the monotonic clock."""

    status_list: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Due:
    """A list that is to be signed once the log up to it is published."""

    as_of: int
    array: bytes


def uri() -> str:
    """Return the address of the list, which is also its `sub`."""
    return f"{settings.PUBLIC_URL}/status/grants"


def bitstring_uri(purpose: Purpose) -> str:
    """Return the address of the W3C list of one purpose, which is also its `id`."""
    return f"{uri()}/bitstring/{purpose}"


def head_and_list(last: Issued | None) -> tuple[Head | None, Due | None]:
    """Return the newest head, and the list of its state if a token of it is due; both of one snapshot.

    The list is compared with what the entry says of it: `StateUnsound` if somebody has changed the table since.
    """
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        head = Head.objects.order_by("-size").first()
        if head is None:
            return None, None
        summary = _summary(head.size - 1)
        if summary is None or not _is_due(last, summary):
            return head, None
        array = statetable.status_bits()
        if statuslist.digest(array) != summary.status_list or len(array) != -(-summary.grants // statuslist.PER_BYTE):
            raise StateUnsound("The stored status list is not the one on record", remedy="Run ledger_fsck")
        return head, Due(head.size - 1, array)


def write(due: Due) -> Issued:
    """Sign the list and write its files. If we crash in between, each is whole, and the next round mends the others."""
    now = int(time.time())
    made = StatusList(uri(), due.array, due.as_of, now, now + EXPIRY_SECONDS, TTL_SECONDS)
    signer = keyring.signing_key("status")
    durable.replace(published.folder() / JWT, statuslist.sign_jwt(made, signer).encode())
    durable.replace(published.folder() / CWT, statuslist.sign_cwt(made, signer))
    for purpose, path in BITSTRINGS.items():
        again = replace(made, uri=bitstring_uri(purpose))
        signed = bitstring.sign(again, purpose, issuer=issuer.address("status"), signer=signer)
        durable.replace(published.folder() / path, signed.encode())
    return Issued(statuslist.digest(due.array), time.monotonic())


def _summary(index: int) -> Summary | None:
    """Return what the state at the end of the log says; `None` for a log from before states were recorded."""
    last = next(rows(index, index + 1), None)
    return Summary.of(decode(last[2])) if last is not None and last[1] == log.STATE else None


def _is_due(last: Issued | None, summary: Summary) -> bool:
    if last is None or last.status_list != summary.status_list:
        return True
    return time.monotonic() - last.at > TTL_SECONDS / 2
