"""Run a step again and again until SIGTERM or SIGINT, which let the step under way finish."""

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

from django.db import connection

FAILED_PAUSE = 1.0  # seconds before another try after a failure

logger = logging.getLogger(__name__)


def run(
    step: Callable[[], object],
    *,
    pause: float,
    fatal: tuple[type[Exception], ...] = (),
    stopped: threading.Event | None = None,
) -> None:
    """Call `step` until told to stop; wait `pause` seconds whenever it returns something false.

    `stopped` is what `stop_on_signals` gave to the caller; `None` has it made here. A failure is logged and tried again
    on a new database connection; one of `fatal` is raised.
    """
    stopped = stopped or stop_on_signals()
    while not stopped.is_set():
        try:
            worked = step()
        except fatal:
            raise
        except Exception:
            logger.exception("the step failed; trying again in %s s", FAILED_PAUSE)
            connection.close()
            stopped.wait(FAILED_PAUSE)
        else:
            if not worked:
                stopped.wait(pause)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the shape of a signal handler
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopped
