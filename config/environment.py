"""Read settings from the environment, and refuse by name what is missing or malformed.

Nothing here has a silent default that would be unsafe in production.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from ledger import cosignature
from ledger.note import NoteInvalid


def text(name: str, default: str | None = None, *, remedy: str = "") -> str:
    """Return a variable's text; raise `ImproperlyConfigured` if it is not set and has no default."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set. {remedy}".strip())
    return value


def whole_number(name: str, default: int) -> int:
    """Return a whole number greater than zero."""
    raw = text(name, str(default))
    if not raw.isdecimal() or int(raw) < 1:
        raise ImproperlyConfigured(f"{name}={raw!r} is not a whole number greater than zero.")
    return int(raw)


def count(name: str, default: int) -> int:
    """Return a whole number, zero included."""
    raw = text(name, str(default))
    if not (raw.isascii() and raw.isdecimal()):
        raise ImproperlyConfigured(f"{name}={raw!r} is not a whole number.")
    return int(raw)


def folder(name: str, default: Path) -> Path:
    """Return an absolute path; the folder need not exist yet."""
    return Path(text(name, str(default))).absolute()


def host_of(url: str) -> str:
    """Return the host of an address, in lower case."""
    return urlsplit(url).hostname or ""


def origin_of(url: str) -> str:
    """Return the origin of an address as browsers write it: lower case, and no port where it is the usual one."""
    parts = urlsplit(url)
    host, port = parts.netloc.lower(), {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    return f"{parts.scheme}://{host.removesuffix(port)}"


ONLY_IF_ASKED = sys.maxsize  # executions before a statement is prepared of its own accord


def database(name: str) -> dict[str, Any]:
    """Turn a PostgreSQL URL or key=value string into one entry of Django's `DATABASES`.

    Options of the URL (sslmode, application_name …) reach the driver; see libpq, "Connection Strings".
    """
    url = text(name, remedy="Start PostgreSQL with `./dev up`, or give the URL of a server (version 15 or later).")
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ImproperlyConfigured(f"{name} is not a PostgreSQL URL: {error}") from error
    known = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    entry: dict[str, Any] = {key: str(parts.pop(part, "") or "") for key, part in known.items()}
    # Django's default, no number, makes the driver ignore even a statement that asks to be prepared (`ledger.log`).
    return entry | {"ENGINE": "django.db.backends.postgresql", "OPTIONS": parts | {"prepare_threshold": ONLY_IF_ASKED}}


def renderers(name: str) -> list[dict[str, Any]]:
    """Read the list of render services from JSON; docs/settings.md has the keys.

    `token` is what the service shows us when it redeems a permit, or what we show a service that knows no permits;
    `sealing_key` names a file with its X25519 public key (32 bytes as hex), or is null for a service that takes clips
    over TLS only; `graph` names a file with a graph of ComfyUI's. What a dialect makes of them is for a check to say.
    """
    raw = text(name, "[]")
    try:
        return [_renderer(one) for one in json.loads(raw)]
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise ImproperlyConfigured(f"{name} is not a list of render services: {error!r}") from error


def _renderer(one: dict[str, Any]) -> dict[str, Any]:
    given = one.get("models") or [one["model"]]
    models = {str(k): str(v) for k, v in (given.items() if isinstance(given, dict) else ((m, m) for m in given))}
    share = int(one.get("share", 1))
    if share < 1:
        raise ValueError("a share is at least one")
    slots = None if one.get("slots") is None else int(one["slots"])
    if slots is not None and slots < 1:
        raise ValueError("a service has at least one slot")
    return {key: str(one[key]) for key in ("name", "url", "token")} | {
        "model": next(iter(models)),
        "models": models,
        "sealing_key": Path(one["sealing_key"]) if one.get("sealing_key") else None,
        "dialect": str(one.get("dialect", "countenance")),
        "share": share,
        "slots": slots,
        "draining": one.get("draining", False) is True,
        "private_link": one.get("private_link", False) is True,
        "graph": json.loads(Path(one["graph"]).read_text()) if one.get("graph") else None,
        "inputs": {str(k): str(v) for k, v in one["inputs"].items()} if one.get("inputs") else None,
        "downloads": tuple(str(host).lower() for host in one.get("downloads", ())),
    }


def mapping(name: str) -> dict[str, Any]:
    """Read a JSON object; what may be in it is for a system check to say."""
    raw = text(name, "{}")
    try:
        found = json.loads(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ImproperlyConfigured(f"{name} is not a JSON object.")
    return found


def witnesses(name: str) -> list[dict[str, str]]:
    """Read the list of witnesses from JSON.

    Each is {"name", "vkey", "url"}: `vkey` is its verifier key of type 0x04, which begins with `name`; `url` is the
    prefix below which it takes `add-checkpoint`.
    """
    raw = text(name, "[]")
    try:
        listed = [{key: str(one[key]) for key in ("name", "vkey", "url")} for one in json.loads(raw)]
        for one in listed:
            if cosignature.parse_vkey(one["vkey"]).name != one["name"]:
                raise ImproperlyConfigured(f"{name}: the verifier key of {one['name']!r} bears another name.")
            parts = urlsplit(one["url"])
            if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
                raise ImproperlyConfigured(f"{name}: {one['url']!r} is no http(s) address.")
    except (ValueError, TypeError, KeyError, NoteInvalid) as error:
        raise ImproperlyConfigured(f"{name} is not a list of witnesses: {error!r}") from error
    return listed
