"""The renders this service has accepted: their records on disk, the queue, the workers.

One record per permit, named for it and created exclusively, is at once the render's state and the memory that the
permit was used. It is on disk before any work, and stays when the render is deleted.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from gpu_client.reference_renderer import film
from gpu_client.reference_renderer.footage import FootageUnreadable
from gpu_client.reference_renderer.orders import Order, Refused
from gpu_client.reference_renderer.redeem import RedeemRefused, RedeemUnreachable

ENDED = {"completed", "failed", "cancelled"}
MAX_QUEUE = 64


@dataclass
class Counts:
    """What /healthz tells. `started` counts real work, after the permit was redeemed; since this process began."""

    accepted: int = 0
    started: int = 0
    completed: int = 0
    reused_permits: int = 0


class Renders:
    """All renders under one state folder. Methods may be called from any thread."""

    def __init__(
        self, folder: Path, redeem: Callable[[str, Callable[[], None]], None], shoot: Callable[..., None] = film.shoot
    ) -> None:
        self.folder, self.redeem, self.shoot = folder, redeem, shoot
        self.counts = Counts()
        self._lock = threading.RLock()
        self._queue: queue.Queue[tuple[str, Order]] = queue.Queue(MAX_QUEUE)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._records = {record["id"]: record for record in map(_load, folder.glob("*.json"))}
        for record in list(self._records.values()):
            if record["status"] not in ENDED:  # its clips were in memory only: they died with the last process
                self._end(record["id"], "failed", "interrupted", "The render service restarted during this render.")

    def start(self, workers: int = 1) -> None:
        """Start the workers; they end with the process."""
        for _ in range(workers):
            threading.Thread(target=self._work, daemon=True).start()

    def refuse_reuse(self, permit: str) -> None:
        """Raise if the permit has been used, naming the render that used it."""
        if (record := self.get(name_for(permit))) is not None:
            self.counts.reused_permits += 1
            raise Refused(409, "permit_used", "This permit has been used.", video_id=record["id"])

    def accept(self, order: Order) -> dict[str, Any]:
        """Record the order and queue it. The exclusive creation of the record is what makes a permit single-use."""
        permit = order.claims.permit
        record = {
            "id": name_for(permit),
            "object": "video",
            "permit": permit,
            "model": order.model,
            "status": "queued",
            "progress": 0,
            "created_at": int(time.time()),
            "seconds": str(order.seconds),
            "size": f"{order.size[0]}x{order.size[1]}",
        }
        with self._lock:
            if self._queue.full():
                raise Refused(503, "queue_full", "Too many renders are waiting.")
            self.refuse_reuse(permit)
            _create(self._path(record), record)
            # From here on a crash leaves a record without work; the next start marks it as interrupted.
            self._records[str(record["id"])] = record
            self.counts.accepted += 1
            self._queue.put_nowait((str(record["id"]), order))
        return dict(record)

    def get(self, name: str) -> dict[str, Any] | None:
        """Return a copy of a record, `None` if there is none."""
        with self._lock:
            record = self._records.get(name)
            return None if record is None else dict(record)

    def content(self, name: str) -> Path:
        """Return where the finished video of a render is."""
        return self.folder / f"{name}.mp4"

    def delete(self, name: str) -> None:
        """Stop a render or drop its result. The record stays: the permit remains used."""
        self._end(name, "cancelled")
        self.content(name).unlink(missing_ok=True)

    def _work(self) -> None:
        while True:
            name, order = self._queue.get()
            try:
                self._render(name, order)
            except film.Aborted:
                pass
            except RedeemRefused as error:
                self._end(name, "failed", "permit_refused", str(error))
            except RedeemUnreachable as error:
                self._end(name, "failed", "redeem_unreachable", str(error))
            except FootageUnreadable as error:
                self._end(name, "failed", "footage", str(error))
            except Exception:  # noqa: BLE001 - one bad order must not stop the service; the cause goes to the operator
                traceback.print_exc(file=sys.stderr)
                self._end(name, "failed", "internal", "The render failed inside the service.")
            finally:
                del order  # the clips

    def _render(self, name: str, order: Order) -> None:
        self._go_on(name)
        self.redeem(order.token, lambda: self._go_on(name))
        self._go_on(name)
        with self._lock:
            self.counts.started += 1
        self._note(name, status="in_progress")
        part = self.content(name).with_suffix(".part")
        try:
            self.shoot(
                part,
                prompt=order.prompt,
                seconds=order.seconds,
                size=order.size,
                cast=order.cast,
                parent=order.parent,
                progress=lambda done: self._progress(name, done),
            )
            self._finish(name, part)
        finally:
            part.unlink(missing_ok=True)

    def _finish(self, name: str, part: Path) -> None:
        with self._lock:
            if self._records[name]["status"] in ENDED:
                raise film.Aborted
            part.replace(self.content(name))
            self._change(name, {"status": "completed", "progress": 100, "completed_at": int(time.time())})
            self.counts.completed += 1

    def _go_on(self, name: str) -> None:
        with self._lock:
            if self._records[name]["status"] in ENDED:
                raise film.Aborted

    def _progress(self, name: str, done: int) -> None:
        self._go_on(name)
        with self._lock:
            self._records[name]["progress"] = done  # memory only: worth no disk write per frame

    def _note(self, name: str, **changes: object) -> None:
        with self._lock:
            if self._records[name]["status"] in ENDED:
                raise film.Aborted
            self._change(name, changes)

    def _end(self, name: str, status: str, code: str = "", message: str = "") -> None:
        with self._lock:
            if self._records[name]["status"] in ENDED and status != "cancelled":
                return
            changes: dict[str, object] = {"status": status}
            if code:
                changes["error"] = {"code": code, "message": message}
            self._change(name, changes)

    def _change(self, name: str, changes: dict[str, object]) -> None:
        """Change a record on disk, then in memory. The lock is held."""
        changed = self._records[name] | changes
        _replace(self._path(changed), changed)
        self._records[name] = changed

    def _path(self, record: dict[str, Any]) -> Path:
        return self.folder / f"{record['id']}.json"


def name_for(permit: str) -> str:
    """Return the id of the one render that a permit may start."""
    return f"video_{UUID(permit).hex}"


def _load(path: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(path.read_bytes())
    return record


def _create(path: Path, record: dict[str, Any]) -> None:
    """Write a record that must not exist yet, whole and durable. A torn one never gets its final name."""
    temporary = path.with_suffix(f".{threading.get_ident()}.new")
    _write(temporary, record)
    try:
        os.link(temporary, path)  # fails if it exists; atomic
    finally:
        temporary.unlink()
    _sync(path.parent)


def _replace(path: Path, record: dict[str, Any]) -> None:
    temporary = path.with_suffix(f".{threading.get_ident()}.new")
    _write(temporary, record)
    temporary.replace(path)
    _sync(path.parent)


def _write(path: Path, record: dict[str, Any]) -> None:
    with path.open("w") as file:
        json.dump(record, file)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
