"""System checks: a process with unsafe keys does not start."""

import stat
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's name

from ledger import keyfile, keyring, witnesses
from ledger.witnesspolicy import PolicyInvalid

OTHERS = stat.S_IRWXG | stat.S_IRWXO


@register("security")
def keys_are_fit(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001 - Django's signature
    """Refuse development keys outside development, keys that others can read, shared ones, and purposes without one."""
    try:
        return [*_unfit(), *_shared(), *_unserved()]
    except keyfile.BackendUnknown as error:
        return [Error(f"{error.detail}.", hint=error.remedy, id="ledger.E013")]
    except keyring.KeyUnavailable as error:
        return [Error(error.detail, hint="Restore the file, or take it out of LEDGER_KEYS_DIR.", id="ledger.E003")]


def _unfit() -> Iterator[CheckMessage]:
    for purpose in keyring.EVERY:
        for key in keyring.key_files(purpose):
            if key.development and not settings.DEVELOPMENT:
                yield Error(
                    f"The {purpose} key {key.key_id} is a development key.",
                    hint="Put keys of your own into LEDGER_KEYS_DIR.",
                    id="ledger.E001",
                )
            if key.path.stat().st_mode & OTHERS:
                yield Error(
                    f"Others on this machine can read the {purpose} key {key.key_id}.",
                    hint=f"chmod 600 {key.path}",
                    id="ledger.E002",
                )


def _shared() -> Iterator[CheckMessage]:
    """Find a key that serves two purposes: a signature for the one could be passed off as one for the other."""
    purposes: dict[bytes, str] = {}
    for purpose in keyring.EVERY:
        for key in keyring.key_files(purpose):
            others = {purposes.setdefault(half, purpose) for half in _halves(key)} - {purpose}
            if others:
                yield Error(
                    f"The {purpose} key {key.key_id} is also a {min(others)} key.",
                    hint=f"One key, one purpose: ledger_keys rotate --purpose {purpose}, then take this one out.",
                    id="ledger.E012",
                )


def _halves(key: keyring.KeyFile) -> set[bytes]:
    """Return what shows one secret under two purposes: a vault secret that also signs, and one of two curves."""
    return {key.public or keyfile.public_of(key.secret or b""), *([] if key.secret is None else [key.secret])}


def _unserved() -> Iterator[CheckMessage]:
    """Find purposes for which no key stands. One without any key file is another host's: only a warning."""
    for purpose in keyring.PURPOSES:
        if keyring.standing(purpose):
            continue
        if keyring.key_files(purpose):
            hint = f"ledger_keys rotate --purpose {purpose}"
            yield Error(
                f"No {purpose} key stands: each has ended, was compromised, or begins later.",
                hint=hint,
                id="ledger.E011",
            )
        elif not settings.DEVELOPMENT:
            hint = f"ledger_keys generate --purpose {purpose}, if this host is to use one."
            yield Warning(f"There is no {purpose} key here.", hint=hint, id="ledger.W011")


@register("security")
def witness_policy_can_be_met(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001 - Django's signature
    """Refuse a quorum that no number of cosignatures could meet, and a witness that would count twice."""
    try:
        witnesses.configured()
    except PolicyInvalid as error:
        hint = "See LEDGER_WITNESSES and LEDGER_WITNESS_QUORUM."
        return [Error(f"{error.detail}.", hint=hint, id="ledger.E004")]
    return []
