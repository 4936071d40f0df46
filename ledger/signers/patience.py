"""Wait for a foreign signer, but not for ever: a module or a service that hangs is one that does not sign. Pure."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ledger.keyfile import KeyUnavailable

SECONDS = 10.0


@dataclass(slots=True)
class _Outcome[Answer]:
    """What came of a call; both are `None` while it runs."""

    answer: Answer | None = None
    error: BaseException | None = None


def within[Answer](seconds: float, call: Callable[[], Answer], what: str) -> Answer:
    """Return what `call` returns; raise `KeyUnavailable` if it raises anything, or is not done in time.

    It runs in a thread of its own. One that hangs is left behind, and does not keep the process from ending.
    """
    outcome: _Outcome[Answer] = _Outcome()

    def run() -> None:
        try:
            outcome.answer = call()
        except BaseException as error:  # noqa: BLE001 - it is foreign code: whatever it raises is no signature
            outcome.error = error

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if isinstance(outcome.error, KeyUnavailable):
        raise outcome.error
    if outcome.error is not None:
        raise KeyUnavailable(f"{what} failed: {type(outcome.error).__name__}") from outcome.error
    if thread.is_alive() or outcome.answer is None:
        raise KeyUnavailable(f"{what} gave no answer within {seconds:g} s", remedy="See that it runs")
    return outcome.answer
