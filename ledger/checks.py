"""System checks: a process with unsafe keys does not start."""

import stat
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from ledger import keyring, witnesses
from ledger.witnesspolicy import PolicyInvalid

OTHERS = stat.S_IRWXG | stat.S_IRWXO


@register("security")
def keys_are_fit(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001 - Django's signature
    """Refuse development keys outside development, and keys that others on the machine can read."""
    try:
        return list(_unfit())
    except keyring.KeyUnavailable as error:
        return [Error(error.detail, hint="Restore the file, or take it out of LEDGER_KEYS_DIR.", id="ledger.E003")]


def _unfit() -> Iterator[CheckMessage]:
    for purpose in keyring.PURPOSES:
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


@register("security")
def witness_policy_can_be_met(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001 - Django's signature
    """Refuse a quorum that no number of cosignatures could meet, and a witness that would count twice."""
    try:
        witnesses.configured()
    except PolicyInvalid as error:
        hint = "See LEDGER_WITNESSES and LEDGER_WITNESS_QUORUM."
        return [Error(f"{error.detail}.", hint=hint, id="ledger.E004")]
    return []
