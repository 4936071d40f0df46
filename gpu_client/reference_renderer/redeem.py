"""Ask Countenance, at the start of work, whether the permit still stands. No yes, no work."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx2

TRY_FOR_SECONDS = 6.0
TIMEOUT = httpx2.Timeout(3.0)
LATER = {408, 425, 429}


class RedeemRefused(Exception):  # noqa: N818 - what happened, in one word
    """Countenance said no: withdrawn, expired, used."""


class RedeemUnreachable(Exception):  # noqa: N818 - what happened, in one word
    """Countenance could not be asked. That is not a yes."""


def redeem(countenance: str, *, token: str, permit: str, give_up: Callable[[], None]) -> None:
    """Return if the permit is redeemed now. `give_up` is called before each try and may raise to end it."""
    end = time.monotonic() + TRY_FOR_SECONDS
    pause = 0.2
    while True:
        give_up()
        try:
            answer = httpx2.post(
                countenance.rstrip("/") + "/v1/permits/redeem",
                json={"permit": permit},
                headers={"Authorization": f"Bearer {token}"},
                timeout=TIMEOUT,
                trust_env=False,
            )
        except httpx2.HTTPError:
            status = 503
        else:
            status = answer.status_code
        if 200 <= status < 300:  # noqa: PLR2004 - success, RFC 9110 section 15.3
            return
        if status < 500 and status not in LATER:  # noqa: PLR2004 - a redirect counts as a no: our token goes nowhere else
            raise RedeemRefused(f"Countenance refused the permit ({status}).")
        if time.monotonic() + pause > end:
            raise RedeemUnreachable(f"Countenance could not be asked for {TRY_FOR_SECONDS:g} s; nothing was rendered.")
        time.sleep(pause)
        pause = min(pause * 2, 1.6)
