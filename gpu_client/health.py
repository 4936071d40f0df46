"""How each service fares, in the database: all workers share one breaker, and a service that is down is left alone.

A call that was not answered, or not in a way that tells anything, is a failure; "busy" and "no" are answers. A success
of a service that was well costs no write.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from consent import clock
from gpu_client import breaker
from gpu_client.breaker import Breaker, Word
from gpu_client.models import RenderService
from gpu_client.protocol import (
    AmbiguousSubmit,
    Backend,
    Capabilities,
    RendererError,
    RendererUnavailable,
    RenderOrder,
    RenderStatus,
    ResultSink,
)

logger = logging.getLogger(__name__)
BUSY = "busy"
PROBED = timedelta(seconds=1)  # while somebody else probes


class Resting(RendererUnavailable):
    """The service is left alone until `until`; no call was made."""

    def __init__(self, until: datetime) -> None:
        super().__init__("resting", "The render service did not answer and is left alone for a while.")
        self.until = until


def of(row: RenderService | None) -> Breaker:
    """Return a service's breaker; one that nobody has written about is closed."""
    if row is None:
        return Breaker()
    return Breaker(Word(row.breaker), row.failures, row.trips, row.until)


def require(name: str) -> None:
    """Raise Resting if no call would be let through now. Takes no probe."""
    at = clock.now()
    found = of(RenderService.objects.filter(pk=name).first())
    if not breaker.lets_through(found, at):
        raise Resting(_until(found, at))


@dataclass(frozen=True, slots=True)
class Watched:
    """A service whose calls pass its breaker and are told to it. A crash in a call leaves a probe to run out."""

    name: str
    inner: Backend

    @property
    def capabilities(self) -> Capabilities:
        """What the service can do."""
        return self.inner.capabilities

    @property
    def remembers_permits(self) -> bool:
        """Whether what it does not find is not being rendered."""
        return self.inner.remembers_permits

    def submit(self, order: RenderOrder, permit_token: str) -> str:
        """Send an order."""
        return self._call(lambda: self.inner.submit(order, permit_token))

    def find(self, permit_id: str, job: str) -> str | None:
        """Find an order again."""
        return self._call(lambda: self.inner.find(permit_id, job))

    def status(self, upstream_id: str) -> RenderStatus:
        """Ask how far it is."""
        return self._call(lambda: self.inner.status(upstream_id))

    def fetch(self, upstream_id: str, sink: ResultSink, limit: int) -> tuple[str, int]:
        """Copy the result."""
        return self._call(lambda: self.inner.fetch(upstream_id, sink, limit))

    def cancel(self, upstream_id: str) -> None:
        """Make it stop."""
        self._call(lambda: self.inner.cancel(upstream_id))

    def _call[T](self, call: Callable[[], T]) -> T:
        well = _enter(self.name)
        try:
            answer = call()
        except (RendererUnavailable, AmbiguousSubmit) as error:
            if error.code != BUSY:
                _failed(self.name, error.code)
            elif not well:
                _succeeded(self.name)
            raise
        except RendererError:  # it answered
            if not well:
                _succeeded(self.name)
            raise
        if not well:
            _succeeded(self.name)
        return answer


def _enter(name: str) -> bool:
    """Pass the breaker, taking the probe if it is due; return whether the service was well. Raises Resting."""
    found = RenderService.objects.filter(pk=name).first()
    before = of(found)
    if before.word is Word.CLOSED:
        return before.is_clean
    with transaction.atomic():
        row = RenderService.objects.select_for_update().get(pk=name)
        at, now = clock.now(), of(row)
        if not breaker.lets_through(now, at):
            raise Resting(_until(now, at))
        _write(row, breaker.entered(now, at), at)
    return False


def _failed(name: str, code: str) -> None:
    with transaction.atomic():
        RenderService.objects.bulk_create([RenderService(name=name)], ignore_conflicts=True)
        row = RenderService.objects.select_for_update().get(pk=name)
        at = clock.now()
        row.last_error = code[:64]
        _write(row, breaker.failed(of(row), at), at)


def _succeeded(name: str) -> None:
    with transaction.atomic():
        row = RenderService.objects.select_for_update().get(pk=name)
        _write(row, breaker.succeeded(of(row)), clock.now())


def _write(row: RenderService, now: Breaker, at: datetime) -> None:
    before = of(row)
    if now.word is not before.word:
        row.changed_at = at
        logger.warning("the breaker of the render service %s: %s, was %s", row.name, now.word, before.word)
    row.breaker, row.failures, row.trips, row.until = now.word, now.failures, now.trips, now.until
    row.save(update_fields=["breaker", "failures", "trips", "until", "changed_at", "last_error"])


def _until(found: Breaker, at: datetime) -> datetime:
    """When to ask again: the end of the rest, or soon if somebody probes."""
    return found.until if found.word is Word.OPEN and found.until is not None else at + PROBED
