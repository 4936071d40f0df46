"""Unsafe settings do not start: outside development each of these is an error with its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from ledger import erasure
from ledger.problem import Problem

SECRET_LENGTH = 50  # characters; Django's own measure
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@register
def unsafe_settings(app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[CheckMessage]:  # noqa: ANN401, ARG001 - Django's signature
    """Refuse, in production, what only development may do."""
    if settings.DEVELOPMENT:
        return []
    rules = [
        (settings.DEBUG, "DEBUG is on.", "Turn it off: a traceback shows what people entrusted to us.", "config.E001"),
        (
            len(settings.SECRET_KEY) < SECRET_LENGTH or settings.SECRET_KEY.startswith(("development", "only for")),
            "COUNTENANCE_SECRET_KEY is short, or one made for development.",
            "Set it to at least 50 random characters.",
            "config.E002",
        ),
        (
            urlsplit(settings.PUBLIC_URL).scheme != "https",
            "COUNTENANCE_PUBLIC_URL is not https.",
            "It goes into every stamped file: give the address that strangers will ask.",
            "config.E003",
        ),
        (
            getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False),
            "Celery runs tasks inside the request.",
            "Remove CELERY_TASK_ALWAYS_EAGER: effects must leave after the commit.",
            "config.E004",
        ),
        (
            any(insecure(renderer["url"]) for renderer in settings.GPU_RENDERERS),
            "A render service is reached over plain http.",
            "Use https, or run it on this machine's loopback.",
            "config.E005",
        ),
        (
            any("reference" in name for one in settings.GPU_RENDERERS for name in one.get("models") or [one["model"]]),
            "The reference renderer is configured; it is no generative model.",
            "Remove it from GPU_RENDERERS.",
            "config.E006",
        ),
        (
            not settings.LEDGER_STALE_SECONDS,
            "Decisions do not ask how old the public record is.",
            "Set LEDGER_STALE_SECONDS to a few minutes.",
            "config.E007",
        ),
        (
            not settings.MAIL_HOST,
            "No mail server is configured.",
            "Set EMAIL_HOST and EMAIL_FROM: people must hear at once when a key is added to their account.",
            "config.E008",
        ),
    ]
    return [Error(wrong, hint=remedy, id=name) for broken, wrong, remedy, name in rules if broken]


def refuse_unsafe() -> None:
    """Run every check; raise `ImproperlyConfigured` if one is serious.

    Django runs them for its own commands only: the web server and the worker call this as they start.
    """
    serious = [message for message in run_checks() if message.is_serious()]
    if serious:
        raise ImproperlyConfigured("These settings do not start:\n" + "\n".join(map(str, serious)))


def refuse_undone_erasures() -> None:
    """Erase again whom this database still knows; raise `ImproperlyConfigured` if that cannot be done or known.

    Asked as a server starts, after the tables were migrated: a crash came between journal and commit, or a backup was
    restored. See docs/runbooks/restore.md.
    """
    try:
        erasure.finish()
        erasure.refuse_if_undone()
    except Problem as problem:
        raise ImproperlyConfigured(f"{problem.detail}. {problem.remedy}") from problem
    finally:
        connections.close_all()  # a server forks after this, and no two processes may share a session


def insecure(url: str) -> bool:
    """Tell whether a permit would cross a network in the clear."""
    parts = urlsplit(url)
    return parts.scheme != "https" and parts.hostname not in LOOPBACK
