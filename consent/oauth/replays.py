"""Remember the proofs that were shown, in a table: a cache forgets when it is full, and then a replay would pass."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection

from consent import clock
from consent.models import DpopProof
from consent.oauth import dpop

if TYPE_CHECKING:
    from consent.oauth.dpop import Proof

KEPT: Final = dpop.PAST + dpop.AHEAD + 60  # seconds; longer than any proof is taken, by whichever clock
INSERT: Final = """INSERT INTO consent_dpopproof (digest, expires_at)
VALUES (%s, clock_timestamp() + make_interval(secs => %s)) ON CONFLICT (digest) DO NOTHING"""


def first_time(proof: Proof) -> bool:
    """Note a proof; tell whether nobody showed it before. Of two at once the database lets one in.

    If we crash after this the proof is spent, and the app makes another.
    """
    key = hashlib.sha256(f"{proof.jkt}\0{proof.jti}".encode(errors="surrogatepass")).digest()
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [key, KEPT])
        return bool(cursor.rowcount == 1)


def forget() -> int:
    """Delete what is too old to be taken anyway; return how many rows."""
    gone, _ = DpopProof.objects.filter(expires_at__lt=clock.now() - timedelta(seconds=1)).delete()
    return gone
