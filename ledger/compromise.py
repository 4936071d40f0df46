"""The statement that a key of the operator's is compromised: a C2SP signed note, published for everybody. Pure.

    countenance/compromise/v1
    <origin>
    <key id>
    <since: UTC minute, as entries spell it>

signed under the name of the origin, by another key of the same purpose or by a log key; never by the key itself.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from ledger import note
from ledger.entry import MINUTE, is_key_id, is_minute, to_minute
from ledger.problem import Problem

LABEL = "countenance/compromise/v1"
LINES = 4


class StatementInvalid(Problem):
    """The text is not a statement that this key of this log is compromised."""

    code: ClassVar[str] = "compromise-statement-invalid"
    title: ClassVar[str] = "Not a statement of compromise"


@dataclass(frozen=True, slots=True)
class Compromise:
    """What is stated: signatures of the key `key_id` prove nothing from the minute `since` on."""

    origin: str
    key_id: str
    since: datetime

    def text(self) -> str:
        """Return the four lines that are signed."""
        return f"{LABEL}\n{self.origin}\n{self.key_id}\n{to_minute(self.since)}\n"


def parse_text(text: str) -> Compromise:
    """Read the four lines, whatever they claim."""
    lines = text.split("\n")
    if len(lines) != LINES + 1 or lines[-1] or lines[0] != LABEL or not lines[1]:
        raise StatementInvalid("A statement of compromise is label, origin, key id and minute, one line each")
    if not is_key_id(lines[2]) or not is_minute(lines[3]):
        raise StatementInvalid("The key id or the minute is malformed")
    return Compromise(lines[1], lines[2], datetime.strptime(lines[3], MINUTE).replace(tzinfo=UTC))


def sign(statement: Compromise, signer: note.Signer) -> str:
    """Return the signed note."""
    return note.sign(statement.text(), statement.origin, signer)


def verify(text: str, *, origin: str, key_id: str, keys: Collection[bytes]) -> Compromise:
    """Return the statement if it is about this key of this log, and signed by one of `keys`; raise otherwise."""
    unverified = note.parse(text)
    note.verify(unverified, [note.Verifier(origin, key) for key in keys])
    statement = parse_text(unverified.text)
    if (statement.origin, statement.key_id) != (origin, key_id):
        raise StatementInvalid("The statement is about another key or another log")
    return statement
