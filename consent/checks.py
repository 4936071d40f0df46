"""System checks: who checks clips and with what, where passkeys sign, and who answers for consent records."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from consent import providers
from consent.countries import CODES
from consent.media import weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.apps import AppConfig


@register()
def models_are_the_reviewed_ones(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse to start with a face model that is missing or has another hash: every clip would be refused, or worse."""
    if weights.installed():
        return []
    hint = "Restore consent/media/models/ from the repository; MANIFEST.md there lists the hashes."
    return [Error("A model for checking clips is missing or changed.", hint=hint, id="consent.E001")]


@register()
def passkeys_sign_on_our_pages(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse origins on which no browser would make a passkey sign for us, or on which others could read along."""
    found: list[CheckMessage] = []
    if not settings.DEVELOPMENT and any(urlsplit(origin).scheme != "https" for origin in settings.CONSENT_ORIGINS):
        hint = "Name https origins only: who sits on the way could have anything signed on a page of plain http."
        found.append(Error("CONSENT_ORIGINS holds an origin that is not https.", hint=hint, id="consent.E002"))
    if not settings.CONSENT_RP_ID or not all(_is_origin(origin) for origin in settings.CONSENT_ORIGINS):
        hint = "List origins as browsers write them (https://example.com), on CONSENT_RP_ID's host or below it."
        found.append(Error("CONSENT_ORIGINS and CONSENT_RP_ID do not fit together.", hint=hint, id="consent.E003"))
    return found


@register()
def passkeys_log_in_on_https(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse, in production, log-ins by passkeys made on any page at all: only development has no https."""
    if settings.DEVELOPMENT or not settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN:
        return []
    hint = "Leave it to COUNTENANCE_ENV: it is for http://localhost alone."
    return [Error("MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN is on.", hint=hint, id="consent.E011")]


@register()
def somebody_checks_clips(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse to start with enrolment open and nobody to check clips, or only somebody who stands in."""
    if not settings.CONSENT_ENROLMENT_OPEN:
        return []
    try:
        chosen = (
            providers.face_embedder(),
            providers.speech_recogniser(),
            providers.attack_detection(),
            providers.identity_proofing(),
        )
    except Exception as error:  # noqa: BLE001 - another's code may raise anything as it is made
        hint = "Name classes that can be imported in CONSENT_FACE_EMBEDDER and its like, or close enrolment."
        return [Error(f"A provider that checks clips cannot be made: {error}", hint=hint, id="consent.E004")]
    if not settings.DEVELOPMENT and any(isinstance(one, providers.NULLS) for one in chosen):
        hint = "Name a provider that answers, or close enrolment."
        return [Error("A provider that checks clips only stands in for one.", hint=hint, id="consent.E005")]
    return []


@register()
def records_name_a_controller(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse production without a controller: a consent record that does not say who answers for it is none."""
    if settings.DEVELOPMENT:
        return []
    said = {
        "NAME": bool(settings.CONSENT_CONTROLLER_NAME.strip()),
        "ADDRESS": bool(settings.CONSENT_CONTROLLER_ADDRESS.strip()),
        "CONTACT": bool(re.fullmatch(r"[^@\s]+@[^@\s]+|https://\S+", settings.CONSENT_CONTROLLER_CONTACT)),
        "NOTICE_URL": bool(re.fullmatch(r"https://\S+", settings.CONSENT_CONTROLLER_NOTICE_URL)),
        "STORAGE": _are_places(settings.CONSENT_CONTROLLER_STORAGE),
        "RETENTION": bool(re.fullmatch(r"P[1-9][0-9]{0,3}[YMWD]", settings.CONSENT_CONTROLLER_RETENTION)),
        "JURISDICTION": _are_places(settings.CONSENT_CONTROLLER_JURISDICTION),
    }
    hint = "Set it as docs/settings.md says: it stands in every consent record and receipt."
    return [
        Error(f"CONSENT_CONTROLLER_{name} is empty or not in its form.", hint=hint, id="consent.E010")
        for name, good in said.items()
        if not good
    ]


def _are_places(codes: Sequence[str]) -> bool:
    return bool(codes) and all(code == "EU" or code in CODES for code in codes)


def _is_origin(origin: str) -> bool:
    """Tell whether this is an origin and nothing more, of a host that may use the relying party's id."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    below = host == settings.CONSENT_RP_ID or host.endswith("." + settings.CONSENT_RP_ID)
    plain = f"{parts.scheme}://{parts.netloc}" == origin == origin.lower() and "@" not in origin
    return plain and below and parts.scheme in {"https", "http"}
