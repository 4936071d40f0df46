"""What a request for a video, a poll and the bytes cost beside the least that an authenticated API does.

Everything goes through the WSGI callable, one call against one call on one CPU. Each request for a video is a new one:
decision, permit, job, entries and outbox in one transaction.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final
from wsgiref.util import FileWrapper, setup_testing_defaults

from django.conf import settings
from django.db import connection

from benchmarks import floor_api
from benchmarks.pairing import Figure, NotPinned, compare, pin

if TYPE_CHECKING:
    from collections.abc import Callable

MEGABYTE: Final = 1_000_000
SIZE: Final = 32 * MEGABYTE


def figures(*, full: bool) -> list[Figure]:
    """Ask, poll and download."""
    from django.core.wsgi import get_wsgi_application
    from django.urls import clear_url_caches

    from tests.provenance import world as w  # needs Django to be ready

    del full
    settings.LEDGER_STALE_SECONDS = 0
    settings.ALLOWED_HOSTS = ["*"]
    settings.ROOT_URLCONF = "benchmarks.floor_api"
    clear_url_caches()
    w.publish_log()
    world = w.world()
    application = get_wsgi_application()
    with connection.cursor() as cursor:
        cursor.execute(floor_api.TABLE)
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    pin(backend)
    door = Door(application, world.ben.token)
    made = [asking(door, world.likeness.pk), polling(door, world), *sending(door, world)]
    if connection.connection.info.backend_pid != backend:
        raise NotPinned("a connection was made anew; nothing is concluded")
    return made


class Door:
    """The application, with the token of one client."""

    def __init__(self, application: Callable[..., Any], token: str) -> None:
        """Keep both."""
        self.application, self.token = application, token

    def call(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Return the whole answer; anything but 200 raises `ValueError`."""
        environ: dict[str, Any] = {}
        setup_testing_defaults(environ)
        environ |= {"PATH_INFO": path, "REQUEST_METHOD": method, "HTTP_AUTHORIZATION": f"Bearer {self.token}"}
        environ |= {
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        environ["wsgi.file_wrapper"] = FileWrapper
        status: list[str] = []
        response = self.application(environ, lambda said, *_: status.append(said))
        answered = b"".join(response)
        response.close()
        if status != ["200 OK"]:
            raise ValueError(f"{method} {path}: {status} {answered[:300]!r}")
        return answered


def asking(door: Door, likeness: object) -> Figure:
    """Compare a new video with a new row."""
    wanted = {"prompt": "A walk by the sea", "likeness": [str(likeness)], "purpose": "entertainment"}
    body = json.dumps(wanted | {"model": "reference-1", "seconds": "4", "size": "1280x720"}).encode()
    if json.loads(door.call("POST", "/v1/videos", body))["status"] != "queued":
        raise ValueError("the request is not accepted: a fast wrong answer is no result")
    return compare(
        "POST /v1/videos / authenticated POST, one INSERT",
        lambda _: door.call("POST", "/v1/videos", body),
        lambda _: door.call("POST", "/floor/insert", body),
        lambda _: door.call("POST", "/floor/insert", body),
        goal=2.5,
        size=15,
        blocks=10,
    )


def polling(door: Door, world: Any) -> Figure:  # noqa: ANN401 - of the tests
    """Compare a poll with an empty view that reads the row."""
    video = world.ask()
    return compare(
        "GET /v1/videos/{id} / empty DRF view + one query",
        lambda _: door.call("GET", f"/v1/videos/{video.pk}"),
        lambda _: door.call("GET", f"/floor/{video.pk}"),
        lambda _: door.call("GET", f"/floor/{video.pk}"),
        goal=1.0,
        size=40,
        blocks=10,
    )


def sending(door: Door, world: Any) -> list[Figure]:  # noqa: ANN401 - of the tests
    """Compare the bytes of a published video with Django's plain file."""
    from tests.provenance import world as w

    data = b"\x00\x01\x02\x03" * (SIZE // 4)
    video = w.shown(world.ask(), data)
    with TemporaryDirectory(prefix="countenance-bench-") as folder:
        copy = Path(folder) / "copy.mp4"
        copy.write_bytes(data)
        floor_api.FILE[:] = [copy]
        if door.call("GET", f"/v1/videos/{video.pk}/content") != data:
            raise ValueError("other bytes came: a fast wrong answer is no result")
        found = compare(
            f"content of {SIZE // MEGABYTE} MB / plain FileResponse",
            lambda _: door.call("GET", f"/v1/videos/{video.pk}/content"),
            lambda _: door.call("GET", "/floor/file"),
            lambda _: door.call("GET", "/floor/file"),
            goal=1.5,
            size=5,
            blocks=6,
        )
    return [found]
