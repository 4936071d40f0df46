"""Judge one submission, in the order of C2SP tlog-witness `add-checkpoint`, and cosign it or say why not.

    1. the body is a submission                                                    400
    2. the origin is one of ours                                                   404
    3. a key that we trust for it has signed, and none has signed badly            403
    4. the log has not been caught                                                 403
    5. the old size is not beyond the checkpoint's                                 400
    6. the old size is what we cosigned last; if not, here is ours                 409
    7. the new tree extends the one that we cosigned                               422
    8. remember, then cosign                                                       200

At 6 and 7 a log catches itself if its own valid signature contradicts what it had us sign before. A garbled proof
proves nothing, since anybody may send one with a genuine checkpoint; it is refused and forgotten.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from ledger import checkpoint, cosignature, merkle, note
from ledger.checkpoint import Checkpoint
from ledger.problem import Problem
from ledger.witness.key import WitnessKey
from ledger.witness.memory import Caught, Cosigned, Memory, Turn
from ledger.witness.submission import Malformed, Submission, decode

PLAIN, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"
NOTHING = Cosigned(0, merkle.EMPTY_ROOT, "")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: HTTPStatus
    text: str
    kind: str = PLAIN


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """This submission is not cosigned."""

    def __init__(self, status: HTTPStatus, text: str, kind: str = PLAIN) -> None:
        super().__init__(text)
        self.answer = Answer(status, text + "\n", kind)


@dataclass(frozen=True, slots=True)
class Judge:
    """The witness itself. `logs` gives each origin's keys, asked anew each time: a log rotates them."""

    key: WitnessKey
    memory: Memory
    logs: Callable[[], Mapping[str, Sequence[note.Verifier]]]
    now: Callable[[], float] = time.time

    def add(self, body: bytes) -> Answer:
        """Return the answer to a submission; when it is a cosignature, the checkpoint is on disk."""
        try:
            submission, unverified, claimed = _read(body)
            signed = self._verified(unverified, claimed)
            with self.memory.turn() as turn:
                return self._judged(turn, submission, signed, claimed, body)
        except Refused as refused:
            return refused.answer

    def newest(self, name: str) -> Answer:
        """Return the newest cosigned checkpoint of the log whose origin has this SHA-256 in hex."""
        for origin, found in self.memory.cosigned().items():
            if hashlib.sha256(origin.encode()).hexdigest() == name:
                return Answer(HTTPStatus.OK, found.checkpoint)
        return Answer(HTTPStatus.NOT_FOUND, "no checkpoint of such a log was cosigned here\n")

    def _verified(self, unverified: note.Note, claimed: Checkpoint) -> str:
        """Return the checkpoint with the signatures of trusted keys only: others could hide anything in there."""
        trusted = self.logs().get(claimed.origin)
        if not trusted:
            raise Refused(HTTPStatus.NOT_FOUND, "this log is not witnessed here")
        try:
            found = {(one.name, one.key_id) for one in note.verify(unverified, trusted)}
        except note.NoteInvalid as error:
            raise Refused(HTTPStatus.FORBIDDEN, "not signed by a key that is trusted for this log") from error
        kept = [one.line() for one in unverified.signatures if (one.name, one.key_id) in found]
        return f"{unverified.text}\n{''.join(dict.fromkeys(kept))}"

    def _judged(self, turn: Turn, sent: Submission, signed: str, claimed: Checkpoint, body: bytes) -> Answer:
        if turn.caught(claimed.origin):
            raise Refused(HTTPStatus.FORBIDDEN, "this log has signed two histories: nothing of it is cosigned any more")
        if sent.old > claimed.size:
            raise Refused(HTTPStatus.BAD_REQUEST, "the old size is beyond the checkpoint")
        held = turn.cosigned(claimed.origin) or NOTHING
        answer = self._objection(held, sent, claimed)
        what = _contradiction(held, sent, claimed)
        if what:
            logger.error("the log %r was caught: %s", claimed.origin, what)
            turn.catch(claimed.origin, Caught(int(self.now()), what, held.checkpoint, body))
        if answer:
            return answer
        line = cosignature.sign(claimed.text(), self.key.name, self.key, at=int(self.now())).line()
        turn.remember(claimed.origin, Cosigned(claimed.size, claimed.root, signed + line))
        return Answer(HTTPStatus.OK, line)

    def _objection(self, held: Cosigned, sent: Submission, claimed: Checkpoint) -> Answer | None:
        """Return why it is not cosigned; `None` if the new tree extends the one that we hold."""
        if sent.old != held.size:
            return Answer(HTTPStatus.CONFLICT, f"{held.size}\n", SIZE)
        try:
            checkpoint.parse_text(claimed.text())
            merkle.verify_consistency(held.size, claimed.size, held.root, claimed.root, sent.proof)
        except Problem as problem:
            return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, f"{problem.detail}\n")
        return None


def _read(body: bytes) -> tuple[Submission, note.Note, Checkpoint]:
    try:
        submission = decode(body)
        unverified = note.parse(submission.checkpoint)
        return submission, unverified, checkpoint.fields(unverified.text)
    except (Malformed, Problem) as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"malformed: {error}") from error


def _contradiction(held: Cosigned, sent: Submission, claimed: Checkpoint) -> str:
    """Say how the log's own signature contradicts what it had us cosign; empty if it does not, or nothing shows it."""
    if held.size and claimed.size == held.size and claimed.root != held.root:
        return f"two roots of size {held.size}"
    if sent.old == held.size and merkle.contradicts(held.size, claimed.size, held.root, claimed.root, sent.proof):
        return f"its tree of size {claimed.size} holds another tree of size {held.size}"
    return ""
