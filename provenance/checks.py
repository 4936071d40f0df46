"""System checks: settings under which a promise of this app would be empty do not start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's name
from django.core.exceptions import ImproperlyConfigured

from provenance import authorities, certificates, claim_leaves, claim_profile, labels, serving, watermark
from provenance.stamp import NotTimeStamped
from provenance.tsa.authority import is_development as is_development_clock

LONGEST_PROXY = 15  # seconds; a withdrawal is answered only after them, on an open connection
PARTS_LEFT = 2 * claim_leaves.PART_LEFT  # of a leaf's life: half of the time for renewing it is gone
LONGEST_LEASE = 2.0  # seconds; reliability.md, I3: an acknowledgement waits for one lease at most


@register()
def serving_lease(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse a lease that is not positive, or longer than what a withdrawal's acknowledgement may take."""
    lease = settings.SERVING_LEASE_SECONDS
    if 0 < lease <= LONGEST_LEASE:
        return []
    hint = f"Set SERVING_LEASE_SECONDS to more than 0 and at most {LONGEST_LEASE} seconds."
    return [
        Error(f"A serving lease of {lease} seconds cannot be promised to holders.", hint=hint, id="provenance.E001")
    ]


@register()
def media_is_not_static(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse a media folder inside a folder that is served as it is: its bytes would leave without a lease."""
    media = Path(settings.MEDIA_ROOT).resolve()
    public = [Path(settings.LEDGER_PUBLIC_DIR).resolve(), Path(settings.STATIC_ROOT).resolve()]
    if not any(media.is_relative_to(folder) for folder in public):
        return []
    hint = "Give MEDIA_ROOT a folder of its own, outside LEDGER_PUBLIC_DIR and STATIC_ROOT."
    return [Error("Videos would be served as static files, without consent.", hint=hint, id="provenance.E002")]


@register()
def claim_signer_is_fit(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse, outside development, a certificate that was made for it: whoever trusts it trusts anybody."""
    if settings.DEVELOPMENT:
        return []
    try:
        chain = claim_leaves.current()
    except certificates.LeafEnded:
        return []  # `claim_leaf_lasts` says so
    except certificates.ClaimChainUnusable as error:
        return [Error(error.detail, hint="Put a chain and its key into PROVENANCE_CLAIM_DIR.", id="provenance.E003")]
    if certificates.is_development(chain):
        hint = "Put a chain that a certificate authority issued for claim signing into PROVENANCE_CLAIM_DIR."
        return [Error("Videos would be stamped with a development certificate.", hint=hint, id="provenance.E003")]
    return []


@register()
def claim_leaf_lasts(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse a leaf that has ended, and lives that no verifier would take; warn of one that nobody renews."""
    found: list[CheckMessage] = []
    if claim_profile.LONGEST.days < settings.PROVENANCE_LEAF_DAYS:
        hint = f"Set PROVENANCE_LEAF_DAYS to a few days, and at most {claim_profile.LONGEST.days}."
        found.append(Error("Claim certificates would live too long.", hint=hint, id="provenance.E024"))
    try:
        chain = claim_leaves.current()
    except certificates.LeafEnded as error:
        return [*found, Error(error.detail, hint=error.remedy, id="provenance.E024")]
    except certificates.ClaimChainUnusable:
        return found  # `claim_signer_is_fit` says so
    if claim_leaves.ends_soon(chain.not_before, chain.not_after, at=datetime.now(UTC), parts=PARTS_LEFT):
        words = f"The claim certificate ends at {chain.not_after:%Y-%m-%d %H:%M} UTC; it should have been renewed."
        found.append(Warning(words, hint=certificates.RENEW, id="provenance.W024"))
    return found


@register()
def time_authority_is_fit(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse, outside development, no authority for the time, and one whose key lies in a file of a developer's."""
    if settings.DEVELOPMENT:
        return []
    hint = "Set PROVENANCE_TSA_URL to an RFC 3161 authority, and PROVENANCE_TSA_ROOTS to the certificates of its roots."
    try:
        roots = authorities.time_authority().roots
    except NotTimeStamped as missing:
        return [Error(missing.detail, hint=hint, id="provenance.E004")]
    if any(is_development_clock(root) for root in roots):
        return [Error("The time would come from an authority for development.", hint=hint, id="provenance.E004")]
    return []


@register()
def labels_are_told_in_full(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse rules for labels that cannot be read: nobody would know what was left without a mark."""
    try:
        labels.Rules.parse(settings.PROVENANCE_LABELS)
    except labels.RulesInvalid as error:
        hint = "Write PROVENANCE_LABELS as docs/settings.md says, or leave it out: every video is marked then."
        return [Error(f"The rules for labels cannot be read: {error}.", hint=hint, id="provenance.E021")]
    return []


@register()
def watermark_is_real(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse a watermark that cannot be made, and outside development one that only stands in for one."""
    hint = "Name a class that embeds and detects in PROVENANCE_WATERMARK, or leave it empty: then there is none."
    try:
        found = watermark.configured()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint=hint, id="provenance.E022")]
    if found is not None and watermark.stands_in(found) and not settings.DEVELOPMENT:
        return [Error("The watermark only stands in for one.", hint=hint, id="provenance.E022")]
    return []


@register()
def serving_mode_is_meant(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001, ANN401 - Django's signature
    """Refuse a proxy that sends our bytes unless it is said for how long it may, and holders wait that long."""
    if settings.SERVING_MODE == serving.OWN and settings.SERVING_PROXY_SECONDS == 0:
        return []
    hint = "docs/design/serving.md says what a proxy weakens, and which limit it must keep."
    told = settings.SERVING_MODE == serving.ACCEL and 0 < settings.SERVING_PROXY_SECONDS <= LONGEST_PROXY
    prefix = str(settings.SERVING_ACCEL_PREFIX)
    if told and prefix.startswith("/") and prefix.endswith("/"):
        return []
    words = f'SERVING_MODE is "own", or "accel" with SERVING_PROXY_SECONDS from 1 to {LONGEST_PROXY} and a prefix.'
    return [Error(words, hint=hint, id="provenance.E023")]
