"""Know a request again that a client library sent twice, by itself and without an idempotency key.

Such a library says which try of one call this is (`x-stainless-retry-count`: 0, 1, 2). Its first try may still be on
its way when the second comes, or come after it. So each video remembers which tries it has answered, in the key that
we make for it, and a try joins the oldest video of the same client and the same request that has not answered this
one yet. Two calls that mean two videos both begin with try 0, and get two.

The lock is held until the transaction ends: a second try waits for what the first one decides.
"""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

from django.db import connection

from consent import clock
from consent.models import Party
from provenance.models import Video

WINDOW = timedelta(minutes=10)
MOST = 31  # tries; libraries make three
OURS = "try "  # no client can send a key with a space in it
COUNT = re.compile(r"[0-9]{1,2}")
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))"


def count(header: str | None) -> int | None:
    """Return which try a client library says this is, from 0; `None`: it says nothing that can be used."""
    if header is None or not COUNT.fullmatch(header) or int(header) > MOST:
        return None
    return int(header)


def key(tries: int) -> str:
    """Return the key of a new video that has answered the tries whose bits are set."""
    return f"{OURS}{tries:x}:{uuid4()}"


def alone(call: str) -> None:
    """Wait for the other tries of this call, and let them wait until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [call])


def joined(sha256: str, attempt: int, actor: Party) -> Video | None:
    """Return the video that this try is about, inside the caller's transaction; `None`: it asks for a new one.

    `sha256`: hex, of the request as it was read, since each try has another multipart boundary.
    """
    alone(f"{actor.pk}:{sha256}")
    # a new statement has a new snapshot, in which what the lock waited for is visible
    recent = Video.objects.filter(
        client=actor,
        request_sha256=sha256,
        created_at__gt=clock.now() - WINDOW,
        idempotency_key__startswith=OURS,
        deleted_at=None,
    )
    videos = list(recent.order_by("created_at", "pk"))
    open_to_it = [video for video in videos if not _tries(video) & 1 << attempt]
    if open_to_it:
        return _answering(open_to_it[0], attempt)
    return videos[-1] if videos and attempt else None


def _answering(video: Video, attempt: int) -> Video:
    _, _, rest = video.idempotency_key.removeprefix(OURS).partition(":")
    video.idempotency_key = f"{OURS}{_tries(video) | 1 << attempt:x}:{rest}"
    video.save(update_fields=["idempotency_key"])
    return video


def _tries(video: Video) -> int:
    return int(video.idempotency_key.removeprefix(OURS).partition(":")[0], 16)
